/* Transforms: points, composition, inverse. */
#include "septum/registration.h"

#include "registration/transform/displacement.h"
#include "registration/transform/matrix.h"
#include "registration/transform/spline.h"

#include <math.h>
#include <string.h>

enum { INVERSE_ROUNDS = 50 };
static const double inverse_tolerance = 1e-4; /* mm */

void sep_spatial_identity(sep_spatial_transform *transform)
{
    memset(transform, 0, sizeof *transform);
    sep_map_identity(transform->matrix);
}

void sep_spatial_free(sep_spatial_transform *transform)
{
    sep_spline_free(&transform->spline);
    sep_field_free(&transform->field);
    sep_spatial_identity(transform);
}

bool sep_spatial_is_affine(const sep_spatial_transform *transform)
{
    return transform->spline.size[0] == 0 && transform->field.grid.data == NULL;
}

sep_status sep_spatial_copy(const sep_spatial_transform *from, sep_spatial_transform *to)
{
    sep_spatial_transform copy = *from;

    memset(&copy.spline, 0, sizeof copy.spline);
    memset(&copy.field, 0, sizeof copy.field);
    if (from->spline.size[0] > 0)
        SEP_TRY(sep_spline_copy(&from->spline, &copy.spline));
    if (from->field.grid.data != NULL)
        SEP_TRY(sep_field_copy(&from->field, &copy.field));
    *to = copy;
    return SEP_OK;
}

/* out = x + u(x). False beyond the domain of a spline, where u goes on as at the border. */
static bool bend(const sep_spatial_transform *transform, const double in[3], double out[3])
{
    double moved[3] = {0};
    bool covered = true;

    if (transform->spline.size[0] > 0)
        covered = sep_spline_displacement(&transform->spline, in, moved);
    else if (transform->field.grid.data != NULL)
        sep_field_displacement(&transform->field, in, moved);
    for (int i = 0; i < 3; i++)
        out[i] = in[i] + moved[i];
    return covered;
}

void sep_spatial_point(const sep_spatial_transform *transform, const double in[3], double out[3])
{
    double bent[3];

    sep_map_point(transform->matrix, bend(transform, in, bent) ? bent : in, out);
}

/* The x with x + u(x) = aim by rounds of x += aim - x - u(x); whether that was reached. */
static bool approach(const sep_spatial_transform *transform, const double aim[3], double x[3])
{
    double step = sep_spatial_is_affine(transform) ? 0.0 : INFINITY;

    memcpy(x, aim, 3 * sizeof *x);
    for (int round = 0; round < INVERSE_ROUNDS && step > inverse_tolerance * inverse_tolerance; round++) {
        double at[3];

        bend(transform, x, at);
        step = 0.0;
        for (int i = 0; i < 3; i++) {
            const double error = aim[i] - at[i];

            x[i] += error;
            step += error * error;
        }
    }
    return step <= inverse_tolerance * inverse_tolerance;
}

sep_status sep_spatial_inverse_point(const sep_spatial_transform *transform, const double in[3], double out[3])
{
    double aim[3], x[3], at[3];
    sep_map inverse;

    if (!sep_map_invert(transform->matrix, inverse))
        return sep_fail(SEP_ERR_NUMERIC, "the transform's matrix is singular: it has no inverse");
    sep_map_point(inverse, in, aim);
    const bool found = approach(transform, aim, x), stays = !bend(transform, aim, at);
    if (!found && !stays)
        return sep_fail(SEP_ERR_NUMERIC, "the deformation folds here: its inverse was not found in %d rounds",
                        INVERSE_ROUNDS);
    memcpy(out, stays && !(found && bend(transform, x, at)) ? aim : x, sizeof x);
    return SEP_OK;
}

sep_status sep_spatial_compose(const sep_spatial_transform *second, const sep_spatial_transform *first,
                               sep_spatial_transform *out)
{
    if (!sep_spatial_is_affine(second) || !sep_spatial_is_affine(first))
        return sep_fail(SEP_ERR_UNSUPPORTED, "only affine transforms can be composed to one; map points by each");
    sep_spatial_transform both = {0};
    sep_map_compose(second->matrix, first->matrix, both.matrix);
    memcpy(both.centre, first->centre, sizeof both.centre);
    *out = both;
    return SEP_OK;
}

sep_status sep_spatial_invert(const sep_spatial_transform *transform, sep_spatial_transform *out)
{
    sep_spatial_transform back = {0};

    if (!sep_spatial_is_affine(transform))
        return sep_fail(SEP_ERR_UNSUPPORTED, "a deformation's inverse is no transform of its kind; map points by the "
                                             "inverse");
    sep_map_point(transform->matrix, transform->centre, back.centre);
    if (!sep_map_invert(transform->matrix, back.matrix))
        return sep_fail(SEP_ERR_NUMERIC, "the transform's matrix is singular: it has no inverse");
    *out = back;
    return SEP_OK;
}
