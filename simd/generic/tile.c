/* The definition of the tile: see tile.h. */
#include "simd/tile.h"

#include <math.h>

static float chain(const sep_tile_job *job, int i, int j, float acc)
{
    for (int t = 0; t < job->taps; t++) {
        const float *a = job->a[t] + i * job->a_row;
        const float *b = job->b[t] + j;

        for (int k = 0; k < job->depth; k++)
            acc = fmaf(a[k * job->a_step], b[k * job->b_row], acc);
    }
    return acc;
}

static void run(const sep_tile_job *job)
{
    for (int i = 0; i < job->rows; i++) {
        float *c = job->c + i * job->c_row;

        for (int j = 0; j < job->columns; j++) {
            float start = job->start == SEP_TILE_RESUME ? c[j] : job->start == SEP_TILE_BIAS ? job->bias[j] : 0.0f;

            c[j] = job->panel ? start + chain(job, i, j, 0.0f) : chain(job, i, j, start);
        }
    }
}

static void pack(const float *from, ptrdiff_t row, int count, int depth, int width, float *to)
{
    for (int k = 0; k < depth; k++)
        for (int i = 0; i < count; i++) {
            int j = i % width, first = i - j, pitch = width < count - first ? width : count - first;

            to[(ptrdiff_t)first * depth + k * pitch + j] = from[k * row + i];
        }
}

const sep_simd_tile sep_tile_generic = {.rows = 8, .columns = 16, .run = run, .pack = pack};
