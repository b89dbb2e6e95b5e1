/* Attention U-Net (Oktay et al. 2018, "Attention U-Net: Learning Where to Look for the Pancreas") in the form of its
 * common reimplementation: five levels of two 3x3 convolutions with batch norm and ReLU; on the way up nearest
 * upsampling behind which a 3x3 convolution halves the channels, and an additive gate that weighs each pixel of the
 * skip connection. 34,877,616 parameters with 64 channels at the first level, one channel of the image and 4 classes
 * (34,878,573 of three channels and one class). */
#include "nets/gated.h"
#include "nets/levels.h"
#include "nets/table.h"

typedef struct att_unet_options {
    int base;
} att_unet_options;

static const sep_setting settings[] = {
    SEP_SETTING_INT(att_unet_options, base, 64, 2, 1024, "channels of the first level"),
    {0},
};

static sep_node *down(sep_graph *g, const sep_net_spec *spec, sep_node *x, int level)
{
    const att_unet_options *o = (const void *)&spec->options;

    return sep_two_convs(g, x, o->base << level);
}

static sep_node *up(sep_graph *g, const sep_net_spec *spec, sep_node *low, sep_node *skip, int level)
{
    const att_unet_options *o = (const void *)&spec->options;
    const int channels = o->base << level;
    sep_node *x = sep_up_conv(g, low, channels), *seen = sep_gated_skip(g, x, skip);

    return sep_two_convs(g, sep_concat(g, seen, x), channels);
}

static sep_maps encode(sep_graph *g, const sep_net_spec *spec, sep_node *x)
{
    return sep_encode_levels(g, spec, x, down);
}

static sep_net_output decode(sep_graph *g, const sep_net_spec *spec, const sep_maps *maps)
{
    sep_net_output output = sep_decode_levels(g, spec, maps, up);

    output.logits =
        sep_conv2d(g, "head", output.full, &(sep_conv){.channels = spec->classes, .kernel = 1, .bias = true});
    return output;
}

const sep_net sep_att_unet = {
    .name = "att-unet",
    .summary = "a U-Net whose skip connections are weighed pixel by pixel",
    .settings = settings,
    .options_size = sizeof(att_unet_options),
    .height = 224,
    .width = 224,
    .check = sep_check_levels,
    .encode = encode,
    .decode = decode,
};
