/* The functions of UNARY and BINARY on one float: the definition (septum/operation.h). */
#ifndef SEPTUM_SIMD_FUNCTIONS_H
#define SEPTUM_SIMD_FUNCTIONS_H

#include "septum/operation.h"
#include "simd/elementary.h"

static inline float sep_powerf(float x, float exponent)
{
    if (exponent == 0.0f)
        return 1.0f;
    return x > 0.0f ? sep_expf(exponent * sep_logf(x)) : 0.0f;
}

static inline float sep_sigmoidf(float x)
{
    return 1.0f / (1.0f + sep_expf(0.0f - x));
}

static inline float sep_unary_value(sep_function function, float exponent, float x)
{
    switch (function) {
    case SEP_EXP:
        return sep_expf(x);
    case SEP_LN:
        return sep_logf(x);
    case SEP_SQRT:
        return sqrtf(x);
    case SEP_SQUARE:
        return x * x;
    case SEP_ABS:
        return x < 0.0f ? 0.0f - x : x;
    case SEP_SIGMOID:
        return sep_sigmoidf(x);
    default:
        return sep_powerf(x, exponent);
    }
}

static inline float sep_unary_slope(sep_function function, float exponent, float x)
{
    switch (function) {
    case SEP_EXP:
        return sep_expf(x);
    case SEP_LN:
        return 1.0f / x;
    case SEP_SQRT:
        return 0.5f / sqrtf(x);
    case SEP_SQUARE:
        return x + x;
    case SEP_ABS:
        return x < 0.0f ? -1.0f : x > 0.0f ? 1.0f : 0.0f;
    case SEP_SIGMOID:
        return sep_sigmoidf(x) * (1.0f - sep_sigmoidf(x));
    default:
        return exponent * sep_powerf(x, exponent - 1.0f);
    }
}

static inline float sep_binary_value(sep_function function, float a, float b)
{
    switch (function) {
    case SEP_PLUS:
        return a + b;
    case SEP_SUBTRACT:
        return a - b;
    case SEP_MULTIPLY:
        return a * b;
    case SEP_DIVIDE:
        return a / b;
    case SEP_MINIMUM:
        return b > a ? a : b;
    case SEP_MAXIMUM:
        return b > a ? b : a;
    default:
        return b > a ? 1.0f : 0.0f;
    }
}

#endif
