/* The transforms of Winograd convolution on vectors: lanes hold channels, so a tile is 36 vectors and nothing crosses
 * lanes.
 *
 *          tile column 0   1                        6x6 inputs       36 planes, one vector each
 *      .....................                        . . . . . .      0  1  2  3  4  5
 *      .+-------+-------+...                        . x x x x .      6  7  8  ...
 *      .| 4 x 4 |       |  .     outputs of tile    . x x x x .  ->
 *      .|       |       |  .     (0, 0): x, its     . x x x x .
 *      .+-------+-------+---     inputs: x and .    . x x x x .                   ...
 *      ..........                                   . . . . . .                  34 35
 *
 * A column of a tile is read and transformed at a time; once all are, the rows are, straight into the planes. Tiles
 * that reach over the image's border, and the last channels where they don't fill a vector, take a slower way. */
#include "simd/winograd.h"

#include "simd/vector/isa.h"

#include <stdbool.h>

#define SIDE 6 /* of a transformed tile */

/* ---- the lines: see winograd.h ----------------------------------------------------------------------------------- */

VEC_INLINE vec scaled(float factor, vec a)
{
    return vec_mul(vec_set1(factor), a);
}

VEC_INLINE vec plus_scaled(float factor, vec a, vec b)
{
    return vec_fma(vec_set1(factor), a, b);
}

typedef void line(const vec *in, vec *out);

VEC_INLINE void line_input(const vec *d, vec *v)
{
    vec even = plus_scaled(-9.0f / 4.0f, d[2], d[4]), odd = plus_scaled(-9.0f / 4.0f, d[1], d[3]);

    v[0] = plus_scaled(225.0f / 256.0f, d[0], plus_scaled(-169.0f / 64.0f, d[2], d[4]));
    v[1] = plus_scaled(5.0f / 8.0f, odd, even);
    v[2] = plus_scaled(-5.0f / 8.0f, odd, even);
    even = plus_scaled(-25.0f / 64.0f, d[2], d[4]);
    odd = plus_scaled(-25.0f / 64.0f, d[1], d[3]);
    v[3] = plus_scaled(3.0f / 2.0f, odd, even);
    v[4] = plus_scaled(-3.0f / 2.0f, odd, even);
    v[5] = plus_scaled(225.0f / 256.0f, d[1], plus_scaled(-169.0f / 64.0f, d[3], d[5]));
}

VEC_INLINE void line_output(const vec *m, vec *y)
{
    vec s = vec_add(m[1], m[2]), t = vec_sub(m[1], m[2]), e = vec_add(m[3], m[4]), f = vec_sub(m[3], m[4]);

    y[0] = vec_add(vec_add(m[0], s), e);
    y[1] = plus_scaled(3.0f / 2.0f, f, scaled(5.0f / 8.0f, t));
    y[2] = plus_scaled(9.0f / 4.0f, e, scaled(25.0f / 64.0f, s));
    y[3] = plus_scaled(27.0f / 8.0f, f, plus_scaled(125.0f / 512.0f, t, m[5]));
}

VEC_INLINE void line_gradient(const vec *y, vec *m)
{
    vec even = plus_scaled(25.0f / 64.0f, y[2], y[0]);
    vec odd = plus_scaled(125.0f / 512.0f, y[3], scaled(5.0f / 8.0f, y[1]));

    m[0] = y[0];
    m[1] = vec_add(even, odd);
    m[2] = vec_sub(even, odd);
    even = plus_scaled(9.0f / 4.0f, y[2], y[0]);
    odd = plus_scaled(27.0f / 8.0f, y[3], scaled(3.0f / 2.0f, y[1]));
    m[3] = vec_add(even, odd);
    m[4] = vec_sub(even, odd);
    m[5] = y[3];
}

VEC_INLINE void line_weights(const vec *g, vec *u)
{
    vec even = plus_scaled(-32.0f / 119.0f, g[2], scaled(-2048.0f / 2975.0f, g[0]));
    vec odd = scaled(-256.0f / 595.0f, g[1]);

    u[0] = scaled(256.0f / 225.0f, g[0]);
    u[1] = vec_add(even, odd);
    u[2] = vec_sub(even, odd);
    even = plus_scaled(32.0f / 119.0f, g[2], scaled(128.0f / 1071.0f, g[0]));
    odd = scaled(64.0f / 357.0f, g[1]);
    u[3] = vec_add(even, odd);
    u[4] = vec_sub(even, odd);
    u[5] = g[2];
}

