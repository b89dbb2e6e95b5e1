/* Standard normals on vectors: operation for operation what sep_random_normal does to one float. */
#include "simd/random.h"

#include "simd/vector/elementary.h"
#include "simd/vector/philox.h"

/* log(x), x positive and normal. */
VEC_INLINE vec natural_log(vec x)
{
    vec_int power = vec_int_sar(vec_int_sub(vec_bits(x), vec_int_set1(SEP_NORMAL_ROOT_HALF)), 23);
    vec e = vec_from_int(power);
    vec f = vec_sub(vec_of_bits(vec_int_sub(vec_bits(x), vec_int_shl(power, 23))), vec_set1(1.0f));
    vec sum = vec_polynomial(sep_normal_log_terms, SEP_NORMAL_LOG_TERMS, f), square = vec_mul(f, f);

    sum = vec_fma(vec_mul(sum, f), square, vec_mul(e, vec_set1(SEP_NORMAL_LN2_LOW)));
    sum = vec_fma(vec_set1(-0.5f), square, sum);
    return vec_fma(e, vec_set1(SEP_NORMAL_LN2_HIGH), vec_add(f, sum));
}

/* The cosine of so many of 2^24 parts of a turn. */
VEC_INLINE vec cosine_of_turn(vec_int turns)
{
    const vec_int one = vec_int_set1(1), two = vec_int_set1(2);
    vec_int quarter = vec_int_shr(vec_int_add(turns, vec_int_set1(1 << 21)), 22);
    vec f = vec_mul(vec_from_int(vec_int_sub(turns, vec_int_shl(quarter, 22))), vec_set1(0x1p-22f));
    vec z = vec_mul(f, f);
    vec cosine = vec_fma(vec_polynomial(sep_turn_cosine_terms, SEP_TURN_COSINE_TERMS, z), z, vec_set1(1.0f));
    vec rest = vec_polynomial(sep_turn_sine_terms, SEP_TURN_SINE_TERMS, z);
    vec sine = vec_fma(f, vec_set1(SEP_TURN_HALF_PI), vec_mul(f, rest));
    vec value = vec_select(vec_int_eq(vec_int_and(quarter, one), one), sine, cosine);
    vec_mask negative = vec_int_eq(vec_int_and(vec_int_add(quarter, one), two), two); /* quarters 1 and 2 */

    return vec_select(negative, vec_mul(value, vec_set1(-1.0f)), value);
}

VEC_INLINE vec normal_of(vec_int word0, vec_int word1)
{
    vec_int parts = vec_int_add(vec_int_shr(word0, 8), vec_int_set1(1));
    vec uniform = vec_mul(vec_from_int(parts), vec_set1(0x1p-24f));
    vec radius = vec_sqrt(vec_mul(vec_set1(-2.0f), natural_log(uniform)));

    return vec_mul(radius, cosine_of_turn(vec_int_shr(word1, 8)));
}

/* PHILOX_GROUP of them. Counters that are the same modulo 4 run side by side, so that interleaving puts the first, and
 * the second, words of all in order. */
VEC_INLINE void group_of(const philox *generator, uint64_t first, float values[PHILOX_GROUP])
{
    wide fours = wide_add(wide_add(wide_count(), wide_count()), wide_add(wide_count(), wide_count()));
    wide word[4][4];
    vec_int word0[2], word1[2];

    VEC_UNROLL
    for (int k = 0; k < 4; k++)
        philox_rounds(generator, wide_add(wide_set1(first + (uint64_t)k), fours), word[k]);
    wide_interleave(word[0][0], word[1][0], word[2][0], word[3][0], word0);
    wide_interleave(word[0][1], word[1][1], word[2][1], word[3][1], word1);
    vec_store(values, normal_of(word0[0], word1[0]));
    vec_store(values + VEC_LANES, normal_of(word0[1], word1[1]));
}

static void normals(const sep_random *random, uint64_t first, int64_t count, float *values)
{
    const philox generator = philox_of(random);
    float last[PHILOX_GROUP];
    int64_t i = 0;

    for (; i + PHILOX_GROUP <= count; i += PHILOX_GROUP)
        group_of(&generator, first + (uint64_t)i, values + i);
    if (i < count) {
        group_of(&generator, first + (uint64_t)i, last);
        memcpy(values + i, last, (size_t)(count - i) * sizeof *values);
    }
}

const sep_simd_random SEP_ISA_NAME(sep_random) = {.normals = normals};
