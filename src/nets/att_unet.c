/* Attention U-Net (Oktay et al. 2018, "Attention U-Net: Learning Where to Look for the Pancreas") in the form of its
 * common reimplementation: five levels of two 3x3 convolutions with batch norm and ReLU; on the way up nearest
 * upsampling behind which a 3x3 convolution halves the channels, and an additive gate that weighs each pixel of the
 * skip connection. 34,877,616 parameters with 64 channels at the first level, one channel of the image and 4 classes
 * (34,878,573 of three channels and one class). */
#include "nets/table.h"

#include "septum/ops.h"

#define LEVELS 5

typedef struct att_unet_options {
    int base;
} att_unet_options;

static const sep_setting settings[] = {
    SEP_SETTING_INT(att_unet_options, base, 64, 2, 1024, "channels of the first level"),
    {0},
};

/* Convolution of the map's size, then batch norm. */
static sep_node *normed_conv(sep_graph *g, const char *name, sep_node *x, int channels, int kernel)
{
    sep_scope_push(g, "%s", name);
    x = sep_conv2d(g, "conv", x,
                   &(sep_conv){.channels = channels, .kernel = kernel, .padding = kernel / 2, .bias = true});
    x = sep_batch_norm(g, "norm", x);
    sep_scope_pop(g);
    return x;
}

static sep_node *conv_block(sep_graph *g, sep_node *x, int channels)
{
    x = sep_relu(g, normed_conv(g, "layer_0", x, channels, 3));
    return sep_relu(g, normed_conv(g, "layer_1", x, channels, 3));
}

/* skip * sigmoid(BN(conv(ReLU(BN(conv(gate)) + BN(conv(skip)))))): one weight a pixel, through half the channels. */
static sep_node *gated(sep_graph *g, sep_node *gate, sep_node *skip, int channels)
{
    const int between = channels / 2;

    sep_scope_push(g, "gate");
    sep_node *asked = normed_conv(g, "gate", gate, between, 1);
    sep_node *seen = normed_conv(g, "skip", skip, between, 1);
    sep_node *weight = sep_sigmoid(g, normed_conv(g, "weight", sep_relu(g, sep_add(g, asked, seen)), 1, 1));
    sep_scope_pop(g);
    return sep_mul(g, skip, weight);
}

static sep_maps encode(sep_graph *g, const sep_net_spec *spec, sep_node *x)
{
    const att_unet_options *o = (const void *)&spec->options;
    sep_maps maps = {.count = LEVELS};

    for (int i = 0; i < LEVELS; i++) {
        sep_scope_push(g, "encoder_%d", i);
        if (i > 0)
            x = sep_max_pool(g, x);
        maps.map[i] = x = conv_block(g, x, o->base << i);
        sep_scope_pop(g);
    }
    return maps;
}

static sep_net_output decode(sep_graph *g, const sep_net_spec *spec, const sep_maps *maps)
{
    const att_unet_options *o = (const void *)&spec->options;
    sep_node *x = maps->map[LEVELS - 1];
    sep_net_output output = {0};

    for (int i = LEVELS - 2; i >= 0; i--) {
        const int channels = o->base << i;
        sep_scope_push(g, "decoder_%d", i);
        sep_node *up = sep_relu(g, normed_conv(g, "up", sep_upsample_nearest(g, x), channels, 3));
        sep_node *skip = gated(g, up, maps->map[i], channels);
        x = conv_block(g, sep_concat(g, skip, up), channels);
        sep_scope_pop(g);
        if (i == 3)
            output.eighth = x;
        if (i == 2)
            output.quarter = x;
    }
    output.full = x;
    output.logits = sep_conv2d(g, "head", x, &(sep_conv){.channels = spec->classes, .kernel = 1, .bias = true});
    return output;
}

/* Each level halves the map of the one before. */
static sep_status check(const sep_net_spec *spec)
{
    return sep_net_check_grid(spec, 1 << (LEVELS - 1));
}

const sep_net sep_att_unet = {
    .name = "att-unet",
    .summary = "a U-Net whose skip connections are weighed pixel by pixel",
    .settings = settings,
    .options_size = sizeof(att_unet_options),
    .height = 224,
    .width = 224,
    .check = check,
    .encode = encode,
    .decode = decode,
};
