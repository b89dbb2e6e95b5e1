/* Random numbers as a function of seed, stream, iteration and element: Philox4x32-10 (Salmon, Moraes, Dror, Shaw:
 * Parallel random numbers: as easy as 1, 2, 3. SC 2011), and the numbers made from its words. The logarithm and the
 * cosine are polynomials in fma (simd/random.h): libm's differ from one machine to the next. */
#include "septum/base.h"

#include "simd/elementary.h"
#include "simd/random.h"

void sep_random_words(const sep_random *random, uint64_t index, uint32_t words[4])
{
    uint32_t key0 = (uint32_t)random->seed, key1 = (uint32_t)(random->seed >> 32);
    uint32_t c0 = (uint32_t)index, c1 = (uint32_t)(index >> 32), c2 = random->iteration, c3 = random->stream;

    for (int round = 0; round < 10; round++) {
        uint64_t product0 = (uint64_t)0xD2511F53U * c0;
        uint64_t product1 = (uint64_t)0xCD9E8D57U * c2;
        c0 = (uint32_t)(product1 >> 32) ^ c1 ^ key0;
        c1 = (uint32_t)product1;
        c2 = (uint32_t)(product0 >> 32) ^ c3 ^ key1;
        c3 = (uint32_t)product0;
        key0 += 0x9E3779B9U; /* golden ratio */
        key1 += 0xBB67AE85U; /* sqrt(3) - 1 */
    }
    words[0] = c0;
    words[1] = c1;
    words[2] = c2;
    words[3] = c3;
}

float sep_random_uniform(const sep_random *random, uint64_t index)
{
    uint32_t words[4];

    sep_random_words(random, index, words);
    return (float)(words[0] >> 8) * 0x1p-24f;
}

uint32_t sep_random_below(const sep_random *random, uint64_t index, uint32_t bound)
{
    uint32_t words[4];

    sep_random_words(random, index, words);
    return (uint32_t)(((uint64_t)words[0] * bound) >> 32);
}

/* log(x), x positive and normal: x = 2^e m, and e log(2) is added in two parts. */
static float natural_log(float x)
{
    int e = (sep_bits(x) - SEP_NORMAL_ROOT_HALF) >> 23;
    float f = sep_of_bits(sep_bits(x) - e * (1 << 23)) - 1.0f, square = f * f;
    float sum = sep_polynomial(sep_normal_log_terms, SEP_NORMAL_LOG_TERMS, f);

    sum = fmaf(sum * f, square, (float)e * SEP_NORMAL_LN2_LOW);
    sum = fmaf(-0.5f, square, sum);
    return fmaf((float)e, SEP_NORMAL_LN2_HIGH, f + sum);
}

/* The nearest quarter turn exactly in integers, then the cosine or sine of the rest, which is at most an eighth of a
 * turn. */
float sep_cosine_of_turn(uint32_t turns)
{
    uint32_t quarter = (turns + (1U << 21)) >> 22;
    float f = (float)((int32_t)turns - (int32_t)(quarter << 22)) * 0x1p-22f, z = f * f;
    float cosine = fmaf(sep_polynomial(sep_turn_cosine_terms, SEP_TURN_COSINE_TERMS, z), z, 1.0f);
    float sine = fmaf(f, SEP_TURN_HALF_PI, f * sep_polynomial(sep_turn_sine_terms, SEP_TURN_SINE_TERMS, z));

    switch (quarter & 3) {
    case 0:
        return cosine;
    case 1:
        return -sine;
    case 2:
        return -cosine;
    default:
        return sine;
    }
}

float sep_random_normal(const sep_random *random, uint64_t index)
{
    uint32_t words[4];

    sep_random_words(random, index, words);
    /* In (0, 1], so that the logarithm is finite. */
    float uniform = (float)((words[0] >> 8) + 1) * 0x1p-24f;
    return sqrtf(-2.0f * natural_log(uniform)) * sep_cosine_of_turn(words[1] >> 8);
}

void sep_random_permutation(const sep_random *random, int *permutation, int count)
{
    for (int i = 0; i < count; i++)
        permutation[i] = i;
    for (int i = count - 1; i > 0; i--) {
        uint32_t j = sep_random_below(random, (uint64_t)i, (uint32_t)i + 1);
        int swapped = permutation[i];
        permutation[i] = permutation[j];
        permutation[j] = swapped;
    }
}
