/* Asking a graph: what nodes are, what is kept of them, which operations there are. */
#include "graph/internal.h"

const sep_shape *sep_node_shape(const sep_node *node)
{
    return &node->shape;
}

sep_node *sep_gradient(const sep_node *node)
{
    return node == NULL ? NULL : node->gradient;
}

const sep_tensor *sep_node_tensor(const sep_node *node)
{
    return node->tensor;
}

void sep_keep(sep_graph *graph, sep_node *node)
{
    (void)graph;
    if (node != NULL)
        node->kept = true;
}

void sep_guard(sep_graph *graph, sep_node *scalar)
{
    if (scalar == NULL)
        return;
    if (graph->guards == (int)(sizeof graph->guard / sizeof graph->guard[0])) {
        sep_graph_fail(graph, SEP_ERR_ARGUMENT, "more than %d guarded scalars", graph->guards);
        return;
    }
    scalar->kept = true;
    graph->guard[graph->guards++] = scalar;
}

/* ---- parameters and operations ----------------------------------------------------------------------------------- */

static bool is_parameter(const sep_node *node)
{
    return node->kind == SEP_NODE_TENSOR && node->tensor->role == SEP_ROLE_PARAMETER;
}

int sep_graph_parameter_count(const sep_graph *graph)
{
    int count = 0;

    for (int i = 0; i < graph->nodes; i++)
        count += is_parameter(graph->node[i]);
    return count;
}

sep_node *sep_graph_parameter(const sep_graph *graph, int index)
{
    for (int i = 0; i < graph->nodes; i++)
        if (is_parameter(graph->node[i]) && index-- == 0)
            return graph->node[i];
    return NULL;
}

/* The operation nodes, in planned order once there is a plan. */
static const sep_node *operation(const sep_graph *graph, int index)
{
    if (graph->planned)
        return graph->order[index];
    for (int i = 0; i < graph->nodes; i++)
        if (graph->node[i]->kind == SEP_NODE_OPERATION && index-- == 0)
            return graph->node[i];
    return NULL;
}

int sep_graph_node_count(const sep_graph *graph)
{
    int count = 0;

    if (graph->planned)
        return graph->calls;
    for (int i = 0; i < graph->nodes; i++)
        count += graph->node[i]->kind == SEP_NODE_OPERATION;
    return count;
}

void sep_graph_node_info(const sep_graph *graph, int index, sep_node_info *info)
{
    const sep_node *node = operation(graph, index);

    *info = (sep_node_info){
        .scope = node->scope, .op = sep_op_name(node->op), .shape = node->shape, .constant = node->constant};
    if (sep_rules[node->op].multiply_adds != NULL)
        info->multiply_adds = sep_rules[node->op].multiply_adds(node);
    for (int i = 0; i < node->inputs; i++)
        if (is_parameter(node->input[i]))
            info->parameters += sep_shape_count(&node->input[i]->shape);
}

const sep_call *sep_graph_call(const sep_graph *graph, int index)
{
    return &graph->call[index];
}

void sep_graph_observe(sep_graph *graph, sep_observer *observer, void *context)
{
    graph->observer = observer;
    graph->observer_context = context;
}

int64_t sep_graph_multiply_adds(const sep_graph *graph)
{
    int64_t total = 0;

    for (int i = 0; i < graph->nodes; i++) {
        const sep_node *node = graph->node[i];
        if (node->kind == SEP_NODE_OPERATION && sep_rules[node->op].multiply_adds != NULL)
            total += sep_rules[node->op].multiply_adds(node);
    }
    return total;
}
