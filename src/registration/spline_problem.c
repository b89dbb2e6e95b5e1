/* B-spline deformations under a fixed affine map as a problem for the optimisers. */
#include "registration/bending.h"
#include "registration/jacobian_penalty.h"
#include "registration/objective.h"
#include "registration/spline.h"

#include <math.h>
#include <string.h>

sep_status sep_spline_problem_create(sep_level *level, const sep_map affine, sep_spline *spline, double bending,
                                     sep_spline_problem *p)
{
    const size_t points = (size_t)level->samples.padded;

    *p = (sep_spline_problem){.level = level, .spline = spline, .bending = bending, .nodes = sep_spline_nodes(spline)};
    memcpy(p->affine, affine, sizeof p->affine);
    float *memory = sep_calloc(3 * points + 3 * p->nodes + 3 * p->nodes * SEP_SAMPLE_BLOCKS, sizeof *memory);
    p->deformed[0] = memory;
    p->work = sep_calloc(sep_bending_work(spline), sizeof *p->work);
    if (memory == NULL || p->work == NULL) {
        sep_spline_problem_free(p);
        return SEP_ERR_MEMORY;
    }
    for (size_t i = 0; i < 3; i++) {
        p->deformed[i] = memory + i * points;
        p->coefficient[i] = memory + 3 * points + i * p->nodes;
    }
    p->sum = memory + 3 * points + 3 * p->nodes;
    return SEP_OK;
}

sep_status sep_spline_problem_penalise(sep_spline_problem *p, double weight, int threads)
{
    p->jacobian = weight;
    p->jacobian_threads = threads;
    if (!(weight > 0.0))
        return SEP_OK;
    p->jacobian_work = sep_calloc(sep_jacobian_penalty_work(p->spline), sizeof *p->jacobian_work);
    return p->jacobian_work != NULL ? SEP_OK : SEP_ERR_MEMORY;
}

void sep_spline_problem_free(sep_spline_problem *p)
{
    sep_free(p->jacobian_work);
    sep_free(p->deformed[0]);
    sep_free(p->work);
    memset(p, 0, sizeof *p);
}

/* ---- units ------------------------------------------------------------------------------------------------------- */

/* Node coordinates minus one of a voxel of the level: both lie along the fixed volume's axes. */
static bool place_grid(const sep_spline_problem *p, sep_control_grid *grid, sep_map to_voxel)
{
    sep_map to_node;

    if (!sep_map_invert(p->spline->to_world, to_node) || !sep_map_invert(p->level->fixed->affine, to_voxel))
        return false;
    sep_map_compose((const double(*)[4])to_node, p->level->fixed->affine, to_node);
    for (int axis = 0; axis < 3; axis++) {
        grid->size[axis] = p->spline->size[axis];
        grid->scale[axis] = (float)to_node[axis][axis];
        grid->offset[axis] = (float)(to_node[axis][3] - 1.0);
    }
    return true;
}

static void to_voxels(sep_spline_problem *p, const sep_map to_voxel, const double *parameter)
{
    const double *x = parameter, *y = x + p->nodes, *z = y + p->nodes;

    for (size_t k = 0; k < p->nodes; k++)
        for (int i = 0; i < 3; i++)
            p->coefficient[i][k] = (float)(to_voxel[i][0] * x[k] + to_voxel[i][1] * y[k] + to_voxel[i][2] * z[k]);
}

/* ---- cost and gradient ------------------------------------------------------------------------------------------- */

static int block_size(const sep_samples *s, int block)
{
    const int left = s->padded - block * s->block;

    return left < s->block ? left : s->block;
}

static void deform(sep_spline_problem *p, const sep_control_grid *grid)
{
    const sep_samples *s = &p->level->samples;

#pragma omp parallel for num_threads(p->level->threads) schedule(static) if (p->level->threads > 1)
    for (int b = 0; b < sep_samples_blocks(s); b++) {
        const int first = b * s->block;
        const float *const at[3] = {s->at[0] + first, s->at[1] + first, s->at[2] + first};
        float *const to[3] = {p->deformed[0] + first, p->deformed[1] + first, p->deformed[2] + first};

        p->level->simd->registration->spline(grid, (const float *const *)p->coefficient, at, block_size(s, b), to);
    }
}

/* What pulls at the deformed points, in voxels of the fixed level, replaces the samples' gradients; then each block's
 * share goes to its own grid. */
