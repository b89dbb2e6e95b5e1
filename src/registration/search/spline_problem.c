/* B-spline deformations under a fixed affine map as a problem for the optimisers. */
#include "registration/search/bending.h"
#include "registration/search/jacobian_penalty.h"
#include "registration/search/objective.h"
#include "registration/transform/spline.h"

#include <math.h>
#include <string.h>

/* ---- making ------------------------------------------------------------------------------------------------------ */

/* Node coordinates minus one of a voxel of the level: both lie along the fixed volume's axes. */
static bool place_grid(sep_spline_problem *p, sep_control_grid *grid)
{
    sep_map to_node;

    if (!sep_map_invert(p->spline->to_world, to_node) || !sep_map_invert(p->level->fixed->affine, p->to_voxel))
        return false;
    sep_map_compose((const double(*)[4])to_node, p->level->fixed->affine, to_node);
    for (int axis = 0; axis < 3; axis++) {
        grid->size[axis] = p->spline->size[axis];
        grid->scale[axis] = (float)to_node[axis][axis];
        grid->offset[axis] = (float)(to_node[axis][3] - 1.0);
    }
    return true;
}

/* The transpose of the linear part from fixed voxels to moving voxels: it takes a pull back. */
static bool transpose_map(sep_spline_problem *p)
{
    sep_map whole;

    if (!sep_map_invert(p->level->moving->affine, whole))
        return false;
    sep_map_compose((const double(*)[4])whole, (const double(*)[4])p->affine, whole);
    sep_map_compose((const double(*)[4])whole, p->level->fixed->affine, whole);
    for (int i = 0; i < 3; i++) {
        p->back[i][3] = 0.0f;
        for (int j = 0; j < 3; j++)
            p->back[i][j] = (float)whole[j][i];
    }
    return true;
}

sep_status sep_spline_problem_create(sep_level *level, const sep_map affine, sep_spline *spline, double bending,
                                     sep_spline_problem *p)
{
    const size_t nodes = sep_spline_nodes(spline);

    *p = (sep_spline_problem){.level = level, .spline = spline, .bending = bending, .nodes = nodes};
    memcpy(p->affine, affine, sizeof p->affine);
    if (!place_grid(p, &level->evaluator->grid) || !transpose_map(p))
        return sep_fail(SEP_ERR_FORMAT, "a volume's geometry has no inverse");
    p->coefficient = sep_calloc(3 * nodes * (1 + SEP_SAMPLE_BLOCKS), sizeof *p->coefficient);
    p->work = sep_calloc(sep_bending_work(spline), sizeof *p->work);
    if (p->coefficient == NULL || p->work == NULL) {
        sep_spline_problem_free(p);
        return SEP_ERR_MEMORY;
    }
    p->sum = p->coefficient + 3 * nodes;
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
    sep_free(p->coefficient);
    sep_free(p->work);
    memset(p, 0, sizeof *p);
}

/* ---- cost and gradient ------------------------------------------------------------------------------------------- */

static void to_voxels(sep_spline_problem *p, const double *parameter)
{
    const double *x = parameter, *y = x + p->nodes, *z = y + p->nodes;

    for (size_t i = 0; i < 3; i++) {
        const double *m = p->to_voxel[i];

        for (size_t k = 0; k < p->nodes; k++)
            p->coefficient[i * p->nodes + k] = (float)(m[0] * x[k] + m[1] * y[k] + m[2] * z[k]);
    }
}

/* Blocks in rising order; then from voxels to millimetres. */
static void gather(const sep_spline_problem *p, double *gradient)
{
    const int blocks = sep_samples_blocks(&p->level->samples);

    for (size_t k = 0; k < p->nodes; k++) {
        double voxel[3] = {0};

        for (int b = 0; b < blocks; b++)
            for (size_t i = 0; i < 3; i++)
                voxel[i] += (double)p->sum[((size_t)b * 3 + i) * p->nodes + k];
        for (size_t i = 0; i < 3; i++)
            gradient[i * p->nodes + k] =
                p->to_voxel[0][i] * voxel[0] + p->to_voxel[1][i] * voxel[1] + p->to_voxel[2][i] * voxel[2];
    }
}

/* Weight of the mean square of how many voxels samples have been taken beyond the border of the moving volume, where
 * its value is held: without it they would drift away from there. */
static const double spring = 1.0;

static double spring_energy(const sep_samples *s)
{
    double sum[3] = {0};

    for (int i = 0; i < s->count; i++)
        for (int axis = 0; axis < 3; axis++)
            sum[axis] += (double)s->beyond[axis][i] * (double)s->beyond[axis][i];
    return spring * (sum[0] + sum[1] + sum[2]) / s->count;
}

static sep_status cost(void *context, const double *parameter, uint32_t draw, double *value, double *gradient)
{
    sep_spline_problem *p = context;
    sep_evaluator *e = p->level->evaluator;
    sep_samples *s = &p->level->samples;

    SEP_TRY(sep_level_draw(p->level, draw));
    to_voxels(p, parameter);
    SEP_TRY(sep_level_cost(p->level, (const double(*)[4])p->affine, p->coefficient, gradient != NULL, value));
    *value += spring_energy(s);
    if (gradient != NULL) {
        SEP_TRY(e->by->spread(e, s, (float)(2.0 * spring / s->count), (const float(*)[4])p->back, p->sum));
        gather(p, gradient);
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
