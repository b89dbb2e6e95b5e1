/* The two stages of a registration: a linear map, and a B-spline deformation before it. Both go from the coarsest level
 * of the pyramid to the finest. */
#include "registration/optimise.h"
#include "registration/register.h"
#include "registration/spline.h"
#include "registration/start.h"

#include <math.h>
#include <string.h>

enum { RESTARTS = 3, WORTH_SHARING = 8192 /* samples: fewer are faster on one thread */ };

/* Draws of a level start at a multiple of this. */
static const uint32_t draws_a_level = 1u << 20;

static sep_status choose_evaluator(const sep_registration *r, int threads, sep_level *level)
{
    const sep_volume *moving = level->moving;
    const sep_lattice volume = {moving->data, moving->width, moving->height, moving->depth};
    const sep_parzen *bins = &level->measure.moving;

    if (sep_searches_on_device(r->options.device))
        return sep_evaluator_on_device(&volume, bins, r->options.device, &level->evaluator);
    return sep_evaluator_on_host(&volume, bins, &level->samples, r->simd, threads, &level->evaluator);
}

sep_status sep_registration_level(const sep_registration *r, int i, int samples, sep_level *level)
{
    const sep_registration_options *o = &r->options;
    const int threads = samples < WORTH_SHARING ? 1 : o->threads;

    *level = (sep_level){.fixed = &r->fixed[i],
                         .moving = &r->moving[i],
                         .seed = o->seed,
                         .least = SEP_LEAST_VALID,
                         .patches = o->metric == SEP_LOCAL_CORRELATION};
    float highest;

    SEP_TRY(sep_samples_create(samples, &level->samples));
    sep_status status = sep_measure_create(o->metric, o->bins, level->fixed, level->moving, r->simd, &level->measure);
    if (status == SEP_OK)
        status = choose_evaluator(r, threads, level);
    if (status != SEP_OK) {
        sep_level_free(level);
        return status;
    }
    sep_volume_range(level->moving, &level->evaluator->lowest, &highest);
    sep_level_pad(level);
    return SEP_OK;
}

void sep_level_free(sep_level *level)
{
    sep_evaluator_destroy(level->evaluator);
    level->evaluator = NULL;
    sep_samples_free(&level->samples);
    sep_measure_free(&level->measure);
}

sep_status sep_descend(sep_registration *r, const sep_objective *objective, int iterations, uint32_t draw,
                       double *parameter)
{
    const size_t bytes = (size_t)objective->parameters * sizeof *parameter;
    sep_descent descent = {.iterations = iterations, .step = r->options.max_step, .draw = draw};
    double *start = sep_calloc(1, bytes);
    sep_status status = SEP_ERR_NUMERIC;

    if (start == NULL)
        return SEP_ERR_MEMORY;
    memcpy(start, parameter, bytes);
    for (int attempt = 0; attempt <= RESTARTS && status == SEP_ERR_NUMERIC; attempt++) {
        memcpy(parameter, start, bytes);
        status = r->options.optimiser == SEP_LBFGS ? sep_lbfgs(objective, parameter, &descent)
                                                   : sep_asgd(objective, parameter, &descent);
        r->report->iterations += descent.done;
        descent.step /= 2.0;
    }
    sep_free(start);
    return status;
}

/* ---- linear maps ------------------------------------------------------------------------------------------------- */

/* A step that leaves so little overlap goes nowhere: a wall before SEP_LEAST_VALID, which the next level's samples
 * would find a little to the other side. Where the search starts with less, that. */
static const double least_of_a_step = 0.4;

static sep_status build_wall(const sep_objective *objective, const double *parameter, uint32_t draw, sep_level *level)
{
    double cost;

    SEP_TRY(objective->cost(objective->context, parameter, draw, &cost, NULL));
    level->least = level->valid < least_of_a_step ? level->valid : least_of_a_step;
    return SEP_OK;
}

