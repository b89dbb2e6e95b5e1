/* The transforms of Winograd convolution in plain C: the definition. See winograd.h. */
#include "simd/winograd.h"

#include <math.h>
#include <stdbool.h>

/* ---- the lines --------------------------------------------------------------------------------------------------- */

typedef void line(const float *in, float *out);

static void line_input(const float *d, float *v)
{
    float even = fmaf(-9.0f / 4.0f, d[2], d[4]), odd = fmaf(-9.0f / 4.0f, d[1], d[3]);

    v[0] = fmaf(225.0f / 256.0f, d[0], fmaf(-169.0f / 64.0f, d[2], d[4]));
    v[1] = fmaf(5.0f / 8.0f, odd, even);
    v[2] = fmaf(-5.0f / 8.0f, odd, even);
    even = fmaf(-25.0f / 64.0f, d[2], d[4]);
    odd = fmaf(-25.0f / 64.0f, d[1], d[3]);
    v[3] = fmaf(3.0f / 2.0f, odd, even);
    v[4] = fmaf(-3.0f / 2.0f, odd, even);
    v[5] = fmaf(225.0f / 256.0f, d[1], fmaf(-169.0f / 64.0f, d[3], d[5]));
}

static void line_output(const float *m, float *y)
{
    float s = m[1] + m[2], t = m[1] - m[2], e = m[3] + m[4], f = m[3] - m[4];

    y[0] = (m[0] + s) + e;
    y[1] = fmaf(3.0f / 2.0f, f, 5.0f / 8.0f * t);
    y[2] = fmaf(9.0f / 4.0f, e, 25.0f / 64.0f * s);
    y[3] = fmaf(27.0f / 8.0f, f, fmaf(125.0f / 512.0f, t, m[5]));
}

static void line_gradient(const float *y, float *m)
{
    float even = fmaf(25.0f / 64.0f, y[2], y[0]), odd = fmaf(125.0f / 512.0f, y[3], 5.0f / 8.0f * y[1]);

    m[0] = y[0];
    m[1] = even + odd;
    m[2] = even - odd;
    even = fmaf(9.0f / 4.0f, y[2], y[0]);
    odd = fmaf(27.0f / 8.0f, y[3], 3.0f / 2.0f * y[1]);
    m[3] = even + odd;
    m[4] = even - odd;
    m[5] = y[3];
}

static void line_weights(const float *g, float *u)
{
    float even = fmaf(-32.0f / 119.0f, g[2], -2048.0f / 2975.0f * g[0]), odd = -256.0f / 595.0f * g[1];

    u[0] = 256.0f / 225.0f * g[0];
    u[1] = even + odd;
    u[2] = even - odd;
    even = fmaf(32.0f / 119.0f, g[2], 128.0f / 1071.0f * g[0]);
    odd = 64.0f / 357.0f * g[1];
    u[3] = even + odd;
    u[4] = even - odd;
    u[5] = g[2];
}

static void line_weight_gradient(const float *v, float *g)
{
    float s = v[1] + v[2], t = v[1] - v[2], e = v[3] + v[4], f = v[3] - v[4];

    g[0] = fmaf(256.0f / 225.0f, v[0], fmaf(-2048.0f / 2975.0f, s, 128.0f / 1071.0f * e));
    g[1] = fmaf(-256.0f / 595.0f, t, 64.0f / 357.0f * f);
    g[2] = fmaf(-32.0f / 119.0f, s, fmaf(32.0f / 119.0f, e, v[5]));
}

/* ---- both axes --------------------------------------------------------------------------------------------------- */

/* [in][in] to [out][out]: down the columns, then along the rows. */
static void both_axes(line *transform, int in, int out, const float *from, float *to)
{
    float half[6][6], column[6], result[6];

    for (int j = 0; j < in; j++) {
        for (int i = 0; i < in; i++)
            column[i] = from[i * in + j];
        transform(column, result);
        for (int i = 0; i < out; i++)
            half[i][j] = result[i];
    }
    for (int i = 0; i < out; i++)
        transform(half[i], to + i * out);
}

static bool inside(const sep_winograd_tiles *tiles, int y, int x)
{
    return y >= 0 && y < tiles->height && x >= 0 && x < tiles->width;
}

