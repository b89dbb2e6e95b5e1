/* The inner loops of warping a map (WARP_MAP in septum/operation.h), for one row of its result at a time. */
#ifndef SEPTUM_SIMD_WARP_MAP_H
#define SEPTUM_SIMD_WARP_MAP_H

#include <math.h>
#include <stddef.h>

/* One row of one sample's pixels. */
typedef struct sep_warp_row {
    const float *move; /* [width][2] */
    int row, height, width, channels;
} sep_warp_row;

/* A pixel's taps: rows low .. low + rows, columns likewise; weights by [row][column]. */
typedef struct sep_warp_taps {
    int low_row, rows, low_column, columns;
    float weight[2][2];
} sep_warp_taps;

typedef struct sep_simd_warp_map {
    /* y [width, channels] of the sample x [height, width, channels]. */
    void (*values)(const sep_warp_row *row, const float *x, float *y);
    /* dmove [width, 2] from the row dy [width, channels]. */
    void (*slopes)(const sep_warp_row *row, const float *x, const float *dy, float *dmove);
    /* Adds the row dy, pixel by pixel, to what taps it has in rows [first, end) of the sample dx. */
    void (*spread)(const sep_warp_row *row, const float *dy, int first, int end, float *dx);
} sep_simd_warp_map;

/* One pixel's part of `spread`. */
static inline void sep_warp_spread(const sep_warp_row *row, const sep_warp_taps *t, const float *restrict dy, int first,
                                   int end, float *restrict dx)
{
    for (int i = 0; i <= t->rows; i++) {
        const int at = t->low_row + i;
        float *to = dx + ((ptrdiff_t)at * row->width + t->low_column) * row->channels;

        if (at < first || at >= end)
            continue;
        for (int j = 0; j <= t->columns; j++, to += row->channels)
            for (int c = 0; c < row->channels; c++)
                to[c] = fmaf(t->weight[i][j], dy[c], to[c]);
    }
}

extern const sep_simd_warp_map sep_warp_map_generic, sep_warp_map_avx2, sep_warp_map_avx512, sep_warp_map_neon;

#endif
