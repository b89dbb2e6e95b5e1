/* exp, log and erf of one float: the definition for every backend. Polynomials in fma, so that no machine's libm enters
 * a result; simd/vector/elementary.h repeats the same operations in the same order on vectors. The coefficients are
 * least-maximum-error fits made for this file, rounded to float one after the other.
 *
 * Measured against double over all ranges (tests/unit/test_elementary.c): exp and log within 1 ulp, erf within 1.25 ulp
 * and 1e-7 absolute.
 */
#ifndef SEPTUM_SIMD_ELEMENTARY_H
#define SEPTUM_SIMD_ELEMENTARY_H

#include <math.h>
#include <stdint.h>
#include <string.h>

/* OpenCL compiles this file as it is; cl/prelude.cl has these words and C's names of types and functions there. */
#ifndef __OPENCL_VERSION__
#define SEP_TABLE const

static inline int32_t sep_bits(float x)
{
    int32_t bits;

    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static inline float sep_of_bits(int32_t bits)
{
    float x;

    memcpy(&x, &bits, sizeof x);
    return x;
}
#endif

#define SEP_LOG2_E       0x1.715476p+0f     /* 1 / ln 2 */
#define SEP_LN2_HIGH     0x1.62e430p-1f     /* ln 2 rounded to float, */
#define SEP_LN2_LOW      (-0x1.05c610p-29f) /* and what that left */
#define SEP_EXP_SHIFT    0x1.8000fep23f     /* adding it rounds to an integer n; the low bits then hold n + 127 */
#define SEP_EXP_HIGHEST  88.375f            /* exp is infinite above: 2^n has no higher power than 127 */
#define SEP_EXP_LOWEST   (-87.3125f)        /* exp is 0 below, where its value would soon be subnormal */
#define SEP_TWO_THIRDS   0x3f2aaaab         /* bits of 2/3 */
#define SEP_ERF_SWITCH   1.25f
#define SEP_ERF_SATURATE 4.0f /* 1 - erf is below half an ulp of 1 from here on */

/* (exp(r) - 1 - r) / r^2 for |r| <= ln 2 / 2, highest power first. */
#define SEP_EXP_TERMS 5
static SEP_TABLE float sep_exp_terms[SEP_EXP_TERMS] = {0x1.6a4744p-10f, 0x1.1239a2p-7f, 0x1.5558b6p-5f, 0x1.555492p-3f,
                                                       0x1.fffffcp-2f};

/* (log(1 + f) - f + f^2/2) / f^3 for f in [-1/3, 1/3). */
#define SEP_LOG_TERMS 8
static SEP_TABLE float sep_log_terms[SEP_LOG_TERMS] = {-0x1.07fccep-3f, 0x1.1e7972p-3f,  -0x1.f31642p-4f,
                                                       0x1.1ed342p-3f,  -0x1.559d92p-3f, 0x1.99d066p-3f,
                                                       -0x1.fffef2p-3f, 0x1.555506p-2f};

/* erf(x) / x - 1 in powers of x^2 for |x| < SEP_ERF_SWITCH. */
#define SEP_ERF_INNER_TERMS 8
static SEP_TABLE float sep_erf_inner_terms[SEP_ERF_INNER_TERMS] = {-0x1.f1f792p-18f, 0x1.b0a794p-14f, -0x1.b4689ap-11f,
                                                                   0x1.5546f6p-8f,   -0x1.b810e2p-6f, 0x1.ce2dbcp-4f,
                                                                   -0x1.812740p-2f,  0x1.06eba8p-3f};

/* (1 - erf(x))^(1/8) for SEP_ERF_SWITCH <= x <= SEP_ERF_SATURATE. */
#define SEP_ERF_OUTER_TERMS 7
static SEP_TABLE float sep_erf_outer_terms[SEP_ERF_OUTER_TERMS] = {0x1.692418p-13f, -0x1.641a40p-9f, 0x1.cc202ap-7f,
                                                                   -0x1.cb220ap-7f, -0x1.dafbeap-5f, -0x1.2dea06p-3f,
                                                                   0x1.006216p+0f};

static inline float sep_polynomial(SEP_TABLE float *terms, int count, float x)
{
    float sum = terms[0];

    for (int i = 1; i < count; i++)
        sum = fmaf(sum, x, terms[i]);
    return sum;
}

/* exp(x): x = n ln 2 + r, exp(x) = 2^n exp(r). Never subnormal: processors take a hundred cycles for a product with a
 * subnormal factor, and softmax of masked scores would be full of them. NaN stays NaN. */
static inline float sep_expf(float x)
{
    float shifted = fmaf(x, SEP_LOG2_E, SEP_EXP_SHIFT);
    float n = shifted - SEP_EXP_SHIFT;
    float r = fmaf(n, -SEP_LN2_LOW, fmaf(n, -SEP_LN2_HIGH, x));
    float mantissa = fmaf(r * r, sep_polynomial(sep_exp_terms, SEP_EXP_TERMS, r), r) + 1.0f;
    float value = mantissa * sep_of_bits((int32_t)((uint32_t)sep_bits(shifted) << 23));

    value = x > SEP_EXP_HIGHEST ? INFINITY : value;
    return SEP_EXP_LOWEST > x ? 0.0f : value;
}

/* log(x): x = 2^e (1 + f) with 1 + f in [2/3, 4/3). log(0) = -infinity; NaN below 0. */
static inline float sep_logf(float x)
{
    float normal = 0x1p-126f > x ? x * 0x1p23f : x;
    float lift = 0x1p-126f > x ? -23.0f : 0.0f;
    int32_t power = (int32_t)((uint32_t)sep_bits(normal) - SEP_TWO_THIRDS) >> 23;
    float e = (float)power + lift;
    float f = sep_of_bits((int32_t)((uint32_t)sep_bits(normal) - ((uint32_t)power << 23))) - 1.0f;
    float square = f * f;
    float rest = sep_polynomial(sep_log_terms, SEP_LOG_TERMS, f) * f;

    rest = fmaf(rest, square, e * SEP_LN2_LOW);
    rest = fmaf(-0.5f, square, rest);

    float result = fmaf(e, SEP_LN2_HIGH, f + rest);
    result = x == INFINITY ? x : result;
    return x > 0.0f ? result : x == 0.0f ? -INFINITY : NAN;
}

/* erf(x): a polynomial near 0, 1 minus the eighth power of one further out. */
static inline float sep_erff(float x)
{
    float size = fabsf(x), square = x * x;
    float inner = fmaf(x, sep_polynomial(sep_erf_inner_terms, SEP_ERF_INNER_TERMS, square), x);
    float root =
        sep_polynomial(sep_erf_outer_terms, SEP_ERF_OUTER_TERMS, size < SEP_ERF_SATURATE ? size : SEP_ERF_SATURATE);

    root = root * root;
    root = root * root;
    float outer = 1.0f - root * root;
    return size > SEP_ERF_SWITCH ? copysignf(outer, x) : inner;
}

#endif
