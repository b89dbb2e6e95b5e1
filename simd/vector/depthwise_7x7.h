/* Depthwise 7x7: a pixel is read 49 times. First it is copied into a ring of padded rows of VEC_LANES channels, where
 * no kernel meets a border, a cache line is a pixel, and the rows under the kernel stay in the first-level cache;
 * pixels of an image with many channels lie whole KiB apart, in the same few sets of the cache.
 *
 *     image row y, one vector of channels          ring row y % rows                   a column of output
 *     |x0| ... |x1| ... |x2| ...        copied     |0|0|0|x0|x1|x2|x3|..|0|0|0|        |y0|y1|..|y13|  14 chains
 *                                                   `----- taps of y0 ----'            seven input rows, one by one */
#ifndef SEPTUM_SIMD_VECTOR_DEPTHWISE_7X7_H
#define SEPTUM_SIMD_VECTOR_DEPTHWISE_7X7_H

#include "simd/vector/depthwise.h"

#define SIZE 7

/* More rows than a ring of rows as narrow as can be has, with those above and below. */
#define MAX_ROWS (SEP_DEPTHWISE_RING_BYTES / (int)sizeof(float) / SEP_DEPTHWISE_SLICE / SIZE + 2 * SIZE)

/* Image row y is row y % rows of the ring. */
typedef struct ring {
    int height, rows, filled; /* image rows up to here have been copied */
    int stretch;              /* rows of output that it has the input for at one time */
    ptrdiff_t row;
    float *pixels, *zeros;     /* the second: a row of zeros */
    const float *at[MAX_ROWS]; /* padded rows under the kernel, from the topmost under the first row of a stretch */
} ring;

static void clear_vectors(float *to, int count)
{
    for (int i = 0; i < count; i++)
        vec_store(to + i * VEC_LANES, vec_zero());
}

/* The ring of a job, empty but for the zeros around. */
static void ring_open(ring *r, float *scratch, int height, int width, int padding)
{
    int rows = sep_depthwise_ring_rows(width, SIZE);

    r->height = height;
    r->rows = rows < height ? rows : height;
    r->stretch = r->rows < height ? r->rows - SIZE + 1 : height;
    r->row = (width + SIZE - 1) * VEC_LANES;
    r->zeros = scratch;
    r->pixels = r->zeros + r->row;
    clear_vectors(r->zeros, width + SIZE - 1);
    for (int y = 0; y < r->rows; y++) {
        clear_vectors(r->pixels + y * r->row, padding);
        clear_vectors(r->pixels + y * r->row + (padding + width) * VEC_LANES, SIZE - 1 - padding);
    }
}

/* Starts with a vector of channels, at output row `first`. */
static void ring_start(ring *r, int first, int padding)
{
    r->filled = first > padding ? first - padding : 0;
}

/* Copies what is missing under output rows [row, end); x is pixel (0, 0). */
static void ring_fill(ring *r, const float *x, ptrdiff_t x_row, ptrdiff_t x_pixel, int width, int padding, int row,
                      int end)
{
    int top = row - padding, bottom = end - padding + SIZE - 1;

    for (; r->filled < bottom && r->filled < r->height; r->filled++) {
        const float *from = x + r->filled * x_row;
        float *to = r->pixels + r->filled % r->rows * r->row + padding * VEC_LANES;

        for (int i = 0; i < width; i++, from += x_pixel)
            vec_store(to + i * VEC_LANES, vec_load(from));
    }
    for (int y = top, slot = top > 0 ? top % r->rows : 0; y < bottom; y++) {
        bool inside = y >= 0 && y < r->height;

        r->at[y - top] = inside ? r->pixels + slot * r->row : r->zeros;
        slot = !inside ? slot : slot + 1 < r->rows ? slot + 1 : 0;
    }
}

/* ---- rows of output pixels --------------------------------------------------------------------------------------- */

/* Rows [row, end) of pixels [i, ...) of channels [c, c + VEC_LANES). */
typedef struct column_7x7 {
    const sep_depthwise_rows *job;
    const ring *ring;
    const float *w;
    int c, i, row, end;
} column_7x7;

/* One row of input under a row of the kernel whose weights, from `w`, stay in registers; where `both` is set also under
 * the row of the kernel above it, for the output below. `pixels` and `both` are constants where this is inlined. */
