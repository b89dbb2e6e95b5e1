/* Batch normalisation over x[rows, channels], with the activation and the dropout that follow it. No alignment is asked
 * for; the arithmetic of each is in operation.h. */
#ifndef SEPTUM_SIMD_BATCH_NORM_H
#define SEPTUM_SIMD_BATCH_NORM_H

#include "septum/operation.h"
#include "simd/destination.h"

#include <stdint.h>

/* xhat = (x - mean) * rstd, u = fma(xhat, gamma, beta), y = dropout(activation(u)). */
typedef struct sep_batch_norm_terms {
    int channels;
    const float *mean, *rstd, *gamma, *beta; /* [channels] each */
    sep_activation activation;
    float slope;
    const uint8_t *keep; /* bit e % 8 of byte e / 8: dropout keeps element e = row * channels + channel; NULL: no
                          * dropout. Three bytes beyond the last bit's can be read */
    float keep_scale;    /* of what is kept */
} sep_batch_norm_terms;

/* What BATCH_DX takes away from du: du - mean_du - xhat * mean_du_xhat, times factor. [channels] each; the means are
 * NULL where the statistics are frozen. */
typedef struct sep_batch_norm_gradient {
    const float *factor, *mean_du, *mean_du_xhat;
} sep_batch_norm_gradient;

typedef struct sep_simd_batch_norm {
    /* One block: mean[c] = sum / rows, m2[c] = chain over rows of (x - mean)^2. */
    void (*stats)(const float *x, int rows, int channels, float *mean, float *m2);
    /* Chan's rule on a and b, each [2, channels] (mean, m2) over so many rows; the result replaces a. */
    void (*join)(float *a, int64_t rows_a, const float *b, int64_t rows_b, int channels);
    /* x and y (x, dy, dx) begin at row `first` of the tensor, dropout counts elements from its start. All
     * but y are dense. */
    void (*apply)(const sep_batch_norm_terms *terms, const float *x, int64_t first, int rows, sep_destination y);
    /* One block: sums[2, channels], of du and of du * xhat. */
    void (*reduce)(const sep_batch_norm_terms *terms, const float *x, const float *dy, int64_t first, int rows,
                   float *sums);
    void (*dx)(const sep_batch_norm_terms *terms, const sep_batch_norm_gradient *gradient, const float *x,
               const float *dy, int64_t first, int rows, float *dx);
} sep_simd_batch_norm;

extern const sep_simd_batch_norm sep_batch_norm_generic, sep_batch_norm_avx2, sep_batch_norm_avx512,
    sep_batch_norm_neon;

#endif
