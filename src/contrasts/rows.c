/* Rows of maps, as contrasts take them: drawn, projected, compared. */
#include "contrasts/rows.h"

#include "losses/parts.h"

#include <stdio.h>

const void *sep_contrast_options(const sep_step *step)
{
    return &step->contrast->options;
}

const sep_contrast_common *sep_contrast_common_of(const sep_step *step)
{
    return &step->contrast->options.common;
}

/* ---- projection -------------------------------------------------------------------------------------------------- */

sep_node *sep_unit_rows(sep_graph *g, sep_node *x)
{
    sep_node *length = sep_sqrt(g, sep_sum_channels(g, sep_square(g, x)));

    return sep_divide(g, x, sep_loss_at_least(g, length, 1e-12f));
}

/* Maps of tokens between the Transformers' stages are not normalised where they leave them. */
static bool is_loose(const sep_step *step, const sep_contrasted *at, int view)
{
    return step->spec[at->view[view].student].net->loose_maps && at->scale != SEP_SCALE_FULL;
}

static sep_node *project(sep_step *step, const sep_contrasted *at, int view, sep_node *rows)
{
    const sep_contrast_common *o = sep_contrast_common_of(step);
    sep_graph *g = step->graph;

    if (rows == NULL)
        return NULL;
    sep_head_push(step, SEP_PROJECTOR "_%s", sep_scale_names[at->scale]);
    sep_scope_push(g, "from_%d", at->view[view].student);
    if (is_loose(step, at, view))
        rows = sep_layer_norm(g, "norm", rows, 1, 1e-5f);
    rows = sep_linear(g, "first", rows, o->hidden, true, 0.0f);
    sep_scope_pop(g);
    if (!step->contrast->contrast->linear)
        rows = sep_relu(g, rows);
    rows = sep_linear(g, "second", rows, o->features, true, 0.0f);
    sep_head_pop(step);
    return sep_unit_rows(g, rows);
}

sep_node *sep_project_rows(sep_step *step, const sep_contrasted *at, int view, sep_node *rows, bool detached)
{
    if (!detached)
        return project(step, at, view, rows);
    sep_frozen_push(step->graph);
    sep_node *features = project(step, at, view, rows);
    sep_frozen_pop(step->graph);
    return sep_detach(step->graph, features);
}

/* Where more rows are taken than the map has, and no gradient wants them apart, every pixel is projected once. */
static bool is_projected_whole(const sep_node *map, const sep_node *index, bool detached)
{
    if (map == NULL || index == NULL)
        return false;
    const sep_shape *shape = sep_node_shape(map);
    return detached && sep_shape_count(sep_node_shape(index)) > sep_shape_count(shape) / sep_shape_last(shape);
}

static sep_node *take_features(sep_step *step, const sep_contrasted *at, int view, sep_node *index, bool detached)
{
    sep_node *map = at->view[view].map;

    if (is_projected_whole(map, index, detached))
        return sep_gather(step->graph, sep_project_rows(step, at, view, map, detached), index);
    return sep_project_rows(step, at, view, sep_gather(step->graph, map, index), detached);
}

sep_sampled sep_take_rows(sep_step *step, const sep_contrasted *at, int view, sep_node *index, bool detached)
{
    sep_node *feature = take_features(step, at, view, index, detached);

    return (sep_sampled){feature, sep_gather_labels(step->graph, at->view[view].label, index)};
}

/* ---- masks ------------------------------------------------------------------------------------------------------- */

sep_node *sep_greater(sep_graph *g, sep_node *a, sep_node *b)
{
    sep_node *less = sep_scale(g, a, -1.0f), *limit = sep_scale(g, b, -1.0f);

    return sep_less(g, less, limit);
}

sep_node *sep_greater_than(sep_graph *g, sep_node *a, float threshold)
{
    return sep_greater(g, a, sep_constant(g, SEP_SHAPE(1), threshold));
}

sep_node *sep_confident(sep_step *step, const sep_contrasted *at, int view, float confidence)
{
    if (!(confidence < 1.0f))
        return sep_graph_fail(step->graph, SEP_ERR_ARGUMENT,
                              "%s.confidence = %g: no probability exceeds it, so that there would be no anchor",
                              step->contrast->contrast->name, (double)confidence);
    return sep_greater_than(step->graph, at->view[view].probability, confidence);
}

/* ---- draws and shapes -------------------------------------------------------------------------------------------- */

