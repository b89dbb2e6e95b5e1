/* Which elements dropout keeps, on vectors: many counters at once, one bit a word. */
#include "simd/vector/dropout.h"

#include <string.h>

#define GROUP_BYTES (PHILOX_GROUP / 8)

/* PHILOX_GROUP bits from counter `counter` on. */
VEC_INLINE uint32_t group_bits(const philox *generator, uint64_t counter, vec bound)
{
    vec_int words[2];

    philox_words(generator, counter, words);
    return vec_mask_bits(vec_ge(vec_from_int(vec_int_shr(words[0], 8)), bound)) |
           vec_mask_bits(vec_ge(vec_from_int(vec_int_shr(words[1], 8)), bound)) << VEC_LANES;
}

static void keep_bits(const sep_dropout *dropout, int64_t first, int count, uint8_t *bits)
{
    const vec bound = vec_set1(dropout->probability * 0x1p24f);
    const philox generator = philox_of(&dropout->random);
    uint64_t counter = (uint64_t)first / 4;
    uint32_t group;
    int i = 0;

    for (; i + PHILOX_GROUP <= count; i += PHILOX_GROUP, counter += PHILOX_GROUP / 4) {
        group = group_bits(&generator, counter, bound);
        memcpy(bits + i / 8, &group, GROUP_BYTES);
    }
    if (i < count) {
        group = group_bits(&generator, counter, bound) & ((1u << (count - i)) - 1u);
        memcpy(bits + i / 8, &group, (size_t)(count - i + 7) / 8);
    }
}

const sep_simd_dropout SEP_ISA_NAME(sep_dropout) = {.keep_bits = keep_bits};
