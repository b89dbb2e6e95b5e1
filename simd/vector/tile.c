/* The tile in vector registers: a block of `rows` x `vectors` accumulators stays in registers over all taps and steps;
 * each step loads one vector of b per column of vectors and one element of a per row, broadcast to all lanes.
 *
 *            b[k]: | v0 | v1 |          Lanes hold different columns of c, so the width of a vector
 *                  +----+----+          never enters the order of summation.
 *     a[0][k] -----|acc |acc |
 *     a[1][k] -----|acc |acc |
 *       ...        |    |    |
 *
 * Blocks are 1, 2 or 3 vectors wide, as high as the register file allows; a number of rows that is no multiple of that
 * height is cut into blocks of nearly equal height. Columns beyond the last full vector get a block of one masked
 * vector. */
#include "simd/tile.h"
#include "simd/vector/isa.h"

#if VEC_LANES == 8 /* 16 registers: accumulators, one row of b, one broadcast */
#define HEIGHT_1 12
#define HEIGHT_2 6
#define HEIGHT_3 4
#else /* 32 registers */
#define HEIGHT_1 16
#define HEIGHT_2 14
#define HEIGHT_3 9
#endif
#define MAX_HEIGHT HEIGHT_1
#define TURN       4 /* steps of a loop's turn: several were measured 5 % faster than one */

#define INLINE static inline __attribute__((always_inline))

/* Where a block lies, and where its chains start: row i of `start` at start + i * start_row. */
typedef struct block {
    const sep_tile_job *job;
    int row, column;
    int lanes; /* of a masked vector */
    const float *start;
    ptrdiff_t start_row;
    const char *fetch;    /* from block to block */
    ptrdiff_t fetch_step; /* bytes a turn */
} block;

static const float zeros[3 * VEC_LANES];

INLINE vec load_vector(const float *p, bool masked, int lanes)
{
    return masked ? vec_load_partial(p, lanes) : vec_load(p);
}

INLINE void store_vector(float *p, vec value, bool masked, int lanes)
{
    if (masked)
        vec_store_partial(p, value, lanes);
    else
        vec_store(p, value);
}

/* ---- addresses of a's rows --------------------------------------------------------------------------------------- */

#if defined(__x86_64__)
/* x86 adds a base and a scaled register within the load, so two bases and four strides reach sixteen rows. Left alone
 * the compiler computes sixteen offsets ahead of the loop, for which there are no registers, and reloads them on each
 * step: measured 15 % slower at 16 columns. The empty asm hides from it that the strides stay the same. */
typedef struct row_addresses {
    const char *low, *high; /* of rows 0 and 8 */
    ptrdiff_t stride, stride3, stride5, stride7;
} row_addresses;

INLINE row_addresses first_rows(const float *a, ptrdiff_t row)
{
    ptrdiff_t stride = row * (ptrdiff_t)sizeof(float);

    return (row_addresses){(const char *)a, (const char *)(a + 8 * row), stride, 3 * stride, 5 * stride, 7 * stride};
}

INLINE void keep_strides(row_addresses *at)
{
    __asm__("" : "+r"(at->stride), "+r"(at->stride3), "+r"(at->stride5), "+r"(at->stride7));
}

INLINE const float *row_address(const row_addresses *at, int i)
{
    const char *base = i < 8 ? at->low : at->high;
    const ptrdiff_t offsets[8] = {0,           at->stride,      2 * at->stride, at->stride3, 4 * at->stride,
                                  at->stride5, 2 * at->stride3, at->stride7};

    return (const float *)(const void *)(base + offsets[i % 8]);
}

INLINE void next_step(row_addresses *at, ptrdiff_t step)
{
    at->low += step * (ptrdiff_t)sizeof(float);
    at->high += step * (ptrdiff_t)sizeof(float);
}
#else
typedef struct row_addresses {
    const float *first;
    ptrdiff_t stride;
} row_addresses;

INLINE row_addresses first_rows(const float *a, ptrdiff_t row)
{
    return (row_addresses){a, row};
}

INLINE void keep_strides(row_addresses *at)
{
    (void)at;
}

INLINE const float *row_address(const row_addresses *at, int i)
{
    return at->first + i * at->stride;
}

INLINE void next_step(row_addresses *at, ptrdiff_t step)
{
    at->first += step;
}
#endif

/* ---- one block --------------------------------------------------------------------------------------------------- */

/* `steps` steps of a tap. They, `height`, `vectors`, `masked` and `along_rows` (a is dense along its rows) are
 * constants where this is inlined, so that every loop over them is unrolled and acc lives in registers. */
