/* Softmax and its relatives over the rows of x[rows, channels]; sums are lane sums (operation.h). */
#ifndef SEPTUM_SIMD_SOFTMAX_H
#define SEPTUM_SIMD_SOFTMAX_H

#include <stdint.h>

typedef struct sep_simd_softmax {
    void (*forward)(const float *x, int rows, int channels, float *p);
    void (*dx)(const float *p, const float *dp, int rows, int channels, float *dx);
    void (*log_forward)(const float *x, int rows, int channels, float *y);
    void (*log_dx)(const float *y, const float *dy, int rows, int channels, float *dx);
    /* The first of equals; NaN is never taken unless it comes first. */
    void (*argmax)(const float *x, int rows, int channels, int32_t *index);
} sep_simd_softmax;

extern const sep_simd_softmax sep_softmax_generic, sep_softmax_avx2, sep_softmax_avx512, sep_softmax_neon;

#endif
