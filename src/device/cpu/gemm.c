/* Matrix products of our own: see gemm.h. The output is cut in rectangles, which threads share, and the work of a
 * rectangle in groups: some columns times some panels of the depth. The group's part of b is laid out in stripes as
 * wide as a block of registers, then all rows pass over it, block by block:
 *
 *                       b:  | stripe | stripe | ...      [depth][columns of a block], dense
 *      a:  block of rows    |  tile  |  tile  |
 *          block of rows    |  tile  |  tile  |
 *
 * Many rows that lie dense along the depth pass over a group as large as the second-level cache allows, most often all
 * of b: a block of a stays in the first-level cache, and a and c are walked through once, as they lie in memory. Few
 * rows, or rows that have to be turned first (weight gradient), are kept for many groups that are four stripes wide.
 *
 * Where b is packed beforehand nobody reads it before the tiles do, and the first rows of each group would wait for
 * memory: so the tiles of a group fetch the group behind it. Of 196 rows, 768 or 3,072 deep, a seventh of the time. */
#include "device/cpu/gemm_cut.h"

#include <omp.h>
#include <string.h>

#define BLOCK_ROWS   24
#define KEPT_STRIPES 4
#define A_PITCH      (SEP_PANEL + 16)
#define A_FLOATS     ((SEP_GEMM_KEPT_ROWS + 16) * A_PITCH) /* a cut may round up to whole blocks */
#define B_FLOATS     (SEP_GEMM_B_COLUMNS * SEP_PANEL)

typedef struct rectangle {
    const sep_product *product;
    int row, rows, column, columns; /* of c */
    int block;                      /* rows that the tile takes at a time: a stripe of b is loaded once for them */
    bool keeps_a;                   /* a panel of all its rows */
    float *a, *b;                   /* as they are laid out */
} rectangle;

/* Columns of a rectangle, and steps of the depth. */
typedef struct group {
    int column, columns, k, depth;
} group;

/* Rows of one panel of a, as the tile reads them. */
typedef struct rows_of_a {
    const float *first;
    ptrdiff_t pitch; /* 0: they lie along the rows, block after block */
} rows_of_a;

/* ---- a ----------------------------------------------------------------------------------------------------------- */

/* Rows a multiple of 4 KiB apart share one cache set and throw each other out: such rows are copied first. */
static bool collides(ptrdiff_t row)
{
    return row % 1024 == 0;
}

static const float *element_of_a(const rectangle *r, int row, int k)
{
    return r->product->a + (r->row + row) * r->product->a_row + k * r->product->a_step;
}

static void copy_rows(const sep_product *m, const float *from, int rows, int floats, float *to)
{
    for (int i = 0; i < rows; i++, from += m->a_row, to += A_PITCH)
        if (sep_gemm_activates(m))
            m->cpu->simd->elementwise->activate(m->activation, m->slope, from, floats, to);
        else
            memcpy(to, from, (size_t)floats * sizeof(float));
}

static void turn_rows(const rectangle *r, const float *from, int rows, int depth, float *to)
{
    const sep_product *m = r->product;

    m->cpu->simd->tile->pack(from, m->a_step, rows, depth, r->block, to);
    if (sep_gemm_activates(m))
        m->cpu->simd->elementwise->activate(m->activation, m->slope, to, (int64_t)rows * depth, to);
}

static rows_of_a take_a(const rectangle *r, int row, int rows, int k, int depth)
{
    const sep_product *m = r->product;
    const float *a = element_of_a(r, row, k);

    if (!sep_gemm_along_depth(m)) {
        turn_rows(r, a, rows, depth, r->a);
        return (rows_of_a){r->a, 0};
    }
    if (!sep_gemm_activates(m) && !collides(m->a_row))
        return (rows_of_a){a, m->a_row};
    copy_rows(m, a, rows, depth, r->a);
    return (rows_of_a){r->a, A_PITCH};
}

/* ---- b ----------------------------------------------------------------------------------------------------------- */

/* Panel k of a group in stripes. */
static void lay_out_panel(const rectangle *r, const group *g, int k, int depth, float *to)
{
    const sep_product *m = r->product;
    const sep_simd *simd = m->cpu->simd;
    const float *b = m->b + k * m->b_row + (r->column + g->column) * m->b_step;
    int width = simd->tile->columns;

    if (m->b_step == 1)
        simd->tile->pack(b, m->b_row, g->columns, depth, width, to);
    else
        for (int i = 0; i < g->columns; i += width) {
            int columns = sep_cpu_min(width, g->columns - i);

            simd->transpose->matrix(b + i * m->b_step, m->b_step, to + (ptrdiff_t)i * depth, columns, columns, depth);
        }
}

