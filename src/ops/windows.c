/* Windows of maps: chosen by a score, cut out, and added back where they came from. */
#include "septum/ops.h"

#include "ops/rules.h"

/* ---- choosing ---------------------------------------------------------------------------------------------------- */

static bool choice_fits(const sep_node *score, const sep_window_choice *c)
{
    const int *map = score->shape.dim;

    return score->dtype == SEP_F32 && score->shape.rank == 4 && map[3] == 1 && c->window >= 1 && c->window <= map[1] &&
           c->window <= map[2] && c->stride >= 1 && c->most >= 1 && c->overlap >= 0.0f && c->overlap < 1.0f &&
           (int64_t)map[1] * c->stride * map[2] <= INT32_MAX / c->stride;
}

/* Pixels that two windows may share: i / (2 w^2 - i) is at most `overlap`. */
static int shared_pixels(const sep_window_choice *c)
{
    const double pixels = (double)c->window * c->window, part = (double)c->overlap;

    return (int)(2.0 * pixels * part / (1.0 + part));
}

sep_node *sep_choose_windows(sep_graph *g, sep_node *score, const sep_window_choice *choice)
{
    char text[SEP_SHAPE_TEXT];

    if (score == NULL)
        return NULL;
    if (!choice_fits(score, choice))
        return sep_graph_fail(g, SEP_ERR_SHAPE, "%d windows of %dx%d can't be chosen by a score %s", choice->most,
                              choice->window, choice->window, sep_shape_text(&score->shape, text));
    sep_attributes a = {
        .window = choice->window, .stride = choice->stride, .capacity = choice->most, .overlap = shared_pixels(choice)};
    sep_shape shape = SEP_SHAPE(score->shape.dim[0], choice->most);
    sep_node *at = SEP_APPLY(g, SEP_OP_CHOOSE_WINDOWS, &a, shape, score);
    if (at != NULL)
        at->dtype = SEP_I32;
    return at;
}

/* ---- there and back ---------------------------------------------------------------------------------------------- */

static bool is_choice_of(const sep_node *at, int samples)
{
    return at->dtype == SEP_I32 && at->shape.rank == 2 && at->shape.dim[0] == samples;
}

sep_node *sep_gather_windows(sep_graph *g, sep_node *x, sep_node *at, int window)
{
    sep_attributes a = {.window = window};
    char map[SEP_SHAPE_TEXT], chosen[SEP_SHAPE_TEXT];

    if (x == NULL || at == NULL)
        return NULL;
    const int *dim = x->shape.dim;
    if (x->dtype != SEP_F32 || x->shape.rank != 4 || !is_choice_of(at, dim[0]) || window < 1 ||
        at->shape.dim[1] > INT32_MAX / dim[0])
        return sep_graph_fail(g, SEP_ERR_SHAPE, "no windows of %dx%d can be cut from %s at %s", window, window,
                              sep_shape_text(&x->shape, map), sep_shape_text(&at->shape, chosen));
    sep_shape shape = SEP_SHAPE(dim[0] * at->shape.dim[1], window, window, dim[3]);
    return SEP_APPLY(g, SEP_OP_GATHER_WINDOWS, &a, shape, x, at);
}

void sep_gradient_gather_windows(sep_graph *g, sep_node *node, sep_node *dy)
{
    sep_node *x = node->input[0];

    sep_accumulate(g, x, SEP_APPLY(g, SEP_OP_SCATTER_WINDOWS, &node->attributes, x->shape, dy, node->input[1]));
}

sep_node *sep_scatter_windows(sep_graph *g, sep_node *windows, sep_node *at, int height, int width)
{
    char given[SEP_SHAPE_TEXT], chosen[SEP_SHAPE_TEXT];

    if (windows == NULL || at == NULL)
        return NULL;
    const int *dim = windows->shape.dim;
    if (windows->dtype != SEP_F32 || windows->shape.rank != 4 || dim[1] != dim[2] || height < 1 || width < 1 ||
        !is_choice_of(at, at->shape.dim[0]) || sep_shape_count(&at->shape) != dim[0])
        return sep_graph_fail(g, SEP_ERR_SHAPE, "windows %s at %s can't be added to maps of %dx%d",
                              sep_shape_text(&windows->shape, given), sep_shape_text(&at->shape, chosen), height,
                              width);
    sep_attributes a = {.window = dim[1]};
    return SEP_APPLY(g, SEP_OP_SCATTER_WINDOWS, &a, SEP_SHAPE(at->shape.dim[0], height, width, dim[3]), windows, at);
}

void sep_gradient_scatter_windows(sep_graph *g, sep_node *node, sep_node *dy)
{
    sep_node *windows = node->input[0];

    sep_accumulate(g, windows,
                   SEP_APPLY(g, SEP_OP_GATHER_WINDOWS, &node->attributes, windows->shape, dy, node->input[1]));
}
