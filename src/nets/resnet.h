/* The hybrid ResNet-v2 encoder of R50+ViT-B/16 (Dosovitskiy et al. 2021), which TransUNet has too: weight-standardised
 * convolutions without bias, group norm for batch norm, bottlenecks in three stages. 11.9 million parameters as
 * published, for images of three channels.
 *
 * Parameters, below the scope where it is built, and their names in the published files (R50+ViT-B_16.npz, timm):
 *
 *     root.conv.weight                     conv_root/kernel                    stem.conv.weight
 *     root.norm.{gamma,beta}               gn_root/{scale,bias}                stem.norm.{weight,bias}
 *     stage_S.block_B.conv_K.weight        block<S+1>/unit<B+1>/conv<K+1>      stages.S.blocks.B.conv<K+1>.weight
 *     stage_S.block_B.norm_K.{gamma,beta}  .../gn<K+1>/{scale,bias}            .../norm<K+1>.{weight,bias}
 *     stage_S.block_0.project.weight       .../conv_proj/kernel                .../downsample.conv.weight
 *     stage_S.block_0.project_norm.*       .../gn_proj/{scale,bias}            .../downsample.norm.{weight,bias}
 *
 * S and K run from 0 to 2. Kernels of the .npz are [k, k, I, O] as ours, PyTorch's are [O, I, k, k]. */
#ifndef SEPTUM_NETS_RESNET_H
#define SEPTUM_NETS_RESNET_H

#include "septum/nets.h"
#include "septum/ops.h"

#define SEP_RESNET_STAGES 3
#define SEP_RESNET_MAPS   (SEP_RESNET_STAGES + 1)

/* The first member of the struct of options of a network that has this encoder. */
typedef struct sep_resnet_options {
    int base;                         /* channels of the root; stage s has base << (s + 2) */
    int blocks_0, blocks_1, blocks_2; /* bottlenecks of each stage */
    int groups;
} sep_resnet_options;

#define SEP_RESNET_SETTINGS                                                                                            \
    SEP_SETTING_INT(sep_resnet_options, base, 64, 1, 512, "channels of the encoder's root"),                           \
        SEP_SETTING_INT(sep_resnet_options, blocks_0, 3, 1, 64, "bottlenecks of the encoder's stage 0"),               \
        SEP_SETTING_INT(sep_resnet_options, blocks_1, 4, 1, 64, "of its stage 1"),                                     \
        SEP_SETTING_INT(sep_resnet_options, blocks_2, 9, 1, 64, "of its stage 2"),                                     \
        SEP_SETTING_INT(sep_resnet_options, groups, 32, 1, 512, "of its group norms")

/* Sides in multiples of 16, and groups that share the channels. */
sep_status sep_check_resnet(const sep_net_spec *spec);

/* x [N, H, W, 3], or one channel, which is taken three times. Maps, finest first: the root's at 1/2 (base channels),
 * the stages' at 1/4, 1/8, 1/16 (4, 8, 16 times as many). */
sep_maps sep_encode_resnet(sep_graph *g, const sep_net_spec *spec, sep_node *x);

#endif
