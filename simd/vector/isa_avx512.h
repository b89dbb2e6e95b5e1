/* AVX-512 (F, BW, DQ, VL): 16 lanes. See isa.h for what the names mean. */
#ifndef SEPTUM_SIMD_VECTOR_ISA_AVX512_H
#define SEPTUM_SIMD_VECTOR_ISA_AVX512_H

#include "simd/vector/turn_sse.h"

#include <immintrin.h>

#define SEP_ISA   avx512
#define VEC_LANES 16

typedef __m512 vec;
typedef __m512i vec_int;
typedef __mmask16 vec_mask;
typedef __m512i wide;

static inline __mmask16 vec_first(int n)
{
    return (__mmask16)((1u << n) - 1u);
}

static inline vec vec_zero(void)
{
    return _mm512_setzero_ps();
}

static inline vec vec_set1(float a)
{
    return _mm512_set1_ps(a);
}

static inline vec vec_load(const float *p)
{
    return _mm512_loadu_ps(p);
}

static inline void vec_store(float *p, vec v)
{
    _mm512_storeu_ps(p, v);
}

/* A store past the caches, p aligned to its size; vec_stream_end makes all of them visible to other threads. */
static inline void vec_stream(float *p, vec v)
{
    _mm512_stream_ps(p, v);
}

static inline void vec_stream_end(void)
{
    _mm_sfence();
}

/* n elements, 0 <= n <= VEC_LANES; the lanes above are +0 and their memory is not touched. */
static inline vec vec_load_partial(const float *p, int n)
{
    return _mm512_maskz_loadu_ps(vec_first(n), p);
}

static inline void vec_store_partial(float *p, vec v, int n)
{
    _mm512_mask_storeu_ps(p, vec_first(n), v);
}

/* Lanes 4i .. 4i+3 from p + i * step. */
static inline vec vec_load_quads(const float *p, ptrdiff_t step)
{
    __m512 v = _mm512_castps128_ps512(_mm_loadu_ps(p));

    v = _mm512_insertf32x4(v, _mm_loadu_ps(p + step), 1);
    v = _mm512_insertf32x4(v, _mm_loadu_ps(p + 2 * step), 2);
    return _mm512_insertf32x4(v, _mm_loadu_ps(p + 3 * step), 3);
}

static inline vec vec_add(vec a, vec b)
{
    return _mm512_add_ps(a, b);
}

static inline vec vec_sub(vec a, vec b)
{
    return _mm512_sub_ps(a, b);
}

static inline vec vec_mul(vec a, vec b)
{
    return _mm512_mul_ps(a, b);
}

static inline vec vec_div(vec a, vec b)
{
    return _mm512_div_ps(a, b);
}

/* a * b + c, rounded once. */
static inline vec vec_fma(vec a, vec b, vec c)
{
    return _mm512_fmadd_ps(a, b, c);
}

static inline vec vec_sqrt(vec a)
{
    return _mm512_sqrt_ps(a);
}

/* a > b ? a : b, so b where either is NaN. */
static inline vec vec_max(vec a, vec b)
{
    return _mm512_max_ps(a, b);
}

/* a < b ? a : b, so b where either is NaN. */
static inline vec vec_min(vec a, vec b)
{
    return _mm512_min_ps(a, b);
}

static inline vec_mask vec_gt(vec a, vec b)
{
    return _mm512_cmp_ps_mask(a, b, _CMP_GT_OQ);
}

static inline vec_mask vec_ge(vec a, vec b)
{
    return _mm512_cmp_ps_mask(a, b, _CMP_GE_OQ);
}

static inline vec_mask vec_eq(vec a, vec b)
{
    return _mm512_cmp_ps_mask(a, b, _CMP_EQ_OQ);
}

static inline vec_mask vec_mask_or(vec_mask a, vec_mask b)
{
    return (vec_mask)(a | b);
}

static inline vec_mask vec_mask_and(vec_mask a, vec_mask b)
{
    return (vec_mask)(a & b);
}

/* Bit i of the answer is lane i, and the reverse. */
static inline uint32_t vec_mask_bits(vec_mask mask)
{
    return mask;
}

static inline vec_mask vec_mask_of_bits(uint32_t bits)
{
    return (vec_mask)bits;
}

/* mask ? a : b */
static inline vec vec_select(vec_mask mask, vec a, vec b)
{
    return _mm512_mask_blend_ps(mask, b, a);
}

/* Lanes below n from a, the others from b; 0 <= n <= VEC_LANES. */
static inline vec vec_merge(int n, vec a, vec b)
{
    return _mm512_mask_blend_ps(vec_first(n), b, a);
}

