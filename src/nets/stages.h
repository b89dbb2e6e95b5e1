/* The parts of Swin-Unet that CS-Unet keeps: its settings, the stages of its encoder, patch merging and expanding. */
#ifndef SEPTUM_NETS_STAGES_H
#define SEPTUM_NETS_STAGES_H

#include "septum/nets.h"
#include "septum/ops.h"

#define SEP_STAGES          4     /* resolutions: 1/4, 1/8, 1/16, 1/32 of the image */
#define SEP_TRANSFORMER_STD 0.02f /* of the truncated normal that weights start from */

/* The first member of such a network's own struct of options. */
typedef struct sep_stage_options {
    int base, blocks, window, head_channels;
    bool no_dropout;
} sep_stage_options;

#define SEP_STAGE_SETTINGS                                                                                             \
    SEP_SETTING_INT(sep_stage_options, base, 96, 1, 1024, "channels of the first stage"),                              \
        SEP_SETTING_INT(sep_stage_options, blocks, 2, 1, 64, "of each stage"),                                         \
        SEP_SETTING_INT(sep_stage_options, window, 7, 1, 16, "tokens to its side"),                                    \
        SEP_SETTING_INT(sep_stage_options, head_channels, 32, 1, 1024, "of an attention head"),                        \
        SEP_SETTING_BOOL(sep_stage_options, no_dropout, false, "dropout and drop path off everywhere")

/* Sides in multiples of 32 windows, and heads that share the channels. */
sep_status sep_check_stages(const sep_net_spec *spec);

/* One block of a stage: its drop-path rate, and the shift of its windows (every second block, and only where the map
 * is larger than one window). */
typedef struct sep_block {
    int channels, heads, window, shift, height, width;
    float drop_path;
    const void *options; /* the network's own */
} sep_block;
typedef sep_node *sep_block_recipe(sep_graph *g, sep_node *x, const sep_block *block);

/* Blocks named block_0, ... of encoder stage `stage` (0 is the finest; the decoder of the same resolution uses the same
 * drop-path rates: linear from 0 to 0.2 over all encoder blocks). */
sep_node *sep_stage(sep_graph *g, const sep_net_spec *spec, sep_node *x, int stage, sep_block_recipe *block);
/* All stages on embedded patches x: the inputs of the first three, and the last one's output behind a norm. */
sep_maps sep_encode_stages(sep_graph *g, const sep_net_spec *spec, sep_node *x, sep_block_recipe *block);
/* How the block's windows attend, with the scale of 1 / sqrt(channels of a head). */
sep_attention sep_attention_of(const sep_block *block);
/* What windows add to their attention: a learned bias for each relative position and head. */
sep_node *sep_position_table(sep_graph *g, const sep_block *block);
/* Linear to four times the channels, GELU, linear back. */
sep_node *sep_perceptron(sep_graph *g, sep_node *x, const sep_block *block);
/* Patches of 4x4 pixels, each a token of so many channels, with a norm. */
sep_node *sep_patch_embedding(sep_graph *g, const sep_net_spec *spec, sep_node *x, int channels);
/* Grey images as three equal channels, which is what these networks were written for; others as they are. */
sep_node *sep_grey_as_rgb(sep_graph *g, const sep_net_spec *spec, sep_node *x);
/* Patch expanding by `factor`: linear to factor * factor * channels, spread over space, layer norm. */
sep_node *sep_patch_expanding(sep_graph *g, const char *name, sep_node *x, int factor, int channels);
/* A decoder's map and the encoder's of the same size, side by side, through a linear layer. */
sep_node *sep_join_linearly(sep_graph *g, sep_node *x, sep_node *skip, int channels);

#endif
