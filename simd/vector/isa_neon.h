/* NEON of AArch64: 4 lanes. See isa.h for what the names mean. */
#ifndef SEPTUM_SIMD_VECTOR_ISA_NEON_H
#define SEPTUM_SIMD_VECTOR_ISA_NEON_H

#include <arm_neon.h>

#define SEP_ISA   neon
#define VEC_LANES 4

typedef float32x4_t vec;
typedef int32x4_t vec_int;
typedef uint32x4_t vec_mask;
typedef uint64x2_t wide;

static inline vec vec_zero(void)
{
    return vdupq_n_f32(0.0f);
}

static inline vec vec_set1(float a)
{
    return vdupq_n_f32(a);
}

static inline vec vec_load(const float *p)
{
    return vld1q_f32(p);
}

static inline void vec_store(float *p, vec v)
{
    vst1q_f32(p, v);
}

/* A store past the caches: there is no intrinsic for it here. */
static inline void vec_stream(float *p, vec v)
{
    vec_store(p, v);
}

static inline void vec_stream_end(void)
{
}

/* n elements, 0 <= n <= VEC_LANES; the lanes above are +0 and their memory is not touched. */
static inline vec vec_load_partial(const float *p, int n)
{
    float lane[4] = {0.0f, 0.0f, 0.0f, 0.0f};

    for (int i = 0; i < n; i++)
        lane[i] = p[i];
    return vld1q_f32(lane);
}

static inline void vec_store_partial(float *p, vec v, int n)
{
    float lane[4];

    vst1q_f32(lane, v);
    for (int i = 0; i < n; i++)
        p[i] = lane[i];
}

/* Lanes 4i .. 4i+3 from p + i * step: here there is one such group. */
static inline vec vec_load_quads(const float *p, ptrdiff_t step)
{
    (void)step;
    return vld1q_f32(p);
}

static inline vec vec_add(vec a, vec b)
{
    return vaddq_f32(a, b);
}

static inline vec vec_sub(vec a, vec b)
{
    return vsubq_f32(a, b);
}

static inline vec vec_mul(vec a, vec b)
{
    return vmulq_f32(a, b);
}

static inline vec vec_div(vec a, vec b)
{
    return vdivq_f32(a, b);
}

/* a * b + c, rounded once. */
static inline vec vec_fma(vec a, vec b, vec c)
{
    return vfmaq_f32(c, a, b);
}

static inline vec vec_sqrt(vec a)
{
    return vsqrtq_f32(a);
}

/* a > b ? a : b, so b where either is NaN (vmaxq answers NaN there). */
static inline vec vec_max(vec a, vec b)
{
    return vbslq_f32(vcgtq_f32(a, b), a, b);
}

/* a < b ? a : b, so b where either is NaN. */
static inline vec vec_min(vec a, vec b)
{
    return vbslq_f32(vcltq_f32(a, b), a, b);
}

static inline vec_mask vec_gt(vec a, vec b)
{
    return vcgtq_f32(a, b);
}

static inline vec_mask vec_ge(vec a, vec b)
{
    return vcgeq_f32(a, b);
}

static inline vec_mask vec_eq(vec a, vec b)
{
    return vceqq_f32(a, b);
}

static inline vec_mask vec_mask_or(vec_mask a, vec_mask b)
{
    return vorrq_u32(a, b);
}

static inline vec_mask vec_mask_and(vec_mask a, vec_mask b)
{
    return vandq_u32(a, b);
}

/* Bit i of the answer is lane i, and the reverse (of the low VEC_LANES bits). */
static inline uint32_t vec_mask_bits(vec_mask mask)
{
    const uint32x4_t lane = {1, 2, 4, 8};

    return vaddvq_u32(vandq_u32(mask, lane));
}

static inline vec_mask vec_mask_of_bits(uint32_t bits)
{
    const uint32x4_t lane = {1, 2, 4, 8};

    return vtstq_u32(vdupq_n_u32(bits), lane);
}

/* mask ? a : b */
static inline vec vec_select(vec_mask mask, vec a, vec b)
{
    return vbslq_f32(mask, a, b);
}

/* Lanes below n from a, the others from b; 0 <= n <= VEC_LANES. */
static inline vec vec_merge(int n, vec a, vec b)
{
    static const int32_t lane[4] = {0, 1, 2, 3};

    return vbslq_f32(vcltq_s32(vld1q_s32(lane), vdupq_n_s32(n)), a, b);
}

/* a * 2^n, a normal number, for whole n; +0 where x < least. The lowest bits of `biased` hold n + 127. */
static inline vec vec_scale_unless_below(vec x, vec least, vec a, vec n, vec biased)
{
    int32x4_t power = vshlq_n_s32(vreinterpretq_s32_f32(biased), 23);

    (void)n;
    return vbslq_f32(vec_gt(least, x), vdupq_n_f32(0.0f), vmulq_f32(a, vreinterpretq_f32_s32(power)));
}

static inline vec_int vec_int_select(vec_mask mask, vec_int a, vec_int b)
{
    return vbslq_s32(mask, a, b);
}

