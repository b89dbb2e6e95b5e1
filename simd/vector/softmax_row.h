/* Softmax of one row on vectors, for rows of any length: class scores and attention share it. */
#ifndef SEPTUM_SIMD_VECTOR_SOFTMAX_ROW_H
#define SEPTUM_SIMD_VECTOR_SOFTMAX_ROW_H

#include "simd/vector/elementary.h"

VEC_INLINE float row_max(const float *x, int count)
{
    vec best = vec_set1(x[0]);

    for (int i = 0; i < count; i += VEC_LANES) {
        int n = lanes_left(i, count);

        best = vec_merge(n, vec_max(vec_load_up_to(x + i, n), best), best);
    }
    return vec_join_max(best);
}

/* exp(x - best), also stored to e (which may be x). */
VEC_INLINE vec exponential_at(const float *x, vec best, int n, float *e)
{
    vec value = vec_exp(vec_sub(vec_load_up_to(x, n), best));

    vec_store_up_to(e, value, n);
    return value;
}

/* e = exp(x - best) and its lane sum. */
VEC_INLINE float row_exponentials(const float *x, float best, int count, float *e)
{
    lanes16 sum = lanes16_zero();
    const vec most = vec_set1(best);

#define ADD_EXPONENTIAL(acc, i, n) vec_add(acc, exponential_at(x + (i), most, n, e + (i)))
    LANES16_ACCUMULATE(sum, count, ADD_EXPONENTIAL);
#undef ADD_EXPONENTIAL
    return lanes16_sum(sum);
}

VEC_INLINE void row_scale(float *p, float factor, int count)
{
    const vec share = vec_set1(factor);

    for (int i = 0; i < count; i += VEC_LANES) {
        int n = count - i;

        vec_store_up_to(p + i, vec_mul(vec_load_up_to(p + i, n), share), n);
    }
}

VEC_INLINE void row_softmax(const float *x, int count, float *p)
{
    row_scale(p, 1.0f / row_exponentials(x, row_max(x, count), count, p), count);
}

/* The lane sum of a * b. */
VEC_INLINE float row_dot(const float *a, const float *b, int count)
{
    lanes16 sum = lanes16_zero();

#define ADD_PRODUCT(acc, i, n) vec_fma(vec_load_up_to(a + (i), n), vec_load_up_to(b + (i), n), acc)
    LANES16_ACCUMULATE(sum, count, ADD_PRODUCT);
#undef ADD_PRODUCT
    return lanes16_sum(sum);
}

/* p * (dp - lane sum(p * dp)) */
VEC_INLINE void row_softmax_dx(const float *p, const float *dp, int count, float *dx)
{
    const vec sum = vec_set1(row_dot(p, dp, count));

    for (int i = 0; i < count; i += VEC_LANES) {
        int n = count - i;

        vec_store_up_to(dx + i, vec_mul(vec_load_up_to(p + i, n), vec_sub(vec_load_up_to(dp + i, n), sum)), n);
    }
}

#endif