static void spread(sep_spline_problem *p, const sep_control_grid *grid, const float back[3][4])
{
    sep_samples *s = &p->level->samples;

    memset(p->sum, 0, 3 * p->nodes * SEP_SAMPLE_BLOCKS * sizeof *p->sum);
#pragma omp parallel for num_threads(p->level->threads) schedule(static) if (p->level->threads > 1)
    for (int b = 0; b < sep_samples_blocks(s); b++) {
        const int first = b * s->block, count = block_size(s, b);
        const float *const at[3] = {s->at[0] + first, s->at[1] + first, s->at[2] + first};
        float *const pull[3] = {s->gradient[0] + first, s->gradient[1] + first, s->gradient[2] + first};
        float *own = p->sum + (size_t)b * 3 * p->nodes;
        float *const sum[3] = {own, own + p->nodes, own + 2 * p->nodes};

        for (int i = 0; i < 3; i++)
            for (int k = 0; k < count; k++)
                pull[i][k] *= s->force[first + k];
        p->level->simd->registration->affine(back, (const float *const *)pull, count, pull);
        p->level->simd->registration->spline_adjoint(grid, at, (const float *const *)pull, count, sum);
    }
}

/* Blocks in rising order; then from voxels to millimetres. */
static void gather(const sep_spline_problem *p, const sep_map to_voxel, double *gradient)
{
    const int blocks = sep_samples_blocks(&p->level->samples);

    for (size_t k = 0; k < p->nodes; k++) {
        double voxel[3] = {0};

        for (int b = 0; b < blocks; b++)
            for (size_t i = 0; i < 3; i++)
                voxel[i] += (double)p->sum[((size_t)b * 3 + i) * p->nodes + k];
        for (size_t i = 0; i < 3; i++)
            gradient[i * p->nodes + k] =
                to_voxel[0][i] * voxel[0] + to_voxel[1][i] * voxel[1] + to_voxel[2][i] * voxel[2];
    }
}

/* The transpose of the linear part from fixed voxels to moving voxels: it takes a pull back. */
static bool pull_back(const sep_spline_problem *p, float back[3][4])
{
    sep_map whole;

    if (!sep_map_invert(p->level->moving->affine, whole))
        return false;
    sep_map_compose((const double(*)[4])whole, (const double(*)[4])p->affine, whole);
    sep_map_compose((const double(*)[4])whole, p->level->fixed->affine, whole);
    for (int i = 0; i < 3; i++) {
        back[i][3] = 0.0f;
        for (int j = 0; j < 3; j++)
            back[i][j] = (float)whole[j][i];
    }
    return true;
}

static sep_status cost(void *context, const double *parameter, uint32_t draw, double *value, double *gradient)
{
    sep_spline_problem *p = context;
    sep_control_grid grid;
    sep_map to_voxel;
    float back[3][4];

    if (!place_grid(p, &grid, to_voxel) || !pull_back(p, back))
        return sep_fail(SEP_ERR_NUMERIC, "a volume's geometry has no inverse");
    sep_level_draw(p->level, draw);
    to_voxels(p, (const double(*)[4])to_voxel, parameter);
    deform(p, &grid);
    SEP_TRY(sep_level_cost(p->level, (const double(*)[4])p->affine, p->deformed, gradient != NULL, value));
    if (gradient != NULL) {
        spread(p, &grid, (const float(*)[4])back);
        gather(p, (const double(*)[4])to_voxel, gradient);
    }
    if (p->bending > 0.0)
        *value += sep_bending(p->spline, parameter, p->bending, p->work, gradient);
    if (p->jacobian > 0.0)
        *value +=
            sep_jacobian_penalty(p->spline, parameter, p->jacobian, p->jacobian_threads, p->jacobian_work, gradient);
    return SEP_OK;
}

/* All coefficients are millimetres already. */
static void scale(void *context, const double *parameter, double *direction)
{
    (void)context;
    (void)parameter;
    (void)direction;
}

/* Mean plus two standard deviations of how far nodes move (what Klein et al. take for their points). */
static double length(void *context, const double *parameter, const double *direction)
{
    const sep_spline_problem *p = context;
    const double *x = direction, *y = x + p->nodes, *z = y + p->nodes, n = (double)p->nodes;
    double sum = 0.0, squares = 0.0;

    (void)parameter;
    for (size_t k = 0; k < p->nodes; k++) {
        const double square = x[k] * x[k] + y[k] * y[k] + z[k] * z[k];

        sum += sqrt(square);
        squares += square;
    }
    const double variance = squares / n - sum / n * (sum / n);
    return sum / n + 2.0 * sqrt(variance > 0.0 ? variance : 0.0);
}

sep_objective sep_spline_objective(sep_spline_problem *problem)
{
    return (sep_objective){
        .parameters = (int)(3 * problem->nodes), .context = problem, .cost = cost, .scale = scale, .length = length};
}
