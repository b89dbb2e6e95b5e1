/* Elementwise operations on `count` consecutive elements, or on rows of `channels` with a row operand. The result may
 * replace the first operand. No alignment is asked for. */
#ifndef SEPTUM_SIMD_ELEMENTWISE_H
#define SEPTUM_SIMD_ELEMENTWISE_H

#include "septum/operation.h"
#include "simd/dropout.h"

typedef struct sep_simd_elementwise {
    void (*add)(const float *a, const float *b, int64_t count, float *y);
    void (*mul)(const float *a, const float *b, int64_t count, float *y);
    /* b[channels] to every row */
    void (*add_row)(const float *a, const float *b, int64_t rows, int channels, float *y);
    void (*mul_row)(const float *a, const float *b, int64_t rows, int channels, float *y);
    /* one number to every element */
    void (*shift)(const float *a, float b, int64_t count, float *y);
    void (*scale)(const float *a, float b, int64_t count, float *y);
    void (*fill)(float value, int64_t count, float *y);
    void (*activate)(sep_activation activation, float slope, const float *x, int64_t count, float *y);
    void (*activate_dx)(sep_activation activation, float slope, const float *x, const float *dy, int64_t count,
                        float *dx);
    /* x begins at element `first` of the tensor */
    void (*dropout)(const sep_dropout *dropout, const float *x, int64_t first, int64_t count, float *y);
} sep_simd_elementwise;

extern const sep_simd_elementwise sep_elementwise_generic, sep_elementwise_avx2, sep_elementwise_avx512,
    sep_elementwise_neon;

#endif
