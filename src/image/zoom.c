/* Planar resampling by scipy.ndimage.zoom's rule (scipy 1.x, grid_mode off). For cubic interpolation the pixels are
 * first turned into coefficients of cubic B-splines (Unser, Aldroubi and Eden 1993), mirrored at the border.
 *
 * In one thing scipy is not followed: for some pairs of lengths (512 to 224, 232 to 224, 256 to 216) its source of the
 * last pixel is rounded to a hair more than the last input pixel, which it takes for outside and fills with 0. Here it
 * is the last pixel. */
#include "septum/image.h"

#include <math.h>
#include <stddef.h>

/* Distance of neighbouring output pixels, in input pixels. */
static double source_step(int in, int out)
{
    return out > 1 ? (double)(in - 1) / (double)(out - 1) : 1.0;
}

/* ---- order 0 ----------------------------------------------------------------------------------------------------- */

static int nearest(int o, double step, int size)
{
    int index = (int)((double)o * step + 0.5); /* not negative: cutting is floor */

    return index < size ? index : size - 1;
}

int sep_zoom_nearest_pixel(int o, int in, int out)
{
    return nearest(o, source_step(in, out), in);
}

#define DEFINE_NEAREST(suffix, type)                                                                                   \
    void sep_zoom_nearest_##suffix(const type *in, int in_height, int in_width, type *out, int out_height,             \
                                   int out_width)                                                                      \
    {                                                                                                                  \
        double row_step = source_step(in_height, out_height), column_step = source_step(in_width, out_width);          \
                                                                                                                       \
        for (int y = 0; y < out_height; y++) {                                                                         \
            const type *row = in + (ptrdiff_t)nearest(y, row_step, in_height) * in_width;                              \
            for (int x = 0; x < out_width; x++)                                                                        \
                *out++ = row[nearest(x, column_step, in_width)];                                                       \
        }                                                                                                              \
    }

DEFINE_NEAREST(f32, float)
DEFINE_NEAREST(u8, uint8_t)

/* ---- orders 1 and 3: a few weighted neighbours along each axis --------------------------------------------------- */

typedef struct taps {
    int index[4];
    double weight[4];
} taps;

/* Reflection about the first and the last pixel: ... 2 1 0 1 2 ... */
static int mirror(int index, int size)
{
    int period = 2 * size - 2;

    if (size == 1)
        return 0;
    index = (index < 0 ? -index : index) % period;
    return index < size ? index : period - index;
}

static taps linear_taps(int o, double step, int size)
{
    double source = (double)o * step, f = source - floor(source);
    int start = (int)source;

    return (taps){{mirror(start, size), mirror(start + 1, size)}, {1.0 - f, f}};
}

static taps cubic_taps(int o, double step, int size)
{
    double source = (double)o * step, x = source - floor(source), z = 1.0 - x;
    int start = (int)source - 1;
    taps t;

    t.weight[1] = (x * x * (x - 2.0) * 3.0 + 4.0) / 6.0;
    t.weight[2] = (z * z * (z - 2.0) * 3.0 + 4.0) / 6.0;
    t.weight[0] = z * z * z / 6.0;
    t.weight[3] = 1.0 - t.weight[0] - t.weight[1] - t.weight[2];
    for (int i = 0; i < 4; i++)
        t.index[i] = mirror(start + i, size);
    return t;
}

/* Sum of (pixel * row weight) * column weight over rows, then columns, in rising order. */
#define DEFINE_RESAMPLE(name, type, taps_of, count)                                                                    \
    static void name(const type *in, int in_height, int in_width, float *out, int out_height, int out_width)           \
    {                                                                                                                  \
        double row_step = source_step(in_height, out_height), column_step = source_step(in_width, out_width);          \
                                                                                                                       \
        for (int y = 0; y < out_height; y++) {                                                                         \
            taps rows = taps_of(y, row_step, in_height);                                                               \
            for (int x = 0; x < out_width; x++) {                                                                      \
                taps columns = taps_of(x, column_step, in_width);                                                      \
                double sum = 0.0;                                                                                      \
                for (int i = 0; i < (count); i++)                                                                      \
                    for (int j = 0; j < (count); j++)                                                                  \
                        sum += (double)in[(ptrdiff_t)rows.index[i] * in_width + columns.index[j]] * rows.weight[i] *   \
                               columns.weight[j];                                                                      \
                *out++ = (float)sum;                                                                                   \
            }                                                                                                          \
        }                                                                                                              \
    }

DEFINE_RESAMPLE(resample_linear, float, linear_taps, 2)
DEFINE_RESAMPLE(resample_cubic, double, cubic_taps, 4)

void sep_zoom_linear_f32(const float *in, int in_height, int in_width, float *out, int out_height, int out_width)
{
    resample_linear(in, in_height, in_width, out, out_height, out_width);
}

/* ---- the B-spline prefilter -------------------------------------------------------------------------------------- */

/* One line of `count` values, `stride` apart, to coefficients: a causal and an anti-causal recursive filter with the
 * cubic spline's pole, started as if the line went on mirrored for ever. */
static void prefilter_line(double *c, int count, ptrdiff_t stride)
{
    const double pole = sqrt(3.0) - 2.0, gain = (1.0 - pole) * (1.0 - 1.0 / pole);
    ptrdiff_t last = (count - 1) * stride;
    double power = pole, end_power = 1.0;

    if (count == 1)
        return;
    for (int i = 0; i < count; i++)
        c[i * stride] *= gain;
    for (int i = 1; i < count; i++)
        end_power *= pole;

    double start = c[0] + end_power * c[last];
    for (int i = 1; i < count - 1; i++, power *= pole)
        start += power * (c[i * stride] + end_power * c[last - i * stride]);
    c[0] = start / (1.0 - end_power * end_power);
    for (int i = 1; i < count; i++)
        c[i * stride] += pole * c[(i - 1) * stride];

    c[last] = (pole * c[last - stride] + c[last]) * pole / (pole * pole - 1.0);
    for (int i = count - 2; i >= 0; i--)
        c[i * stride] = pole * (c[(i + 1) * stride] - c[i * stride]);
}

sep_status sep_zoom_cubic_f32(const float *in, int in_height, int in_width, float *out, int out_height, int out_width)
{
    size_t count = (size_t)in_height * (size_t)in_width;
    double *coefficients = sep_calloc(count, sizeof *coefficients);

    if (!coefficients)
        return SEP_ERR_MEMORY;
    for (size_t i = 0; i < count; i++)
        coefficients[i] = (double)in[i];
    for (int x = 0; x < in_width; x++)
        prefilter_line(coefficients + x, in_height, in_width);
    for (int y = 0; y < in_height; y++)
        prefilter_line(coefficients + (ptrdiff_t)y * in_width, in_width, 1);
    resample_cubic(coefficients, in_height, in_width, out, out_height, out_width);
    sep_free(coefficients);
    return SEP_OK;
}
