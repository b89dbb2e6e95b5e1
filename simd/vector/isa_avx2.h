/* AVX2 with FMA: 8 lanes. See isa.h for what the names mean. */
#ifndef SEPTUM_SIMD_VECTOR_ISA_AVX2_H
#define SEPTUM_SIMD_VECTOR_ISA_AVX2_H

#include "simd/vector/turn_sse.h"

#include <immintrin.h>

#define SEP_ISA   avx2
#define VEC_LANES 8

typedef __m256 vec;
typedef __m256i vec_int;
typedef __m256 vec_mask;
typedef __m256i wide;

/* All ones in the first n lanes. */
static inline __m256i vec_first(int n)
{
    return _mm256_cmpgt_epi32(_mm256_set1_epi32(n), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}

static inline vec vec_zero(void)
{
    return _mm256_setzero_ps();
}

static inline vec vec_set1(float a)
{
    return _mm256_set1_ps(a);
}

static inline vec vec_load(const float *p)
{
    return _mm256_loadu_ps(p);
}

static inline void vec_store(float *p, vec v)
{
    _mm256_storeu_ps(p, v);
}

/* A store past the caches, p aligned to its size; vec_stream_end makes all of them visible to other threads. */
static inline void vec_stream(float *p, vec v)
{
    _mm256_stream_ps(p, v);
}

static inline void vec_stream_end(void)
{
    _mm_sfence();
}

/* n elements, 0 <= n <= VEC_LANES; the lanes above are +0 and their memory is not touched. */
static inline vec vec_load_partial(const float *p, int n)
{
    return _mm256_maskload_ps(p, vec_first(n));
}

static inline void vec_store_partial(float *p, vec v, int n)
{
    _mm256_maskstore_ps(p, vec_first(n), v);
}

/* Lanes 4i .. 4i+3 from p + i * step. */
static inline vec vec_load_quads(const float *p, ptrdiff_t step)
{
    return _mm256_insertf128_ps(_mm256_castps128_ps256(_mm_loadu_ps(p)), _mm_loadu_ps(p + step), 1);
}

static inline vec vec_add(vec a, vec b)
{
    return _mm256_add_ps(a, b);
}

static inline vec vec_sub(vec a, vec b)
{
    return _mm256_sub_ps(a, b);
}

static inline vec vec_mul(vec a, vec b)
{
    return _mm256_mul_ps(a, b);
}

static inline vec vec_div(vec a, vec b)
{
    return _mm256_div_ps(a, b);
}

/* a * b + c, rounded once. */
static inline vec vec_fma(vec a, vec b, vec c)
{
    return _mm256_fmadd_ps(a, b, c);
}

static inline vec vec_sqrt(vec a)
{
    return _mm256_sqrt_ps(a);
}

/* a > b ? a : b, so b where either is NaN. */
static inline vec vec_max(vec a, vec b)
{
    return _mm256_max_ps(a, b);
}

/* a < b ? a : b, so b where either is NaN. */
static inline vec vec_min(vec a, vec b)
{
    return _mm256_min_ps(a, b);
}

static inline vec_mask vec_gt(vec a, vec b)
{
    return _mm256_cmp_ps(a, b, _CMP_GT_OQ);
}

static inline vec_mask vec_ge(vec a, vec b)
{
    return _mm256_cmp_ps(a, b, _CMP_GE_OQ);
}

static inline vec_mask vec_eq(vec a, vec b)
{
    return _mm256_cmp_ps(a, b, _CMP_EQ_OQ);
}

static inline vec_mask vec_mask_or(vec_mask a, vec_mask b)
{
    return _mm256_or_ps(a, b);
}

static inline vec_mask vec_mask_and(vec_mask a, vec_mask b)
{
    return _mm256_and_ps(a, b);
}

/* Bit i of the answer is lane i, and the reverse (of the low VEC_LANES bits). */
static inline uint32_t vec_mask_bits(vec_mask mask)
{
    return (uint32_t)_mm256_movemask_ps(mask);
}

static inline vec_mask vec_mask_of_bits(uint32_t bits)
{
    const __m256i lane = _mm256_setr_epi32(1, 2, 4, 8, 16, 32, 64, 128);
    __m256i all = _mm256_set1_epi32((int)bits);

    return _mm256_castsi256_ps(_mm256_cmpeq_epi32(_mm256_and_si256(all, lane), lane));
}

/* mask ? a : b */
static inline vec vec_select(vec_mask mask, vec a, vec b)
{
    return _mm256_blendv_ps(b, a, mask);
}

/* Lanes below n from a, the others from b; 0 <= n <= VEC_LANES. */
static inline vec vec_merge(int n, vec a, vec b)
{
    return _mm256_blendv_ps(b, a, _mm256_castsi256_ps(vec_first(n)));
}

/* a * 2^n, a normal number, for whole n; +0 where x < least. The lowest bits of `biased` hold n + 127. */
static inline vec vec_scale_unless_below(vec x, vec least, vec a, vec n, vec biased)
{
    __m256i power = _mm256_slli_epi32(_mm256_castps_si256(biased), 23);

    (void)n;
    return _mm256_andnot_ps(vec_gt(least, x), _mm256_mul_ps(a, _mm256_castsi256_ps(power)));
}

static inline vec_int vec_int_select(vec_mask mask, vec_int a, vec_int b)
{
    return _mm256_blendv_epi8(b, a, _mm256_castps_si256(mask));
}

static inline vec_int vec_int_set1(int32_t a)
{
    return _mm256_set1_epi32(a);
}

static inline vec_int vec_int_load(const int32_t *p)
{
    return _mm256_loadu_si256((const __m256i *)p);
}

static inline void vec_int_store(int32_t *p, vec_int v)
{
    _mm256_storeu_si256((__m256i *)p, v);
}

static inline vec_int vec_int_add(vec_int a, vec_int b)
{
    return _mm256_add_epi32(a, b);
}

static inline vec_int vec_int_sub(vec_int a, vec_int b)
{
    return _mm256_sub_epi32(a, b);
}

static inline vec_int vec_int_mul(vec_int a, vec_int b)
{
    return _mm256_mullo_epi32(a, b);
}

static inline vec_int vec_int_and(vec_int a, vec_int b)
{
    return _mm256_and_si256(a, b);
}

static inline vec_mask vec_int_eq(vec_int a, vec_int b)
{
    return _mm256_castsi256_ps(_mm256_cmpeq_epi32(a, b));
}

static inline vec_mask vec_int_gt(vec_int a, vec_int b)
{
    return _mm256_castsi256_ps(_mm256_cmpgt_epi32(a, b));
}

/* Shifts by a constant: left; right with the sign; right with zeros. */
#define vec_int_shl(a, n) _mm256_slli_epi32(a, n)
#define vec_int_sar(a, n) _mm256_srai_epi32(a, n)
#define vec_int_shr(a, n) _mm256_srli_epi32(a, n)

static inline vec vec_from_int(vec_int a)
{
    return _mm256_cvtepi32_ps(a);
}

/* Towards zero; |a| below 2^31. */
static inline vec_int vec_to_int(vec a)
{
    return _mm256_cvttps_epi32(a);
}

/* Lane i is p[at[i]]. */
static inline vec vec_gather(const float *p, vec_int at)
{
    return _mm256_i32gather_ps(p, at, 4);
}

static inline vec_int vec_bits(vec a)
{
    return _mm256_castps_si256(a);
}

static inline vec vec_of_bits(vec_int a)
{
    return _mm256_castsi256_ps(a);
}

/* l[j] += l[j + 4], + 2, + 1: the joins of the lane sum that lie inside one register. */
static inline float vec_join_sum(vec v)
{
    __m128 x = _mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));

    x = _mm_add_ps(x, _mm_movehl_ps(x, x));
    return _mm_cvtss_f32(_mm_add_ss(x, _mm_movehdup_ps(x)));
}

