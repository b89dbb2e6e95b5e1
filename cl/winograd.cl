/* The transforms of Winograd's F(4x4, 3x3): lines as defined at sep_conv_is_winograd (septum/operation.h), down the
 * columns and then along the rows of a square. One work-item a tile and channel; neighbours take neighbouring channels.
 *
 * Transformed values lie in 36 planes: (6 i + j) * plane + tile * channels + channel. */

#define BOTH_AXES(line, in, out)                                                                                       \
    float half_way[6][6], column[6], result[6];                                                                        \
    for (int j = 0; j < (in); j++) {                                                                                   \
        for (int i = 0; i < (in); i++)                                                                                 \
            column[i] = square[i][j];                                                                                  \
        line(column, result);                                                                                          \
        for (int i = 0; i < (out); i++)                                                                                \
            half_way[i][j] = result[i];                                                                                \
    }                                                                                                                  \
    for (int i = 0; i < (out); i++) {                                                                                  \
        line(half_way[i], result);                                                                                     \
        for (int j = 0; j < (out); j++)                                                                                \
            square[i][j] = result[j];                                                                                  \
    }

void line_input(const float *d, float *v)
{
    float even = fma(-9.0f / 4.0f, d[2], d[4]), odd = fma(-9.0f / 4.0f, d[1], d[3]);

    v[0] = fma(225.0f / 256.0f, d[0], fma(-169.0f / 64.0f, d[2], d[4]));
    v[1] = fma(5.0f / 8.0f, odd, even);
    v[2] = fma(-5.0f / 8.0f, odd, even);
    even = fma(-25.0f / 64.0f, d[2], d[4]);
    odd = fma(-25.0f / 64.0f, d[1], d[3]);
    v[3] = fma(3.0f / 2.0f, odd, even);
    v[4] = fma(-3.0f / 2.0f, odd, even);
    v[5] = fma(225.0f / 256.0f, d[1], fma(-169.0f / 64.0f, d[3], d[5]));
}

void line_output(const float *m, float *y)
{
    float s = m[1] + m[2], t = m[1] - m[2], e = m[3] + m[4], f = m[3] - m[4];

    y[0] = (m[0] + s) + e;
    y[1] = fma(3.0f / 2.0f, f, 5.0f / 8.0f * t);
    y[2] = fma(9.0f / 4.0f, e, 25.0f / 64.0f * s);
    y[3] = fma(27.0f / 8.0f, f, fma(125.0f / 512.0f, t, m[5]));
}

void line_gradient(const float *y, float *m)
{
    float even = fma(25.0f / 64.0f, y[2], y[0]), odd = fma(125.0f / 512.0f, y[3], 5.0f / 8.0f * y[1]);

    m[0] = y[0];
    m[1] = even + odd;
    m[2] = even - odd;
    even = fma(9.0f / 4.0f, y[2], y[0]);
    odd = fma(27.0f / 8.0f, y[3], 3.0f / 2.0f * y[1]);
    m[3] = even + odd;
    m[4] = even - odd;
    m[5] = y[3];
}

/* Quotients of constants stand as the floats nearest to them: a compiler's own division need not round correctly. */
void line_weights(const float *g, float *u)
{
    float even = fma(-0x1.135c82p-2f, g[2], -0x1.607668p-1f * g[0]), odd = -0x1.b89402p-2f * g[1];

    u[0] = 0x1.234568p+0f * g[0];
    u[1] = even + odd;
    u[2] = even - odd;
    even = fma(0x1.135c82p-2f, g[2], 0x1.e98802p-4f * g[0]);
    odd = 0x1.6f2602p-3f * g[1];
    u[3] = even + odd;
    u[4] = even - odd;
    u[5] = g[2];
}

void line_weight_gradient(const float *v, float *g)
{
    float s = v[1] + v[2], t = v[1] - v[2], e = v[3] + v[4], f = v[3] - v[4];

    g[0] = fma(0x1.234568p+0f, v[0], fma(-0x1.607668p-1f, s, 0x1.e98802p-4f * e));
    g[1] = fma(-0x1.b89402p-2f, t, 0x1.6f2602p-3f * f);
    g[2] = fma(-0x1.135c82p-2f, s, fma(0x1.135c82p-2f, e, v[5]));
}

/* ---- pixels to planes -------------------------------------------------------------------------------------------- */

