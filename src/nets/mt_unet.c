/* MT-UNet (Wang et al. 2022): residual convolutions on three levels, mixed Transformer blocks (mixed.h) on three more,
 * a decoder that mirrors both. 75,268,334 parameters with 4 classes.
 *
 * The authors' program has 3,806,730 numbers more (79.08 million are published) that nothing depends on: the attention
 * along axes has an output layer that is never called, and its Gaussian scores a bias that, equal for all of them,
 * cancels in the softmax. It draws the spread of a block's Gaussian as |N(0, 1)|; here it starts at 1. */
#include "nets/gated.h"
#include "nets/mixed.h"
#include "nets/stages.h"
#include "nets/table.h"

#define CONVOLVED 3 /* levels of convolutions */
#define MIXED     3 /* levels of Transformer blocks below them */
#define LEVELS    (CONVOLVED + MIXED)

typedef struct mt_unet_options {
    int base, blocks, heads, slots;
} mt_unet_options;

static const sep_setting settings[] = {
    SEP_SETTING_INT(mt_unet_options, base, 64, 1, 512, "channels of the first level"),
    SEP_SETTING_INT(mt_unet_options, blocks, 2, 1, 64, "Transformer blocks of each of the lower levels"),
    SEP_SETTING_INT(mt_unet_options, heads, 8, 1, 64,
                    "of attention inside windows; external attention has 4 times these"),
    SEP_SETTING_INT(mt_unet_options, slots, 64, 1, 1024, "of a head's memory in external attention"),
    {0},
};

static const mt_unet_options *options_of(const sep_net_spec *spec)
{
    return (const void *)&spec->options;
}

static sep_status check(const sep_net_spec *spec)
{
    const mt_unet_options *o = options_of(spec);

    SEP_TRY(sep_net_check_grid(spec, 1 << (LEVELS - 1)));
    if (spec->height != spec->width)
        return sep_fail(SEP_ERR_SHAPE, "images of %dx%d: they must be square", spec->height, spec->width);
    if (4 * o->base % o->heads != 0)
        return sep_fail(SEP_ERR_ARGUMENT, "%d channels can't be split among %d heads", 4 * o->base, o->heads);
    return SEP_OK;
}

/* ---- parts ------------------------------------------------------------------------------------------------------- */

/* Two 3x3 convolutions, and a 1x1 one around which their result goes. */
static sep_node *residual_convs(sep_graph *g, sep_node *x, int channels)
{
    const sep_conv wide = {.channels = channels, .kernel = 3, .padding = 1};
    const sep_conv point = {.channels = channels, .kernel = 1, .bias = true};

    x = sep_relu(g, sep_normed_conv(g, "layer_0", x, &wide));
    x = sep_normed_conv(g, "layer_1", x, &wide);
    return sep_relu(g, sep_add(g, x, sep_normed_conv(g, "point", x, &point)));
}

static sep_node *mixed_blocks(sep_graph *g, const mt_unet_options *o, sep_node *x)
{
    for (int i = 0; i < o->blocks; i++) {
        sep_scope_push(g, "block_%d", i);
        x = sep_mixed_block(g, x, &(sep_mixed){.heads = o->heads, .slots = o->slots});
        sep_scope_pop(g);
    }
    return x;
}

/* The channels of a level's map on the way down. */
static int channels_of(const mt_unet_options *o, int level)
{
    return o->base << (level < CONVOLVED ? level : level - 1);
}

/* ---- down -------------------------------------------------------------------------------------------------------- */

/* The first Transformer level stands on the last convolutions' map, at half its size. */
static sep_node *embed(sep_graph *g, sep_node *x, int channels)
{
    x = sep_relu(g, sep_normed_conv(g, "embed", sep_max_pool(g, x), &(sep_conv){.channels = channels, .kernel = 1}));
    if (x == NULL)
        return NULL;
    const int *map = sep_node_shape(x)->dim;
    sep_node *position =
        sep_parameter(g, "position", SEP_SHAPE(map[1], map[2], channels), (sep_init){SEP_INIT_CONSTANT, 0.0f});
    return sep_add(g, x, position);
}

static sep_node *down(sep_graph *g, const mt_unet_options *o, sep_node *x, int level)
{
    const int channels = channels_of(o, level);
    const sep_conv halved = {.channels = channels, .kernel = 2, .stride = 2};

    if (level < CONVOLVED)
        return residual_convs(g, level > 0 ? sep_max_pool(g, x) : x, channels);
    if (level == CONVOLVED)
        return mixed_blocks(g, o, embed(g, x, channels));
    return mixed_blocks(g, o, sep_relu(g, sep_normed_conv(g, "down", x, &halved)));
}

static sep_maps encode(sep_graph *g, const sep_net_spec *spec, sep_node *x)
{
    sep_maps maps = {.count = LEVELS};

    x = sep_grey_as_rgb(g, spec, x);
    for (int i = 0; i < LEVELS; i++) {
        sep_scope_push(g, "encoder_%d", i);
        maps.map[i] = x = down(g, options_of(spec), x, i);
        sep_scope_pop(g);
    }
    return maps;
}

/* ---- up ---------------------------------------------------------------------------------------------------------- */

/* The first Transformer level keeps the channels of what it joins, twice those that it had on the way down. */
static sep_node *up(sep_graph *g, const mt_unet_options *o, sep_node *low, sep_node *skip, int level)
{
    const int channels = channels_of(o, level);
    sep_node *x =
        sep_conv_transpose2d(g, "up", low, &(sep_conv){.channels = channels, .kernel = 2, .stride = 2, .bias = true});

    if (level < CONVOLVED)
        return residual_convs(g, sep_concat(g, skip, x), channels);
    x = sep_concat(g, x, skip);
    if (level > CONVOLVED)
        x = sep_conv2d(g, "join", x, &(sep_conv){.channels = channels, .kernel = 1, .bias = true});
    return mixed_blocks(g, o, x);
}

static sep_net_output decode(sep_graph *g, const sep_net_spec *spec, const sep_maps *maps)
{
    sep_node *level[LEVELS] = {[LEVELS - 1] = maps->map[LEVELS - 1]};

    for (int i = LEVELS - 2; i >= 0; i--) {
        sep_scope_push(g, "decoder_%d", i);
        level[i] = up(g, options_of(spec), level[i + 1], maps->map[i], i);
        sep_scope_pop(g);
    }
    sep_net_output output = {.full = level[0], .quarter = level[2], .eighth = level[3]};
    output.logits = sep_conv2d(g, "head", level[0], &(sep_conv){.channels = spec->classes, .kernel = 1, .bias = true});
    return output;
}

const sep_net sep_mt_unet = {
    .name = "mt-unet",
    .summary = "convolutions, then mixed Transformer blocks: windows, axes, external attention",
    .settings = settings,
    .options_size = sizeof(mt_unet_options),
    .height = 224,
    .width = 224,
    .loose_maps = true,
    .check = check,
    .encode = encode,
    .decode = decode,
};
