/* Matrix products of our own: see gemm.h. The output is cut in rectangles, one a thread at a time, and a rectangle's
 * work in groups: some panels of the depth times some columns, whose part of b is laid out in stripes as wide as a block
 * of registers. All rows pass over a group, block by block:
 *
 *                       b:  | stripe | stripe | ...      [depth][columns of a block], dense
 *      a:  block of rows    |  tile  |  tile  |
 *          block of rows    |  tile  |  tile  |
 *
 * Where a lies dense along the depth (forward, data gradient) a group is as large as the second-level cache allows, most
 * often all of b: a block of a stays in the first-level cache, and a and c are walked through once, in the order in
 * which they lie in memory. Where a lies along its rows (weight gradient) it has to be laid out too, and is read again
 * for each group: those are one stripe wide, which stays in the first-level cache instead. What the next group reads of
 * b, and the next block of a, is fetched meanwhile. */
#include "device/cpu/gemm.h"

#include <omp.h>
#include <string.h>

#ifndef B_FLOATS
#define B_FLOATS       (768 * SEP_PANEL) /* of a group */
#endif
#ifndef RECTANGLE_ROWS
#define RECTANGLE_ROWS 400               /* where a is laid out */
#endif
#ifndef NARROW
#define NARROW 4
#endif
#define A_PITCH        (SEP_PANEL + 16)
#define A_FLOATS       ((RECTANGLE_ROWS + 16) * A_PITCH) /* rows rounded up to whole blocks */

/* `lines` lines of `floats` that lie together. */
typedef struct part {
    const float *first;
    ptrdiff_t pitch;
    int lines, floats;
} part;

typedef struct rows_of_a {
    const float *first;
    ptrdiff_t pitch;
} rows_of_a;

typedef struct rectangle {
    const sep_product *product;
    int row, rows, column, columns; /* of c */
    int block;                      /* rows taken at a time */
    bool narrow;
    float *a, *b;                   /* as they are laid out */
} rectangle;

/* Columns and steps of a rectangle. */
typedef struct group {
    int column, columns, k, depth;
} group;

static size_t scratch_floats(void)
{
    return A_FLOATS + B_FLOATS;
}

/* Whether a lies dense along the depth. */
static bool along_depth(const sep_product *m)
{
    return m->a_step == 1;
}

/* ---- a ----------------------------------------------------------------------------------------------------------- */

/* Rows a multiple of 2 KiB apart share one cache set and throw each other out: such a block is copied first. */
static bool collides(ptrdiff_t row)
{
    return row % 512 == 0;
}

/* Whether a takes part as activation(a). */
static bool activates(const sep_product *m)
{
    return m->activation != SEP_LINEAR_ACTIVATION && m->gate == NULL;
}

static part part_of_a(const rectangle *r, int row, int rows, int k, int depth)
{
    const sep_product *m = r->product;
    const float *first = m->a + (r->row + row) * m->a_row + k * m->a_step;

    return along_depth(m) ? (part){first, m->a_row, rows, depth} : (part){first, m->a_step, depth, rows};
}

static void copy_lines(const sep_product *m, const part *from, float *to)
{
    for (int i = 0; i < from->lines; i++, to += A_PITCH)
        if (activates(m))
            m->cpu->simd->elementwise->activate(m->activation, m->slope, from->first + i * from->pitch, from->floats, to);
        else
            memcpy(to, from->first + i * from->pitch, (size_t)from->floats * sizeof(float));
}

/* Rows of a in one panel, as the tile reads them. Those that lie dense along the depth are read as they are, or copied;
 * others become blocks of rows. */
static rows_of_a take_a(const rectangle *r, int row, int rows, int k, int depth)
{
    const sep_product *m = r->product;
    part a = part_of_a(r, row, rows, k, depth);

    if (!along_depth(m)) {
        m->cpu->simd->tile->pack(a.first, a.pitch, rows, depth, r->block, r->a);
        if (activates(m))
            m->cpu->simd->elementwise->activate(m->activation, m->slope, r->a, (int64_t)rows * depth, r->a);
        return (rows_of_a){r->a, 0};
    }
    if (!activates(m) && !collides(m->a_row))
        return (rows_of_a){a.first, m->a_row};
    copy_lines(m, &a, r->a);
    return (rows_of_a){r->a, A_PITCH};
}

