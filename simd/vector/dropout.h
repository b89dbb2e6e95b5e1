/* Dropout for vectors: Philox4x32-10 on VEC_LANES / 2 counters at once, each word in the low half of a 64-bit lane,
 * where the one multiplication that Philox needs (32 x 32 -> 64) is a single instruction on every machine. */
#ifndef SEPTUM_SIMD_VECTOR_DROPOUT_H
#define SEPTUM_SIMD_VECTOR_DROPOUT_H

#include "simd/dropout.h"
#include "simd/vector/isa.h"

/* Elements whose fate one call decides: the mask lies on the stack, between the generator and its use. */
#define DROPOUT_CHUNK 1024
#define DROPOUT_GROUP (2 * VEC_LANES) /* words that one run of the generator makes */

typedef struct dropout_mask {
    int32_t keep[DROPOUT_CHUNK + 2 * DROPOUT_GROUP]; /* all ones: kept, 0: dropped */
} dropout_mask;

/* High halves fill with what the low ones carry out; nothing reads them. The words of counters first, first + 1, ...:
 * DROPOUT_GROUP consecutive words. */
static inline void philox_words(const sep_random *random, uint64_t first, vec_int words[2])
{
    const wide multiplier0 = wide_set1(0xD2511F53U), multiplier1 = wide_set1(0xCD9E8D57U);
    wide key0 = wide_set1((uint32_t)random->seed), key1 = wide_set1(random->seed >> 32);
    wide c0 = wide_add(wide_set1(first), wide_count()), c1 = wide_high(c0);
    wide c2 = wide_set1(random->iteration), c3 = wide_set1(random->stream);

    for (int round = 0; round < 10; round++) {
        wide product0 = wide_mul_low(multiplier0, c0), product1 = wide_mul_low(multiplier1, c2);

        c0 = wide_xor3(wide_high(product1), c1, key0);
        c2 = wide_xor3(wide_high(product0), c3, key1);
        c1 = product1;
        c3 = product0;
        key0 = wide_add(key0, wide_set1(0x9E3779B9U));
        key1 = wide_add(key1, wide_set1(0xBB67AE85U));
    }
    wide_interleave(c0, c1, c2, c3, words);
}

/* Masks of elements [first, first + count), count <= DROPOUT_CHUNK; the mask of element `first` is where the answer
 * points. */
static inline const int32_t *dropout_fill(dropout_mask *mask, const sep_dropout *dropout, int64_t first, int count)
{
    const vec_int all = vec_int_set1(-1), none = vec_int_set1(0);
    const vec bound = vec_set1(dropout->probability * 0x1p24f);
    int skipped = (int)(first % 4);
    uint64_t counter = (uint64_t)first / 4;

    for (int i = 0; i < skipped + count; i += DROPOUT_GROUP, counter += DROPOUT_GROUP / 4) {
        vec_int words[2];

        philox_words(&dropout->random, counter, words);
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