VEC_INLINE void add_input_row(const float *x, const float *w, vec *acc, vec *below, int pixels, bool both)
{
    vec wv[2][SIZE];

    VEC_UNROLL
    for (int kx = 0; kx < SIZE; kx++) {
        wv[0][kx] = load_kept(w + kx * SEP_DEPTHWISE_SLICE);
        if (both)
            wv[1][kx] = load_kept(w + (kx - SIZE) * SEP_DEPTHWISE_SLICE);
    }
#pragma GCC unroll 20
    for (int q = 0; q < pixels + SIZE - 1; q++) {
        vec in = load_kept(x + q * VEC_LANES);

        VEC_UNROLL
        for (int kx = 0; kx < SIZE; kx++)
            if (q >= kx && q - kx < pixels) {
                acc[q - kx] = vec_fma(in, wv[0][kx], acc[q - kx]);
                if (both)
                    below[q - kx] = vec_fma(in, wv[1][kx], below[q - kx]);
            }
    }
}

/* One row of output, or two (`pair`) that share all rows of input but one. */
VEC_INLINE void run_row(const column_7x7 *at, int r, int pixels, bool pair)
{
    const sep_depthwise_rows *job = at->job;
    const float *const *x = at->ring->at + r - at->row;
    float *y = job->y + r * job->y_row + at->i * job->y_pixel + at->c;
    ptrdiff_t offset = at->i * VEC_LANES, row = SIZE * SEP_DEPTHWISE_SLICE;
    ptrdiff_t fetched = (ptrdiff_t)job->width * (at->c / VEC_LANES * job->rows + at->row - job->first) +
                        at->i * (at->end - at->row) + (r - at->row) * pixels;
    int each = ((pair ? 2 : 1) * pixels + SIZE - 1) / SIZE;
    vec acc[PIXELS], below[PIXELS];

    start_chains(job, at->c, y, acc, pixels);
    if (pair)
        start_chains(job, at->c, y + job->y_row, below, pixels);
    for (int ky = 0; ky < SIZE; ky++) {
        fetch(job->next, fetched + ky * each, each);
        if (pair && ky > 0)
            add_input_row(x[ky] + offset, at->w + ky * row, acc, below, pixels, true);
        else
            add_input_row(x[ky] + offset, at->w + ky * row, acc, NULL, pixels, false);
    }
    if (pair)
        add_input_row(x[SIZE] + offset, at->w + (SIZE - 1) * row, below, NULL, pixels, false);
    store_chains(job, y, acc, pixels);
    if (pair)
        store_chains(job, y + job->y_row, below, pixels);
}

/* Narrow columns take two rows at a time where there are registers for that, to have enough chains. */
VEC_INLINE void run_column_7x7(const column_7x7 *at, int pixels)
{
    int r = at->row;

    if (PIXELS > SIZE && 2 * pixels <= PIXELS)
        for (; r + 2 <= at->end; r += 2)
            run_row(at, r, pixels, true);
    for (; r < at->end; r++)
        run_row(at, r, pixels, false);
}

typedef void column_7x7_function(const column_7x7 *at);

#define DEFINE_COLUMN_7X7(pixels)                                                                                      \
    static void column_7x7_##pixels(const column_7x7 *at)                                                              \
    {                                                                                                                  \
        run_column_7x7(at, pixels);                                                                                    \
    }
#define COLUMN_7X7_ENTRY(pixels) [pixels] = column_7x7_##pixels,
FOR_ALL_PIXELS(DEFINE_COLUMN_7X7)
static column_7x7_function *const columns_7x7[PIXELS + 1] = {FOR_ALL_PIXELS(COLUMN_7X7_ENTRY)};

static void rows_7x7(const sep_depthwise_rows *job, ring *r, int c)
{
    int end = job->first + job->rows, columns = columns_of(job->width);
    column_7x7 at = {.job = job, .ring = r, .w = job->w + sep_depthwise_weight(SIZE, 0, c), .c = c};

    ring_start(r, job->first, job->padding);
    for (at.row = job->first; at.row < end; at.row = at.end) {
        at.end = end - at.row > r->stretch ? at.row + r->stretch : end;
        ring_fill(r, job->x + c, job->x_row, job->x_pixel, job->width, job->padding, at.row, at.end);
        for (int n = 0; n < columns; n++) {
            at.i = column_begin(job->width, n, columns);
            columns_7x7[column_begin(job->width, n + 1, columns) - at.i](&at);
        }
    }
}

/* ---- weight gradient --------------------------------------------------------------------------------------------- */

#if VEC_LANES == 8
#define DOWN 1 /* kernel rows that one pass over dy takes */
#else
#define DOWN 2
#endif

/* So many pixels of dy (a multiple of RUN) stay in the first-level cache while all kernel rows pass over them. */
#define CHUNK 28

