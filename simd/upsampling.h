/* Upsampling, nearest x2, bilinear by any whole number, one row of pixels at a time. Where an output pixel reads from
 * depends on its position alone, so both axes are worked out once (sep_upsample_axis) and shared by all rows. */
#ifndef SEPTUM_SIMD_UPSAMPLING_H
#define SEPTUM_SIMD_UPSAMPLING_H

#include "simd/destination.h"

/* An output position: it mixes inputs low and high = min(low + 1, inputs - 1) as (1 - fraction, fraction). */
typedef struct sep_upsample_tap {
    int low, high;
    float fraction;
} sep_upsample_tap;

/* The output positions that read input i, as low or as high: a range, since low never falls. What i weighs in output o
 * of them is weight[first + o - begin]. */
typedef struct sep_upsample_span {
    int begin, end, first;
} sep_upsample_span;

typedef struct sep_upsample_axis {
    int inputs, outputs;
    const sep_upsample_tap *tap;   /* [outputs] */
    const sep_upsample_span *span; /* [inputs] */
    const float *weight;           /* an output has two at most: [2 * outputs] */
} sep_upsample_axis;

typedef struct sep_simd_upsampling {
    /* One output row [outputs, channels] between the input rows top and bottom; pixels of y are y_pitch floats
     * apart.
     */
    void (*bilinear)(const sep_upsample_axis *columns, const float *top, const float *bottom, float fraction,
                     int channels, sep_destination y);
    /* Input row `row` of dx from the whole image dy, whose pixels are dy_pitch floats apart. */
    void (*bilinear_dx)(const sep_upsample_axis *rows, const sep_upsample_axis *columns, int row, const float *dy,
                        ptrdiff_t dy_pitch, int channels, float *dx);
    /* Row of dx from the two rows of dy that copied it, [2 * width, channels] each: rising order from +0. */
    void (*nearest_dx)(const float *top, const float *bottom, int width, int channels, float *dx);
} sep_simd_upsampling;

extern const sep_simd_upsampling sep_upsampling_generic, sep_upsampling_avx2, sep_upsampling_avx512,
    sep_upsampling_neon;

#endif
