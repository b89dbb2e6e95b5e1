/* Max pooling. 2x2, stride 2: one row of the output [width, channels] from two rows of the input [2 width, channels].
 * Any other: one output pixel from its taps. */
#ifndef SEPTUM_SIMD_POOLING_H
#define SEPTUM_SIMD_POOLING_H

#include <stddef.h>

/* The rows that the gradient of one output row reads and writes; pairs are (top, bottom). Pitches are floats from a
 * pixel to the next. */
typedef struct sep_pooling_rows {
    int width, channels;
    const float *x[2], *dy;
    const float *sum[2]; /* added to what is routed; NULL: nothing */
    ptrdiff_t x_pitch, sum_pitch;
    float *dx[2];
} sep_pooling_rows;

typedef struct sep_simd_pooling {
    /* Pixels of top and bottom are x_pitch floats apart. */
    void (*max)(const float *top, const float *bottom, ptrdiff_t x_pitch, int width, int channels, float *y);
    /* dy goes to the first maximum in row-major order, +0 to the other three; dx = sum + that. */
    void (*max_dx)(const sep_pooling_rows *rows);
    /* One pixel's channels from those of `taps` pixels, at least one. */
    void (*window)(const float *const *x, int taps, int channels, float *y);
    /* dx[t] += dy where tap t is the first maximum, += +0 elsewhere. */
    void (*window_dx)(const float *const *x, int taps, int channels, const float *dy, float *const *dx);
} sep_simd_pooling;

extern const sep_simd_pooling sep_pooling_generic, sep_pooling_avx2, sep_pooling_avx512, sep_pooling_neon;

#endif
