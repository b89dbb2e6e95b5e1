/* Attention U-Net (Oktay et al. 2018, "Attention U-Net: Learning Where to Look for the Pancreas") in the form of its
 * common reimplementation: five levels of two 3x3 convolutions with batch norm and ReLU; on the way up nearest
 * upsampling behind which a 3x3 convolution halves the channels, and an additive gate that weighs each pixel of the
 * skip connection. 34,877,616 parameters with 64 channels at the first level, one channel of the image and 4 classes
 * (34,878,573 of three channels and one class). */
#include "nets/gated.h"
#include "nets/table.h"

#define LEVELS 5

typedef struct att_unet_options {
    int base;
} att_unet_options;

static const sep_setting settings[] = {
    SEP_SETTING_INT(att_unet_options, base, 64, 2, 1024, "channels of the first level"),
    {0},
};

static sep_maps encode(sep_graph *g, const sep_net_spec *spec, sep_node *x)
{
    const att_unet_options *o = (const void *)&spec->options;
    sep_maps maps = {.count = LEVELS};

    for (int i = 0; i < LEVELS; i++) {
        sep_scope_push(g, "encoder_%d", i);
        if (i > 0)
            x = sep_max_pool(g, x);
        maps.map[i] = x = sep_two_convs(g, x, o->base << i);
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
        sep_node *up = sep_up_conv(g, x, channels), *skip = sep_gated_skip(g, up, maps->map[i]);
        x = sep_two_convs(g, sep_concat(g, skip, up), channels);
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