static const float *point_a(const rows_of_a *a, int row, sep_tile_job *job)
{
    job->a_row = a->pitch ? a->pitch : 1;
    job->a_step = a->pitch ? 1 : job->rows;
    return a->first + row * (a->pitch ? a->pitch : job->depth);
}

/* ---- b ----------------------------------------------------------------------------------------------------------- */

static part part_of_b(const rectangle *r, const group *g)
{
    const sep_product *m = r->product;
    const float *first = m->b + g->k * m->b_row + (r->column + g->column) * m->b_step;

    return m->b_step == 1 ? (part){first, m->b_row, g->depth, g->columns} : (part){first, m->b_step, g->columns, g->depth};
}

/* One panel in stripes. */
static void lay_out_panel(const rectangle *r, const group *panel, float *to)
{
    const sep_simd *simd = r->product->cpu->simd;
    int width = simd->tile->columns;
    part b = part_of_b(r, panel);

    if (r->product->b_step == 1)
        simd->tile->pack(b.first, b.pitch, panel->columns, panel->depth, width, to);
    else
        for (int i = 0; i < panel->columns; i += width) {
            int columns = sep_cpu_min(width, panel->columns - i);

            simd->transpose->matrix(b.first + i * b.pitch, b.pitch, to + (ptrdiff_t)i * panel->depth, columns, columns,
                                    panel->depth);
        }
}

/* ---- groups ------------------------------------------------------------------------------------------------------ */

static group panel_of(const group *g, int k)
{
    return (group){g->column, g->columns, k, sep_cpu_min(SEP_PANEL, g->k + g->depth - k)};
}

/* Where panel k of a group lies. */
static float *place_of(const rectangle *r, const group *g, int k)
{
    return r->b + (ptrdiff_t)(k - g->k) * g->columns;
}

/* Share number `share` of `of` equal ones. */
static void fetch(const part *p, int share, int of)
{
    int64_t begin = (int64_t)p->lines * share / of, end = (int64_t)p->lines * (share + 1) / of;

    for (int64_t i = begin; i < end; i++)
        sep_cpu_fetch(p->first + i * p->pitch, p->floats);
}

/* One panel of one block of rows: all stripes. */
static void run_block(const rectangle *r, const group *panel, const float *b, sep_tile_job job, const part *next_a,
                      const part *next_b, int share, int of)
{
    int width = r->product->cpu->simd->tile->columns, stripes = sep_cpu_ceiling(panel->columns, width);
    int columns = panel->columns;

    for (int i = 0; i < stripes; i++) {
        job.columns = sep_cpu_min(width, columns - i * width);
        job.b = &b;
        job.b_row = job.columns;
        fetch(next_a, i, stripes);
        fetch(next_b, share * stripes + i, of * stripes);
        r->product->cpu->simd->tile->run(&job);
        job.c += job.columns;
        job.bias += job.bias ? job.columns : 0;
        b += (ptrdiff_t)job.columns * job.depth;
    }
}

/* Multiplies rows of c, still in the cache, by the slopes of the activation. */
static void close_gate(const rectangle *r, const group *g, int row, int rows)
{
    const sep_product *m = r->product;

    for (int i = row; i < row + rows; i++) {
        ptrdiff_t at = (ptrdiff_t)(r->row + i) * m->columns + r->column + g->column;

        sep_cpu_fetch(m->gate + at + m->columns, g->columns);
        m->cpu->simd->elementwise->activate_dx(m->activation, m->slope, m->gate + at, m->c + at, g->columns, m->c + at);
    }
}

