/* What the vector kernels of depthwise convolution share. Lanes are channels. */
#ifndef SEPTUM_SIMD_VECTOR_DEPTHWISE_H
#define SEPTUM_SIMD_VECTOR_DEPTHWISE_H

#include "simd/depthwise.h"
#include "simd/vector/isa.h"

#if VEC_LANES == 8 /* 16 registers */
#define PIXELS 7   /* of output side by side whose chains are in registers */
#define RUN    4   /* pixels of dy in registers */
#else              /* 32 registers: twice 7 chains hide the latency of fma */
#define PIXELS 14
#define RUN    7
#endif

/* Left alone the compiler folds the load into each fma that uses it, and the loads become the limit. */
VEC_INLINE vec load_kept(const float *p)
{
    vec v = vec_load(p);

#if defined(__x86_64__)
    __asm__("" : "+v"(v));
#else
    __asm__("" : "+w"(v));
#endif
    return v;
}

/* `vectors` (a constant) of each of the two pieces that are wanted next. */
VEC_INLINE void fetch(const float *const *next, ptrdiff_t first, int vectors)
{
    const float *a, *b;

    if (next[0] == NULL)
        return;
    a = next[0] + first * VEC_LANES;
    b = next[1] + first * VEC_LANES;
    VEC_UNROLL
    for (int i = 0; i < vectors; i++) {
        __builtin_prefetch(a + i * VEC_LANES, 0, 2);
        __builtin_prefetch(b + i * VEC_LANES, 0, 2);
    }
}

/* Where the chains of `pixels` pixels from y start. */
VEC_INLINE void start_chains(const sep_depthwise_rows *job, int c, const float *y, vec *acc, int pixels)
{
    vec start = job->bias ? vec_load(job->bias + c) : vec_zero();

    VEC_UNROLL
    for (int p = 0; p < pixels; p++)
        acc[p] = start;
    if (job->resume)
        VEC_UNROLL
    for (int p = 0; p < pixels; p++, y += job->y_pixel)
        acc[p] = vec_load(y);
}

VEC_INLINE void store_chains(const sep_depthwise_rows *job, float *y, const vec *acc, int pixels)
{
    VEC_UNROLL
    for (int p = 0; p < pixels; p++, y += job->y_pixel)
        vec_store(y, acc[p]);
}

/* Functions for 1 to PIXELS pixels of output: DEFINE(pixels) defines one, ENTRY(pixels) is its place in a table. */
#if PIXELS == 7
#define FOR_ALL_PIXELS(X) X(1) X(2) X(3) X(4) X(5) X(6) X(7)
#else
#define FOR_ALL_PIXELS(X) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12) X(13) X(14)
#endif

/* Column n of `columns`, of nearly equal width: 16 pixels are 8 + 8, not 14 + 2. */
static inline int column_begin(int width, int n, int columns)
{
    return (int)((ptrdiff_t)width * n / columns);
}

static inline int columns_of(int width)
{
    return (width + PIXELS - 1) / PIXELS;
}

/* The first row after `row` that adds to another dw, or `end`; the dw that `row` adds to; whether it is the first. */
static inline int block_end(const sep_depthwise_sum *job, int row, int end)
{
    int skipped = (job->skipped + row - job->first) % job->block_rows, next = row + job->block_rows - skipped;

    return next < end ? next : end;
}

static inline bool is_fresh(const sep_depthwise_sum *job, int row)
{
    return (job->skipped + row - job->first) % job->block_rows == 0;
}

static inline float *block_of(const sep_depthwise_sum *job, int row)
{
    return job->dw + (job->skipped + row - job->first) / job->block_rows * job->dw_block;
}

#endif
