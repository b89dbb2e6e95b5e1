/* The contrast of patch groups: what scl, balanced, glcl and mcsc are made of. */
#include "contrasts/patches.h"

#include "contrasts/rows.h"
#include "losses/parts.h"

/* ---- cutting ----------------------------------------------------------------------------------------------------- */

static int least(int a, int b)
{
    return a < b ? a : b;
}

/* As large a part of the map as the thesis's patches are of its own, which come from images of 224. */
static int side_in_proportion(const sep_contrasted *at, int map)
{
    static const float share[SEP_SCALES] = {19.0f / 224.0f, 28.0f / 56.0f, 14.0f / 28.0f};
    int side = (int)((float)map * share[at->scale] + 0.5f);

    return side < 1 ? 1 : side;
}

static int patch_side(const sep_patch_options *o, const sep_contrasted *at)
{
    const int given[SEP_SCALES] = {o->full_patch, o->quarter_patch, o->eighth_patch};
    int map = least(at->height, at->width);

    return given[at->scale] > 0 ? least(given[at->scale], map) : side_in_proportion(at, map);
}

/* Patches a side. */
static int patches_across(const sep_patch_options *o, const sep_contrasted *at)
{
    int across = least(at->height, at->width) / patch_side(o, at);

    return o->cut == SEP_CUT_RELEASED && across > 1 ? across - 1 : across;
}

/* All pixels of a group are compared with all others: what a step costs goes by that. */
static int group_count(const sep_patch_options *o, const sep_contrasted *at, int patches)
{
    int side = patch_side(o, at);
    double rows = (double)at->views * at->samples * side * side;

    if (o->groups > 0)
        return least(o->groups, patches);
    double most = o->pairs > 0.0f ? (double)o->pairs * 1e6 / (rows * rows) : (double)patches;
    return most < 1.0 ? 1 : most < (double)patches ? (int)most : patches;
}

/* A number for each patch of each map, by which they are shuffled: the same for all maps where they stay in place. */
static sep_node *shuffling(sep_step *s, const sep_contrasted *at, int view, int patches)
{
    const sep_patch_options *o = sep_contrast_options(s);

    if (o->shuffled)
        return sep_contrast_draws(s, at, view, "shuffling", SEP_SHAPE(at->samples, patches));
    sep_node *first = sep_contrast_draws(s, at, 0, "shuffling", SEP_SHAPE(1, patches)), *all = first;
    for (int i = 1; i < at->samples; i++)
        all = sep_concat_batch(s->graph, all, first);
    return all;
}

/* The k-th patches of all maps of a view: features [G, R, D], labels [G, R]. */
static sep_sampled cut(sep_step *s, const sep_contrasted *at, int view)
{
    const sep_patch_options *o = sep_contrast_options(s);
    int across = patches_across(o, at), patches = across * across;
    sep_patches how = {
        .height = at->height, .width = at->width, .patch = patch_side(o, at), .groups = group_count(o, at, patches)};
    sep_node *numbers = shuffling(s, at, view, patches);
    sep_sampled rows = sep_take_rows(s, at, view, sep_patch_rows(s->graph, numbers, &how), false);

    if (o->order == SEP_ORDER_RELEASED) {
        how.by_row = true;
        rows.label = sep_gather_labels(s->graph, at->view[view].label, sep_patch_rows(s->graph, numbers, &how));
    }
    return rows;
}

static sep_sampled cut_all(sep_step *s, const sep_contrasted *at)
{
    sep_sampled all = cut(s, at, 0);

    for (int view = 1; view < at->views; view++) {
        sep_sampled more = cut(s, at, view);
        all = sep_join_rows(s->graph, &all, &more);
    }
    return all;
}

/* ---- the loss ---------------------------------------------------------------------------------------------------- */

/* Sums over each row's class in its group, the row itself included: [G, R, ...]. */
static sep_node *of_own_class(sep_graph *g, const sep_sampled *r, sep_node *x, int classes)
{
    return sep_gather_groups(g, sep_scatter_groups(g, x, r->label, classes), r->label);
}