sep_node *sep_contrast_draws(sep_step *step, const sep_contrasted *at, int view, const char *what, sep_shape shape)
{
    char name[64];

    snprintf(name, sizeof name, "contrast.%s.%d.%d", what, (int)at->scale, view);
    return sep_host_uniform(step, name, shape);
}

static sep_node *with_rows_as_channels(sep_graph *g, sep_node *x)
{
    const sep_shape *shape = sep_node_shape(x);

    return sep_reshape(g, x, SEP_SHAPE(shape->dim[0], (int)(sep_shape_count(shape) / shape->dim[0])));
}

/* Along the second axis. */
static sep_node *join(sep_graph *g, sep_node *a, sep_node *b)
{
    if (a == NULL || b == NULL)
        return NULL;
    sep_shape shape = *sep_node_shape(a);
    shape.dim[1] += sep_node_shape(b)->dim[1];
    sep_node *left = with_rows_as_channels(g, a), *right = with_rows_as_channels(g, b);
    return sep_reshape(g, sep_concat(g, left, right), shape);
}

sep_sampled sep_join_rows(sep_graph *g, const sep_sampled *a, const sep_sampled *b)
{
    sep_node *feature = join(g, a->feature, b->feature);

    return (sep_sampled){feature, join(g, a->label, b->label)};
}

sep_sampled sep_as_one_group(sep_graph *g, const sep_sampled *rows)
{
    if (rows->feature == NULL || rows->label == NULL)
        return (sep_sampled){0};
    int count = (int)sep_shape_count(sep_node_shape(rows->label));
    int features = sep_shape_last(sep_node_shape(rows->feature));
    sep_node *feature = sep_reshape(g, rows->feature, SEP_SHAPE(1, count, features));

    return (sep_sampled){feature, sep_reshape(g, rows->label, SEP_SHAPE(1, count))};
}

/* ---- samples ----------------------------------------------------------------------------------------------------- */

static sep_sampled sample_view(sep_step *step, const sep_contrasted *at, int view, sep_node *mask, const char *what,
                               int count, bool detached)
{
    sep_node *numbers = sep_contrast_draws(step, at, view, what, SEP_SHAPE(at->classes, count));

    return sep_take_rows(step, at, view, sep_draw(step->graph, mask, numbers), detached);
}

sep_sampled sep_sample_rows(sep_step *step, const sep_contrasted *at, sep_node *const *mask, const char *what,
                            int count, bool detached)
{
    int share = count / at->views > 1 ? count / at->views : 1;
    sep_sampled all = sample_view(step, at, 0, mask[0], what, share, detached);

    for (int view = 1; view < at->views; view++) {
        sep_sampled more = sample_view(step, at, view, mask[view], what, share, detached);
        all = sep_join_rows(step->graph, &all, &more);
    }
    return all;
}

sep_node *sep_class_centres(sep_graph *g, const sep_sampled *rows, int classes)
{
    sep_sampled all = sep_as_one_group(g, rows);

    if (all.feature == NULL)
        return NULL;
    int features = sep_shape_last(sep_node_shape(all.feature));
    sep_node *sums = sep_scatter_groups(g, sep_detach(g, all.feature), all.label, classes);

    return sep_detach(g, sep_reshape(g, sep_unit_rows(g, sums), SEP_SHAPE(classes, features)));
}

sep_node *sep_positive_contrast(sep_step *step, const sep_contrasted *at, const sep_sampled *rows, sep_node *positive,
                                sep_node *rest)
{
    sep_graph *g = step->graph;
    sep_node *alike = sep_sum_channels(g, sep_mul(g, rows->feature, positive));
    sep_node *own = sep_scale(g, alike, 1.0f / sep_contrast_common_of(step)->temperature);
    sep_node *loss = sep_subtract(g, sep_ln(g, sep_add(g, sep_exp(g, own), rest)), own);
    sep_node *drawn = sep_sum_channels(g, sep_one_hot(g, rows->label, at->classes));
    sep_node *counts = sep_mul(g, drawn, sep_greater_than(g, rest, 0.0f));
    sep_node *most = sep_loss_at_least(g, sep_sum_all(g, counts), 1.0f);

    return sep_divide(g, sep_sum_all(g, sep_mul(g, loss, counts)), most);
}

sep_node *sep_centre_contrast(sep_step *step, const sep_contrasted *at, const sep_sampled *rows, sep_node *centres,
                              sep_node *rest)
{
    return sep_positive_contrast(step, at, rows, sep_gather(step->graph, centres, rows->label), rest);
}
