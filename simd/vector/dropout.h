/* Dropout for vectors: one word of the generator an element. */
#ifndef SEPTUM_SIMD_VECTOR_DROPOUT_H
#define SEPTUM_SIMD_VECTOR_DROPOUT_H

#include "simd/dropout.h"
#include "simd/vector/philox.h"

/* Elements whose fate one call decides: the mask lies on the stack, between the generator and its use. */
#define DROPOUT_CHUNK 1024

typedef struct dropout_mask {
    int32_t keep[DROPOUT_CHUNK + 2 * PHILOX_GROUP]; /* all ones: kept, 0: dropped */
} dropout_mask;

/* Masks of elements [first, first + count), count <= DROPOUT_CHUNK; the mask of element `first` is where the answer
 * points. */
static inline const int32_t *dropout_fill(dropout_mask *mask, const sep_dropout *dropout, int64_t first, int count)
{
    const vec_int all = vec_int_set1(-1), none = vec_int_set1(0);
    const vec bound = vec_set1(dropout->probability * 0x1p24f);
    const philox generator = philox_of(&dropout->random);
    int skipped = (int)(first % 4);
    uint64_t counter = (uint64_t)first / 4;

    for (int i = 0; i < skipped + count; i += PHILOX_GROUP, counter += PHILOX_GROUP / 4) {
        vec_int words[2];

        philox_words(&generator, counter, words);
        VEC_UNROLL
        for (int j = 0; j < 2; j++) {
            vec_mask kept = vec_ge(vec_from_int(vec_int_shr(words[j], 8)), bound);
            vec_int_store(mask->keep + i + j * VEC_LANES, vec_int_select(kept, all, none));
        }
    }
    return mask->keep + skipped;
}

/* x * scale where kept, +0 elsewhere. */
static inline vec vec_dropout(vec x, vec scale, vec_int keep)
{
    return vec_of_bits(vec_int_and(vec_bits(vec_mul(x, scale)), keep));
}

#endif