/* Tiles of 4x4 pixels, `tile_rows` x `tile_columns` an image; a square reaches BORDER further on each side. */
#define DEFINE_TO_PLANES(name, line, BORDER)                                                                           \
    __kernel void name(TENSOR(x), TENSOR(v), const int channels, const int height, const int width,                    \
                       const int tile_rows, const int tile_columns, const long plane)                                  \
    {                                                                                                                  \
        EACH_OF_MAP(n, ty, tx, c, tile_columns, channels);                                                             \
        const long tile = ((long)n * tile_rows + ty) * tile_columns + tx;                                              \
        const int top = 4 * ty - BORDER, left = 4 * tx - BORDER;                                                       \
        float square[6][6];                                                                                            \
                                                                                                                       \
        OPEN(x);                                                                                                       \
        OPEN(v);                                                                                                       \
        for (int i = 0; i < 4 + 2 * BORDER; i++)                                                                       \
            for (int j = 0; j < 4 + 2 * BORDER; j++) {                                                                 \
                const int py = top + i, px = left + j;                                                                 \
                const bool inside = py >= 0 && py < height && px >= 0 && px < width;                                   \
                square[i][j] = inside ? x[(((long)n * height + py) * width + px) * channels + c] : 0.0f;               \
            }                                                                                                          \
        BOTH_AXES(line, 4 + 2 * BORDER, 6)                                                                             \
        for (int e = 0; e < 36; e++)                                                                                   \
            v[e * plane + tile * channels + c] = square[e / 6][e % 6];                                           \
    }

DEFINE_TO_PLANES(winograd_input, line_input, 1)
DEFINE_TO_PLANES(winograd_gradient, line_gradient, 0)

/* ---- planes to pixels -------------------------------------------------------------------------------------------- */

__kernel void winograd_output(TENSOR(m), TENSOR(bias), TENSOR(y), const int has_bias, const int channels,
                              const int height, const int width, const int tile_rows, const int tile_columns,
                              const long plane)
{
    EACH_OF_MAP(n, ty, tx, c, tile_columns, channels);
    const long tile = ((long)n * tile_rows + ty) * tile_columns + tx;
    const int top = 4 * ty, left = 4 * tx;
    float square[6][6];

    OPEN(m);
    OPEN(bias);
    OPEN(y);
    for (int e = 0; e < 36; e++)
        square[e / 6][e % 6] = m[e * plane + tile * channels + c];
    BOTH_AXES(line_output, 6, 4)
    for (int i = 0; i < 4 && top + i < height; i++)
        for (int j = 0; j < 4 && left + j < width; j++)
            y[(((long)n * height + top + i) * width + left + j) * channels + c] =
                has_bias ? square[i][j] + bias[c] : square[i][j];
}

/* ---- weights ----------------------------------------------------------------------------------------------------- */

/* u[e * rows * columns + i * columns + j] of the 3x3 taps [rows][columns] at w; `turned`: of w [columns][rows], transposed
 * and turned by 180 degrees. */
__kernel void winograd_weights(TENSOR(w), TENSOR(u), const int rows, const int columns, const int turned)
{
    const int j = get_global_id(0), i = get_global_id(1);
    const long size = (long)rows * columns;
    float square[6][6];

    if (j >= columns)
        return;
    OPEN(w);
    OPEN(u);
    for (int tap = 0; tap < 9; tap++)
        square[tap / 3][tap % 3] = turned ? w[(8 - tap) * size + (long)j * rows + i] : w[tap * size + (long)i * columns + j];
    BOTH_AXES(line_weights, 3, 6)
    for (int e = 0; e < 36; e++)
        u[e * size + (long)i * columns + j] = square[e / 6][e % 6];
}

/* dw[block * 9 * size + tap * size + at] from s[block * 36 * size + e * size + at]. */
__kernel void winograd_weight_gradient(TENSOR(s), TENSOR(dw), const long size)
{
    const long at = get_global_id(0), block = get_global_id(1);
    float square[6][6];

    if (at >= size)
        return;
    OPEN(s);
    OPEN(dw);
    for (int e = 0; e < 36; e++)
        square[e / 6][e % 6] = s[(block * 36 + e) * size + at];
    BOTH_AXES(line_weight_gradient, 6, 3)
    for (int tap = 0; tap < 9; tap++)
        dw[(block * 9 + tap) * size + at] = square[tap / 3][tap % 3];
}
