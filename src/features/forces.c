/* What moves the points of t-SNE: the two sums of its gradient, of all pairs. A point's sums are made of lanes, which
 * join in a fixed order, and nobody else's enter: so it does not matter which thread has it. */
#include "features/tsne.h"

#include "simd/choose.h"
#include "simd/elementary.h"

enum { LANES = SEP_POINT_LANES };

static float join(float lane[LANES])
{
    for (int half = LANES / 2; half > 0; half /= 2)
        for (int l = 0; l < half; l++)
            lane[l] += lane[l + half];
    return lane[0];
}

/* The point itself is at distance 0: it neither pulls nor pushes, and its nearness is 1. */
static void find_point(sep_forces *f, int index)
{
    const float *affinity = f->affinity + (size_t)index * (size_t)f->room, *x = f->place[0], *y = f->place[1];
    const float own_x = x[index], own_y = y[index];
    float near[LANES] = {0}, pull_x[LANES] = {0}, pull_y[LANES] = {0}, push_x[LANES] = {0}, push_y[LANES] = {0};

    for (int j = 0; j < f->room; j += LANES)
        for (int l = 0; l < LANES; l++) {
            const float dx = own_x - x[j + l], dy = own_y - y[j + l];
            const float nearness = 1.0f / (1.0f + (dx * dx + dy * dy));
            const float pull = affinity[j + l] * nearness, push = nearness * nearness;
            near[l] += nearness;
            pull_x[l] += pull * dx;
            pull_y[l] += pull * dy;
            push_x[l] += push * dx;
            push_y[l] += push * dy;
        }
    f->near[index] = (double)join(near) - 1.0;
    f->pull[0][index] = join(pull_x);
    f->pull[1][index] = join(pull_y);
    f->push[0][index] = join(push_x);
    f->push[1][index] = join(push_y);
}

void sep_forces_find(sep_forces *forces, int threads)
{
#pragma omp parallel for num_threads(threads) schedule(static)
    for (int i = 0; i < forces->count; i++)
        find_point(forces, i);
    forces->sum = 0.0;
    for (int i = 0; i < forces->count; i++)
        forces->sum += forces->near[i];
}

/* ---- the divergence ---------------------------------------------------------------------------------------------- */

/* Sum of p log(p (1 + d^2)) over the others: p log(p / q) but for the part that the sum of all nearness has. */
static double diverge(const sep_forces *f, int index, const sep_simd_pointwise *kernels, float *ratio)
{
    const float *affinity = f->affinity + (size_t)index * (size_t)f->room;
    double sum = 0.0;

    for (int j = 0; j < f->count; j++) {
        const float dx = f->place[0][index] - f->place[0][j], dy = f->place[1][index] - f->place[1][j];
        ratio[j] = affinity[j] * (1.0f + (dx * dx + dy * dy));
    }
    kernels->unary(SEP_LN, 1.0f, ratio, f->count, ratio);
    for (int j = 0; j < f->count; j++)
        if (affinity[j] > 0.0f)
            sum += (double)affinity[j] * ((double)ratio[j] + (double)sep_logf((float)f->sum));
    return sum;
}

sep_status sep_forces_divergence(const sep_forces *forces, const char *simd, int threads, double *divergence)
{
    const sep_simd *table;
    bool failed = false;

    SEP_TRY(sep_simd_choose(simd, &table));
#pragma omp parallel num_threads(threads) reduction(|| : failed)
    {
        float *ratio = sep_calloc((size_t)forces->room, sizeof *ratio);
        failed = ratio == NULL;
#pragma omp for schedule(static)
        for (int i = 0; i < forces->count; i++)
            if (!failed)
                forces->near[i] = diverge(forces, i, table->pointwise, ratio);
        sep_free(ratio);
    }
    if (failed)
        return sep_fail(SEP_ERR_MEMORY, "no memory for the divergence of points");
    *divergence = 0.0;
    for (int i = 0; i < forces->count; i++)
        *divergence += forces->near[i];
    return SEP_OK;
}
