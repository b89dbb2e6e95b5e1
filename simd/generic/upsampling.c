/* Upsampling x2 in plain C: the definition. */
#include "simd/upsampling.h"

#include <math.h>

static float mix(float fraction, float low, float high)
{
    return fmaf(fraction, high - low, low);
}

static void bilinear(const sep_upsample_axis *columns, const float *top, const float *bottom, float fraction,
                     int channels, sep_destination y)
{
    for (int o = 0; o < columns->outputs; o++, y.rows += y.pitch) {
        const sep_upsample_tap *tap = &columns->tap[o];
        ptrdiff_t low = (ptrdiff_t)tap->low * channels, high = (ptrdiff_t)tap->high * channels;

        for (int c = 0; c < channels; c++)
            y.rows[c] = mix(fraction, mix(tap->fraction, top[low + c], top[high + c]),
                            mix(tap->fraction, bottom[low + c], bottom[high + c]));
    }
}

static float bilinear_dx_element(const sep_upsample_axis *rows, const sep_upsample_axis *columns, int row, int column,
                                 const float *dy, ptrdiff_t dy_pitch)
{
    const sep_upsample_span down = rows->span[row], across = columns->span[column];
    float sum = 0.0f;

    for (int oy = down.begin; oy < down.end; oy++) {
        for (int ox = across.begin; ox < across.end; ox++) {
            float weight =
                rows->weight[down.first + oy - down.begin] * columns->weight[across.first + ox - across.begin];

            sum = fmaf(weight, dy[((ptrdiff_t)oy * columns->outputs + ox) * dy_pitch], sum);
        }
    }
    return sum;
}

static void bilinear_dx(const sep_upsample_axis *rows, const sep_upsample_axis *columns, int row, const float *dy,
                        ptrdiff_t dy_pitch, int channels, float *dx)
{
    for (int x = 0; x < columns->inputs; x++)
        for (int c = 0; c < channels; c++)
            dx[(ptrdiff_t)x * channels + c] = bilinear_dx_element(rows, columns, row, x, dy + c, dy_pitch);
}

static void nearest_dx(const float *top, const float *bottom, int width, int channels, float *dx)
{
    for (int x = 0; x < width; x++, top += 2 * channels, bottom += 2 * channels, dx += channels)
        for (int c = 0; c < channels; c++)
            dx[c] = (((0.0f + top[c]) + top[channels + c]) + bottom[c]) + bottom[channels + c];
}

const sep_simd_upsampling sep_upsampling_generic = {
    .bilinear = bilinear,
    .bilinear_dx = bilinear_dx,
    .nearest_dx = nearest_dx,
};