static sep_node *others_of_own_class(sep_graph *g, const sep_sampled *r, int classes)
{
    const sep_shape *shape = sep_node_shape(r->label);
    sep_node *ones = sep_constant(g, SEP_SHAPE(shape->dim[0], shape->dim[1], 1), 1.0f);

    return sep_subtract(g, of_own_class(g, r, ones, classes), sep_constant(g, SEP_SHAPE(1), 1.0f));
}

/* Mean of s over the others of the row's class. */
static sep_node *alikeness(sep_step *s, const sep_sampled *r, sep_node *others, int classes)
{
    sep_graph *g = s->graph;
    sep_node *rest = sep_subtract(g, of_own_class(g, r, r->feature, classes), r->feature);
    sep_node *sum = sep_sum_channels(g, sep_mul(g, r->feature, rest));
    sep_node *count = sep_loss_at_least(g, others, 1.0f);

    return sep_scale(g, sep_divide(g, sum, count), 1.0f / sep_contrast_common_of(s)->temperature);
}

/* [G, R, 1]: 1 for the rows that count. */
static sep_node *anchors(sep_step *s, const sep_sampled *r, sep_node *others, int classes)
{
    const sep_patch_options *o = sep_contrast_options(s);
    sep_graph *g = s->graph;
    sep_node *truth = sep_one_hot(g, r->label, classes);
    sep_node *object = sep_sum_channels(g, sep_slice_channels(g, truth, 1, classes - 1));
    sep_node *counts = sep_greater_than(g, others, 0.5f);

    if (object == NULL)
        return NULL;
    int count = sep_node_shape(object)->dim[0], rows = sep_node_shape(object)->dim[1];
    sep_node *objects = sep_sum_channels(g, sep_reshape(g, object, SEP_SHAPE(count, rows)));
    sep_node *shown = sep_reshape(g, sep_greater_than(g, objects, 0.5f), SEP_SHAPE(count, 1, 1));
    counts = sep_mul(g, counts, shown);
    return o->background ? counts : sep_mul(g, counts, object);
}

/* Of each group the mean over the rows that count, then the mean over the groups that have some. */
static sep_node *mean_of_means(sep_graph *g, sep_node *loss, sep_node *counts)
{
    if (loss == NULL || counts == NULL)
        return NULL;
    sep_shape shape = SEP_SHAPE(sep_node_shape(loss)->dim[0], sep_node_shape(loss)->dim[1]);
    sep_node *sums = sep_sum_channels(g, sep_reshape(g, sep_mul(g, loss, counts), shape));
    sep_node *rows = sep_sum_channels(g, sep_reshape(g, counts, shape));
    sep_node *sum = sep_sum_all(g, sep_divide(g, sums, sep_loss_at_least(g, rows, 1.0f)));
    sep_node *used = sep_sum_all(g, sep_greater_than(g, rows, 0.5f));

    return sep_divide(g, sum, sep_loss_at_least(g, used, 1.0f));
}

sep_node *sep_patch_contrast(sep_step *s, const sep_contrasted *at)
{
    const sep_patch_options *o = sep_contrast_options(s);
    sep_graph *g = s->graph;
    sep_sampled r = cut_all(s, at);

    if (r.feature == NULL || r.label == NULL)
        return NULL;
    const sep_contrast_sums all = {.temperature = o->common.temperature,
                                   .balanced = o->balanced,
                                   .own_class = true,
                                   .skip_self = true,
                                   .classes = at->classes};
    sep_node *sum = sep_contrast_sum(g, r.feature, r.feature, r.label, r.label, &all);
    sep_node *logarithm = sep_ln(g, sep_add(g, sum, sep_constant(g, SEP_SHAPE(1), 1e-6f)));
    sep_node *others = others_of_own_class(g, &r, at->classes);
    sep_node *loss = sep_subtract(g, logarithm, alikeness(s, &r, others, at->classes));

    return mean_of_means(g, loss, anchors(s, &r, others, at->classes));
}
