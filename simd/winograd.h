/* Winograd's minimal filtering F(4x4, 3x3) for 3x3 convolution with stride 1 and padding 1: a tile of 4x4 outputs from
 * 6x6 inputs with 36 products a channel instead of 144, exact in real numbers (Lavin and Gray 2016). Here are its
 * transforms; the 36 matrix products between them are the tile's (simd/tile.h). Polynomials are interpolated at 0,
 * +-5/8, +-3/2 and infinity, which was measured more than twice as accurate as the usual 0, +-1, +-2.
 *
 *     y  = AT [ (G w GT) * (BT x B) ] A       forward; with w turned by 180 degrees, the data gradient
 *     dw = GT [ sum over tiles of (BT x B) * (A dy AT) ] G                   its adjoint, the weight gradient
 *
 * The five lines BT, AT, A, G and GT are defined at sep_conv_is_winograd (septum/operation.h).
 *
 * Transformed values lie in 36 planes: value (i, j) of tile (or row) r and channel c at
 * (6 * i + j) * plane + r * row + c. */
#ifndef SEPTUM_SIMD_WINOGRAD_H
#define SEPTUM_SIMD_WINOGRAD_H

#include <stddef.h>

#define SEP_WINOGRAD_PLANES 36
#define SEP_WINOGRAD_TILE   4 /* outputs along a side */

/* `count` tiles side by side in one row of tiles of an image [height][width], `pixel` floats from a pixel to the next.
 * Tile (row, column) has the outputs (4 * row .. + 3, 4 * column .. + 3) and one more input on each side. */
typedef struct sep_winograd_tiles {
    int height, width;
    ptrdiff_t pixel;
    int row, column, count;
} sep_winograd_tiles;

/* Where transformed values lie, in floats. */
typedef struct sep_winograd_planes {
    ptrdiff_t plane, row;
} sep_winograd_planes;

/* x, y and dy are an image's first pixel. Pixels outside the image read +0 and are not written. Nothing needs alignment
 * and no other memory is touched. */
typedef struct sep_simd_winograd {
    /* v = BT x B of each tile. */
    void (*input)(const sep_winograd_tiles *tiles, const float *x, int channels, float *v,
                  const sep_winograd_planes *to);
    /* y = AT m A (+ bias, added last, unless NULL). */
    void (*output)(const sep_winograd_tiles *tiles, const float *m, const sep_winograd_planes *from, int channels,
                   const float *bias, float *y);
    /* v = A dy AT of the 4x4 outputs of each tile. */
    void (*gradient)(const sep_winograd_tiles *tiles, const float *dy, int channels, float *v,
                     const sep_winograd_planes *to);
    /* u = G w GT of a matrix [rows][columns] of weights: tap (ky, kx) of element (i, j) at
     * w[(3 * ky + kx) * tap + i * row + j]. Strides may be negative. */
    void (*weights)(const float *w, ptrdiff_t tap, ptrdiff_t row, int rows, int columns, float *u,
                    const sep_winograd_planes *to);
    /* dw = GT s G, likewise. */
    void (*weight_gradient)(const float *s, const sep_winograd_planes *from, int rows, int columns, float *dw,
                            ptrdiff_t tap, ptrdiff_t row);
} sep_simd_winograd;

extern const sep_simd_winograd sep_winograd_generic, sep_winograd_avx2, sep_winograd_avx512, sep_winograd_neon;

#endif