static inline float vec_join_max(vec v)
{
    __m128 x = _mm_max_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));

    x = _mm_max_ps(x, _mm_movehl_ps(x, x));
    return _mm_cvtss_f32(_mm_max_ss(x, _mm_movehdup_ps(x)));
}

/* ---- 64-bit integers --------------------------------------------------------------------------------------------- */

static inline wide wide_set1(uint64_t a)
{
    return _mm256_set1_epi64x((long long)a);
}

static inline wide wide_add(wide a, wide b)
{
    return _mm256_add_epi64(a, b);
}

/* The product of the low halves. */
static inline wide wide_mul_low(wide a, wide b)
{
    return _mm256_mul_epu32(a, b);
}

static inline wide wide_high(wide a)
{
    return _mm256_srli_epi64(a, 32);
}

static inline wide wide_xor3(wide a, wide b, wide c)
{
    return _mm256_xor_si256(_mm256_xor_si256(a, b), c);
}

/* 0 .. VEC_LANES/2 - 1 in the order in which wide_interleave takes them. */
static inline wide wide_count(void)
{
    return _mm256_setr_epi64x(0, 2, 1, 3);
}

/* Low halves a, b, c, d of each count i, as words 4i .. 4i+3: 2 * VEC_LANES consecutive words. */
static inline void wide_interleave(wide a, wide b, wide c, wide d, vec_int words[2])
{
    __m256i ab = _mm256_blend_epi32(a, _mm256_slli_epi64(b, 32), 0xAA);
    __m256i cd = _mm256_blend_epi32(c, _mm256_slli_epi64(d, 32), 0xAA);

    words[0] = _mm256_unpacklo_epi64(ab, cd);
    words[1] = _mm256_unpackhi_epi64(ab, cd);
}

#endif
