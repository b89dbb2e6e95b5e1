/* Philox4x32-10 on VEC_LANES / 2 counters at once, each word in the low half of a 64-bit lane, where the one
 * multiplication that Philox needs (32 x 32 -> 64) is a single instruction on every machine. The definition is
 * sep_random_words. */
#ifndef SEPTUM_SIMD_VECTOR_PHILOX_H
#define SEPTUM_SIMD_VECTOR_PHILOX_H

#include "septum/base.h"
#include "simd/vector/isa.h"

#define PHILOX_GROUP (2 * VEC_LANES) /* words that one run of the generator makes */

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

/* Word k of each counter in the low halves of word[k]. High halves of the lanes fill with what nothing reads. */
VEC_INLINE void philox_rounds(const philox *p, wide counter, wide word[4])
{
    const wide multiplier0 = wide_set1(0xD2511F53U), multiplier1 = wide_set1(0xCD9E8D57U);
    wide c0 = counter, c1 = wide_high(counter), c2 = p->iteration, c3 = p->stream;

    VEC_UNROLL
    for (int round = 0; round < 10; round++) {
        wide product0 = wide_mul_low(multiplier0, c0), product1 = wide_mul_low(multiplier1, c2);

        c0 = wide_xor3(wide_high(product1), c1, p->key0[round]);
        c2 = wide_xor3(wide_high(product0), c3, p->key1[round]);
        c1 = product1;
        c3 = product0;
    }
    word[0] = c0;
    word[1] = c1;
    word[2] = c2;
    word[3] = c3;
}

/* The words of counters first, first + 1, ...: PHILOX_GROUP consecutive words. */
VEC_INLINE void philox_words(const philox *p, uint64_t first, vec_int words[2])
{
    wide word[4];

    philox_rounds(p, wide_add(wide_set1(first), wide_count()), word);
    wide_interleave(word[0], word[1], word[2], word[3], words);
}

#endif
