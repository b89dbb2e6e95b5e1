/* Fusion of batch norm with the activation and the dropout that follow it: three passes over memory become one, and the
 * values between them are never stored. Runs on the forward nodes, before they are differentiated. */
#include "graph/internal.h"

static int *count_consumers(const sep_graph *graph)
{
    int *consumers = sep_calloc((size_t)graph->nodes + 1, sizeof *consumers);

    for (int i = 0; consumers != NULL && i < graph->nodes; i++)
        for (int k = 0; k < graph->node[i]->inputs; k++)
            consumers[graph->node[i]->input[k]->id]++;
    return consumers;
}

static bool can_take(const sep_node *norm, const sep_node *node, const int *consumers)
{
    if (norm->kind != SEP_NODE_OPERATION || norm->op != SEP_OP_BATCH_APPLY || norm->kept || consumers[norm->id] != 1)
        return false;
    if (node->op == SEP_OP_ACTIVATE)
        return node->attributes.activation != SEP_GELU && norm->attributes.activation == SEP_LINEAR_ACTIVATION &&
               norm->attributes.probability == 0.0f;
    return node->op == SEP_OP_DROPOUT && !node->attributes.per_sample && norm->attributes.probability == 0.0f;
}

/* Turns `node` into the batch norm `norm` with node's own work added; `norm` is then used by nobody. */
static void absorb(sep_node *node, const sep_node *norm)
{
    sep_attributes merged = norm->attributes;

    if (node->op == SEP_OP_ACTIVATE) {
        merged.activation = node->attributes.activation;
        merged.slope = node->attributes.slope;
    } else {
        merged.probability = node->attributes.probability;
    }
    node->op = SEP_OP_BATCH_APPLY;
    node->attributes = merged;
    node->inputs = norm->inputs;
    for (int i = 0; i < norm->inputs; i++)
        node->input[i] = norm->input[i];
}

void sep_graph_fuse(sep_graph *graph)
{
    if (graph->unfused)
        return;
    int *consumers = count_consumers(graph);
    if (consumers == NULL) {
        sep_graph_fail(graph, SEP_ERR_MEMORY, "no memory to fuse the graph");
        return;
    }
    for (int i = 0; i < graph->nodes; i++) {
        sep_node *node = graph->node[i];
        if (node->kind == SEP_NODE_OPERATION && node->inputs == 1 && can_take(node->input[0], node, consumers)) {
            absorb(node, node->input[0]);
            graph->fused++;
        }
    }
    sep_free(consumers);
}
