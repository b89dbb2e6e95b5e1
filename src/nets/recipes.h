/* The recipes behind sep_net_build, and the parts that the two Transformers share. */
#ifndef SEPTUM_NETS_RECIPES_H
#define SEPTUM_NETS_RECIPES_H

#include "septum/nets.h"
#include "septum/ops.h"

typedef sep_net_output sep_net_recipe(sep_graph *g, const sep_net_spec *spec, sep_node *x);
sep_net_recipe sep_u_net, sep_swin_unet, sep_cs_unet;

/* ---- parts of Swin-Unet that CS-Unet keeps ----------------------------------------------------------------------- */

#define SEP_STAGES          4     /* resolutions: 1/4, 1/8, 1/16, 1/32 of the image */
#define SEP_TRANSFORMER_STD 0.02f /* of the truncated normal that weights start from */

/* One block of a stage: its drop-path rate, and the shift of its windows (every second block, and only where the map
 * is larger than one window). */
typedef struct sep_block {
    int channels, heads, window, shift, height, width;
    float drop_path;
    float layer_scale;
} sep_block;
typedef sep_node *sep_block_recipe(sep_graph *g, sep_node *x, const sep_block *block);

/* `depth` blocks named block_0, ... of encoder stage `stage` (0 is the finest; the decoder of the same resolution uses
 * the same drop-path rates: linear from 0 to 0.2 over all encoder blocks). */
sep_node *sep_stage(sep_graph *g, const sep_net_spec *spec, sep_node *x, int stage, sep_block_recipe *block);
/* How the block's windows attend, with the scale of 1 / sqrt(channels of a head). */
sep_attention sep_attention_of(const sep_block *block);
/* Grey images as three equal channels, which is what these networks were written for. */
sep_node *sep_grey_as_rgb(sep_graph *g, sep_node *x);
/* Patch merging: half the size, twice the channels. */
sep_node *sep_patch_merging(sep_graph *g, sep_node *x);
/* Patch expanding by `factor`: linear to factor * factor * channels, spread over space, layer norm. */
sep_node *sep_patch_expanding(sep_graph *g, const char *name, sep_node *x, int factor, int channels);

#endif
