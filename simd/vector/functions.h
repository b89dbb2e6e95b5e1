/* The functions of UNARY and BINARY on vectors: operation for operation simd/functions.h. `function` is a constant
 * where these are called, so each call compiles to one branch-free case. */
#ifndef SEPTUM_SIMD_VECTOR_FUNCTIONS_H
#define SEPTUM_SIMD_VECTOR_FUNCTIONS_H

#include "simd/functions.h"
#include "simd/vector/elementary.h"

static inline vec vec_power(vec x, float exponent)
{
    vec power = vec_exp(vec_mul(vec_set1(exponent), vec_log(x)));

    if (exponent == 0.0f)
        return vec_set1(1.0f);
    return vec_select(vec_gt(x, vec_zero()), power, vec_zero());
}

static inline vec vec_sigmoid(vec x)
{
    const vec one = vec_set1(1.0f);

    return vec_div(one, vec_add(one, vec_exp(vec_sub(vec_zero(), x))));
}

VEC_INLINE vec vec_unary(sep_function function, float exponent, vec x)
{
    switch (function) {
    case SEP_EXP:
        return vec_exp(x);
    case SEP_LN:
        return vec_log(x);
    case SEP_SQRT:
        return vec_sqrt(x);
    case SEP_SQUARE:
        return vec_mul(x, x);
    case SEP_ABS:
        return vec_select(vec_gt(vec_zero(), x), vec_sub(vec_zero(), x), x);
    case SEP_SIGMOID:
        return vec_sigmoid(x);
    default:
        return vec_power(x, exponent);
    }
}

VEC_INLINE vec vec_unary_slope(sep_function function, float exponent, vec x)
{
    const vec one = vec_set1(1.0f), zero = vec_zero();
    vec s;

    switch (function) {
    case SEP_EXP:
        return vec_exp(x);
    case SEP_LN:
        return vec_div(one, x);
    case SEP_SQRT:
        return vec_div(vec_set1(0.5f), vec_sqrt(x));
    case SEP_SQUARE:
        return vec_add(x, x);
    case SEP_ABS:
        return vec_select(vec_gt(zero, x), vec_set1(-1.0f), vec_select(vec_gt(x, zero), one, zero));
    case SEP_SIGMOID:
        s = vec_sigmoid(x);
        return vec_mul(s, vec_sub(one, s));
    default:
        return vec_mul(vec_set1(exponent), vec_power(x, exponent - 1.0f));
    }
}

VEC_INLINE vec vec_binary(sep_function function, vec a, vec b)
{
    switch (function) {
    case SEP_PLUS:
        return vec_add(a, b);
    case SEP_SUBTRACT:
        return vec_sub(a, b);
    case SEP_MULTIPLY:
        return vec_mul(a, b);
    case SEP_DIVIDE:
        return vec_div(a, b);
    case SEP_MINIMUM:
        return vec_select(vec_gt(b, a), a, b);
    case SEP_MAXIMUM:
        return vec_select(vec_gt(b, a), b, a);
    default:
        return vec_select(vec_gt(b, a), vec_set1(1.0f), vec_zero());
    }
}

#endif
