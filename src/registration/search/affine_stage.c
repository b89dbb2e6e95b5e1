/* The first stage of a registration: a linear map, from the coarsest level of the pyramid to the finest. */
#include "registration/search/register.h"
#include "registration/search/start.h"

#include <math.h>
#include <string.h>

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

static sep_status descend_inside(sep_registration *r, sep_affine_problem *problem, uint32_t draw, double *parameter)
{
    const sep_objective objective = sep_affine_objective(problem);
    sep_level *level = problem->level;
    double coarse[SEP_MAX_PARAMETERS], begun, found;
    sep_map map;

    memcpy(coarse, parameter, sizeof coarse);
    sep_parameters_map(problem->kind, parameter, problem->centre, map);
    SEP_TRY(sep_level_hold(level, (const double(*)[4])map));
    SEP_TRY(sep_descend(r, &objective, r->options.iterations, draw, parameter));
    sep_parameters_map(problem->kind, parameter, problem->centre, map);
    level->least = 0.0;
    sep_level_pad(level);
    SEP_TRY(sep_level_draw(level, draw));
    SEP_TRY(sep_level_cost(level, r->start, NULL, false, &begun));
    SEP_TRY(sep_level_cost(level, (const double(*)[4])map, NULL, false, &found));
    if (found > begun)
        memcpy(parameter, coarse, sizeof coarse);
    return SEP_OK;
}

static sep_status affine_level(sep_registration *r, int i, sep_affine_problem *problem, double *parameter)
{
    const sep_registration_options *o = &r->options;
    const bool first = i == r->levels - 1;
    const uint32_t draw = (uint32_t)(r->levels - i) * SEP_DRAWS_A_LEVEL;
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

/* Below so many slices there is no pyramid along them either. */
enum { THIN = 32 };

/* A volume as a stack: the axis that its slices lie across, how many they are. Files may have thick ones along x or y.
 */
typedef struct stack {
    int axis, slices;
} stack;

static stack stack_of(const sep_volume *v)
{
    const int size[3] = {v->width, v->height, v->depth};

    for (int axis = 0; axis < 2; axis++)
        if (v->has_geometry && sep_is_thick_along(axis, v->spacing, size))
            return (stack){axis, size[axis]};
    return (stack){2, v->depth};
}

/* Of the slices across an axis, in the world. */
static void normal_of(const sep_volume *v, int axis, double normal[3])
{
    const int across[2] = {(axis + 1) % 3, (axis + 2) % 3};
    double square = 0.0;

    for (int i = 0; i < 3; i++) {
        const int j = (i + 1) % 3, k = (i + 2) % 3;

        normal[i] =
            v->affine[j][across[0]] * v->affine[k][across[1]] - v->affine[k][across[0]] * v->affine[j][across[1]];
        square += normal[i] * normal[i];
    }
    for (int i = 0; i < 3; i++)
        normal[i] /= sqrt(square);
}

static void forbid_tilts(const sep_registration *r, sep_affine_problem *problem)
{
    const sep_volume *fixed = &r->fixed->level[0];
    const stack still = stack_of(fixed), moving = stack_of(&r->moving->level[0]);
    const bool thin = still.slices < THIN || moving.slices < THIN;

    problem->flat = r->options.tilt == SEP_TILT_NO || (r->options.tilt == SEP_TILT_BY_DEPTH && thin);
    normal_of(fixed, still.axis, problem->normal);
}

/* Twelve parameters have too much freedom for the few voxels of the coarse levels: the first half of the levels looks
 * for a similarity. */
sep_status sep_register_affine(sep_registration *r, sep_transform_kind kind)
{
    sep_affine_problem problem = {.kind = kind == SEP_AFFINE && r->levels > 1 ? SEP_SIMILARITY : kind,
                                  .strain = r->options.strain};
    double parameter[SEP_MAX_PARAMETERS];

    forbid_tilts(r, &problem);
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
