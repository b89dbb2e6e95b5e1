/* Functions of one number and of two on `count` consecutive elements, and sums of rows. The result may replace the
 * first operand. No alignment is asked for. */
#ifndef SEPTUM_SIMD_POINTWISE_H
#define SEPTUM_SIMD_POINTWISE_H

#include "septum/operation.h"

typedef struct sep_simd_pointwise {
    void (*unary)(sep_function function, float exponent, const float *x, int64_t count, float *y);
    void (*unary_dx)(sep_function function, float exponent, const float *x, const float *dy, int64_t count, float *dx);
    void (*binary)(sep_function function, const float *a, const float *b, int64_t count, float *y);
    /* one b for all */
    void (*binary_number)(sep_function function, const float *a, float b, int64_t count, float *y);
    /* sum[r]: the lane sum of row r of x[rows, channels] */
    void (*channel_sum)(const float *x, int64_t rows, int channels, float *sum);
} sep_simd_pointwise;

extern const sep_simd_pointwise sep_pointwise_generic, sep_pointwise_avx2, sep_pointwise_avx512, sep_pointwise_neon;

#endif
