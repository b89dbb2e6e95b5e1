/* Many standard normals at once. Each is what sep_random_normal says, by Box and Muller from two words of Philox; the
 * logarithm and the cosine are the polynomials below, which simd/vector/random.c evaluates in the same order. The
 * coefficients are fitted for this file (least maximum error, rounded to float), highest power first. */
#ifndef SEPTUM_SIMD_RANDOM_H
#define SEPTUM_SIMD_RANDOM_H

#include "septum/base.h"

/* log(m) = f - f^2/2 + f^3 P(f) for m = 1 + f in [sqrt(1/2), sqrt(2)). */
#define SEP_NORMAL_LOG_TERMS 9
static const float sep_normal_log_terms[SEP_NORMAL_LOG_TERMS] = {0x1.1b4182p-4f,  -0x1.e2e964p-4f, 0x1.e6510ep-4f,
                                                                 -0x1.fb4340p-4f, 0x1.2332bap-3f,  -0x1.5562e2p-3f,
                                                                 0x1.99a546p-3f,  -0x1.ffffeep-3f, 0x1.555546p-2f};
#define SEP_NORMAL_ROOT_HALF 0x3f3504f3 /* the bits of sqrt(1/2) */
#define SEP_NORMAL_LN2_HIGH  0x1.62e4p-1f
#define SEP_NORMAL_LN2_LOW   0x1.7f7d1cp-20f

/* cos = 1 + z C(z) and sin = f (pi/2 + S(z)) of f quarter turns, z = f^2, |f| <= 1/2; S holds what a float lacks of
 * pi/2. */
#define SEP_TURN_COSINE_TERMS 4
static const float sep_turn_cosine_terms[SEP_TURN_COSINE_TERMS] = {0x1.d9f7bcp-11f, -0x1.55c664p-6f, 0x1.03c1dep-2f,
                                                                   -0x1.3bd3ccp+0f};
#define SEP_TURN_SINE_TERMS 5
static const float sep_turn_sine_terms[SEP_TURN_SINE_TERMS] = {0x1.4bc89ap-13f, -0x1.32ca9ep-8f, 0x1.466bbap-4f,
                                                               -0x1.4abbcep-1f, -0x1.778948p-25f};
#define SEP_TURN_HALF_PI 0x1.921fb6p+0f

typedef struct sep_simd_random {
    /* values[i] = sep_random_normal(random, first + i). */
    void (*normals)(const sep_random *random, uint64_t first, int64_t count, float *values);
} sep_simd_random;

extern const sep_simd_random sep_random_generic, sep_random_avx2, sep_random_avx512, sep_random_neon;

/* The same by the best table of this processor: for code of the host, which has no device at hand. */
void sep_random_normals(const sep_random *random, uint64_t first, int64_t count, float *values);

#endif