/* a * 2^n, a normal number, for whole n; +0 where x < least. The lowest bits of `biased` hold n + 127. */
static inline vec vec_scale_unless_below(vec x, vec least, vec a, vec n, vec biased)
{
    (void)biased;
    return _mm512_maskz_scalef_ps(_mm512_cmp_ps_mask(least, x, _CMP_NGT_UQ), a, n);
}

static inline vec_int vec_int_select(vec_mask mask, vec_int a, vec_int b)
{
    return _mm512_mask_blend_epi32(mask, b, a);
}

static inline vec_int vec_int_set1(int32_t a)
{
    return _mm512_set1_epi32(a);
}

static inline vec_int vec_int_load(const int32_t *p)
{
    return _mm512_loadu_si512(p);
}

static inline void vec_int_store(int32_t *p, vec_int v)
{
    _mm512_storeu_si512(p, v);
}

static inline vec_int vec_int_add(vec_int a, vec_int b)
{
    return _mm512_add_epi32(a, b);
}

static inline vec_int vec_int_sub(vec_int a, vec_int b)
{
    return _mm512_sub_epi32(a, b);
}

static inline vec_int vec_int_mul(vec_int a, vec_int b)
{
    return _mm512_mullo_epi32(a, b);
}

static inline vec_int vec_int_and(vec_int a, vec_int b)
{
    return _mm512_and_si512(a, b);
}

static inline vec_mask vec_int_eq(vec_int a, vec_int b)
{
    return _mm512_cmpeq_epi32_mask(a, b);
}

static inline vec_mask vec_int_gt(vec_int a, vec_int b)
{
    return _mm512_cmpgt_epi32_mask(a, b);
}

/* Shifts by a constant: left; right with the sign; right with zeros. */
#define vec_int_shl(a, n) _mm512_slli_epi32(a, n)
#define vec_int_sar(a, n) _mm512_srai_epi32(a, n)
#define vec_int_shr(a, n) _mm512_srli_epi32(a, n)

static inline vec vec_from_int(vec_int a)
{
    return _mm512_cvtepi32_ps(a);
}

/* Towards zero; |a| below 2^31. */
static inline vec_int vec_to_int(vec a)
{
    return _mm512_cvttps_epi32(a);
}

/* Lane i is p[at[i]]. */
static inline vec vec_gather(const float *p, vec_int at)
{
    return _mm512_i32gather_ps(at, p, 4);
}

static inline vec_int vec_bits(vec a)
{
    return _mm512_castps_si512(a);
}

static inline vec vec_of_bits(vec_int a)
{
    return _mm512_castsi512_ps(a);
}

/* l[j] += l[j + 8], + 4, + 2, + 1: the joins of the lane sum that lie inside one register. */
static inline float vec_join_sum(vec v)
{
    __m256 y = _mm256_add_ps(_mm512_castps512_ps256(v), _mm512_extractf32x8_ps(v, 1));
    __m128 x = _mm_add_ps(_mm256_castps256_ps128(y), _mm256_extractf128_ps(y, 1));

    x = _mm_add_ps(x, _mm_movehl_ps(x, x));
    return _mm_cvtss_f32(_mm_add_ss(x, _mm_movehdup_ps(x)));
}

static inline float vec_join_max(vec v)
{
    return _mm512_reduce_max_ps(v);
}

/* ---- 64-bit integers --------------------------------------------------------------------------------------------- */

static inline wide wide_set1(uint64_t a)
{
    return _mm512_set1_epi64((long long)a);
}

static inline wide wide_add(wide a, wide b)
{
    return _mm512_add_epi64(a, b);
}

/* The product of the low halves. */
static inline wide wide_mul_low(wide a, wide b)
{
    return _mm512_mul_epu32(a, b);
}

static inline wide wide_high(wide a)
{
    return _mm512_srli_epi64(a, 32);
}

static inline wide wide_xor3(wide a, wide b, wide c)
{
    return _mm512_ternarylogic_epi64(a, b, c, 0x96);
}

/* 0 .. VEC_LANES/2 - 1 in the order in which wide_interleave takes them. */
static inline wide wide_count(void)
{
    return _mm512_setr_epi64(0, 4, 1, 5, 2, 6, 3, 7);
}

/* Low halves a, b, c, d of each count i, as words 4i .. 4i+3: 2 * VEC_LANES consecutive words. */
static inline void wide_interleave(wide a, wide b, wide c, wide d, vec_int words[2])
{
    __m512i ab = _mm512_mask_blend_epi32(0xAAAA, a, _mm512_slli_epi64(b, 32));
    __m512i cd = _mm512_mask_blend_epi32(0xAAAA, c, _mm512_slli_epi64(d, 32));

    words[0] = _mm512_unpacklo_epi64(ab, cd);
    words[1] = _mm512_unpackhi_epi64(ab, cd);
}

#endif
