/* Random numbers as a function of seed, stream, iteration and element: Philox4x32-10 (Salmon, Moraes, Dror, Shaw:
 * Parallel random numbers: as easy as 1, 2, 3. SC 2011), and the numbers made from its words. The logarithm and the
 * cosine are polynomials in fma with coefficients fitted for this file (least maximum error, rounded to float): libm's
 * differ from one machine to the next. */
#include "septum/base.h"

#include <math.h>

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

/* log(x), x positive and normal: x = m * 2^e with m in [sqrt(1/2), sqrt(2)), f = m - 1 (exact),
 * log(m) = f - f^2/2 + f^3 P(f), and e * log(2) added in two parts. */
static float natural_log(float x)
{
    static const float p[9] = {0x1.555546p-2f,  -0x1.ffffeep-3f, 0x1.99a546p-3f,  -0x1.5562e2p-3f, 0x1.2332bap-3f,
                               -0x1.fb4340p-4f, 0x1.e6510ep-4f,  -0x1.e2e964p-4f, 0x1.1b4182p-4f};
    const float log2_high = 0x1.62e4p-1f, log2_low = 0x1.7f7d1cp-20f;
    int exponent;
    float m = frexpf(x, &exponent);

    if (m < 0x1.6a09e6p-1f) {
        m *= 2;
        exponent--;
    }

    float f = m - 1, sum = p[8], e = (float)exponent;
    for (int i = 7; i >= 0; i--)
        sum = fmaf(sum, f, p[i]);
    float square = f * f;
    sum = fmaf(sum * f, square, e * log2_low);
    sum = fmaf(-0.5f, square, sum);
    return fmaf(e, log2_high, f + sum);
}

/* The nearest quarter turn exactly in integers, then the cosine or sine of the rest, which is
 * at most an eighth of a turn: cos = 1 + z C(z), sin = f (pi/2 + S(z)) with f in quarter turns and z = f^2; S holds
 * what a float lacks of pi/2. */
float sep_cosine_of_turn(uint32_t turns)
{
    static const float c[4] = {-0x1.3bd3ccp+0f, 0x1.03c1dep-2f, -0x1.55c664p-6f, 0x1.d9f7bcp-11f};
    static const float s[5] = {-0x1.778948p-25f, -0x1.4abbcep-1f, 0x1.466bbap-4f, -0x1.32ca9ep-8f, 0x1.4bc89ap-13f};
    const float half_pi = 0x1.921fb6p+0f;
    uint32_t quarter = (turns + (1U << 21)) >> 22;
    float f = (float)((int32_t)turns - (int32_t)(quarter << 22)) * 0x1p-22f, z = f * f;

    float cosine = fmaf(fmaf(fmaf(c[3], z, c[2]), z, c[1]), z, c[0]);
    cosine = fmaf(cosine, z, 1.0f);
    float sine = fmaf(fmaf(fmaf(s[4], z, s[3]), z, s[2]), z, s[1]);
    sine = fmaf(f, half_pi, f * fmaf(sine, z, s[0]));

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
