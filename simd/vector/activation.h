/* Activations and their slopes on vectors: operation for operation simd/activation.h. `activation` is a constant where
 * these are called, so each call compiles to one branch-free case. */
#ifndef SEPTUM_SIMD_VECTOR_ACTIVATION_H
#define SEPTUM_SIMD_VECTOR_ACTIVATION_H

#include "simd/activation.h"
#include "simd/vector/elementary.h"

static inline vec vec_normal_cdf(vec x)
{
    vec erf = vec_erf(vec_mul(x, vec_set1(SEP_SQRT_HALF)));

    return vec_mul(vec_set1(0.5f), vec_add(vec_set1(1.0f), erf));
}

static inline vec vec_normal_density(vec x)
{
    vec half_square = vec_mul(vec_set1(-0.5f), vec_mul(x, x));
    vec density = vec_mul(vec_set1(SEP_NORMAL_DENSITY_AT0), vec_exp(half_square));

    return vec_select(vec_gt(x, vec_set1(SEP_NORMAL_FLAT)), density, vec_zero());
}

VEC_INLINE vec vec_activate(sep_activation activation, vec slope, vec x)
{
    switch (activation) {
    case SEP_RELU:
        return vec_select(vec_gt(x, vec_zero()), x, vec_zero());
    case SEP_LEAKY_RELU:
        return vec_select(vec_gt(x, vec_zero()), x, vec_mul(x, slope));
    case SEP_GELU:
        return vec_mul(x, vec_normal_cdf(x));
    default:
        return x;
    }
}

VEC_INLINE vec vec_activation_slope(sep_activation activation, vec slope, vec x)
{
    switch (activation) {
    case SEP_RELU:
        return vec_select(vec_gt(x, vec_zero()), vec_set1(1.0f), vec_zero());
    case SEP_LEAKY_RELU:
        return vec_select(vec_gt(x, vec_zero()), vec_set1(1.0f), slope);
    case SEP_GELU:
        return vec_fma(x, vec_normal_density(x), vec_normal_cdf(x));
    default:
        return vec_set1(1.0f);
    }
}

/* Calls RUN(activation) with a constant in place of the variable. */
#define SEP_ACTIVATION_SWITCH(activation, RUN)                                                                         \
    switch (activation) {                                                                                              \
    case SEP_RELU:                                                                                                     \
        RUN(SEP_RELU);                                                                                                 \
        break;                                                                                                         \
    case SEP_LEAKY_RELU:                                                                                               \
        RUN(SEP_LEAKY_RELU);                                                                                           \
        break;                                                                                                         \
    case SEP_GELU:                                                                                                     \
        RUN(SEP_GELU);                                                                                                 \
        break;                                                                                                         \
    default:                                                                                                           \
        RUN(SEP_LINEAR_ACTIVATION);                                                                                    \
    }

#endif
