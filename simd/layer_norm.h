/* Layer normalisation of the rows of x[rows, channels]: every sum is a lane sum (operation.h). */
#ifndef SEPTUM_SIMD_LAYER_NORM_H
#define SEPTUM_SIMD_LAYER_NORM_H

#include <stdint.h>

typedef struct sep_layer_norm_terms {
    int channels, groups;      /* row r uses row r % groups of gamma and beta */
    const float *gamma, *beta; /* [groups, channels]; beta is not read by the gradient */
    float epsilon;
} sep_layer_norm_terms;

typedef struct sep_simd_layer_norm {
    /* x and y (x, dy, dx) begin at row `first` of the tensor. */
    void (*forward)(const sep_layer_norm_terms *terms, const float *x, int64_t first, int rows, float *y);
    void (*dx)(const sep_layer_norm_terms *terms, const float *x, const float *dy, int64_t first, int rows, float *dx);
    /* One block of rows, `stride` elements apart: sums[2, channels], chains over rows of dy * xhat and of dy. */
    void (*dparam)(const float *x, const float *dy, int rows, int64_t stride, int channels, float epsilon, float *sums);
} sep_simd_layer_norm;

extern const sep_simd_layer_norm sep_layer_norm_generic, sep_layer_norm_avx2, sep_layer_norm_avx512,
    sep_layer_norm_neon;

#endif
