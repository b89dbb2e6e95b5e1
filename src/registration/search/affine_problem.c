/* Rigid, similarity and affine maps as a problem for the optimisers. */
#include "registration/search/objective.h"

#include <math.h>
#include <string.h>

/* weight * |A^T A - I|^2, which is 0 for rotations; adds its derivative by A to `gradient` (NULL: not wanted). */
static double strain_energy(const sep_map map, double weight, sep_map gradient)
{
    double strain[3][3], energy = 0.0;

    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++) {
            strain[i][j] = map[0][i] * map[0][j] + map[1][i] * map[1][j] + map[2][i] * map[2][j] - (i == j ? 1.0 : 0.0);
            energy += weight * strain[i][j] * strain[i][j];
        }
    for (int k = 0; k < 9 && gradient != NULL; k++) {
        const double *row = map[k / 3];
        const int j = k % 3;

        gradient[k / 3][j] += 4.0 * weight * (row[0] * strain[0][j] + row[1] * strain[1][j] + row[2] * strain[2][j]);
    }
    return energy;
}

/* ---- flat stacks ------------------------------------------------------------------------------------------------- */

/* P B P + (n.Bn) n n^T, P the projection along the normal onto the slice: what a change B of the linear part does to
 * slices without tilting them. */
static void flatten_matrix(const double n[3], double *b)
{
    double row[3] = {0}, column[3] = {0}, both = 0.0; /* n^T B, B n, n^T B n */

    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++) {
            row[j] += n[i] * b[3 * i + j];
            column[i] += b[3 * i + j] * n[j];
        }
    for (int i = 0; i < 3; i++)
        both += n[i] * column[i];
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++)
            b[3 * i + j] += 2.0 * both * n[i] * n[j] - n[i] * row[j] - column[i] * n[j];
}

/* Turns about the normal only. */
static void flatten_rotation(const double n[3], double *g)
{
    const double along = n[0] * g[0] + n[1] * g[1] + n[2] * g[2];

    for (int i = 0; i < 3; i++)
        g[i] = along * n[i];
}

/* Takes out of a gradient or a direction what would tilt slices. */
static void keep_flat(const sep_affine_problem *p, double *vector)
{
    if (p->flat && p->kind == SEP_AFFINE)
        flatten_matrix(p->normal, vector);
    else if (p->flat)
        flatten_rotation(p->normal, vector);
}

/* ---- the problem ------------------------------------------------------------------------------------------------- */

static sep_status cost(void *context, const double *parameter, uint32_t draw, double *value, double *gradient)
{
    sep_affine_problem *p = context;
    sep_map map, by_map, jacobian[SEP_MAX_PARAMETERS];

    SEP_TRY(sep_level_draw(p->level, draw));
    sep_parameters_map(p->kind, parameter, p->centre, map);
    SEP_TRY(sep_level_cost(p->level, (const double(*)[4])map, NULL, gradient != NULL, value));
    if (gradient != NULL)
        SEP_TRY(sep_level_map_gradient(p->level, by_map));
    *value += strain_energy((const double(*)[4])map, p->strain, gradient != NULL ? by_map : NULL);
    if (gradient == NULL)
        return SEP_OK;
    sep_parameters_jacobian(p->kind, parameter, p->centre, jacobian);
    for (int k = 0; k < sep_parameter_count(p->kind); k++) {
        gradient[k] = 0.0;
        for (int i = 0; i < 12; i++)
            gradient[k] += by_map[i / 4][i % 4] * jacobian[k][i / 4][i % 4];
    }
    keep_flat(p, gradient);
    return SEP_OK;
}

/* Corner c of the fixed volume, in the world. */
static void corner_of(const sep_volume *fixed, int c, double out[3])
{
    const double voxel[3] = {c % 2 ? fixed->width - 1 : 0, c / 2 % 2 ? fixed->height - 1 : 0,
                             c / 4 ? fixed->depth - 1 : 0};

    sep_map_point(fixed->affine, voxel, out);
}

static double square_length(const double v[3])
{
    return v[0] * v[0] + v[1] * v[1] + v[2] * v[2];
}

static void scale(void *context, const double *parameter, double *direction)
{
    sep_affine_problem *p = context;
    sep_map jacobian[SEP_MAX_PARAMETERS];
    double at[3], moved[3];

    sep_parameters_jacobian(p->kind, parameter, p->centre, jacobian);
    for (int k = 0; k < sep_parameter_count(p->kind); k++) {
        double sum = 0.0;

        for (int c = 0; c < 8; c++) {
            corner_of(p->level->fixed, c, at);
            sep_map_point((const double(*)[4])jacobian[k], at, moved);
            sum += square_length(moved) / 8.0;
        }
        /* What moves no point (along the missing axis of a slice) is not moved itself. */
        direction[k] = sum > 1e-12 ? direction[k] / sum : 0.0;
    }
    keep_flat(p, direction);
}

/* The farthest that a corner moves. */
static double length(void *context, const double *parameter, const double *direction)
{
    sep_affine_problem *p = context;
    sep_map jacobian[SEP_MAX_PARAMETERS], whole = {{0}};
    double most = 0.0;

    sep_parameters_jacobian(p->kind, parameter, p->centre, jacobian);
    for (int k = 0; k < sep_parameter_count(p->kind); k++)
        for (int i = 0; i < 12; i++)
            whole[i / 4][i % 4] += direction[k] * jacobian[k][i / 4][i % 4];
    for (int c = 0; c < 8; c++) {
        double at[3], moved[3];

        corner_of(p->level->fixed, c, at);
        sep_map_point((const double(*)[4])whole, at, moved);
        const double far = sqrt(square_length(moved));
        most = far > most ? far : most;
    }
    return most;
}

sep_objective sep_affine_objective(sep_affine_problem *problem)
{
    return (sep_objective){.parameters = sep_parameter_count(problem->kind),
                           .context = problem,
                           .cost = cost,
                           .scale = scale,
                           .length = length};
}
