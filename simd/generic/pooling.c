/* 2x2 max pooling in plain C: the definition. */
#include "simd/pooling.h"

/* Which of four values is the first maximum; *value is it. */
static int first_maximum(const float x[4], float *value)
{
    int best = 0;

    for (int i = 1; i < 4; i++)
        if (x[i] > x[best])
            best = i;
    *value = x[best];
    return best;
}

static void max(const float *top, const float *bottom, int width, int channels, float *y)
{
    for (int q = 0; q < width; q++, top += 2 * channels, bottom += 2 * channels, y += channels)
        for (int c = 0; c < channels; c++)
            first_maximum((float[4]){top[c], top[channels + c], bottom[c], bottom[channels + c]}, &y[c]);
}

static void max_dx(const float *top, const float *bottom, const float *dy, int width, int channels, float *dx_top,
                   float *dx_bottom)
{
    for (int i = 0; i < width * channels; i++) {
        int at = i / channels * 2 * channels + i % channels, next = at + channels;
        float *dx[4] = {&dx_top[at], &dx_top[next], &dx_bottom[at], &dx_bottom[next]};
        float value;
        int best = first_maximum((float[4]){top[at], top[next], bottom[at], bottom[next]}, &value);

        for (int tap = 0; tap < 4; tap++)
            *dx[tap] = tap == best ? dy[i] : 0.0f;
    }
}

const sep_simd_pooling sep_pooling_generic = {
    .max = max,
    .max_dx = max_dx,
};
