/* Depthwise 3x3: little arithmetic, so the image is read where it lies. */
#ifndef SEPTUM_SIMD_VECTOR_DEPTHWISE_3X3_H
#define SEPTUM_SIMD_VECTOR_DEPTHWISE_3X3_H

#include "simd/vector/depthwise.h"

static const float outside[VEC_LANES];

/* Image row `row` from pixel i, `pixel` floats from one to the next; beyond the border they are all `outside`. */
typedef struct row_3x3 {
    const float *at;
    ptrdiff_t pixel;
} row_3x3;

VEC_INLINE row_3x3 row_of(const float *x, ptrdiff_t x_row, ptrdiff_t x_pixel, int height, int row, int i)
{
    bool inside = row >= 0 && row < height;

    return (row_3x3){inside ? x + row * x_row + i * x_pixel : outside, inside ? x_pixel : 0};
}

/* Tap q of the `pixels` + 2 over pixels [i, i + pixels) of output; taken in rising order. The first and the last may
 * lie beyond the border: surely where these pixels are `alone` (a constant). */
VEC_INLINE vec next_tap(row_3x3 *row, int q, int i, int pixels, int width, bool alone)
{
    vec v;

    if (q == 0)
        return alone || i == 0 ? vec_zero() : vec_load(row->at - row->pixel);
    if (q == pixels + 1)
        return alone || i + pixels == width ? vec_zero() : vec_load(row->at);
    v = load_kept(row->at);
    row->at += row->pixel;
    return v;
}

/* Pixels [i, i + pixels) of all rows. `pixels` and `alone` are constants where this is inlined. */
VEC_INLINE void column_3x3(const sep_depthwise_rows *job, int c, int i, int pixels, bool alone)
{
    const float *w = job->w + sep_depthwise_weight(3, 0, c);
    float *y = job->y + job->first * job->y_row + i * job->y_pixel + c;
    ptrdiff_t fetched = (ptrdiff_t)job->rows * (c / VEC_LANES * job->width + i);

    for (int r = job->first; r < job->first + job->rows; r++, y += job->y_row, fetched += pixels) {
        vec acc[PIXELS];

        start_chains(job, c, y, acc, pixels);
        fetch(job->next, fetched, pixels);
        for (int ky = 0; ky < 3; ky++) {
            row_3x3 row = row_of(job->x + c, job->x_row, job->x_pixel, job->height, r + ky - 1, i);
            vec wv[3];

            VEC_UNROLL
            for (int kx = 0; kx < 3; kx++)
                wv[kx] = load_kept(w + (ky * 3 + kx) * SEP_DEPTHWISE_SLICE);
            VEC_UNROLL
            for (int q = 0; q < pixels + 2; q++) {
                vec in = next_tap(&row, q, i, pixels, job->width, alone);

                VEC_UNROLL
                for (int kx = 0; kx < 3; kx++)
                    if (q >= kx && q - kx < pixels)
                        acc[q - kx] = vec_fma(in, wv[kx], acc[q - kx]);
            }
        }
        store_chains(job, y, acc, pixels);
    }
}

typedef void column_3x3_function(const sep_depthwise_rows *job, int c, int i);

#define DEFINE_COLUMN_3X3(pixels)                                                                                      \
    static void column_3x3_##pixels(const sep_depthwise_rows *job, int c, int i)                                       \
    {                                                                                                                  \
        if (job->width == pixels)                                                                                      \
            column_3x3(job, c, i, pixels, true);                                                                       \
        else                                                                                                           \
            column_3x3(job, c, i, pixels, false);                                                                      \
    }
#define COLUMN_3X3_ENTRY(pixels) [pixels] = column_3x3_##pixels,
FOR_ALL_PIXELS(DEFINE_COLUMN_3X3)
static column_3x3_function *const columns_3x3[PIXELS + 1] = {FOR_ALL_PIXELS(COLUMN_3X3_ENTRY)};

static void rows_3x3(const sep_depthwise_rows *job, int c)
{
    int columns = columns_of(job->width);

    for (int n = 0; n < columns; n++) {
        int i = column_begin(job->width, n, columns), end = column_begin(job->width, n + 1, columns);

        columns_3x3[end - i](job, c, i);
    }
}

/* ---- weight gradient --------------------------------------------------------------------------------------------- */

/* Pixels [i, i + pixels) of a row into acc[ky * 3 + kx], whose chains take turns. */
VEC_INLINE void sum_run_3x3(const sep_depthwise_sum *job, int c, int row, int i, vec *acc, int pixels, bool alone)
{
    const float *dy = job->dy + row * job->dy_row + i * job->dy_pixel + c;
    row_3x3 rows[3];
    vec dv[RUN];

    VEC_UNROLL
    for (int ky = 0; ky < 3; ky++) {
        rows[ky] = row_of(job->x + c, job->x_row, job->x_pixel, job->height, row + ky - 1, i);
        __asm__("" : "+r"(rows[ky].at), "+r"(rows[ky].pixel));
    }
    VEC_UNROLL
    for (int p = 0; p < pixels; p++, dy += job->dy_pixel)
        dv[p] = load_kept(dy);
    VEC_UNROLL
    for (int q = 0; q < pixels + 2; q++)
        VEC_UNROLL
    for (int ky = 0; ky < 3; ky++) {
        vec in = next_tap(&rows[ky], q, i, pixels, job->width, alone);

        VEC_UNROLL
        for (int kx = 0; kx < 3; kx++)
            if (q >= kx && q - kx < pixels)
                acc[ky * 3 + kx] = vec_fma(in, dv[q - kx], acc[ky * 3 + kx]);
    }
}

/* Rows [row, end), which add to one dw. `alone` is a constant where this is inlined. */
VEC_INLINE void sum_block_3x3(const sep_depthwise_sum *job, int c, int row, int end, bool alone)
{
    float *dw = block_of(job, row) + sep_depthwise_weight(3, 0, c);
    ptrdiff_t fetched = (ptrdiff_t)job->width * (c / VEC_LANES * job->rows + row - job->first);
    bool fresh = is_fresh(job, row);
    vec acc[9];

    VEC_UNROLL
    for (int k = 0; k < 9; k++)
        acc[k] = fresh ? vec_zero() : vec_load(dw + k * SEP_DEPTHWISE_SLICE);
    for (; row < end; row++, fetched += job->width) {
        int i = 0;

        for (; alone ? i < RUN : i + RUN <= job->width; i += RUN) {
            fetch(job->next, fetched + i, RUN);
            sum_run_3x3(job, c, row, i, acc, RUN, alone);
        }
        if (!alone)
            for (; i < job->width; i++)
                sum_run_3x3(job, c, row, i, acc, 1, alone);
    }
    VEC_UNROLL
    for (int k = 0; k < 9; k++)
        vec_store(dw + k * SEP_DEPTHWISE_SLICE, acc[k]);
}

static void sum_3x3(const sep_depthwise_sum *job, int c)
{
    int end = job->first + job->rows, next;

    for (int row = job->first; row < end; row = next) {
        next = block_end(job, row, end);
        if (job->width == RUN)
            sum_block_3x3(job, c, row, next, true);
        else
            sum_block_3x3(job, c, row, next, false);
    }
}

#endif