VEC_INLINE void line_weight_gradient(const vec *v, vec *g)
{
    vec s = vec_add(v[1], v[2]), t = vec_sub(v[1], v[2]), e = vec_add(v[3], v[4]), f = vec_sub(v[3], v[4]);

    g[0] = plus_scaled(-2048.0f / 2975.0f, s, scaled(128.0f / 1071.0f, e));
    g[0] = plus_scaled(256.0f / 225.0f, v[0], g[0]);
    g[1] = plus_scaled(-256.0f / 595.0f, t, scaled(64.0f / 357.0f, f));
    g[2] = plus_scaled(-32.0f / 119.0f, s, plus_scaled(32.0f / 119.0f, e, v[5]));
}

/* ---- where elements come from and go to -------------------------------------------------------------------------- */

/* A square of vectors in memory: element (i, j) at first + i * row + j * column. Those in rows [top, bottom) and
 * columns [left, right) exist; the others read +0 and are not written. `lanes` of a vector are used. */
typedef struct square {
    ptrdiff_t row, column;
    int top, bottom, left, right;
    int lanes;
} square;

/* Left alone the compiler computes the addresses of all elements ahead of the loop over channels, for which there are
 * no registers, and reloads them from memory. The empty asm hides from it how they are related. */
VEC_INLINE const float *next_to_read(const float *p, ptrdiff_t stride)
{
    p += stride;
    __asm__("" : "+r"(p));
    return p;
}

VEC_INLINE float *next_to_write(float *p, ptrdiff_t stride)
{
    p += stride;
    __asm__("" : "+r"(p));
    return p;
}

VEC_INLINE bool exists(const square *at, int i, int j)
{
    return i >= at->top && i < at->bottom && j >= at->left && j < at->right;
}

/* Element (i, j), at p. `whole`: all elements exist, with all lanes; a constant where these are inlined. */
VEC_INLINE vec read(const float *p, const square *at, int i, int j, bool whole)
{
    if (whole)
        return vec_load(p);
    return exists(at, i, j) ? vec_load_up_to(p, at->lanes) : vec_zero();
}

VEC_INLINE void write(float *p, const square *at, int i, int j, vec value, bool whole)
{
    if (whole)
        vec_store(p, value);
    else if (exists(at, i, j))
        vec_store_up_to(p, value, at->lanes);
}

/* A square of `in` x `in` vectors becomes one of `out` x `out`: columns, then rows, then the bias unless it is NULL. */
VEC_INLINE void both_axes(line *transform, int in, int out, const float *from, const square *from_at, float *to,
                          const square *to_at, const float *bias, bool whole)
{
    vec half[SIDE][SIDE], column[SIDE], result[SIDE], b = vec_zero();

    if (bias)
        b = whole ? vec_load(bias) : vec_load_up_to(bias, to_at->lanes);
    VEC_UNROLL
    for (int j = 0; j < in; j++, from = next_to_read(from, from_at->column)) {
        const float *p = from;

        VEC_UNROLL
        for (int i = 0; i < in; i++, p = next_to_read(p, from_at->row))
            column[i] = read(p, from_at, i, j, whole);
        transform(column, result);
        VEC_UNROLL
        for (int i = 0; i < out; i++)
            half[i][j] = result[i];
    }
    VEC_UNROLL
    for (int i = 0; i < out; i++, to = next_to_write(to, to_at->row)) {
        float *p = to;

        transform(half[i], result);
        VEC_UNROLL
        for (int j = 0; j < out; j++, p = next_to_write(p, to_at->column))
            write(p, to_at, i, j, bias ? vec_add(result[j], b) : result[j], whole);
    }
}

static bool is_whole(const square *at, int size)
{
    return at->top == 0 && at->left == 0 && at->bottom == size && at->right == size;
}

