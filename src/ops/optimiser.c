/* Appends the update of the parameters to a differentiated graph, and says what changes from step to step. */
#include "septum/ops.h"

#include "ops/rules.h"

#include <stdio.h>
#include <string.h>

sep_optimiser sep_optimiser_default(sep_optimiser_kind kind)
{
    return (sep_optimiser){.kind = kind, .momentum = 0.9f, .beta1 = 0.9f, .beta2 = 0.999f, .epsilon = 1e-8f};
}

/* base^exponent for whole exponents by squaring: the same bits everywhere, which libm's pow does not promise. */
static double whole_power(double base, int64_t exponent)
{
    double result = 1.0;

    for (; exponent > 0; exponent >>= 1, base *= base)
        if (exponent & 1)
            result *= base;
    return result;
}

void sep_optimiser_hyper(const sep_optimiser *optimiser, double learning_rate, int64_t iteration, float hyper[4])
{
    memset(hyper, 0, 4 * sizeof *hyper);
    hyper[0] = (float)learning_rate;
    if (optimiser->kind == SEP_SGD) {
        hyper[1] = iteration == 0 ? 1.0f : 0.0f;
    } else {
        hyper[1] = (float)(1.0 - whole_power((double)optimiser->beta1, iteration + 1));
        hyper[2] = (float)(1.0 - whole_power((double)optimiser->beta2, iteration + 1));
    }
}

static bool belongs(const sep_node *parameter, const char *prefix)
{
    return strncmp(parameter->tensor->name, prefix, strlen(prefix)) == 0;
}

static bool belongs_to_one(const sep_node *parameter, const char *const *prefixes)
{
    for (int i = 0; prefixes[i] != NULL; i++)
        if (belongs(parameter, prefixes[i]))
            return true;
    return false;
}

/* The factor that brings the global norm of the gradients down to the limit. */
static sep_node *clip_factor(sep_graph *g, const char *const *prefixes, float limit)
{
    sep_node *total = NULL;
    sep_attributes a = {.factor = limit};

    for (int i = 0, count = sep_graph_parameter_count(g); i < count; i++) {
        sep_node *parameter = sep_graph_parameter(g, i);
        if (parameter->gradient == NULL || !belongs_to_one(parameter, prefixes))
            continue;
        sep_node *square = SEP_APPLY(g, SEP_OP_SQUARED_NORM, NULL, SEP_SHAPE(1), parameter->gradient);
        total = total == NULL ? square : SEP_APPLY(g, SEP_OP_ADD, NULL, SEP_SHAPE(1), total, square);
    }
    return total == NULL ? NULL : SEP_APPLY(g, SEP_OP_CLIP_FACTOR, &a, SEP_SHAPE(1), total);
}

static sep_node *update(sep_graph *g, sep_node *parameter, const sep_optimiser *o, sep_node *hyper, sep_node *clip)
{
    sep_attributes a = {.momentum = o->momentum,
                        .beta1 = o->beta1,
                        .beta2 = o->beta2,
                        .epsilon = o->epsilon,
                        .decay = o->decay,
                        .decoupled = o->kind == SEP_ADAMW};
    bool sgd = o->kind == SEP_SGD;
    int elements = (int)sep_shape_count(&parameter->shape);
    char name[256];

    snprintf(name, sizeof name, "%s%s", parameter->tensor->name, sgd ? ".momentum" : ".moments");
    sep_node *moments = sep_tensor_node(
        g, &(sep_tensor){.name = name, .shape = SEP_SHAPE(sgd ? 1 : 2, elements), .role = SEP_ROLE_OPTIMISER});
    sep_node *input[5] = {parameter, parameter->gradient, moments, hyper, clip};
    sep_node *node = sep_apply(g, sgd ? SEP_OP_SGD : SEP_OP_ADAM, &a, parameter->shape, clip != NULL ? 5 : 4, input);
    if (node != NULL)
        parameter->updated = true;
    return node;
}

bool sep_has_gradients(const sep_graph *g, const char *const *prefixes)
{
    for (int i = 0, count = sep_graph_parameter_count(g); i < count; i++) {
        const sep_node *parameter = sep_graph_parameter(g, i);
        if (parameter->gradient != NULL && belongs_to_one(parameter, prefixes))
            return true;
    }
    return false;
}

sep_status sep_check_all_updated(sep_graph *g)
{
    for (int i = 0, count = sep_graph_parameter_count(g); i < count; i++) {
        const sep_node *parameter = sep_graph_parameter(g, i);
        if (parameter->gradient != NULL && !parameter->updated)
            return sep_fail(SEP_ERR_ARGUMENT, "parameter '%s' has a gradient, but no optimiser moves it",
                            parameter->tensor->name);
    }
    return SEP_OK;
}

sep_status sep_optimise_all(sep_graph *g, const char *const *prefixes, const sep_optimiser *optimiser, sep_node *hyper)
{
    int updated = 0;

    if (!g->differentiated)
        return sep_fail(SEP_ERR_ARGUMENT, "the optimiser needs gradients: differentiate the graph first");
    sep_node *clip = optimiser->clip > 0.0f ? clip_factor(g, prefixes, optimiser->clip) : NULL;
    for (int i = 0, count = sep_graph_parameter_count(g); i < count; i++) {
        sep_node *parameter = sep_graph_parameter(g, i);
        if (parameter->gradient != NULL && belongs_to_one(parameter, prefixes))
            updated += update(g, parameter, optimiser, hyper, clip) != NULL;
    }
    SEP_TRY(sep_graph_status(g));
    if (updated == 0)
        return sep_fail(SEP_ERR_ARGUMENT, "no parameter named '%s...' has a gradient", prefixes[0]);
    return SEP_OK;
}

sep_status sep_optimise(sep_graph *g, const char *prefix, const sep_optimiser *optimiser, sep_node *hyper)
{
    const char *const prefixes[] = {prefix, NULL};

    return sep_optimise_all(g, prefixes, optimiser, hyper);
}

/* In place, after the updates of the step. */
static void average(sep_graph *g, sep_node *node, const char *prefix, const char *average_prefix, sep_node *hyper)
{
    const sep_tensor *tensor = node->tensor;
    char name[256];

    snprintf(name, sizeof name, "%s%s", average_prefix, tensor->name + strlen(prefix));
    sep_node *mean = sep_tensor_node(
        g, &(sep_tensor){.name = name, .shape = node->shape, .role = tensor->role, .init = tensor->init});
    if (mean != NULL)
        mean->tensor->starts_as = tensor->name;
    SEP_APPLY(g, SEP_OP_EMA, NULL, node->shape, mean, node, hyper);
}

sep_status sep_average_parameters(sep_graph *g, const char *prefix, const char *average_prefix, sep_node *hyper)
{
    for (int i = 0, count = sep_graph_parameter_count(g); i < count; i++) {
        sep_node *parameter = sep_graph_parameter(g, i);
        if (belongs(parameter, prefix))
            average(g, parameter, prefix, average_prefix, hyper);
    }
    return sep_graph_status(g);
}

sep_status sep_average_statistics(sep_graph *g, const char *prefix, const char *average_prefix, sep_node *hyper)
{
    for (int i = 0, count = g->nodes; i < count; i++) {
        sep_node *node = g->node[i];
        if (node->kind == SEP_NODE_TENSOR && node->tensor->role == SEP_ROLE_STATE && belongs(node, prefix))
            average(g, node, prefix, average_prefix, hyper);
    }
    return sep_graph_status(g);
}
