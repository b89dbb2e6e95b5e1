/* 2x2 max pooling, stride 2: one row of the output [width, channels] from two rows of the input [2 width, channels]. */
#ifndef SEPTUM_SIMD_POOLING_H
#define SEPTUM_SIMD_POOLING_H

typedef struct sep_simd_pooling {
    void (*max)(const float *top, const float *bottom, int width, int channels, float *y);
    /* dy goes to the first maximum in row-major order, +0 to the other three. */
    void (*max_dx)(const float *top, const float *bottom, const float *dy, int width, int channels, float *dx_top,
                   float *dx_bottom);
} sep_simd_pooling;

extern const sep_simd_pooling sep_pooling_generic, sep_pooling_avx2, sep_pooling_avx512, sep_pooling_neon;

#endif
