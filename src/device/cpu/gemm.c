/* Matrix products of our own: see gemm.h. The output is cut in rectangles; a thread takes a rectangle through all
 * panels of the depth. One panel of the rectangle's columns of b is laid out in stripes as wide as a block of
 * registers, and so is its part of a where that is dense along its rows; both stay in the second-level cache:
 *
 *                       b:  | stripe | stripe | ...      [depth][columns of a block], dense
 *      a:  block of rows    |  tile  |  tile  |
 *          block of rows    |  tile  |  tile  |          a stripe of b stays in the first-level cache over all rows */
#include "device/cpu/gemm.h"

#include <omp.h>
#include <string.h>

#define RECTANGLE_ROWS    208
#define RECTANGLE_COLUMNS 256
/* One panel of a rectangle's rows of a, and of its columns of b. */
#define A_PITCH        (SEP_PANEL + 16)
#define A_FLOATS       (RECTANGLE_ROWS * A_PITCH)
#define B_FLOATS       (SEP_PANEL * RECTANGLE_COLUMNS)
#define SCRATCH_FLOATS (A_FLOATS + B_FLOATS)

/* Rows a multiple of 4 KiB apart share one cache set and throw each other out: such a panel is copied first. */
static bool collides(ptrdiff_t row)
{
    return row % 1024 == 0;
}

/* Whether a takes part as activation(a). */
static bool activates(const sep_product *m)
{
    return m->activation != SEP_LINEAR_ACTIVATION && m->gate == NULL;
}

static void copy_rows(const sep_product *m, const float *from, int rows, int floats, float *to)
{
    for (int i = 0; i < rows; i++, from += m->a_row, to += A_PITCH)
        if (activates(m))
            m->cpu->simd->elementwise->activate(m->activation, m->slope, from, floats, to);
        else
            memcpy(to, from, (size_t)floats * sizeof(float));
}

/* One panel of a rectangle: a as its kernel wants it, b in stripes. */
typedef struct panel {
    const sep_product *product;
    const float *a, *b;
    ptrdiff_t a_row, a_step;
    int block; /* rows that lie together in a; a block's start is block * depth floats from the last one's */
} panel;

/* Rows of a that lie dense along the depth are read as they are; others become blocks of rows. */
static void take_a(panel *p, const float *a, int rows, int depth, float *scratch)
{
    const sep_product *m = p->product;
    const sep_simd_tile *tile = m->cpu->simd->tile;

    p->a = scratch;
    p->block = rows;
    if (m->a_step != 1) {
        p->block = sep_cpu_ceiling(rows, sep_cpu_ceiling(rows, tile->rows));
        tile->pack(a, m->a_step, rows, depth, p->block, scratch);
        if (activates(m))
            m->cpu->simd->elementwise->activate(m->activation, m->slope, scratch, (int64_t)rows * depth, scratch);
    } else if (activates(m) || collides(m->a_row)) {
        copy_rows(m, a, rows, depth, scratch);
        p->a_row = A_PITCH;
        p->a_step = 1;
    } else {
        p->a = a;
        p->a_row = m->a_row;
        p->a_step = 1;
    }
}

/* All rows of one stripe of columns. */
static void run_stripe(const panel *p, sep_tile_job job)
{
    int rows = job.rows;
    float *c = job.c;

    for (int row = 0; row < rows; row += p->block) {
        const float *a = p->a + (ptrdiff_t)row * job.depth;

        job.rows = sep_cpu_min(p->block, rows - row);
        job.a = &a;
        job.a_row = p->a_step == 1 ? p->a_row : 1;
        job.a_step = p->a_step == 1 ? 1 : job.rows;
        job.c = c + row * job.c_row;
        p->product->cpu->simd->tile->run(&job);
    }
}