/* All channels of a square, a vector at a time: the fast way as far as it goes, then the other. */
VEC_INLINE void all_channels(line *transform, int in, int out, const float *from, square from_at, float *to,
                             square to_at, const float *bias, int channels)
{
    bool whole = is_whole(&from_at, in) && is_whole(&to_at, out);
    int c = 0;

    for (; whole && c + VEC_LANES <= channels; c += VEC_LANES)
        both_axes(transform, in, out, from + c, &from_at, to + c, &to_at, bias ? bias + c : NULL, true);
    for (; c < channels; c += VEC_LANES) {
        from_at.lanes = to_at.lanes = channels - c;
        both_axes(transform, in, out, from + c, &from_at, to + c, &to_at, bias ? bias + c : NULL, false);
    }
}

static square square_of_planes(const sep_winograd_planes *planes)
{
    return (square){.row = SIDE * planes->plane, .column = planes->plane, .bottom = SIDE, .right = SIDE};
}

/* The 3 x 3 taps of a weight. */
static square square_of_taps(ptrdiff_t tap)
{
    return (square){.row = 3 * tap, .column = tap, .bottom = 3, .right = 3};
}

static int clipped(int position, int size)
{
    return position < 0 ? 0 : position > size ? size : position;
}

/* The `size` x `size` pixels from (top, left) of the image. */
static square square_of_pixels(const sep_winograd_tiles *tiles, int top, int left, int size)
{
    return (square){
        .row = tiles->width * tiles->pixel,
        .column = tiles->pixel,
        .top = clipped(-top, size),
        .bottom = clipped(tiles->height - top, size),
        .left = clipped(-left, size),
        .right = clipped(tiles->width - left, size),
    };
}

/* ---- the transforms ---------------------------------------------------------------------------------------------- */

static ptrdiff_t pixel_at(const sep_winograd_tiles *tiles, int y, int x)
{
    return ((ptrdiff_t)y * tiles->width + x) * tiles->pixel;
}

/* A tile's inputs reach `border` over its outputs. */
VEC_INLINE void tiles_to_planes(line *transform, int border, const sep_winograd_tiles *tiles, const float *x,
                                int channels, float *v, const sep_winograd_planes *to)
{
    int size = SEP_WINOGRAD_TILE + 2 * border, top = SEP_WINOGRAD_TILE * tiles->row - border;

    for (int t = 0; t < tiles->count; t++) {
        int left = SEP_WINOGRAD_TILE * (tiles->column + t) - border;

        all_channels(transform, size, SIDE, x + pixel_at(tiles, top, left), square_of_pixels(tiles, top, left, size),
                     v + t * to->row, square_of_planes(to), NULL, channels);
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

VEC_INLINE void planes_to_tiles(const sep_winograd_tiles *tiles, const float *m, const sep_winograd_planes *from,
                                int channels, const float *bias, float *y)
{
    int size = SEP_WINOGRAD_TILE, top = size * tiles->row;

    for (int t = 0; t < tiles->count; t++) {
        int left = size * (tiles->column + t);

        all_channels(line_output, SIDE, size, m + t * from->row, square_of_planes(from), y + pixel_at(tiles, top, left),
                     square_of_pixels(tiles, top, left, size), bias, channels);
    }
}

static void output(const sep_winograd_tiles *tiles, const float *m, const sep_winograd_planes *from, int channels,
                   const float *bias, float *y)
{
    if (bias)
        planes_to_tiles(tiles, m, from, channels, bias, y);
    else
        planes_to_tiles(tiles, m, from, channels, NULL, y);
}

static void weights(const float *w, ptrdiff_t tap, ptrdiff_t row, int rows, int columns, float *u,
                    const sep_winograd_planes *to)
{
    for (int i = 0; i < rows; i++)
        all_channels(line_weights, 3, SIDE, w + i * row, square_of_taps(tap), u + i * to->row, square_of_planes(to),
                     NULL, columns);
}

static void weight_gradient(const float *s, const sep_winograd_planes *from, int rows, int columns, float *dw,
                            ptrdiff_t tap, ptrdiff_t row)
{
    for (int i = 0; i < rows; i++)
        all_channels(line_weight_gradient, SIDE, 3, s + i * from->row, square_of_planes(from), dw + i * row,
                     square_of_taps(tap), NULL, columns);
}

const sep_simd_winograd SEP_ISA_NAME(sep_winograd) = {
    .input = input,
    .output = output,
    .gradient = gradient,
    .weights = weights,
    .weight_gradient = weight_gradient,
};
