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

/* What all counters share. */
typedef struct philox {
    wide key0[10], key1[10]; /* of each round */
    wide iteration, stream;
} philox;

static inline philox philox_of(const sep_random *random)
{
    philox p = {.iteration = wide_set1(random->iteration), .stream = wide_set1(random->stream)};
    uint32_t key0 = (uint32_t)random->seed, key1 = (uint32_t)(random->seed >> 32);

    for (int round = 0; round < 10; round++, key0 += 0x9E3779B9U, key1 += 0xBB67AE85U) {
        p.key0[round] = wide_set1(key0);
        p.key1[round] = wide_set1(key1);
    }
    return p;
}

/* The words of counters first, first + 1, ...: DROPOUT_GROUP consecutive words. High halves of the lanes fill with what
 * nothing reads. */
VEC_INLINE void philox_words(const philox *p, uint64_t first, vec_int words[2])
{
    const wide multiplier0 = wide_set1(0xD2511F53U), multiplier1 = wide_set1(0xCD9E8D57U);
    wide c0 = wide_add(wide_set1(first), wide_count()), c1 = wide_high(c0), c2 = p->iteration, c3 = p->stream;

    VEC_UNROLL
    for (int round = 0; round < 10; round++) {
        wide product0 = wide_mul_low(multiplier0, c0), product1 = wide_mul_low(multiplier1, c2);

        c0 = wide_xor3(wide_high(product1), c1, p->key0[round]);
        c2 = wide_xor3(wide_high(product0), c3, p->key1[round]);
        c1 = product1;
        c3 = product0;
    }
    wide_interleave(c0, c1, c2, c3, words);
}

/* Masks of elements [first, first + count), count <= DROPOUT_CHUNK; the mask of element `first` is where the answer
 * points. */
static inline const int32_t *dropout_fill(dropout_mask *mask, const sep_dropout *dropout, int64_t first, int count)
{
    const vec_int all = vec_int_set1(-1), none = vec_int_set1(0);
    const vec bound = vec_set1(dropout->probability * 0x1p24f);
    const philox generator = philox_of(&dropout->random);
    int skipped = (int)(first % 4);
    uint64_t counter = (uint64_t)first / 4;

    for (int i = 0; i < skipped + count; i += DROPOUT_GROUP, counter += DROPOUT_GROUP / 4) {
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