INLINE const float *take_steps(const block *at, row_addresses *a, const float *b, vec acc[MAX_HEIGHT][3], int steps,
                               int height, int vectors, bool masked, bool along_rows)
{
    const sep_tile_job *job = at->job;

#pragma GCC unroll 4
    for (int k = 0; k < steps; k++) {
        vec bv[3];

        if (!along_rows)
            keep_strides(a);
#pragma GCC unroll 3
        for (int v = 0; v < vectors; v++)
            bv[v] = load_vector(b + v * VEC_LANES, masked, at->lanes);
#pragma GCC unroll 16
        for (int i = 0; i < height; i++) {
            vec av = vec_set1(*row_address(a, i));

#pragma GCC unroll 3
            for (int v = 0; v < vectors; v++)
                acc[i][v] = vec_fma(av, bv[v], acc[i][v]);
        }
        next_step(a, along_rows ? job->a_step : 1);
        b += job->b_row;
    }
    return b;
}

/* The rows of c that a block ends with, fetched one by one while it runs: all at once at its start they kept the first
 * loads of b waiting, 3 to 6 % of a product of 784 rows. */
typedef struct c_fetching {
    const float *row;
    ptrdiff_t pitch;
    int steps, gap; /* until the next row, and from one to the next */
} c_fetching;

INLINE c_fetching start_c_fetching(const block *at, int height)
{
    const sep_tile_job *job = at->job;
    const int gap = job->taps * job->depth / height;

    return (c_fetching){job->c + at->row * job->c_row + at->column, job->c_row, 0, gap > 0 ? gap : 1};
}

INLINE void fetch_c(c_fetching *c, int steps, int vectors)
{
    if (c->steps <= 0) {
#pragma GCC unroll 3
        for (int v = 0; v < vectors; v++)
            __builtin_prefetch(c->row + v * VEC_LANES, 1);
        c->row += c->pitch;
        c->steps += c->gap;
    }
    c->steps -= steps;
}

/* The taps and steps of a block. */
INLINE void accumulate(block *at, vec acc[MAX_HEIGHT][3], int height, int vectors, bool masked, bool along_rows)
{
    const sep_tile_job *job = at->job;
    const ptrdiff_t a_row = along_rows ? 1 : job->a_row;
    c_fetching c = start_c_fetching(at, height);

    for (int t = 0; t < job->taps; t++) {
        row_addresses a = first_rows(job->a[t] + at->row * a_row, a_row);
        const float *b = job->b[t] + at->column;
        int k = 0;

        for (; k + TURN <= job->depth; k += TURN, at->fetch += at->fetch_step) {
            __builtin_prefetch(at->fetch, 0, 2);
            fetch_c(&c, TURN, vectors);
            b = take_steps(at, &a, b, acc, TURN, height, vectors, masked, along_rows);
        }
        for (; k < job->depth; k++) {
            fetch_c(&c, 1, vectors);
            b = take_steps(at, &a, b, acc, 1, height, vectors, masked, along_rows);
        }
    }
}

INLINE void run_block(block *at, int height, int vectors, bool masked, bool along_rows)
{
    bool panel = at->job->panel;
    const float *start = panel ? zeros : at->start;
    ptrdiff_t start_row = panel ? 0 : at->start_row, c_row = at->job->c_row;
    float *c = at->job->c + at->row * c_row + at->column;
    vec acc[MAX_HEIGHT][3];

#pragma GCC unroll 16
    for (int i = 0; i < height; i++)
#pragma GCC unroll 3
        for (int v = 0; v < vectors; v++)
            acc[i][v] = load_vector(start + i * start_row + v * VEC_LANES, masked, at->lanes);
    accumulate(at, acc, height, vectors, masked, along_rows);
    if (panel)
#pragma GCC unroll 16
        for (int i = 0; i < height; i++)
#pragma GCC unroll 3
            for (int v = 0; v < vectors; v++) {
                vec sum = load_vector(at->start + i * at->start_row + v * VEC_LANES, masked, at->lanes);

                acc[i][v] = vec_add(sum, acc[i][v]);
            }
#pragma GCC unroll 16
    for (int i = 0; i < height; i++)
#pragma GCC unroll 3
        for (int v = 0; v < vectors; v++)
            store_vector(c + i * c_row + v * VEC_LANES, acc[i][v], masked, at->lanes);
}

/* ---- one function per size of block ------------------------------------------------------------------------------ */

typedef void block_function(block *at);

#define UP_TO_4(X, ...)  X(1, __VA_ARGS__) X(2, __VA_ARGS__) X(3, __VA_ARGS__) X(4, __VA_ARGS__)
#define UP_TO_6(X, ...)  UP_TO_4(X, __VA_ARGS__) X(5, __VA_ARGS__) X(6, __VA_ARGS__)
#define UP_TO_9(X, ...)  UP_TO_6(X, __VA_ARGS__) X(7, __VA_ARGS__) X(8, __VA_ARGS__) X(9, __VA_ARGS__)
#define UP_TO_12(X, ...) UP_TO_9(X, __VA_ARGS__) X(10, __VA_ARGS__) X(11, __VA_ARGS__) X(12, __VA_ARGS__)
#define UP_TO_14(X, ...) UP_TO_12(X, __VA_ARGS__) X(13, __VA_ARGS__) X(14, __VA_ARGS__)
#define UP_TO_16(X, ...) UP_TO_14(X, __VA_ARGS__) X(15, __VA_ARGS__) X(16, __VA_ARGS__)
#define UP_TO_(height)   UP_TO_##height
#define UP_TO(height)    UP_TO_(height)

