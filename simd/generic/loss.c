/* Losses in plain C: the definition. */
#include "simd/loss.h"

#include <stdbool.h>

#include "simd/elementary.h"
#include "simd/generic/lane_sum.h"

static bool has_label(int32_t label, int channels)
{
    return label >= 0 && label < channels;
}

static float maximum(const float *x, int count)
{
    float best = x[0];

    for (int i = 1; i < count; i++)
        best = x[i] > best ? x[i] : best;
    return best;
}

/* The lane sum of exp(x - best). */
static float exponential_sum(const float *x, float best, int channels)
{
    float lane[16] = {0.0f};

    for (int c = 0; c < channels; c++)
        lane[c % 16] += sep_expf(x[c] - best);
    return join_lanes(lane);
}

static float cross_entropy(const float *logits, const int32_t *labels, int rows, int channels)
{
    float loss = 0.0f;

    for (int r = 0; r < rows; r++, logits += channels) {
        float best = maximum(logits, channels);

        if (has_label(labels[r], channels))
            loss -= (logits[labels[r]] - best) - sep_logf(exponential_sum(logits, best, channels));
    }
    return loss;
}

static void cross_entropy_dx(const float *logits, const int32_t *labels, float factor, int rows, int channels,
                             float *dx)
{
    for (int r = 0; r < rows; r++, logits += channels, dx += channels) {
        float best = maximum(logits, channels), share = 1.0f / exponential_sum(logits, best, channels);

        for (int c = 0; c < channels; c++) {
            float p = sep_expf(logits[c] - best) * share;

            dx[c] = has_label(labels[r], channels) ? factor * (p - (c == labels[r] ? 1.0f : 0.0f)) : 0.0f;
        }
    }
}

static void dice_sums(const float *p, const int32_t *labels, int rows, int channels, float *sums)
{
    for (int c = 0; c < channels; c++) {
        float overlap = 0.0f, squares = 0.0f, count = 0.0f;

        for (int r = 0; r < rows; r++) {
            float value = p[(int64_t)r * channels + c], g = labels[r] == c ? 1.0f : 0.0f;

            if (!has_label(labels[r], channels))
                continue;
            overlap = fmaf(value, g, overlap);
            squares = fmaf(value, value, squares);
            count += g;
        }
        sums[c] = overlap;
        sums[channels + c] = squares;
        sums[2 * channels + c] = count;
    }
}

static void dice_dx(const float *p, const int32_t *labels, float factor, const float *square, const float *overlap,
                    int rows, int channels, float *dp)
{
    for (int r = 0; r < rows; r++, p += channels, dp += channels)
        for (int c = 0; c < channels; c++)
            dp[c] = has_label(labels[r], channels) ? factor * (p[c] * square[c] - (labels[r] == c ? overlap[c] : 0.0f))
                                                   : 0.0f;
}

static float mse(const float *a, const float *b, int rows, int channels)
{
    float sum = 0.0f;

    for (int r = 0; r < rows; r++)
        sum += lane_sum_of_squared_differences(a + (int64_t)r * channels, b + (int64_t)r * channels, channels);
    return sum;
}

static void mse_dx(const float *a, const float *b, float factor, int64_t count, float *dx)
{
    for (int64_t i = 0; i < count; i++)
        dx[i] = factor * (a[i] - b[i]);
}

const sep_simd_loss sep_loss_generic = {
    .cross_entropy = cross_entropy,
    .cross_entropy_dx = cross_entropy_dx,
    .dice_sums = dice_sums,
    .dice_dx = dice_dx,
    .mse = mse,
    .mse_dx = mse_dx,
};
