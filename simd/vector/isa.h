/* The vector abstraction: one set of names over AVX2, AVX-512 and NEON, so that each family of kernels is one source
 * compiled once per instruction set. The compiler's flags choose which; generic code never includes this file.
 *
 *   VEC_LANES         floats in a register: 16, 8 or 4
 *   vec               VEC_LANES floats
 *   vec_int           VEC_LANES 32-bit integers
 *   vec_mask          VEC_LANES truth values (from a comparison)
 *   wide              VEC_LANES / 2 integers of 64 bits (Philox)
 *   lanes16           16 floats, the unit of the "lane sum" rule: 1, 2 or 4 vec
 *   SEP_ISA_NAME(x)   x_avx512, x_avx2 or x_neon
 *
 * Every operation is one IEEE operation a lane and the same on all three; where instruction sets differ (the maximum of
 * a NaN, say) the comment states what is meant and each file builds that. Loads and stores need no alignment. */
#ifndef SEPTUM_SIMD_VECTOR_ISA_H
#define SEPTUM_SIMD_VECTOR_ISA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* For functions with arguments that are constants where they are called, and for loops over arrays of registers. */
#define VEC_INLINE static inline __attribute__((always_inline))
#define VEC_UNROLL _Pragma("GCC unroll 16")

#define SEP_ISA_PASTE_(name, isa) name##_##isa
#define SEP_ISA_PASTE(name, isa)  SEP_ISA_PASTE_(name, isa)
#define SEP_ISA_NAME(name)        SEP_ISA_PASTE(name, SEP_ISA)

#if defined(__AVX512F__)
#include "simd/vector/isa_avx512.h"
#elif defined(__AVX2__)
#include "simd/vector/isa_avx2.h"
#elif defined(__ARM_NEON)
#include "simd/vector/isa_neon.h"
#else
#error "simd/vector is compiled for AVX2, AVX-512 or NEON only"
#endif

/* The first n (0 <= n <= VEC_LANES) elements, +0 above them; all of them when n is a full register. */
static inline vec vec_load_up_to(const float *p, ptrdiff_t n)
{
    return n >= VEC_LANES ? vec_load(p) : vec_load_partial(p, (int)n);
}

static inline void vec_store_up_to(float *p, vec v, ptrdiff_t n)
{
    if (n >= VEC_LANES)
        vec_store(p, v);
    else
        vec_store_partial(p, v, (int)n);
}

#define VEC_AHEAD 256 /* floats */

/* vec_load_up_to in a loop over an array that is not in the cache: the line 1 KiB further is fetched, which may lie
 * beyond the array. Virtual machines often run with the processor's own prefetcher off or timid; an update in place of
 * GELU's gradient took 2.4 times as long without. */
static inline vec vec_stream_up_to(const float *p, ptrdiff_t n)
{
    __builtin_prefetch(p + VEC_AHEAD);
    return vec_load_up_to(p, n);
}

/* BODY(i, n) for i over `count` elements, n at a time: a register's, but for the last. */
#define VEC_FOR_ELEMENTS(count, BODY)                                                                                  \
    do {                                                                                                               \
        int64_t i_ = 0;                                                                                                \
        for (; i_ + VEC_LANES <= (count); i_ += VEC_LANES)                                                             \
            BODY(i_, VEC_LANES);                                                                                       \
        if (i_ < (count))                                                                                              \
            BODY(i_, (count)-i_);                                                                                      \
    } while (0)

/* To a destination (simd/destination.h): `streamed` is a constant where this is called. */
static inline void vec_deliver(float *p, vec v, ptrdiff_t n, bool streamed)
{
    if (streamed && n >= VEC_LANES)
        vec_stream(p, v);
    else
        vec_store_up_to(p, v, n);
}

/* A matrix turned: to[c * to_stride + r] = from[r * from_stride + c]. */
static inline void turn(const float *from, ptrdiff_t from_stride, int rows, int columns, float *to, ptrdiff_t to_stride)
{
    int whole_rows = rows / 4 * 4, whole_columns = columns / 4 * 4;

    for (int r = 0; r < whole_rows; r += 4)
        for (int c = 0; c < whole_columns; c += 4)
            turn4x4(from + r * from_stride + c, from_stride, to + c * to_stride + r, to_stride);
    for (int r = 0; r < rows; r++)
        for (int c = r < whole_rows ? whole_columns : 0; c < columns; c++)
            to[c * to_stride + r] = from[r * from_stride + c];
}

/* ---- lanes16 ----------------------------------------------------------------------------------------------------- */

#define LANES16_PARTS (16 / VEC_LANES)

typedef struct lanes16 {
    vec part[LANES16_PARTS];
} lanes16;

static inline lanes16 lanes16_zero(void)
{
    lanes16 l;

    VEC_UNROLL
    for (int i = 0; i < LANES16_PARTS; i++)
        l.part[i] = vec_zero();
    return l;
}

/* The fixed tree of the lane sum: l[j] += l[j + 8], then + 4, + 2, + 1. */
static inline float lanes16_sum(lanes16 l)
{
    VEC_UNROLL
    for (int half = LANES16_PARTS / 2; half > 0; half /= 2)
        VEC_UNROLL
    for (int i = 0; i < half; i++)
        l.part[i] = vec_add(l.part[i], l.part[i + half]);
    return vec_join_sum(l.part[0]);
}

/* How many of the lanes that start at element i lie below `count`. */
static inline int lanes_left(int i, int count)
{
    int left = count - i;

    return left < 0 ? 0 : left > VEC_LANES ? VEC_LANES : left;
}

/* Feeds elements 0 .. count-1 of a row to the 16 lanes in rising order: acc = UPDATE(acc, i, n) takes elements
 * i .. i+n-1. Lanes beyond the end of the row stay as they are. */
#define LANES16_ACCUMULATE(lanes, count, UPDATE)                                                                       \
    do {                                                                                                               \
        int row_ = 0;                                                                                                  \
        for (; row_ + 16 <= (count); row_ += 16) {                                                                     \
            VEC_UNROLL                                                                                                 \
            for (int part_ = 0; part_ < LANES16_PARTS; part_++)                                                        \
                (lanes).part[part_] = UPDATE((lanes).part[part_], row_ + part_ * VEC_LANES, VEC_LANES);                \
        }                                                                                                              \
        VEC_UNROLL                                                                                                     \
        for (int part_ = 0; part_ < LANES16_PARTS; part_++) {                                                          \
            int at_ = row_ + part_ * VEC_LANES, left_ = lanes_left(at_, (count));                                      \
            if (left_ > 0)                                                                                             \
                (lanes).part[part_] = vec_merge(left_, UPDATE((lanes).part[part_], at_, left_), (lanes).part[part_]);  \
        }                                                                                                              \
    } while (0)

#endif
