/* What contrastive methods take of maps: rows that are drawn and summed by class, ranks of their channels, maps and
 * labels of another size, components of labels. */
#include "septum/ops.h"

#include "ops/rules.h"

static bool are_rows(sep_graph *g, const sep_node *x)
{
    if (x->dtype != SEP_I32)
        return true;
    sep_graph_fail(g, SEP_ERR_ARGUMENT, "whole numbers are no rows: sep_gather_labels takes them one by one");
    return false;
}

static bool are_indices(sep_graph *g, const sep_node *index)
{
    if (index->dtype == SEP_I32 && index->shape.rank < SEP_MAX_RANK)
        return true;
    sep_graph_fail(g, SEP_ERR_SHAPE, "rows are chosen by whole numbers, of at most %d axes", SEP_MAX_RANK - 1);
    return false;
}

/* x [G, rows, C] with index [G, R]. */
static bool groups_fit(sep_graph *g, const sep_node *x, const sep_node *index)
{
    char rows[SEP_SHAPE_TEXT], chosen[SEP_SHAPE_TEXT];

    if (x->shape.rank == 3 && index->shape.rank == 2 && x->shape.dim[0] == index->shape.dim[0])
        return true;
    sep_graph_fail(g, SEP_ERR_SHAPE, "%s are no indices within the groups of %s", sep_shape_text(&index->shape, chosen),
                   sep_shape_text(&x->shape, rows));
    return false;
}

/* ---- taking rows ------------------------------------------------------------------------------------------------- */

static sep_node *gather(sep_graph *g, sep_node *x, sep_node *index, int groups)
{
    sep_attributes a = {.groups = groups};
    sep_shape shape = index->shape;

    if (!are_rows(g, x) || !are_indices(g, index))
        return NULL;
    shape.dim[shape.rank++] = sep_shape_last(&x->shape);
    return SEP_APPLY(g, SEP_OP_GATHER, &a, shape, x, index);
}

sep_node *sep_gather(sep_graph *g, sep_node *x, sep_node *index)
{
    return x == NULL || index == NULL ? NULL : gather(g, x, index, 1);
}

sep_node *sep_gather_groups(sep_graph *g, sep_node *x, sep_node *index)
{
    return x == NULL || index == NULL || !groups_fit(g, x, index) ? NULL : gather(g, x, index, x->shape.dim[0]);
}

sep_node *sep_gather_labels(sep_graph *g, sep_node *labels, sep_node *index)
{
    sep_attributes a = {.groups = 1};

    if (labels == NULL || index == NULL || !are_indices(g, index))
        return NULL;
    if (labels->dtype != SEP_I32)
        return sep_graph_fail(g, SEP_ERR_ARGUMENT, "labels are whole numbers");
    sep_node *taken = SEP_APPLY(g, SEP_OP_GATHER, &a, index->shape, labels, index);
    if (taken != NULL)
        taken->dtype = SEP_I32;
    return taken;
}

void sep_gradient_gather(sep_graph *g, sep_node *node, sep_node *dy)
{
    sep_node *x = node->input[0];

    sep_accumulate(g, x, SEP_APPLY(g, SEP_OP_SCATTER, &node->attributes, x->shape, dy, node->input[1]));
}

/* ---- summing rows ------------------------------------------------------------------------------------------------ */

sep_node *sep_scatter_groups(sep_graph *g, sep_node *x, sep_node *index, int rows)
{
    if (x == NULL || index == NULL || !are_rows(g, x) || !are_indices(g, index) || !groups_fit(g, x, index))
        return NULL;
    if (x->shape.dim[1] != index->shape.dim[1] || rows < 1)
        return sep_graph_fail(g, SEP_ERR_SHAPE, "%d rows with %d indices can't be summed to %d", x->shape.dim[1],
                              index->shape.dim[1], rows);
    sep_attributes a = {.groups = x->shape.dim[0]};
    return SEP_APPLY(g, SEP_OP_SCATTER, &a, SEP_SHAPE(x->shape.dim[0], rows, x->shape.dim[2]), x, index);
}

void sep_gradient_scatter(sep_graph *g, sep_node *node, sep_node *dy)
{
    sep_node *x = node->input[0];

    sep_accumulate(g, x, SEP_APPLY(g, SEP_OP_GATHER, &node->attributes, x->shape, dy, node->input[1]));
}

/* ---- without a gradient ------------------------------------------------------------------------------------------ */

sep_node *sep_rank_channels(sep_graph *g, sep_node *x)
{
    return x == NULL || !are_rows(g, x) ? NULL : SEP_APPLY(g, SEP_OP_CHANNEL_RANK, NULL, x->shape, x);
}

sep_node *sep_resize_nearest(sep_graph *g, sep_node *x, int height, int width)
{
    char text[SEP_SHAPE_TEXT];

    if (x == NULL)
        return NULL;
    if (x->shape.rank != (x->dtype == SEP_I32 ? 3 : 4) || height < 1 || width < 1)
        return sep_graph_fail(g, SEP_ERR_SHAPE, "%s is no map or map of labels, of which %dx%d could be made",
                              sep_shape_text(&x->shape, text), height, width);
    sep_shape shape = x->shape;
    shape.dim[1] = height;
    shape.dim[2] = width;
    sep_node *resized = SEP_APPLY(g, SEP_OP_RESIZE_NEAREST, NULL, shape, x);
    if (resized != NULL)
        resized->dtype = x->dtype;
    return resized;
}

sep_node *sep_largest_component(sep_graph *g, sep_node *labels, int classes)
{
    sep_attributes a = {.classes = classes};
    char text[SEP_SHAPE_TEXT];

    if (labels == NULL)
        return NULL;
    const int *dim = labels->shape.dim;
    if (labels->dtype != SEP_I32 || labels->shape.rank != 3 || dim[1] > INT32_MAX / dim[2] || classes < 1)
        return sep_graph_fail(g, SEP_ERR_SHAPE,
                              "%s is no map of labels of which components of %d classes could be kept",
                              sep_shape_text(&labels->shape, text), classes);
    sep_node *kept = SEP_APPLY(g, SEP_OP_LARGEST_COMPONENT, &a, labels->shape, labels);
    if (kept != NULL)
        kept->dtype = SEP_I32;
    return kept;
}
