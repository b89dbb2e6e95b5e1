/* U-Net (Ronneberger et al. 2015) in the form that semi-supervised comparisons use: five levels of two 3x3 convolutions
 * with batch norm, leaky ReLU and dropout; 1x1 convolution and bilinear upsampling on the way up (or 2x2 transposed
 * convolutions). 1,813,764 parameters with 16 channels at the first level and 4 classes. */
#include "nets/levels.h"
#include "nets/table.h"

#include "septum/ops.h"

enum { BILINEAR, TRANSPOSED };
typedef struct u_net_options {
    int base, upsampling;
    bool no_dropout;
} u_net_options;

static const sep_setting settings[] = {
    SEP_SETTING_INT(u_net_options, base, 16, 1, 1024, "channels of the first level"),
    SEP_SETTING_CHOICE(u_net_options, upsampling, "bilinear|transposed", BILINEAR,
                       "behind a 1x1 convolution, or by a transposed 2x2 one"),
    SEP_SETTING_BOOL(u_net_options, no_dropout, false, "dropout off everywhere"),
    {0},
};

static const float encoder_dropout[SEP_LEVELS] = {0.05f, 0.1f, 0.2f, 0.3f, 0.5f};

static sep_node *conv_block(sep_graph *g, sep_node *x, int channels, float dropout)
{
    static const char *const conv_name[] = {"conv_0", "conv_1"}, *const norm_name[] = {"norm_0", "norm_1"};

    for (int i = 0; i < 2; i++) {
        x = sep_conv2d(g, conv_name[i], x, &(sep_conv){.channels = channels, .kernel = 3, .padding = 1, .bias = true});
        x = sep_batch_norm(g, norm_name[i], x);
        x = sep_leaky_relu(g, x, 0.01f);
        if (i == 0)
            x = sep_dropout(g, x, dropout);
    }
    return x;
}

static sep_node *down(sep_graph *g, const sep_net_spec *spec, sep_node *x, int level)
{
    const u_net_options *o = (const void *)&spec->options;

    return conv_block(g, x, o->base << level, o->no_dropout ? 0.0f : encoder_dropout[level]);
}

static sep_node *up(sep_graph *g, const sep_net_spec *spec, sep_node *low, sep_node *skip, int level)
{
    const u_net_options *o = (const void *)&spec->options;
    const int channels = o->base << level;
    sep_node *x;

    if (o->upsampling == TRANSPOSED) {
        x = sep_conv_transpose2d(g, "up", low, &(sep_conv){.channels = channels, .kernel = 2, .bias = true});
    } else {
        x = sep_conv2d(g, "reduce", low, &(sep_conv){.channels = channels, .kernel = 1, .bias = true});
        x = sep_upsample_bilinear(g, x);
    }
    return conv_block(g, sep_concat(g, skip, x), channels, 0.0f);
}

static sep_maps encode(sep_graph *g, const sep_net_spec *spec, sep_node *x)
{
    return sep_encode_levels(g, spec, x, down);
}

static sep_net_output decode(sep_graph *g, const sep_net_spec *spec, const sep_maps *maps)
{
    sep_net_output output = sep_decode_levels(g, spec, maps, up);

    output.logits = sep_conv2d(g, "head", output.full,
                               &(sep_conv){.channels = spec->classes, .kernel = 3, .padding = 1, .bias = true});
    return output;
}

const sep_net sep_u_net = {
    .name = "u-net",
    .summary = "convolutions on five levels, skip connections",
    .settings = settings,
    .options_size = sizeof(u_net_options),
    .height = 256,
    .width = 256,
    .check = sep_check_levels,
    .encode = encode,
    .decode = decode,
};
