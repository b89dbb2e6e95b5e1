/* Elementwise operations in plain C: the definition. */
#include "simd/elementwise.h"

#include "simd/activation.h"

static void add(const float *a, const float *b, int64_t count, float *y)
{
    for (int64_t i = 0; i < count; i++)
        y[i] = a[i] + b[i];
}

static void mul(const float *a, const float *b, int64_t count, float *y)
{
    for (int64_t i = 0; i < count; i++)
        y[i] = a[i] * b[i];
}

static void add_row(const float *a, const float *b, int64_t rows, int channels, float *y)
{
    for (int64_t r = 0; r < rows; r++)
        add(a + r * channels, b, channels, y + r * channels);
}

static void mul_row(const float *a, const float *b, int64_t rows, int channels, float *y)
{
    for (int64_t r = 0; r < rows; r++)
        mul(a + r * channels, b, channels, y + r * channels);
}

static void shift(const float *a, float b, int64_t count, float *y)
{
    for (int64_t i = 0; i < count; i++)
        y[i] = a[i] + b;
}

static void scale(const float *a, float b, int64_t count, float *y)
{
    for (int64_t i = 0; i < count; i++)
        y[i] = a[i] * b;
}

static void fill(float value, int64_t count, float *y)
{
    for (int64_t i = 0; i < count; i++)
        y[i] = value;
}

static void activate(sep_activation activation, float slope, const float *x, int64_t count, float *y)
{
    for (int64_t i = 0; i < count; i++)
        y[i] = sep_activate(activation, slope, x[i]);
}

static void activate_dx(sep_activation activation, float slope, const float *x, const float *dy, int64_t count,
                        float *dx)
{
    for (int64_t i = 0; i < count; i++)
        dx[i] = dy[i] * sep_activation_slope(activation, slope, x[i]);
}

static void dropout(const sep_dropout *dropout, const float *x, int64_t first, int64_t count, float *y)
{
    for (int64_t i = 0; i < count; i++)
        y[i] = sep_dropout_apply(dropout, first + i, x[i]);
}

const sep_simd_elementwise sep_elementwise_generic = {
    .add = add,
    .mul = mul,
    .add_row = add_row,
    .mul_row = mul_row,
    .shift = shift,
    .scale = scale,
    .fill = fill,
    .activate = activate,
    .activate_dx = activate_dx,
    .dropout = dropout,
};