static void run_panel(const sep_product *m, sep_tile_job job, const float *a, const float *b, float *scratch)
{
    int width = m->cpu->simd->tile->columns, columns = job.columns;
    float *stripes = scratch + A_FLOATS;
    const float *bias = job.bias;
    float *c = job.c;
    panel p = {.product = m};

    take_a(&p, a, job.rows, job.depth, scratch);
    m->cpu->simd->tile->pack(b, m->columns, columns, job.depth, width, stripes);
    for (int column = 0; column < columns; column += width) {
        const float *stripe = stripes + (ptrdiff_t)column * job.depth;

        job.columns = sep_cpu_min(width, columns - column);
        job.b = &stripe;
        job.b_row = job.columns;
        job.c = c + column;
        job.bias = bias ? bias + column : NULL;
        run_stripe(&p, job);
    }
}

/* Multiplies a rectangle, still in the cache, by the slopes of the activation. */
static void close_gate(const sep_product *m, int row, int rows, int column, int columns)
{
    for (int i = row; i < row + rows; i++) {
        ptrdiff_t at = (ptrdiff_t)i * m->columns + column;

        sep_cpu_fetch(m->gate + at + m->columns, columns);
        m->cpu->simd->elementwise->activate_dx(m->activation, m->slope, m->gate + at, m->c + at, columns, m->c + at);
    }
}

static void run_rectangle(const sep_product *m, int row, int rows, int column, int columns)
{
    float *scratch = m->scratch + (ptrdiff_t)omp_get_thread_num() * SCRATCH_FLOATS;
    sep_tile_job job = {
        .rows = rows,
        .columns = columns,
        .taps = 1,
        .c = m->c + (ptrdiff_t)row * m->columns + column,
        .c_row = m->columns,
        .bias = m->bias ? m->bias + column : NULL,
        .start = m->bias ? SEP_TILE_BIAS : SEP_TILE_ZERO,
        .panel = true,
    };

    for (int k = 0; k < m->depth; k += SEP_PANEL) {
        job.depth = sep_cpu_min(SEP_PANEL, m->depth - k);
        run_panel(m, job, m->a + row * m->a_row + k * m->a_step, m->b + (ptrdiff_t)k * m->columns + column, scratch);
        job.start = SEP_TILE_RESUME;
    }
    if (m->gate)
        close_gate(m, row, rows, column, columns);
}

/* Equal pieces of `size`, none above `limit`, whole units but for the last. */
static int even_piece(int size, int limit, int unit)
{
    int piece = sep_cpu_ceiling(size, sep_cpu_ceiling(size, limit));

    return sep_cpu_ceiling(piece, unit) * unit;
}

/* The size of a rectangle: as large as the cache allows, its longer side halved until there are enough for all threads.
 */
static void cut(const sep_product *m, int *rows, int *columns)
{
    int wanted = sep_cpu_wanted_units(m->cpu), unit = m->cpu->simd->tile->columns;

    *rows = even_piece(m->rows, RECTANGLE_ROWS, 1);
    *columns = even_piece(m->columns, RECTANGLE_COLUMNS, unit);
    while (sep_cpu_ceiling(m->rows, *rows) * sep_cpu_ceiling(m->columns, *columns) < wanted &&
           (*rows > 16 || *columns > unit)) {
        if (*columns > unit && (*columns >= *rows || *rows <= 16))
            *columns = even_piece(*columns, (*columns + 1) / 2, unit);
        else
            *rows = sep_cpu_ceiling(*rows, 2);
    }
}

void sep_gemm_own(const sep_product *m)
{
    int rows, columns;

    cut(m, &rows, &columns);
#pragma omp parallel for collapse(2) schedule(dynamic) num_threads(m->cpu->threads)
    for (int row = 0; row < m->rows; row += rows)
        for (int column = 0; column < m->columns; column += columns)
            run_rectangle(m, row, sep_cpu_min(rows, m->rows - row), column, sep_cpu_min(columns, m->columns - column));
}

size_t sep_gemm_scratch_bytes(const sep_cpu *cpu)
{
    return (size_t)cpu->threads * SCRATCH_FLOATS * sizeof(float);
}
