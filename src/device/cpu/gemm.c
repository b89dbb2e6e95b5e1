/* Matrix products of our own: see gemm.h. The output is cut in rectangles whose rows and weights of one panel fit the
 * second-level cache together; a thread takes a rectangle through all its panels. */
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

static void copy_rows(const float *from, ptrdiff_t row, int rows, int floats, ptrdiff_t pitch, float *to)
{
    for (int i = 0; i < rows; i++)
        memcpy(to + i * pitch, from + i * row, (size_t)floats * sizeof(float));
}

/* A panel of b in copies as wide as a block of registers, one after the other. */
static void run_with_packed_b(const sep_product *m, sep_tile_job *job, float *packed)
{
    int width = m->cpu->simd->tile->columns, columns = job->columns;
    const float *b = *job->b, *bias = job->bias;
    float *c = job->c;

    job->b = (const float *const *)&packed;
    job->b_row = width;
    for (int column = 0; column < columns; column += width) {
        job->columns = sep_cpu_min(width, columns - column);
        copy_rows(b + column, m->columns, job->depth, job->columns, width, packed);
        job->c = c + column;
        job->bias = bias ? bias + column : NULL;
        m->cpu->simd->tile->run(job);
    }
}

/* One panel of one rectangle. */
static void run_panel(const sep_product *m, sep_tile_job job, const float *a, const float *b, float *scratch)
{
    const float *rows = a;

    job.a = &rows;
    job.b = &b;
    if (m->a_step == 1 && collides(m->a_row)) {
        copy_rows(a, m->a_row, job.rows, job.depth, A_PITCH, scratch);
        rows = scratch;
        job.a_row = A_PITCH;
    }
    if (collides(m->columns))
        run_with_packed_b(m, &job, scratch + A_FLOATS);
    else
        m->cpu->simd->tile->run(&job);
}

static void run_rectangle(const sep_product *m, int row, int rows, int column, int columns)
{
    float *scratch = m->scratch + (ptrdiff_t)omp_get_thread_num() * SCRATCH_FLOATS;
    sep_tile_job job = {
        .rows = rows,
        .columns = columns,
        .taps = 1,
        .a_row = m->a_row,
        .a_step = m->a_step,
        .b_row = m->columns,
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
