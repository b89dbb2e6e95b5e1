/* Fields of displacements as parts of a graph. */
#include "methods/deformation.h"

#include "losses/parts.h"
#include "septum/ops.h"

#define EPSILON 1e-5f

sep_node *sep_integrate(sep_graph *g, sep_node *velocity, int squarings)
{
    sep_node *moved = sep_scale(g, velocity, 1.0f / (float)(1 << squarings));

    for (int i = 0; i < squarings; i++)
        moved = sep_add(g, moved, sep_warp(g, moved, moved));
    return moved;
}

/* ---- correlation ------------------------------------------------------------------------------------------------- */

/* A row a sample, whose mean is 0. */
static sep_node *centred(sep_graph *g, sep_node *image)
{
    if (image == NULL)
        return NULL;
    const int *d = sep_node_shape(image)->dim;
    const int pixels = d[1] * d[2];
    sep_node *row = sep_reshape(g, image, SEP_SHAPE(d[0], pixels));
    sep_node *mean = sep_scale(g, sep_sum_channels(g, row), 1.0f / (float)pixels);

    return sep_subtract(g, row, mean);
}

/* Above 0, of an image of one grey too. */
static sep_node *variation(sep_graph *g, sep_node *row)
{
    return sep_loss_plus(g, sep_sum_channels(g, sep_square(g, row)), EPSILON);
}

sep_node *sep_decorrelation(sep_graph *g, sep_node *a, sep_node *b)
{
    sep_node *x = centred(g, a), *y = centred(g, b);
    sep_node *both = sep_sum_channels(g, sep_mul(g, x, y));
    sep_node *of_x = variation(g, x), *of_y = variation(g, y);
    sep_node *correlation = sep_divide(g, both, sep_sqrt(g, sep_mul(g, of_x, of_y)));

    return sep_loss_complement(g, sep_mean_all(g, correlation));
}

/* ---- smoothness -------------------------------------------------------------------------------------------------- */

/* What is one further along the axis less what is here: a map that is one shorter. */
static sep_node *difference(sep_graph *g, sep_node *x, int axis)
{
    if (x == NULL)
        return NULL;
    sep_shape shape = *sep_node_shape(x);
    const int step = axis == 1 ? shape.dim[2] * shape.dim[3] : shape.dim[3], line = shape.dim[axis] * step;
    sep_node *lines = sep_reshape(g, x, SEP_SHAPE((int)(sep_shape_count(&shape) / line), line));
    sep_node *next = sep_slice_channels(g, lines, step, line - step);
    sep_node *here = sep_slice_channels(g, lines, 0, line - step);

    shape.dim[axis]--;
    return sep_reshape(g, sep_subtract(g, next, here), shape);
}

static sep_node *mean_square(sep_graph *g, sep_node *x)
{
    return sep_mean_all(g, sep_square(g, x));
}

sep_node *sep_field_roughness(sep_graph *g, sep_node *field)
{
    sep_node *by_row = mean_square(g, difference(g, field, 1));
    sep_node *by_column = mean_square(g, difference(g, field, 2));

    return sep_scale(g, sep_add(g, by_row, by_column), 0.5f);
}

sep_node *sep_field_bending(sep_graph *g, sep_node *field)
{
    sep_node *by_row = difference(g, field, 1), *by_column = difference(g, field, 2);
    sep_node *rows = mean_square(g, difference(g, by_row, 1));
    sep_node *columns = mean_square(g, difference(g, by_column, 2));
    sep_node *mixed = sep_scale(g, mean_square(g, difference(g, by_row, 2)), 2.0f);

    return sep_add(g, sep_add(g, rows, columns), mixed);
}

/* ---- overlap ----------------------------------------------------------------------------------------------------- */

sep_node *sep_mismatch(sep_graph *g, sep_node *p, sep_node *q)
{
    sep_node *both = sep_scale(g, sep_sum_rows(g, sep_mul(g, p, q)), 2.0f);
    sep_node *of_p = sep_sum_rows(g, sep_square(g, p)), *of_q = sep_sum_rows(g, sep_square(g, q));
    sep_node *volumes = sep_loss_plus(g, sep_add(g, of_p, of_q), EPSILON);
    sep_node *dice = sep_divide(g, sep_loss_plus(g, both, EPSILON), volumes);

    return sep_loss_complement(g, sep_mean_all(g, dice));
}
