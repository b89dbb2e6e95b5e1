/* Sums over the rows of a tensor x[rows, channels] and over flat stretches: one block at a time. The device cuts a
 * tensor in blocks and joins them (operation.h: pixel blocks, tree sum). No alignment is asked for. */
#ifndef SEPTUM_SIMD_REDUCTION_H
#define SEPTUM_SIMD_REDUCTION_H

typedef struct sep_simd_reduction {
    /* sum[c] = ((+0 + x[0][c]) + x[1][c]) + ... */
    void (*row_sum)(const float *x, int rows, int channels, float *sum);
    /* sum[c] = chain from +0 over rows of a * b. */
    void (*mul_row_sum)(const float *a, const float *b, int rows, int channels, float *sum);
    /* The lane sum of x * x. */
    float (*squared_norm)(const float *x, int count);
} sep_simd_reduction;

extern const sep_simd_reduction sep_reduction_generic, sep_reduction_avx2, sep_reduction_avx512, sep_reduction_neon;

#endif
