/* Layer normalisation in plain C: the definition. */
#include "simd/layer_norm.h"

#include "simd/generic/lane_sum.h"

typedef struct row_statistics {
    float mean, rstd;
} row_statistics;

static row_statistics statistics_of(const float *x, int channels, float epsilon)
{
    float mean = lane_sum(x, channels) / (float)channels;
    float variance = lane_sum_of_squared_distances(x, mean, channels) / (float)channels;

    return (row_statistics){mean, 1.0f / sqrtf(variance + epsilon)};
}

static void forward(const sep_layer_norm_terms *t, const float *x, int64_t first, int rows, float *y)
{
    for (int r = 0; r < rows; r++, x += t->channels, y += t->channels) {
        const float *gamma = t->gamma + (first + r) % t->groups * t->channels;
        const float *beta = t->beta + (first + r) % t->groups * t->channels;
        row_statistics s = statistics_of(x, t->channels, t->epsilon);

        for (int c = 0; c < t->channels; c++)
            y[c] = fmaf((x[c] - s.mean) * s.rstd, gamma[c], beta[c]);
    }
}

static void dx_of_row(const float *x, const float *gamma, const float *dy, int channels, float epsilon, float *dx)
{
    row_statistics s = statistics_of(x, channels, epsilon);
    float sum[16] = {0.0f}, product[16] = {0.0f};

    for (int c = 0; c < channels; c++) {
        float g = dy[c] * gamma[c];

        sum[c % 16] += g;
        product[c % 16] = fmaf(g, (x[c] - s.mean) * s.rstd, product[c % 16]);
    }

    float mean_g = join_lanes(sum) / (float)channels, mean_g_xhat = join_lanes(product) / (float)channels;
    for (int c = 0; c < channels; c++)
        dx[c] = s.rstd * ((dy[c] * gamma[c] - mean_g) - (x[c] - s.mean) * s.rstd * mean_g_xhat);
}

static void dx(const sep_layer_norm_terms *t, const float *x, const float *dy, int64_t first, int rows, float *dx)
{
    for (int r = 0; r < rows; r++) {
        int64_t i = (int64_t)r * t->channels;

        dx_of_row(x + i, t->gamma + (first + r) % t->groups * t->channels, dy + i, t->channels, t->epsilon, dx + i);
    }
}

static void dparam(const float *x, const float *dy, int rows, int64_t stride, int channels, float epsilon, float *sums)
{
    for (int c = 0; c < 2 * channels; c++)
        sums[c] = 0.0f;
    for (int r = 0; r < rows; r++, x += stride, dy += stride) {
        row_statistics s = statistics_of(x, channels, epsilon);

        for (int c = 0; c < channels; c++) {
            sums[c] = fmaf(dy[c], (x[c] - s.mean) * s.rstd, sums[c]);
            sums[channels + c] += dy[c];
        }
    }
}

const sep_simd_layer_norm sep_layer_norm_generic = {
    .forward = forward,
    .dx = dx,
    .dparam = dparam,
};
