/* Batch norm, group norm and layer norm. */
#include "septum/ops.h"

#include "ops/rules.h"

static const sep_init zero = {SEP_INIT_CONSTANT, 0.0f}, one = {SEP_INIT_CONSTANT, 1.0f};

/* ---- batch norm -------------------------------------------------------------------------------------------------- */

/* [2, C]: of this batch while training (the running ones then move towards them), the running ones otherwise. */
static sep_node *batch_statistics(sep_graph *g, sep_node *x, sep_node *running)
{
    int channels = sep_shape_last(&x->shape);

    if (!sep_builds_training(g))
        return running;
    sep_attributes a = {.momentum = 0.1f, .count = (int)sep_shape_rows(&x->shape)};
    sep_node *stats = SEP_APPLY(g, SEP_OP_BATCH_STATS, NULL, SEP_SHAPE(2, channels), x);
    SEP_APPLY(g, SEP_OP_BATCH_RUNNING, &a, SEP_SHAPE(2, channels), running, stats);
    return stats;
}

sep_node *sep_batch_norm(sep_graph *g, const char *name, sep_node *x)
{
    if (x == NULL)
        return NULL;
    int channels = sep_shape_last(&x->shape);
    sep_attributes a = {.epsilon = 1e-5f};

    sep_scope_push(g, "%s", name);
    sep_node *gamma = sep_parameter(g, "gamma", SEP_SHAPE(channels), one);
    sep_node *beta = sep_parameter(g, "beta", SEP_SHAPE(channels), zero);
    sep_node *running =
        sep_state(g, "running", SEP_SHAPE(2, channels), SEP_ROLE_STATE, (sep_init){SEP_INIT_RUNNING_STATISTICS, 0.0f});
    sep_node *stats = batch_statistics(g, x, running);
    sep_node *y = SEP_APPLY(g, SEP_OP_BATCH_APPLY, &a, x->shape, x, stats, gamma, beta);
    sep_scope_pop(g);
    return y;
}

/* Inputs as listed, then, if the norm has a dropout, what that keeps. */
static sep_node *apply_gradient(sep_graph *g, const sep_node *norm, sep_op op, sep_shape shape, sep_node *dy,
                                sep_node *reduced)
{
    sep_node *input[SEP_MAX_INPUTS] = {norm->input[0], norm->input[1], norm->input[2], norm->input[3], dy, reduced};
    int inputs = op == SEP_OP_BATCH_REDUCE ? 5 : 6;
    sep_attributes a = norm->attributes;

    a.frozen = norm->input[1]->kind == SEP_NODE_TENSOR;
    if (norm->inputs > 4)
        input[inputs++] = norm->input[4];
    return sep_apply(g, op, &a, shape, inputs, input);
}

void sep_gradient_batch_apply(sep_graph *g, sep_node *node, sep_node *dy)
{
    sep_node *x = node->input[0], *gamma = node->input[2], *beta = node->input[3];
    int channels = sep_shape_last(&x->shape);

    sep_node *reduced = apply_gradient(g, node, SEP_OP_BATCH_REDUCE, SEP_SHAPE(2, channels), dy, NULL);
    sep_accumulate(g, beta, sep_view(g, reduced, 0, SEP_SHAPE(channels)));
    sep_accumulate(g, gamma, sep_view(g, reduced, (size_t)channels, SEP_SHAPE(channels)));
    if (sep_needs_gradient(x))
        sep_accumulate(g, x, apply_gradient(g, node, SEP_OP_BATCH_DX, x->shape, dy, reduced));
}

/* ---- group norm -------------------------------------------------------------------------------------------------- */

sep_node *sep_group_norm(sep_graph *g, const char *name, sep_node *x, int groups, float epsilon)
{
    if (x == NULL)
        return NULL;
    int channels = sep_shape_last(&x->shape);
    sep_attributes a = {.epsilon = epsilon, .groups = groups};

    if (groups < 1 || channels % groups != 0)
        return sep_graph_fail(g, SEP_ERR_SHAPE, "%s: %d channels can't be normalised in %d groups", name, channels,
                              groups);
    sep_scope_push(g, "%s", name);
    sep_node *gamma = sep_parameter(g, "gamma", SEP_SHAPE(channels), one);
    sep_node *beta = sep_parameter(g, "beta", SEP_SHAPE(channels), zero);
    sep_node *stats = SEP_APPLY(g, SEP_OP_GROUP_STATS, &a, SEP_SHAPE(x->shape.dim[0], 2, channels), x);
    sep_node *y = SEP_APPLY(g, SEP_OP_GROUP_APPLY, &a, x->shape, x, stats, gamma, beta);
    sep_scope_pop(g);
    return y;
}

/* The parameters' gradients are the samples' sums, added up. */
void sep_gradient_group_apply(sep_graph *g, sep_node *node, sep_node *dy)
{
    sep_node *x = node->input[0], *stats = node->input[1], *gamma = node->input[2], *beta = node->input[3];
    int samples = x->shape.dim[0], channels = sep_shape_last(&x->shape);
    const sep_attributes *a = &node->attributes;

    sep_node *reduced = SEP_APPLY(g, SEP_OP_GROUP_REDUCE, a, stats->shape, x, stats, gamma, beta, dy);
    sep_node *sums = sep_sum_rows(g, sep_reshape(g, reduced, SEP_SHAPE(samples, 2 * channels)));
    sep_accumulate(g, beta, sep_view(g, sums, 0, SEP_SHAPE(channels)));
    sep_accumulate(g, gamma, sep_view(g, sums, (size_t)channels, SEP_SHAPE(channels)));
    if (sep_needs_gradient(x))
        sep_accumulate(g, x, SEP_APPLY(g, SEP_OP_GROUP_DX, a, x->shape, x, stats, gamma, beta, dy, reduced));
}

/* ---- layer norm -------------------------------------------------------------------------------------------------- */

sep_node *sep_layer_norm(sep_graph *g, const char *name, sep_node *x, int groups, float epsilon)
{
    if (x == NULL)
        return NULL;
    int channels = sep_shape_last(&x->shape);
    sep_attributes a = {.epsilon = epsilon};

    sep_scope_push(g, "%s", name);
    sep_node *gamma = sep_parameter(g, "gamma", SEP_SHAPE(groups, channels), one);
    sep_node *beta = sep_parameter(g, "beta", SEP_SHAPE(groups, channels), zero);
    sep_node *y = SEP_APPLY(g, SEP_OP_LAYER_NORM, &a, x->shape, x, gamma, beta);
    sep_scope_pop(g);
    return y;
}

void sep_gradient_layer_norm(sep_graph *g, sep_node *node, sep_node *dy)
{
    sep_node *x = node->input[0], *gamma = node->input[1], *beta = node->input[2];
    int groups = gamma->shape.dim[0], channels = gamma->shape.dim[1];

    sep_node *both =
        SEP_APPLY(g, SEP_OP_LAYER_NORM_DPARAM, &node->attributes, SEP_SHAPE(2, groups, channels), x, gamma, dy);
    sep_accumulate(g, gamma, sep_view(g, both, 0, gamma->shape));
    sep_accumulate(g, beta, sep_view(g, both, (size_t)groups * (size_t)channels, beta->shape));
    if (sep_needs_gradient(x))
        sep_accumulate(g, x, SEP_APPLY(g, SEP_OP_LAYER_NORM_DX, &node->attributes, x->shape, x, gamma, dy));
}
