/* Losses over the rows of x[rows, channels] with a label a row. A label outside [0, channels) marks a row without a
 * label: it adds nothing to a loss. Sums are over one pixel block; the device joins blocks (operation.h). */
#ifndef SEPTUM_SIMD_LOSS_H
#define SEPTUM_SIMD_LOSS_H

#include <stdint.h>

typedef struct sep_simd_loss {
    /* Plain sum over rows of -(log softmax)[label]. */
    float (*cross_entropy)(const float *logits, const int32_t *labels, int rows, int channels);
    /* factor * (softmax - onehot); +0 for rows without a label. */
    void (*cross_entropy_dx)(const float *logits, const int32_t *labels, float factor, int rows, int channels,
                             float *dx);
    /* sums[3, channels]: over rows with a label, chains of p * g and p * p, plain sum of g; g is the one-hot label. */
    void (*dice_sums)(const float *p, const int32_t *labels, int rows, int channels, float *sums);
    /* factor * (p * square[c] - (g ? overlap[c] : +0)); +0 for rows without a label. */
    void (*dice_dx)(const float *p, const int32_t *labels, float factor, const float *square, const float *overlap,
                    int rows, int channels, float *dp);
    /* Plain sum over rows of the lane sum of (a - b)^2. */
    float (*mse)(const float *a, const float *b, int rows, int channels);
    /* factor * (a - b) */
    void (*mse_dx)(const float *a, const float *b, float factor, int64_t count, float *dx);
} sep_simd_loss;

extern const sep_simd_loss sep_loss_generic, sep_loss_avx2, sep_loss_avx512, sep_loss_neon;

#endif
