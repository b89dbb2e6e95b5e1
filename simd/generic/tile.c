/* The definition of the tile: see tile.h. */
#include "simd/tile.h"
#include "config.h"

#include <math.h>

/* Most of this table's time passes here. Without the instruction fmaf is a call for each element, so that where the
 * compiler can, there is a copy for processors that have it: the same plain C, the same bits. */
#if SEP_HAVE_FMA_CLONES
#define WITH_FMA_CLONE __attribute__((target_clones("fma", "default")))
#else
#define WITH_FMA_CLONE
#endif

enum { ROWS = 8, COLUMNS = 16 };

/* Goes on with the chains of `columns` elements of a row. */
static inline void chain(const sep_tile_job *job, int row, int column, int columns, float *restrict acc)
{
    for (int t = 0; t < job->taps; t++) {
        const float *a = job->a[t] + row * job->a_row;

        for (int k = 0; k < job->depth; k++) {
            const float *b = job->b[t] + k * job->b_row + column, factor = a[k * job->a_step];

            for (int j = 0; j < columns; j++)
                acc[j] = fmaf(factor, b[j], acc[j]);
        }
    }
}

static inline void run_columns(const sep_tile_job *job, int row, int column, int columns)
{
    float *c = job->c + row * job->c_row + column, start[COLUMNS], acc[COLUMNS];

    for (int j = 0; j < columns; j++) {
        start[j] = job->start == SEP_TILE_RESUME ? c[j] : job->start == SEP_TILE_BIAS ? job->bias[column + j] : 0.0f;
        acc[j] = job->panel ? 0.0f : start[j];
    }
    chain(job, row, column, columns, acc);
    for (int j = 0; j < columns; j++)
        c[j] = job->panel ? start[j] + acc[j] : acc[j];
}

WITH_FMA_CLONE static void run(const sep_tile_job *job)
{
    for (int i = 0; i < job->rows; i++)
        for (int j = 0; j < job->columns; j += COLUMNS)
            run_columns(job, i, j, j + COLUMNS < job->columns ? COLUMNS : job->columns - j);
}

static void pack(const float *from, ptrdiff_t row, int count, int depth, int width, float *to)
{
    for (int k = 0; k < depth; k++)
        for (int i = 0; i < count; i++) {
            int j = i % width, first = i - j, pitch = width < count - first ? width : count - first;

            to[(ptrdiff_t)first * depth + k * pitch + j] = from[k * row + i];
        }
}

const sep_simd_tile sep_tile_generic = {.rows = ROWS, .columns = COLUMNS, .run = run, .pack = pack};
