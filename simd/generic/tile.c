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

const sep_simd_tile sep_tile_generic = {.columns = 16, .run = run};
