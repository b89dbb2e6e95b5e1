/* The hybrid ResNet-v2 encoder: see resnet.h. */
#include "nets/resnet.h"

#include "nets/stages.h"
#include "nets/table.h"

#define NORM_EPSILON   1e-6f
#define WEIGHT_EPSILON 1e-5f /* of weight standardisation: google-research/vision_transformer, models_resnet.py */

static const sep_resnet_options *options_of(const sep_net_spec *spec)
{
    return (const void *)&spec->options;
}

sep_status sep_check_resnet(const sep_net_spec *spec)
{
    const sep_resnet_options *o = options_of(spec);

    SEP_TRY(sep_net_check_grid(spec, 16));
    if (o->base % o->groups != 0)
        return sep_fail(SEP_ERR_ARGUMENT, "%d channels can't be normalised in %d groups", o->base, o->groups);
    return SEP_OK;
}

/* One convolution and its norm, conv_<number> and norm_<number>. */
static sep_node *conv_norm(sep_graph *g, const sep_net_spec *spec, sep_node *x, int number, sep_conv conv)
{
    static const char *const conv_name[] = {"conv_0", "conv_1", "conv_2", "project"};
    static const char *const norm_name[] = {"norm_0", "norm_1", "norm_2", "project_norm"};

    conv.standardise = WEIGHT_EPSILON;
    x = sep_conv2d(g, conv_name[number], x, &conv);
    return sep_group_norm(g, norm_name[number], x, options_of(spec)->groups, NORM_EPSILON);
}

/* 1x1, 3x3 (with the stride), 1x1 to four times as many channels; the first of a stage projects what goes around. */
static sep_node *bottleneck(sep_graph *g, const sep_net_spec *spec, sep_node *x, int channels, int stride,
                            bool projects)
{
    sep_node *y = x, *around = x;

    if (projects)
        around = conv_norm(g, spec, x, 3, (sep_conv){.channels = 4 * channels, .kernel = 1, .stride = stride});
    y = sep_relu(g, conv_norm(g, spec, y, 0, (sep_conv){.channels = channels, .kernel = 1}));
    y = conv_norm(g, spec, y, 1, (sep_conv){.channels = channels, .kernel = 3, .stride = stride, .padding = 1});
    y = conv_norm(g, spec, sep_relu(g, y), 2, (sep_conv){.channels = 4 * channels, .kernel = 1});
    return sep_relu(g, sep_add(g, around, y));
}

static sep_node *stage(sep_graph *g, const sep_net_spec *spec, sep_node *x, int number, int blocks)
{
    sep_scope_push(g, "stage_%d", number);
    for (int i = 0; i < blocks; i++) {
        sep_scope_push(g, "block_%d", i);
        x = bottleneck(g, spec, x, options_of(spec)->base << number, i == 0 && number > 0 ? 2 : 1, i == 0);
        sep_scope_pop(g);
    }
    sep_scope_pop(g);
    return x;
}

static sep_node *root(sep_graph *g, const sep_net_spec *spec, sep_node *x)
{
    const sep_resnet_options *o = options_of(spec);
    sep_conv conv = {.channels = o->base, .kernel = 7, .stride = 2, .padding = 3, .standardise = WEIGHT_EPSILON};

    sep_scope_push(g, "root");
    x = sep_conv2d(g, "conv", sep_grey_as_rgb(g, spec, x), &conv);
    x = sep_relu(g, sep_group_norm(g, "norm", x, o->groups, NORM_EPSILON));
    sep_scope_pop(g);
    return x;
}

sep_maps sep_encode_resnet(sep_graph *g, const sep_net_spec *spec, sep_node *x)
{
    const sep_resnet_options *o = options_of(spec);
    const int blocks[SEP_RESNET_STAGES] = {o->blocks_0, o->blocks_1, o->blocks_2};
    sep_maps maps = {.count = SEP_RESNET_MAPS};

    maps.map[0] = root(g, spec, x);
    /* Pooling without padding leaves one row and column less than a quarter of the image. TransUNet runs the first
     * stage on so many and pads what it skips; here the stages have all, so that every map is a whole fraction of the
     * image. */
    x = sep_pad(g, sep_max_pool2d(g, maps.map[0], 3, 2, 0), 1, 1);
    for (int s = 0; s < SEP_RESNET_STAGES; s++)
        maps.map[s + 1] = x = stage(g, spec, x, s, blocks[s]);
    return maps;
}
