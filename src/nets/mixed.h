/* The block of MT-UNet (Wang et al. 2022, "Mixed Transformer U-Net for Medical Image Segmentation"): attention inside
 * one image, from near to far, then external attention, which all images share. */
#ifndef SEPTUM_NETS_MIXED_H
#define SEPTUM_NETS_MIXED_H

#include "septum/ops.h"

typedef struct sep_mixed {
    int heads; /* of the attention inside windows; external attention has four times as many */
    int slots; /* of the memory that each head of external attention reads */
} sep_mixed;

/* x [N, S, S, C], C a multiple of the heads -> the same shape: x plus local-global attention of norm(x), plus external
 * attention of the norm of that. Maps that are no whole number of windows are padded with zeros below and to the
 * right. (The authors' program also copies the map's last corner into the padding's.) */
sep_node *sep_mixed_block(sep_graph *g, sep_node *x, const sep_mixed *how);

#endif
