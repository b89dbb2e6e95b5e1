/* Dropout: which elements of a flat tensor are kept, as a function of the element's number alone. The definition;
 * simd/vector/dropout.h draws the same words for many elements at once. */
#ifndef SEPTUM_SIMD_DROPOUT_H
#define SEPTUM_SIMD_DROPOUT_H

#include "septum/base.h"

typedef struct sep_dropout {
    sep_random random; /* index of a draw: element / 4 */
    float probability; /* of being dropped; 0: no dropout at all */
    float scale;       /* of what is kept: 1 / (1 - probability) */
} sep_dropout;

/* Word (element % 4) as a uniform in [0, 1) with 24 bits is at least the probability. */
static inline bool sep_dropout_keeps(const sep_dropout *dropout, int64_t element)
{
    uint32_t words[4];

    sep_random_words(&dropout->random, (uint64_t)element / 4, words);
    return (float)(words[element % 4] >> 8) * 0x1p-24f >= dropout->probability;
}

/* x through dropout: scaled or +0. */
static inline float sep_dropout_apply(const sep_dropout *dropout, int64_t element, float x)
{
    if (dropout->probability == 0.0f)
        return x;
    return sep_dropout_keeps(dropout, element) ? x * dropout->scale : 0.0f;
}

typedef struct sep_simd_dropout {
    /* Bit i % 8 of byte i / 8: element first + i is kept; bits from `count` on in the last byte are 0. `first` is a
     * multiple of 4. */
    void (*keep_bits)(const sep_dropout *dropout, int64_t first, int count, uint8_t *bits);
} sep_simd_dropout;

extern const sep_simd_dropout sep_dropout_generic, sep_dropout_avx2, sep_dropout_avx512, sep_dropout_neon;

#endif
