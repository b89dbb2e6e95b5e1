/* R50+ViT-B/16 (Dosovitskiy et al. 2021): a Transformer on the last map of the hybrid ResNet, as TransUNet has it. */
#ifndef SEPTUM_NETS_HYBRID_H
#define SEPTUM_NETS_HYBRID_H

#include "nets/resnet.h"
#include "nets/vit.h"

typedef struct sep_hybrid_options {
    sep_resnet_options resnet;
    sep_vit_options vit;
} sep_hybrid_options;

#define SEP_HYBRID_SETTINGS SEP_RESNET_SETTINGS, SEP_VIT_SETTINGS(sep_hybrid_options)

sep_status sep_hybrid_check(const sep_net_spec *spec);

/* The ResNet's maps at 1/2, 1/4 and 1/8 of the image, and in place of that at 1/16 what the Transformer makes of it. */
sep_maps sep_hybrid_encode(sep_graph *g, const sep_net_spec *spec, sep_node *x);
/* Joins all maps ahead of the tokens, which are the last. */
sep_net_output sep_hybrid_decode(sep_graph *g, const sep_net_spec *spec, const sep_maps *maps);

#endif