static float *place_of_panel(const rectangle *r, const group *g, int k)
{
    return r->b + (ptrdiff_t)(k - g->k) * g->columns;
}

/* The same where all of b is packed: a group starts at a whole stripe. */
static const float *packed_panel(const rectangle *r, const group *g, int k, int depth)
{
    return r->product->packed + (ptrdiff_t)k * r->product->columns + (ptrdiff_t)(r->column + g->column) * depth;
}

/* ---- groups ------------------------------------------------------------------------------------------------------ */

/* From a column and a step of the depth on. */
static group group_at(const rectangle *r, int column, int k)
{
    const sep_product *m = r->product;
    const int columns = r->keeps_a ? KEPT_STRIPES * m->cpu->simd->tile->columns : r->columns;
    const int panels = r->keeps_a ? 1 : SEP_GEMM_B_COLUMNS / r->columns;

    return (group){column, sep_cpu_min(columns, r->columns - column), k, sep_cpu_min(panels * SEP_PANEL, m->depth - k)};
}

/* Behind the last one comes one without columns. */
static group group_behind(const rectangle *r, const group *g)
{
    if (g->column + g->columns < r->columns)
        return group_at(r, g->column + g->columns, g->k);
    return g->k + g->depth < r->product->depth ? group_at(r, 0, g->k + g->depth) : (group){0};
}

static sep_tile_job job_of(const rectangle *r, const group *g, int row, int k)
{
    const sep_product *m = r->product;
    int column = r->column + g->column;

    return (sep_tile_job){
        .rows = sep_cpu_min(r->block, r->rows - row),
        .taps = 1,
        .depth = sep_cpu_min(SEP_PANEL, g->k + g->depth - k),
        .c = m->c + (ptrdiff_t)(r->row + row) * m->columns + column,
        .c_row = m->columns,
        .bias = m->bias ? m->bias + column : NULL,
        .start = k > 0     ? SEP_TILE_RESUME
                 : m->bias ? SEP_TILE_BIAS
                           : SEP_TILE_ZERO,
        .panel = true,
    };
}

/* Some of the rows that the next block reads. */
static void fetch_next_a(const rectangle *r, const sep_tile_job *job, int row, int k, int share, int of)
{
    int first = row + job->rows, rows = sep_cpu_max(0, sep_cpu_min(r->block, r->rows - first));

    for (int i = rows * share / of; i < rows * (share + 1) / of; i++)
        sep_cpu_fetch(element_of_a(r, first + i, k), job->depth);
}

/* Of the panel of the next group that lies where panel k of this one does, the part of tile `tile` of so many. */
static void fetch_next_b(const rectangle *r, const group *g, int k, int tile, int of, sep_tile_job *job)
{
    if (!r->product->packed)
        return;
    const group next = group_behind(r, g);
    const int first = next.k + k - g->k, depth = sep_cpu_min(SEP_PANEL, next.k + next.depth - first);
    const ptrdiff_t floats = (ptrdiff_t)next.columns * depth;

    if (next.columns == 0 || depth <= 0)
        return;
    job->fetch = packed_panel(r, &next, first, depth) + floats * tile / of;
    job->fetch_bytes = floats / of * (ptrdiff_t)sizeof(float);
}

/* A block of rows times one panel; `kept` is that panel of all rows, or NULL. */
static void run_block(const rectangle *r, const group *g, int row, int k, const rows_of_a *kept)
{
    const sep_simd_tile *tile = r->product->cpu->simd->tile;
    int stripes = sep_cpu_ceiling(g->columns, tile->columns), columns = g->columns;
    sep_tile_job job = job_of(r, g, row, k);
    rows_of_a rows = kept ? *kept : take_a(r, row, job.rows, k, job.depth);
    const float *a = rows.first + (kept ? row * (rows.pitch ? rows.pitch : job.depth) : 0);
    const float *b = r->product->packed ? packed_panel(r, g, k, job.depth) : place_of_panel(r, g, k);

    job.a = &a;
    job.a_row = rows.pitch ? rows.pitch : 1;
    job.a_step = rows.pitch ? 1 : job.rows;
    job.b = &b;
    for (int i = 0; i < stripes; i++, columns -= job.columns) {
        job.columns = sep_cpu_min(tile->columns, columns);
        job.b_row = job.columns;
        if (!kept)
            fetch_next_a(r, &job, row, k, i, stripes);
        fetch_next_b(r, g, k, row / r->block * stripes + i, sep_cpu_ceiling(r->rows, r->block) * stripes, &job);
        tile->run(&job);
        job.c += job.columns;
        if (job.bias)
            job.bias += job.columns;
        b += (ptrdiff_t)job.columns * job.depth;
    }
}

