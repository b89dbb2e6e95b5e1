/* R50-UNet and R50-AttnUNet as they stand in tables beside TransUNet and MT-UNet: the hybrid ResNet's maps, and on the
 * way up nearest upsampling and three 3x3 convolutions with batch norm and ReLU a step; one at the last, which has no
 * map of the encoder beside it (so the published numbers of parameters have it).
 *
 * `skips`: what the encoder's map of a step's size does there. Nothing in the published R50-UNet (23.94 million
 * parameters), though its name says otherwise; joined it is the U-Net (26.92 million). Of R50-AttnUNet (24.27 million)
 * the gated map takes the place of what came from below. */
#include "nets/gated.h"
#include "nets/resnet.h"
#include "nets/table.h"

enum { NONE, CONCAT };

typedef struct r50_unet_options {
    sep_resnet_options resnet;
    int skips;
} r50_unet_options;

static const sep_setting settings[] = {
    SEP_RESNET_SETTINGS,
    SEP_SETTING_CHOICE(r50_unet_options, skips, "none|concat", CONCAT, "what becomes of the encoder's maps"),
    {0},
};

static const sep_setting gated_settings[] = {SEP_RESNET_SETTINGS, {0}};

/* What a step goes on with: its own map, and the encoder's of its size. */
typedef sep_node *join_maps(sep_graph *g, const sep_net_spec *spec, sep_node *up, sep_node *skip);

static sep_node *concatenated(sep_graph *g, const sep_net_spec *spec, sep_node *up, sep_node *skip)
{
    const r50_unet_options *o = (const void *)&spec->options;

    return o->skips == NONE ? up : sep_concat(g, skip, up);
}

static sep_node *gated(sep_graph *g, const sep_net_spec *spec, sep_node *up, sep_node *skip)
{
    (void)spec;
    return sep_gated_skip(g, up, skip);
}

/* Channels at 1/8, 1/4, 1/2 and 1: those of the encoder's maps, then half of the root's. */
static sep_net_output decode_with(sep_graph *g, const sep_net_spec *spec, const sep_maps *maps, join_maps *join)
{
    const sep_resnet_options *o = (const void *)&spec->options;
    const int channels[] = {o->base / 2, o->base, 4 * o->base, 8 * o->base};
    sep_node *x = maps->map[SEP_RESNET_MAPS - 1], *step[SEP_RESNET_MAPS];

    for (int i = SEP_RESNET_MAPS - 1; i >= 0; i--) {
        sep_scope_push(g, "decoder_%d", i);
        x = sep_up_conv(g, x, channels[i]);
        if (i > 0)
            x = sep_two_convs(g, join(g, spec, x, maps->map[i - 1]), channels[i]);
        step[i] = x;
        sep_scope_pop(g);
    }
    return (sep_net_output){
        .full = step[0],
        .quarter = step[2],
        .eighth = step[3],
        .logits = sep_conv2d(g, "head", x, &(sep_conv){.channels = spec->classes, .kernel = 1, .bias = true})};
}

static sep_net_output decode(sep_graph *g, const sep_net_spec *spec, const sep_maps *maps)
{
    return decode_with(g, spec, maps, concatenated);
}

static sep_net_output decode_gated(sep_graph *g, const sep_net_spec *spec, const sep_maps *maps)
{
    return decode_with(g, spec, maps, gated);
}

static sep_maps encode(sep_graph *g, const sep_net_spec *spec, sep_node *x)
{
    sep_scope_push(g, "resnet");
    const sep_maps maps = sep_encode_resnet(g, spec, x);
    sep_scope_pop(g);
    return maps;
}

const sep_net sep_r50_unet = {
    .name = "r50-unet",
    .summary = "a ResNet's maps decoded by convolutions",
    .settings = settings,
    .options_size = sizeof(r50_unet_options),
    .height = 224,
    .width = 224,
    .check = sep_check_resnet,
    .encode = encode,
    .decode = decode,
};

const sep_net sep_r50_att_unet = {
    .name = "r50-att-unet",
    .summary = "a ResNet's maps, weighed pixel by pixel, decoded by convolutions",
    .settings = gated_settings,
    .options_size = sizeof(sep_resnet_options),
    .height = 224,
    .width = 224,
    .check = sep_check_resnet,
    .encode = encode,
    .decode = decode_gated,
};
