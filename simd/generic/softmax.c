/* Softmax and its relatives in plain C: the definition. */
#include "simd/softmax.h"

#include "simd/elementary.h"
#include "simd/generic/lane_sum.h"

static float maximum(const float *x, int count)
{
    float best = x[0];

    for (int i = 1; i < count; i++)
        best = x[i] > best ? x[i] : best;
    return best;
}

static void forward(const float *x, int rows, int channels, float *p)
{
    for (int r = 0; r < rows; r++, x += channels, p += channels) {
        float best = maximum(x, channels);

        for (int c = 0; c < channels; c++)
            p[c] = sep_expf(x[c] - best);

        float share = 1.0f / lane_sum(p, channels);
        for (int c = 0; c < channels; c++)
            p[c] = p[c] * share;
    }
}

static void dx(const float *p, const float *dp, int rows, int channels, float *dx)
{
    for (int r = 0; r < rows; r++, p += channels, dp += channels, dx += channels) {
        float sum = lane_sum_of_products(p, dp, channels);

        for (int c = 0; c < channels; c++)
            dx[c] = p[c] * (dp[c] - sum);
    }
}

static void log_forward(const float *x, int rows, int channels, float *y)
{
    for (int r = 0; r < rows; r++, x += channels, y += channels) {
        float best = maximum(x, channels);

        for (int c = 0; c < channels; c++)
            y[c] = sep_expf(x[c] - best);

        float log_sum = sep_logf(lane_sum(y, channels));
        for (int c = 0; c < channels; c++)
            y[c] = (x[c] - best) - log_sum;
    }
}

static void log_dx(const float *y, const float *dy, int rows, int channels, float *dx)
{
    for (int r = 0; r < rows; r++, y += channels, dy += channels, dx += channels) {
        float sum = lane_sum(dy, channels);

        for (int c = 0; c < channels; c++)
            dx[c] = dy[c] - sep_expf(y[c]) * sum;
    }
}

static void argmax(const float *x, int rows, int channels, int32_t *index)
{
    for (int r = 0; r < rows; r++, x += channels) {
        index[r] = 0;
        for (int c = 1; c < channels; c++)
            if (x[c] > x[index[r]])
                index[r] = c;
    }
}

const sep_simd_softmax sep_softmax_generic = {
    .forward = forward,
    .dx = dx,
    .log_forward = log_forward,
    .log_dx = log_dx,
    .argmax = argmax,
};