static void run_group(const rectangle *r, const group *g, const group *next, rows_of_a *taken)
{
    const sep_product *m = r->product;
    int blocks = sep_cpu_ceiling(r->rows, r->block), end = g->k + g->depth;
    int panels = sep_cpu_ceiling(g->depth, SEP_PANEL);
    part next_b = part_of_b(r, next);
    const float *a;
    sep_tile_job job = {.taps = 1, .a = &a, .c_row = m->columns, .panel = true};

    for (int k = g->k; k < end; k += SEP_PANEL) {
        group panel = panel_of(g, k);

        lay_out_panel(r, &panel, place_of(r, g, k));
    }
    if (r->narrow && g->column == 0)
        *taken = take_a(r, 0, r->rows, g->k, g->depth);
    for (int i = 0; i < blocks; i++) {
        int row = i * r->block;

        job.rows = sep_cpu_min(r->block, r->rows - row);
        for (int k = g->k; k < end; k += SEP_PANEL) {
            group panel = panel_of(g, k);
            part next_a = part_of_a(r, row + r->block, sep_cpu_min(r->block, r->rows - row - job.rows), k, panel.depth);

            if (r->narrow)
                next_a.lines = 0;
            job.depth = panel.depth;
            job.c = m->c + (ptrdiff_t)(r->row + row) * m->columns + r->column + g->column;
            job.bias = m->bias ? m->bias + r->column + g->column : NULL;
            job.start = k > 0 ? SEP_TILE_RESUME : m->bias ? SEP_TILE_BIAS : SEP_TILE_ZERO;
            if (r->narrow)
                a = point_a(taken, row, &job);
            else {
                rows_of_a x = take_a(r, row, job.rows, k, panel.depth);

                a = point_a(&x, 0, &job);
            }
            run_block(r, &panel, place_of(r, g, k), job, &next_a, &next_b, i * panels + (k - g->k) / SEP_PANEL,
                      blocks * panels);
        }
        if (m->gate && end == m->depth)
            close_gate(r, g, row, job.rows);
    }
}

/* The group after g, of at most `columns` times `depth`; an empty one after the last. */
static group group_after(const rectangle *r, const group *g, int columns, int depth)
{
    group next = {.column = g->column + g->columns, .k = g->k};

    if (next.column == r->columns) {
        next.column = 0;
        next.k += g->depth;
    }
    next.columns = sep_cpu_min(columns, r->columns - next.column);
    next.depth = sep_cpu_min(depth, r->product->depth - next.k);
    return next;
}

static void run_rectangle(const rectangle *r)
{
    const sep_product *m = r->product;
    int columns = !r->narrow ? r->columns : NARROW * m->cpu->simd->tile->columns;
    int depth = !r->narrow ? sep_cpu_max(1, B_FLOATS / r->columns / SEP_PANEL) * SEP_PANEL : SEP_PANEL;
    group g = {.columns = sep_cpu_min(columns, r->columns), .depth = sep_cpu_min(depth, m->depth)};

    rows_of_a taken = {0};

    while (g.depth > 0) {
        group next = group_after(r, &g, columns, depth);

        run_group(r, &g, &next, &taken);
        g = next;
    }
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
    int wanted = sep_cpu_wanted_units(m->cpu), height = m->cpu->simd->tile->rows, width = m->cpu->simd->tile->columns;

    *rows = even_piece(m->rows, along_depth(m) ? m->rows : RECTANGLE_ROWS, height);
    *columns = even_piece(m->columns, B_FLOATS / SEP_PANEL, width);
    while (sep_cpu_ceiling(m->rows, *rows) * sep_cpu_ceiling(m->columns, *columns) < wanted &&
           (*rows > height || *columns > width)) {
        if (*columns > width && (*columns >= *rows || *rows <= height))
            *columns = even_piece(*columns, (*columns + 1) / 2, width);
        else
            *rows = even_piece(*rows, (*rows + 1) / 2, height);
    }
}

void sep_gemm_own(const sep_product *m)
{
    int rows, columns, height = m->cpu->simd->tile->rows;

    cut(m, &rows, &columns);
#pragma omp parallel for collapse(2) schedule(dynamic) num_threads(m->cpu->threads)
    for (int row = 0; row < m->rows; row += rows)
        for (int column = 0; column < m->columns; column += columns) {
            float *scratch = m->scratch + (size_t)omp_get_thread_num() * scratch_floats();
            int height_here = sep_cpu_min(rows, m->rows - row);

            run_rectangle(&(rectangle){
                .product = m,
                .narrow = !along_depth(m) || height_here <= RECTANGLE_ROWS,
                .row = row,
                .rows = height_here,
                .column = column,
                .columns = sep_cpu_min(columns, m->columns - column),
                .block = sep_cpu_ceiling(height_here, sep_cpu_ceiling(height_here, height)),
                .a = scratch,
                .b = scratch + A_FLOATS,
            });
        }
}

size_t sep_gemm_scratch_bytes(const sep_cpu *cpu)
{
    return (size_t)cpu->threads * scratch_floats() * sizeof(float);
}