static inline vec_int vec_int_set1(int32_t a)
{
    return vdupq_n_s32(a);
}

static inline vec_int vec_int_load(const int32_t *p)
{
    return vld1q_s32(p);
}

static inline void vec_int_store(int32_t *p, vec_int v)
{
    vst1q_s32(p, v);
}

static inline vec_int vec_int_add(vec_int a, vec_int b)
{
    return vaddq_s32(a, b);
}

static inline vec_int vec_int_sub(vec_int a, vec_int b)
{
    return vsubq_s32(a, b);
}

static inline vec_int vec_int_mul(vec_int a, vec_int b)
{
    return vmulq_s32(a, b);
}

static inline vec_int vec_int_and(vec_int a, vec_int b)
{
    return vandq_s32(a, b);
}

static inline vec_mask vec_int_eq(vec_int a, vec_int b)
{
    return vceqq_s32(a, b);
}

static inline vec_mask vec_int_gt(vec_int a, vec_int b)
{
    return vcgtq_s32(a, b);
}

/* Shifts by a constant: left; right with the sign; right with zeros. */
#define vec_int_shl(a, n) vshlq_n_s32(a, n)
#define vec_int_sar(a, n) vshrq_n_s32(a, n)
#define vec_int_shr(a, n) vreinterpretq_s32_u32(vshrq_n_u32(vreinterpretq_u32_s32(a), n))

static inline vec vec_from_int(vec_int a)
{
    return vcvtq_f32_s32(a);
}

/* Towards zero; |a| below 2^31. */
static inline vec_int vec_to_int(vec a)
{
    return vcvtq_s32_f32(a);
}

/* Lane i is p[at[i]]. */
static inline vec vec_gather(const float *p, vec_int at)
{
    float lane[4] = {p[vgetq_lane_s32(at, 0)], p[vgetq_lane_s32(at, 1)], p[vgetq_lane_s32(at, 2)],
                     p[vgetq_lane_s32(at, 3)]};

    return vld1q_f32(lane);
}

static inline vec_int vec_bits(vec a)
{
    return vreinterpretq_s32_f32(a);
}

static inline vec vec_of_bits(vec_int a)
{
    return vreinterpretq_f32_s32(a);
}

/* l[j] += l[j + 2], + 1: the joins of the lane sum that lie inside one register. */
static inline float vec_join_sum(vec v)
{
    float32x2_t x = vadd_f32(vget_low_f32(v), vget_high_f32(v));

    return vget_lane_f32(x, 0) + vget_lane_f32(x, 1);
}

static inline float vec_join_max(vec v)
{
    return vmaxvq_f32(v);
}

/* 4 x 4 floats turned: to[c * to_stride + r] = from[r * from_stride + c]. */
static inline void turn4x4(const float *from, ptrdiff_t from_stride, float *to, ptrdiff_t to_stride)
{
    float32x4_t a = vld1q_f32(from), b = vld1q_f32(from + from_stride);
    float32x4_t c = vld1q_f32(from + 2 * from_stride), d = vld1q_f32(from + 3 * from_stride);
    float32x4_t ac_low = vzip1q_f32(a, c), ac_high = vzip2q_f32(a, c);
    float32x4_t bd_low = vzip1q_f32(b, d), bd_high = vzip2q_f32(b, d);

    vst1q_f32(to, vzip1q_f32(ac_low, bd_low));
    vst1q_f32(to + to_stride, vzip2q_f32(ac_low, bd_low));
    vst1q_f32(to + 2 * to_stride, vzip1q_f32(ac_high, bd_high));
    vst1q_f32(to + 3 * to_stride, vzip2q_f32(ac_high, bd_high));
}

/* ---- 64-bit integers --------------------------------------------------------------------------------------------- */

static inline wide wide_set1(uint64_t a)
{
    return vdupq_n_u64(a);
}

static inline wide wide_add(wide a, wide b)
{
    return vaddq_u64(a, b);
}

/* The product of the low halves. */
static inline wide wide_mul_low(wide a, wide b)
{
    return vmull_u32(vmovn_u64(a), vmovn_u64(b));
}

static inline wide wide_high(wide a)
{
    return vshrq_n_u64(a, 32);
}

static inline wide wide_xor3(wide a, wide b, wide c)
{
    return veorq_u64(veorq_u64(a, b), c);
}

/* 0 .. VEC_LANES/2 - 1 in the order in which wide_interleave takes them. */
static inline wide wide_count(void)
{
    return vcombine_u64(vcreate_u64(0), vcreate_u64(1));
}

/* Low halves a, b, c, d of each count i, as words 4i .. 4i+3: 2 * VEC_LANES consecutive words. */
static inline void wide_interleave(wide a, wide b, wide c, wide d, vec_int words[2])
{
    uint64x2_t ab = vsliq_n_u64(a, b, 32);
    uint64x2_t cd = vsliq_n_u64(c, d, 32);

    words[0] = vreinterpretq_s32_u64(vzip1q_u64(ab, cd));
    words[1] = vreinterpretq_s32_u64(vzip2q_u64(ab, cd));
}

#endif