/* The `size` x `size` pixels of a channel from (top, left), +0 outside the image. */
static void read_pixels(const sep_winograd_tiles *tiles, const float *x, int top, int left, int size, float *to)
{
    for (int i = 0; i < size; i++)
        for (int j = 0; j < size; j++)
            to[i * size + j] = inside(tiles, top + i, left + j)
                                   ? x[((ptrdiff_t)(top + i) * tiles->width + left + j) * tiles->pixel]
                                   : 0.0f;
}

/* Pixels to planes: `border` more on each side of a tile's outputs. */
static void tiles_to_planes(line *transform, int border, const sep_winograd_tiles *tiles, const float *x, int channels,
                            float *v, const sep_winograd_planes *to)
{
    int size = SEP_WINOGRAD_TILE + 2 * border, top = SEP_WINOGRAD_TILE * tiles->row - border;
    float in[36], out[SEP_WINOGRAD_PLANES];

    for (int t = 0; t < tiles->count; t++) {
        int left = SEP_WINOGRAD_TILE * (tiles->column + t) - border;

        for (int c = 0; c < channels; c++) {
            read_pixels(tiles, x + c, top, left, size, in);
            both_axes(transform, size, 6, in, out);
            for (int e = 0; e < SEP_WINOGRAD_PLANES; e++)
                v[e * to->plane + t * to->row + c] = out[e];
        }
    }
}

static void input(const sep_winograd_tiles *tiles, const float *x, int channels, float *v,
                  const sep_winograd_planes *to)
{
    tiles_to_planes(line_input, 1, tiles, x, channels, v, to);
}

static void gradient(const sep_winograd_tiles *tiles, const float *dy, int channels, float *v,
                     const sep_winograd_planes *to)
{
    tiles_to_planes(line_gradient, 0, tiles, dy, channels, v, to);
}

static void output(const sep_winograd_tiles *tiles, const float *m, const sep_winograd_planes *from, int channels,
                   const float *bias, float *y)
{
    float in[SEP_WINOGRAD_PLANES], out[16];

    for (int t = 0; t < tiles->count; t++) {
        for (int c = 0; c < channels; c++) {
            for (int e = 0; e < SEP_WINOGRAD_PLANES; e++)
                in[e] = m[e * from->plane + t * from->row + c];
            both_axes(line_output, 6, 4, in, out);
            for (int k = 0; k < 16; k++) {
                int row = 4 * tiles->row + k / 4, column = 4 * (tiles->column + t) + k % 4;

                if (inside(tiles, row, column))
                    y[((ptrdiff_t)row * tiles->width + column) * tiles->pixel + c] = bias ? out[k] + bias[c] : out[k];
            }
        }
    }
}

static void weights(const float *w, ptrdiff_t tap, ptrdiff_t row, int rows, int columns, float *u,
                    const sep_winograd_planes *to)
{
    float in[9], out[SEP_WINOGRAD_PLANES];

    for (int i = 0; i < rows; i++) {
        for (int j = 0; j < columns; j++) {
            for (int k = 0; k < 9; k++)
                in[k] = w[k * tap + i * row + j];
            both_axes(line_weights, 3, 6, in, out);
            for (int e = 0; e < SEP_WINOGRAD_PLANES; e++)
                u[e * to->plane + i * to->row + j] = out[e];
        }
    }
}

static void weight_gradient(const float *s, const sep_winograd_planes *from, int rows, int columns, float *dw,
                            ptrdiff_t tap, ptrdiff_t row)
{
    float in[SEP_WINOGRAD_PLANES], out[9];

    for (int i = 0; i < rows; i++) {
        for (int j = 0; j < columns; j++) {
            for (int e = 0; e < SEP_WINOGRAD_PLANES; e++)
                in[e] = s[e * from->plane + i * from->row + j];
            both_axes(line_weight_gradient, 6, 3, in, out);
            for (int k = 0; k < 9; k++)
                dw[k * tap + i * row + j] = out[k];
        }
    }
}

const sep_simd_winograd sep_winograd_generic = {
    .input = input,
    .output = output,
    .gradient = gradient,
    .weights = weights,
    .weight_gradient = weight_gradient,
};