#define DEFINE_BLOCK(height, name, vectors, masked, along_rows)                                                        \
    static void name##_##height(block *at)                                                                             \
    {                                                                                                                  \
        run_block(at, height, vectors, masked, along_rows);                                                            \
    }
#define BLOCK_ROW(height, name, ...) [height] = name##_##height,
#define DEFINE_BLOCKS(max_height, name, ...)                                                                           \
    UP_TO(max_height)                                                                                                  \
    (DEFINE_BLOCK, name, __VA_ARGS__) static block_function *const name[MAX_HEIGHT + 1] = {                            \
        UP_TO(max_height)(BLOCK_ROW, name, __VA_ARGS__)};

DEFINE_BLOCKS(HEIGHT_1, masked_steps, 1, true, false)
DEFINE_BLOCKS(HEIGHT_1, single_steps, 1, false, false)
DEFINE_BLOCKS(HEIGHT_2, double_steps, 2, false, false)
DEFINE_BLOCKS(HEIGHT_3, triple_steps, 3, false, false)
DEFINE_BLOCKS(HEIGHT_1, masked_rows, 1, true, true)
DEFINE_BLOCKS(HEIGHT_1, single_rows, 1, false, true)
DEFINE_BLOCKS(HEIGHT_2, double_rows, 2, false, true)
DEFINE_BLOCKS(HEIGHT_3, triple_rows, 3, false, true)

static block_function *const *const functions[2][4] = {
    {masked_steps, single_steps, double_steps, triple_steps},
    {masked_rows, single_rows, double_rows, triple_rows},
};
static const int max_height[4] = {HEIGHT_1, HEIGHT_1, HEIGHT_2, HEIGHT_3};

/* How many full vectors the next block takes of `columns`: pairs, a triple where an odd number is left, 0 for a tail.
 */
static int next_vectors(int columns)
{
    int left = columns / VEC_LANES;

    return left == 1 || left == 3 ? left : left >= 2 ? 2 : 0;
}

static void set_start(block *at)
{
    const sep_tile_job *job = at->job;

    at->start_row = job->start == SEP_TILE_RESUME ? job->c_row : 0;
    at->start = job->start == SEP_TILE_RESUME ? job->c + at->row * job->c_row + at->column
                : job->start == SEP_TILE_BIAS ? job->bias + at->column
                                              : zeros;
}

static int blocks_of(int rows, int vectors)
{
    return (rows + max_height[vectors] - 1) / max_height[vectors];
}

/* All rows of one column of blocks. */
static void run_column(block *at, int vectors)
{
    const sep_tile_job *job = at->job;
    block_function *const *sized = functions[job->a_row == 1][vectors];

    at->row = 0;
    for (int left = blocks_of(job->rows, vectors); left > 0; left--) {
        int height = (job->rows - at->row + left - 1) / left;

        set_start(at);
        sized[height](at);
        at->row += height;
    }
}

/* Over all turns of about as many blocks as there will be; where nothing is to be fetched, what is in the cache. */
static void spread_fetching(block *at)
{
    const sep_tile_job *job = at->job;

    at->fetch = (const char *)job->b[0];
    if (job->fetch_bytes <= 0)
        return;
    const ptrdiff_t columns = (job->columns + 2 * VEC_LANES - 1) / (2 * VEC_LANES);
    const ptrdiff_t turns = columns * blocks_of(job->rows, 2) * job->taps * (job->depth / TURN);
    at->fetch = job->fetch;
    at->fetch_step = turns > 0 ? job->fetch_bytes / turns : 0;
}

static void run(const sep_tile_job *job)
{
    block at = {.job = job};

    spread_fetching(&at);
    while (at.column < job->columns) {
        int vectors = next_vectors(job->columns - at.column);

        at.lanes = vectors > 0 ? VEC_LANES : job->columns - at.column;
        run_column(&at, vectors);
        at.column += vectors > 0 ? vectors * VEC_LANES : at.lanes;
    }
}

/* ---- panels ------------------------------------------------------------------------------------------------------ */

/* How far ahead: rows are often short and far apart, which the processor's own prefetcher does not follow. */
#define PREFETCH_ROWS 12

/* Row by row, so that what is read lies together. */
static void pack(const float *from, ptrdiff_t row, int count, int depth, int width, float *to)
{
    for (int k = 0; k < depth; k++, from += row)
        for (int i = 0; i < count; i += width) {
            int pitch = width < count - i ? width : count - i;
            float *stripe = to + (ptrdiff_t)i * depth + k * pitch;

            for (int j = 0; j < pitch; j += VEC_LANES) {
                __builtin_prefetch(from + PREFETCH_ROWS * row + i + j);
                vec_store_up_to(stripe + j, vec_load_up_to(from + i + j, pitch - j), pitch - j);
            }
        }
}

const sep_simd_tile SEP_ISA_NAME(sep_tile) = {.rows = HEIGHT_2, .columns = 2 * VEC_LANES, .run = run, .pack = pack};