/* On the finest level, where nearly all of the fixed volume lies inside the moving one, the search does without the
 * made-up border, which costs half a voxel where the body goes on there. What only looks better so is dropped: an end
 * that is less similar than the start with the border. */
static const double nearly_all = 0.8;

static sep_status padded_cost(sep_level *level, const sep_map map, uint32_t draw, double *cost)
{
    sep_level_pad(level);
    SEP_TRY(sep_level_draw(level, draw));
    return sep_level_cost(level, map, NULL, false, cost);
}

static sep_status descend_inside(sep_registration *r, sep_affine_problem *problem, uint32_t draw, double *parameter)
{
    const sep_objective objective = sep_affine_objective(problem);
    double coarse[SEP_MAX_PARAMETERS], begun, found;
    sep_map map;

    memcpy(coarse, parameter, sizeof coarse);
    sep_parameters_map(problem->kind, parameter, problem->centre, map);
    SEP_TRY(sep_level_hold(problem->level, (const double(*)[4])map));
    SEP_TRY(sep_descend(r, &objective, r->options.iterations, draw, parameter));
    sep_parameters_map(problem->kind, parameter, problem->centre, map);
    problem->level->least = 0.0;
    SEP_TRY(padded_cost(problem->level, r->start, draw, &begun));
    SEP_TRY(padded_cost(problem->level, (const double(*)[4])map, draw, &found));
    if (found > begun)
        memcpy(parameter, coarse, sizeof coarse);
    return SEP_OK;
}

static sep_status affine_level(sep_registration *r, int i, sep_affine_problem *problem, double *parameter)
{
    const sep_registration_options *o = &r->options;
    const bool first = i == r->levels - 1;
    const uint32_t draw = (uint32_t)(r->levels - i) * draws_a_level;
    sep_level level;

    SEP_TRY(sep_registration_level(r, i, o->samples, &level));
    problem->level = &level;
    sep_status status = first ? sep_find_start(problem, o->start, parameter) : SEP_OK;
    const sep_objective objective = sep_affine_objective(problem);
    if (status == SEP_OK && first)
        sep_parameters_map(problem->kind, parameter, problem->centre, r->start);
    if (status == SEP_OK)
        status = build_wall(&objective, parameter, draw, &level);
    if (status == SEP_OK && i == 0 && level.valid >= nearly_all)
        status = descend_inside(r, problem, draw, parameter);
    else if (status == SEP_OK)
        status = sep_descend(r, &objective, o->iterations, draw, parameter);
    sep_level_free(&level);
    return status;
}

/* The same map as parameters of an affine one. */
static void become_affine(sep_affine_problem *problem, double *parameter)
{
    double moved[3];
    sep_map map;

    sep_parameters_map(problem->kind, parameter, problem->centre, map);
    sep_map_point((const double(*)[4])map, problem->centre, moved);
    for (int i = 0; i < 9; i++)
        parameter[i] = map[i / 3][i % 3];
    for (int i = 0; i < 3; i++)
        parameter[9 + i] = moved[i] - problem->centre[i];
    problem->kind = SEP_AFFINE;
}

/* Twelve parameters have too much freedom for the few voxels of the coarse levels: the first half of the levels looks
 * for a similarity. */
sep_status sep_register_affine(sep_registration *r, sep_transform_kind kind)
{
    sep_affine_problem problem = {.kind = kind == SEP_AFFINE && r->levels > 1 ? SEP_SIMILARITY : kind,
                                  .strain = r->options.strain};
    double parameter[SEP_MAX_PARAMETERS];

    for (int i = r->levels - 1; i >= 0; i--) {
        if (kind == SEP_AFFINE && problem.kind != kind && i < r->levels / 2)
            become_affine(&problem, parameter);
        SEP_TRY(affine_level(r, i, &problem, parameter));
        sep_progress_update(r->progress, r->options.levels - i, NULL);
    }
    sep_parameters_map(kind, parameter, problem.centre, r->transform->matrix);
    memcpy(r->transform->centre, problem.centre, sizeof problem.centre);
    return SEP_OK;
}