/* Rows [row, end), columns [left, right) of dy. */
typedef struct chunk {
    const sep_depthwise_sum *job;
    const ring *ring;
    float *dw;
    bool fresh; /* chains start from +0 */
    int c, row, end, left, right;
} chunk;

/* `pixels` pixels of dy and one or two (`down`) rows of x into acc[down][SIZE], whose chains take turns. */
VEC_INLINE void sum_run_7x7(const float *x, const float *below, const float *dy, ptrdiff_t dy_pixel, vec *acc,
                            int pixels, int down)
{
    vec dv[RUN];

    VEC_UNROLL
    for (int p = 0; p < pixels; p++, dy += dy_pixel)
        dv[p] = load_kept(dy);
    VEC_UNROLL
    for (int q = 0; q < pixels + SIZE - 1; q++)
        VEC_UNROLL
    for (int r = 0; r < down; r++) {
        vec in = load_kept((r == 0 ? x : below) + q * VEC_LANES);

        VEC_UNROLL
        for (int k = 0; k < SIZE; k++)
            if (q >= k && q - k < pixels)
                acc[r * SIZE + k] = vec_fma(in, dv[q - k], acc[r * SIZE + k]);
    }
}

/* Kernel rows [ky, ky + down); `down` is a constant where this is inlined. */
VEC_INLINE void sum_kernel_rows(const chunk *at, int ky, int down)
{
    const sep_depthwise_sum *job = at->job;
    ptrdiff_t fetched = (ptrdiff_t)job->width * (at->c / VEC_LANES * job->rows + at->row - job->first);
    float *dw = at->dw + ky * SIZE * SEP_DEPTHWISE_SLICE;
    vec acc[DOWN * SIZE];

    VEC_UNROLL
    for (int k = 0; k < down * SIZE; k++)
        acc[k] = at->fresh ? vec_zero() : vec_load(dw + k * SEP_DEPTHWISE_SLICE);
    for (int row = at->row; row < at->end; row++, fetched += job->width) {
        const float *dy = job->dy + row * job->dy_row + at->c;
        const float *x = at->ring->at[row - at->row + ky];
        const float *below = at->ring->at[row - at->row + ky + down - 1];
        int i = at->left;

        for (; i + RUN <= at->right; i += RUN) {
            if (ky < RUN)
                fetch(job->next, fetched + i + ky, down);
            sum_run_7x7(x + i * VEC_LANES, below + i * VEC_LANES, dy + i * job->dy_pixel, job->dy_pixel, acc, RUN,
                        down);
        }
        for (; i < at->right; i++)
            sum_run_7x7(x + i * VEC_LANES, below + i * VEC_LANES, dy + i * job->dy_pixel, job->dy_pixel, acc, 1, down);
    }
    VEC_UNROLL
    for (int k = 0; k < down * SIZE; k++)
        vec_store(dw + k * SEP_DEPTHWISE_SLICE, acc[k]);
}

static void sum_chunk(const chunk *at)
{
    int ky = 0;

    for (; ky + DOWN <= SIZE; ky += DOWN)
        sum_kernel_rows(at, ky, DOWN);
    if (ky < SIZE)
        sum_kernel_rows(at, ky, 1);
}

/* Rows [row, end), which add to one dw: some whole rows at a time, or a part of one. */
static void sum_block_7x7(const sep_depthwise_sum *job, ring *r, int c, int row, int end)
{
    int rows = CHUNK / job->width, columns = rows > 0 ? job->width : CHUNK;
    chunk at = {.job = job, .ring = r, .c = c, .fresh = is_fresh(job, row)};

    rows = rows < 1 ? 1 : rows > r->stretch ? r->stretch : rows;
    at.dw = block_of(job, row) + sep_depthwise_weight(SIZE, 0, c);
    for (at.row = row; at.row < end; at.row = at.end) {
        at.end = end - at.row > rows ? at.row + rows : end;
        ring_fill(r, job->x + c, job->x_row, job->x_pixel, job->width, job->padding, at.row, at.end);
        for (at.left = 0; at.left < job->width; at.left = at.right) {
            at.right = job->width - at.left > columns ? at.left + columns : job->width;
            sum_chunk(&at);
            at.fresh = false;
        }
    }
}

static void sum_7x7(const sep_depthwise_sum *job, ring *r, int c)
{
    int end = job->first + job->rows, next;

    ring_start(r, job->first, job->padding);
    for (int row = job->first; row < end; row = next) {
        next = block_end(job, row, end);
        sum_block_7x7(job, r, c, row, next);
    }
}

#endif
