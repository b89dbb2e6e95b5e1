/* Sums over rows and stretches in plain C: the definition. */
#include "simd/reduction.h"

#include "simd/generic/lane_sum.h"

static void row_sum(const float *x, int rows, int channels, float *sum)
{
    for (int c = 0; c < channels; c++) {
        float s = 0.0f;

        for (int r = 0; r < rows; r++)
            s += x[(int64_t)r * channels + c];
        sum[c] = s;
    }
}

static void mul_row_sum(const float *a, const float *b, int rows, int channels, float *sum)
{
    for (int c = 0; c < channels; c++) {
        float s = 0.0f;

        for (int r = 0; r < rows; r++)
            s = fmaf(a[(int64_t)r * channels + c], b[(int64_t)r * channels + c], s);
        sum[c] = s;
    }
}

static float squared_norm(const float *x, int count)
{
    return lane_sum_of_products(x, x, count);
}

const sep_simd_reduction sep_reduction_generic = {
    .row_sum = row_sum,
    .mul_row_sum = mul_row_sum,
    .squared_norm = squared_norm,
};
