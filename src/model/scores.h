/* From a pixel's scores to probabilities and to its class: one rule for patches and for windows. */
#ifndef SEPTUM_MODEL_SCORES_H
#define SEPTUM_MODEL_SCORES_H

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

/* The class with the largest of scores that lie `step` apart; of equals the first. */
static inline uint8_t sep_class_of_pixel(const float *score, size_t step, int classes)
{
    size_t best = 0;

    for (size_t c = 1; c < (size_t)classes; c++)
        if (score[c * step] > score[best * step])
            best = c;
    return (uint8_t)best;
}

#endif
