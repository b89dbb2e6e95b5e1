/* From the sum of a pixel's logits to probabilities: one rule for patches and for windows. */
#ifndef SEPTUM_MODEL_SOFTMAX_H
#define SEPTUM_MODEL_SOFTMAX_H

#include "simd/elementary.h"

/* Softmax of the mean logits in place of their sum, whose summands weigh `weight` together. */
static inline void sep_softmax_pixel(float *score, int classes, float weight)
{
    float largest = score[0], total = 0.0f;

    for (int c = 1; c < classes; c++)
        largest = score[c] > largest ? score[c] : largest;
    for (int c = 0; c < classes; c++) {
        score[c] = sep_expf((score[c] - largest) / weight);
        total += score[c];
    }
    for (int c = 0; c < classes; c++)
        score[c] /= total;
}

#endif
