/* Max pooling in plain C: the definition. */
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

static void max(const float *top, const float *bottom, ptrdiff_t x_pitch, int width, int channels, float *y)
{
    for (int q = 0; q < width; q++, top += 2 * x_pitch, bottom += 2 * x_pitch, y += channels)
        for (int c = 0; c < channels; c++)
            first_maximum((float[4]){top[c], top[x_pitch + c], bottom[c], bottom[x_pitch + c]}, &y[c]);
}

static void max_dx(const sep_pooling_rows *r)
{
    for (int i = 0; i < r->width * r->channels; i++) {
        int column = 2 * (i / r->channels), c = i % r->channels;
        float x[4], value;

        for (int tap = 0; tap < 4; tap++)
            x[tap] = r->x[tap / 2][(column + tap % 2) * r->x_pitch + c];
        int best = first_maximum(x, &value);
        for (int tap = 0; tap < 4; tap++) {
            int row = tap / 2, pixel = column + tap % 2;
            float routed = tap == best ? r->dy[i] : 0.0f;

            r->dx[row][pixel * r->channels + c] = r->sum[row] ? r->sum[row][pixel * r->sum_pitch + c] + routed : routed;
        }
    }
}

static int first_maximum_of(const float *const *x, int taps, int c)
{
    int best = 0;

    for (int t = 1; t < taps; t++)
        if (x[t][c] > x[best][c])
            best = t;
    return best;
}

static void window(const float *const *x, int taps, int channels, float *y)
{
    for (int c = 0; c < channels; c++)
        y[c] = x[first_maximum_of(x, taps, c)][c];
}

static void window_dx(const float *const *x, int taps, int channels, const float *dy, float *const *dx)
{
    for (int c = 0; c < channels; c++) {
        int best = first_maximum_of(x, taps, c);

        for (int t = 0; t < taps; t++)
            dx[t][c] += t == best ? dy[c] : 0.0f;
    }
}

const sep_simd_pooling sep_pooling_generic = {
    .max = max,
    .max_dx = max_dx,
    .window = window,
    .window_dx = window_dx,
};