/* ---- the deformation --------------------------------------------------------------------------------------------- */

/* Cells along each axis of the last level, `grid` mm long or less; one where the axis has one voxel. */
static void cells_wanted(const sep_volume *fixed, double grid, int cells[3])
{
    const int voxels[3] = {fixed->width, fixed->height, fixed->depth};

    for (int axis = 0; axis < 3; axis++) {
        const double extent = (voxels[axis] - 1) * (double)fixed->spacing[axis];
        const double wanted = ceil(extent / grid), most = voxels[axis];

        cells[axis] = (int)(wanted < 1.0 ? 1.0 : wanted < most ? wanted : most);
    }
}

static void coarse_cells(const int wanted[3], int levels, int cells[3])
{
    for (int axis = 0; axis < 3; axis++)
        cells[axis] = (wanted[axis] + (1 << (levels - 1)) - 1) >> (levels - 1);
}

static sep_status refine(sep_spline *spline, const int wanted[3])
{
    bool twice[3];

    for (int axis = 0; axis < 3; axis++)
        twice[axis] = spline->size[axis] - 3 < wanted[axis];
    return sep_spline_refine(spline, twice);
}

/* The optimisers see all components as one vector. */
static sep_status spline_level(sep_registration *r, int i, sep_spline *spline)
{
    const size_t nodes = sep_spline_nodes(spline), bytes = nodes * sizeof(double);
    const uint32_t draw = (uint32_t)(SEP_MAX_LEVELS + SEP_SPLINE_LEVELS - i) * draws_a_level;
    double *parameter = sep_calloc(3, bytes);
    sep_level level = {0};
    sep_spline_problem problem = {0};
    sep_status status = parameter != NULL ? SEP_OK : SEP_ERR_MEMORY;

    if (status == SEP_OK)
        status = sep_registration_level(r, i, r->options.spline_samples, &level);
    if (status == SEP_OK)
        status = sep_level_hold(&level, (const double(*)[4])r->transform->matrix);
    level.least = 0.0;
    if (status == SEP_OK)
        status = sep_spline_problem_create(&level, (const double(*)[4])r->transform->matrix, spline, r->options.bending,
                                           &problem);
    if (status == SEP_OK)
        status = sep_spline_problem_penalise(&problem, r->options.jacobian, r->options.threads);
    if (status == SEP_OK) {
        const sep_objective objective = sep_spline_objective(&problem);

        for (size_t c = 0; c < 3; c++)
            memcpy(parameter + c * nodes, spline->coefficient[c], bytes);
        status = sep_descend(r, &objective, r->options.spline_iterations, draw, parameter);
        for (size_t c = 0; c < 3; c++)
            memcpy(spline->coefficient[c], parameter + c * nodes, bytes);
    }
    sep_spline_problem_free(&problem);
    sep_level_free(&level);
    sep_free(parameter);
    return status;
}

sep_status sep_register_spline(sep_registration *r)
{
    const int levels = r->options.levels < SEP_SPLINE_LEVELS ? r->options.levels : SEP_SPLINE_LEVELS;
    int wanted[3], cells[3];
    sep_spline spline;

    cells_wanted(r->fixed, r->options.grid, wanted);
    coarse_cells(wanted, levels, cells);
    SEP_TRY(sep_spline_create(r->fixed, cells, &spline));
    sep_status status = SEP_OK;
    for (int i = levels - 1; i >= 0 && status == SEP_OK; i--) {
        if (i < levels - 1)
            status = refine(&spline, wanted);
        if (status == SEP_OK)
            status = spline_level(r, i, &spline);
        sep_progress_update(r->progress, r->options.levels + levels - i, NULL);
    }
    if (status == SEP_OK)
        r->transform->spline = spline;
    else
        sep_spline_free(&spline);
    return status;
}
