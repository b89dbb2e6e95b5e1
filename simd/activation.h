/* Activations and their slopes on one float: the definition. simd/vector/activation.h does the same to vectors. */
#ifndef SEPTUM_SIMD_ACTIVATION_H
#define SEPTUM_SIMD_ACTIVATION_H

#include "septum/operation.h"
#include "simd/elementary.h"

#define SEP_SQRT_HALF          0x1.6a09e6p-1f /* 1 / sqrt(2) */
#define SEP_NORMAL_DENSITY_AT0 0x1.988454p-2f /* 1 / sqrt(2 pi) */
/* Up to here the density, below 6e-15, counts as 0: products of slopes further down with a gradient are subnormal, and
 * processors take about a hundred cycles for each product with one of those. */
#define SEP_NORMAL_FLAT (-8.0f)

/* The standard normal's distribution function. */
static inline float sep_normal_cdf(float x)
{
    return 0.5f * (1.0f + sep_erff(x * SEP_SQRT_HALF));
}

static inline float sep_normal_density(float x)
{
    return x > SEP_NORMAL_FLAT ? SEP_NORMAL_DENSITY_AT0 * sep_expf(-0.5f * (x * x)) : 0.0f;
}

/* f(x); `slope` is what a leaky ReLU multiplies by below 0. */
static inline float sep_activate(sep_activation activation, float slope, float x)
{
    switch (activation) {
    case SEP_RELU:
        return x > 0.0f ? x : 0.0f;
    case SEP_LEAKY_RELU:
        return x > 0.0f ? x : x * slope;
    case SEP_GELU:
        return x * sep_normal_cdf(x);
    default:
        return x;
    }
}

/* f'(x); at 0 the value from below. */
static inline float sep_activation_slope(sep_activation activation, float slope, float x)
{
    switch (activation) {
    case SEP_RELU:
        return x > 0.0f ? 1.0f : 0.0f;
    case SEP_LEAKY_RELU:
        return x > 0.0f ? 1.0f : slope;
    case SEP_GELU:
        return fmaf(x, sep_normal_density(x), sep_normal_cdf(x));
    default:
        return 1.0f;
    }
}

#endif
