/* Functions of one number and of two, and sums of rows, in plain C: the definition. */
#include "simd/pointwise.h"

#include "simd/functions.h"
#include "simd/generic/lane_sum.h"

static void unary(sep_function function, float exponent, const float *x, int64_t count, float *y)
{
    for (int64_t i = 0; i < count; i++)
        y[i] = sep_unary_value(function, exponent, x[i]);
}

static void unary_dx(sep_function function, float exponent, const float *x, const float *dy, int64_t count, float *dx)
{
    for (int64_t i = 0; i < count; i++)
        dx[i] = dy[i] * sep_unary_slope(function, exponent, x[i]);
}

static void binary(sep_function function, const float *a, const float *b, int64_t count, float *y)
{
    for (int64_t i = 0; i < count; i++)
        y[i] = sep_binary_value(function, a[i], b[i]);
}

static void binary_number(sep_function function, const float *a, float b, int64_t count, float *y)
{
    for (int64_t i = 0; i < count; i++)
        y[i] = sep_binary_value(function, a[i], b);
}

static void channel_sum(const float *x, int64_t rows, int channels, float *sum)
{
    for (int64_t r = 0; r < rows; r++)
        sum[r] = lane_sum(x + r * channels, channels);
}

const sep_simd_pointwise sep_pointwise_generic = {
    .unary = unary,
    .unary_dx = unary_dx,
    .binary = binary,
    .binary_number = binary_number,
    .channel_sum = channel_sum,
};