/* Multiplies rows of c, still in the cache, by the slopes of the activation. */
static void close_gate(const rectangle *r, const group *g, int row, int rows)
{
    const sep_product *m = r->product;
    ptrdiff_t at = (ptrdiff_t)(r->row + row) * m->columns + r->column + g->column;

    for (int i = 0; i < rows; i++, at += m->columns) {
        sep_cpu_fetch(m->gate + at + m->columns, g->columns);
        m->cpu->simd->elementwise->activate_dx(m->activation, m->slope, m->gate + at, m->c + at, g->columns, m->c + at);
    }
}

static void run_group(const rectangle *r, const group *g, const rows_of_a *kept)
{
    int end = g->k + g->depth;

    for (int k = g->k; k < end && !r->product->packed; k += SEP_PANEL)
        lay_out_panel(r, g, k, sep_cpu_min(SEP_PANEL, end - k), place_of_panel(r, g, k));
    for (int row = 0; row < r->rows; row += r->block) {
        for (int k = g->k; k < end; k += SEP_PANEL)
            run_block(r, g, row, k, kept);
        if (r->product->gate && end == r->product->depth)
            close_gate(r, g, row, sep_cpu_min(r->block, r->rows - row));
    }
}

/* ---- rectangles -------------------------------------------------------------------------------------------------- */

static void run_rectangle(const rectangle *r)
{
    rows_of_a kept = {0};

    for (group g = group_at(r, 0, 0); g.columns > 0; g = group_behind(r, &g)) {
        if (r->keeps_a && g.column == 0)
            kept = take_a(r, 0, r->rows, g.k, g.depth);
        run_group(r, &g, r->keeps_a ? &kept : NULL);
    }
}

static rectangle rectangle_at(const sep_product *m, int row, int column, const sep_gemm_piece *piece)
{
    float *scratch = m->scratch + (ptrdiff_t)omp_get_thread_num() * (A_FLOATS + B_FLOATS);
    int height = m->cpu->simd->tile->rows, rows = sep_cpu_min(piece->rows, m->rows - row);

    return (rectangle){
        .product = m,
        .row = row,
        .rows = rows,
        .column = column,
        .columns = sep_cpu_min(piece->columns, m->columns - column),
        .block = sep_gemm_even_piece(rows, sep_cpu_max(1, BLOCK_ROWS / height) * height, height),
        .keeps_a = !sep_gemm_along_depth(m) || rows <= SEP_GEMM_KEPT_ROWS,
        .a = scratch,
        .b = scratch + A_FLOATS,
    };
}

void sep_gemm_own(const sep_product *m)
{
    sep_gemm_piece piece = sep_gemm_cut(m);

#pragma omp parallel for collapse(2) schedule(dynamic) num_threads(m->cpu->threads)
    for (int row = 0; row < m->rows; row += piece.rows)
        for (int column = 0; column < m->columns; column += piece.columns) {
            rectangle r = rectangle_at(m, row, column, &piece);

            run_rectangle(&r);
        }
}

size_t sep_gemm_packed_floats(const sep_product *m)
{
    return (size_t)m->depth * (size_t)m->columns;
}

void sep_gemm_pack(const sep_product *m, float *packed)
{
    const rectangle all = {.product = m, .columns = m->columns};
    int columns = KEPT_STRIPES * m->cpu->simd->tile->columns;

#pragma omp parallel for collapse(2) num_threads(m->cpu->threads)
    for (int k = 0; k < m->depth; k += SEP_PANEL)
        for (int column = 0; column < m->columns; column += columns) {
            group g = {.column = column, .columns = sep_cpu_min(columns, m->columns - column)};
            int depth = sep_cpu_min(SEP_PANEL, m->depth - k);

            lay_out_panel(&all, &g, k, depth, packed + (ptrdiff_t)k * m->columns + (ptrdiff_t)column * depth);
        }
}

size_t sep_gemm_scratch_bytes(const sep_cpu *cpu)
{
    return (size_t)cpu->threads * (A_FLOATS + B_FLOATS) * sizeof(float);
}
