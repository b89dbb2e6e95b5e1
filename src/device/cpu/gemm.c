/* Matrix products of our own: see gemm.h. The output is cut in rectangles; a thread takes a rectangle through all
 * panels of the depth, stripe by stripe of columns as wide as a block of registers:
 *
 *                       b:  | stripe | stripe | ...      [depth][columns of a block], dense
 *      a:  block of rows    |  tile  |  tile  |
 *          block of rows    |  tile  |  tile  |          a stripe of b stays in the first-level cache over all rows
 *
 * A stripe is laid out right before its use, from b as it lies or transposed, and while it is multiplied the next one
 * is fetched. A panel of a rectangle's a stays in the second-level cache over all stripes. */
#include "device/cpu/gemm.h"

#include <omp.h>
#include <string.h>

#define RECTANGLE_ROWS    400
#define RECTANGLE_COLUMNS 768
#define MOST_ROWS (RECTANGLE_ROWS + 16) /* rounded up to whole blocks */
#define A_PITCH   (SEP_PANEL + 16)
#define A_FLOATS  (MOST_ROWS * A_PITCH)

/* Part of a matrix: `lines` lines of `floats` that lie together. */
typedef struct part {
    const float *first;
    ptrdiff_t pitch;
    int lines, floats;
} part;

/* One panel of a rectangle. */
typedef struct panel {
    const sep_product *product;
    int row, rows, column, columns, k, depth;
    const float *a; /* as the tile reads it */
    ptrdiff_t a_row;
    int block;     /* rows that lie together in a, where they do; else all */
    float *stripe; /* of b */
} panel;

static size_t scratch_floats(const sep_cpu *cpu)
{
    return A_FLOATS + (size_t)(SEP_PANEL * cpu->simd->tile->columns);
}

/* ---- a ----------------------------------------------------------------------------------------------------------- */

/* Rows a multiple of 4 KiB apart share one cache set and throw each other out: such a panel is copied first. */
static bool collides(ptrdiff_t row)
{
    return row % 512 == 0;
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

/* Rows of a that lie dense along the depth are read as they are; others become blocks of rows. */
static void take_a(panel *p, float *scratch)
{
    const sep_product *m = p->product;
    const sep_simd_tile *tile = m->cpu->simd->tile;
    const float *a = m->a + p->row * m->a_row + p->k * m->a_step;

    p->a = scratch;
    p->block = p->rows;
    if (m->a_step != 1) {
        p->block = sep_cpu_ceiling(p->rows, sep_cpu_ceiling(p->rows, tile->rows));
        tile->pack(a, m->a_step, p->rows, p->depth, p->block, scratch);
        if (activates(m))
            m->cpu->simd->elementwise->activate(m->activation, m->slope, scratch, (int64_t)p->rows * p->depth,
                                                scratch);
    } else if (activates(m) || collides(m->a_row)) {
        copy_rows(m, a, p->rows, p->depth, scratch);
        p->a_row = A_PITCH;
    } else {
        p->a = a;
        p->a_row = m->a_row;
    }
}

/* ---- b ----------------------------------------------------------------------------------------------------------- */

static part part_of_b(const panel *p, int column, int columns)
{
    const sep_product *m = p->product;
    const float *first = m->b + p->k * m->b_row + (p->column + column) * m->b_step;

    return m->b_step == 1 ? (part){first, m->b_row, p->depth, columns} : (part){first, m->b_step, columns, p->depth};
}

static void take_b(const panel *p, int column, int columns)
{
    const sep_simd *simd = p->product->cpu->simd;
    part b = part_of_b(p, column, columns);

    if (p->product->b_step == 1)
        simd->tile->pack(b.first, b.pitch, columns, p->depth, columns, p->stripe);
    else
        simd->transpose->matrix(b.first, b.pitch, p->stripe, columns, b.lines, b.floats);
}

/* The first `share` of `of` equal shares, and so on. */
static void fetch(const part *p, int share, int of)
{
    for (int i = p->lines * share / of; i < p->lines * (share + 1) / of; i++)
        sep_cpu_fetch(p->first + i * p->pitch, p->floats);
}

/* ---- rectangles -------------------------------------------------------------------------------------------------- */

/* All rows of one stripe of columns. */
static void run_stripe(const panel *p, sep_tile_job job, const part *next)
{
    const sep_product *m = p->product;
    float *c = job.c;
    int unit = m->cpu->simd->tile->rows, blocks = sep_cpu_ceiling(p->rows, unit), size = m->a_step == 1 ? unit : p->block;

    for (int i = 0; i < blocks; i++) {
        int row = i * size;
        const float *a = p->a + (m->a_step == 1 ? row * p->a_row : (ptrdiff_t)row * p->depth);

        job.rows = sep_cpu_min(size, p->rows - row);
        job.a = &a;
        job.a_row = m->a_step == 1 ? p->a_row : 1;
        job.a_step = m->a_step == 1 ? 1 : job.rows;
        job.c = c + row * job.c_row;
        fetch(next, i, blocks);
        m->cpu->simd->tile->run(&job);
    }
}

static void run_panel(panel *p, sep_tile_job job, float *scratch)
{
    int width = p->product->cpu->simd->tile->columns;
    const float *stripe = p->stripe, *bias = job.bias;
    float *c = job.c;

    take_a(p, scratch);
    job.b = &stripe;
    for (int column = 0; column < p->columns; column += width) {
        int columns = sep_cpu_min(width, p->columns - column);
        int after = column + columns;
        part next = part_of_b(p, after, sep_cpu_min(width, p->columns - after));

        take_b(p, column, columns);
        job.columns = columns;
        job.b_row = columns;
        job.c = c + column;
        job.bias = bias ? bias + column : NULL;
        run_stripe(p, job, &next);
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
    float *scratch = m->scratch + (size_t)omp_get_thread_num() * scratch_floats(m->cpu);
    panel p = {
        .product = m, .row = row, .rows = rows, .column = column, .columns = columns, .stripe = scratch + A_FLOATS};
    sep_tile_job job = {
        .taps = 1,
        .c = m->c + (ptrdiff_t)row * m->columns + column,
        .c_row = m->columns,
        .bias = m->bias ? m->bias + column : NULL,
        .start = m->bias ? SEP_TILE_BIAS : SEP_TILE_ZERO,
        .panel = true,
    };

    for (p.k = 0; p.k < m->depth; p.k += SEP_PANEL) {
        p.depth = job.depth = sep_cpu_min(SEP_PANEL, m->depth - p.k);
        run_panel(&p, job, scratch);
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
    int height = m->cpu->simd->tile->rows;

    *rows = even_piece(m->rows, RECTANGLE_ROWS, height);
    *columns = even_piece(m->columns, RECTANGLE_COLUMNS, unit);
    while (sep_cpu_ceiling(m->rows, *rows) * sep_cpu_ceiling(m->columns, *columns) < wanted &&
           (*rows > height || *columns > unit)) {
        if (*columns > unit && (*columns >= *rows || *rows <= height))
            *columns = even_piece(*columns, (*columns + 1) / 2, unit);
        else
            *rows = even_piece(*rows, (*rows + 1) / 2, height);
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
    return (size_t)cpu->threads * scratch_floats(cpu) * sizeof(float);
}
