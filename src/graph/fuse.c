/* Fusion of batch norm (and group norm) with the activation and the dropout that follow it: three passes over memory
 * become one, and the values between them are never stored. What dropout keeps is drawn once, a bit an element. Runs on
 * the forward nodes, before they are differentiated. */
#include "graph/internal.h"

#include <limits.h>

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
    if (norm->kind != SEP_NODE_OPERATION || (norm->op != SEP_OP_BATCH_APPLY && norm->op != SEP_OP_GROUP_APPLY) ||
        norm->kept || consumers[norm->id] != 1)
        return false;
    if (node->op == SEP_OP_ACTIVATE)
        return node->attributes.activation != SEP_GELU && norm->attributes.activation == SEP_LINEAR_ACTIVATION &&
               norm->attributes.probability == 0.0f;
    return norm->op == SEP_OP_BATCH_APPLY && node->op == SEP_OP_DROPOUT && !node->attributes.per_sample &&
           norm->attributes.probability == 0.0f && sep_shape_count(&node->shape) <= INT_MAX;
}

/* Turns a node whose value nobody uses any more into the bits of what `dropout` keeps: drawn once, read by the fused
 * norm and its gradients. */
static void draw_bits(sep_node *unused, const sep_node *dropout)
{
    int64_t elements = sep_shape_count(&dropout->shape);

    unused->op = SEP_OP_DROPOUT_BITS;
    unused->attributes = (sep_attributes){.probability = dropout->attributes.probability, .count = (int)elements};
    unused->inputs = 0;
    unused->shape = SEP_SHAPE((int)(elements / 32 + 2));
    unused->dtype = SEP_I32;
    unused->scope = dropout->scope;
    unused->stream = dropout->stream;
    unused->differentiable = false;
}

/* Turns `node` into the norm `norm` with node's own work added; `norm` is then used by nobody. */
static void absorb(sep_node *node, sep_node *norm)
{
    sep_attributes merged = norm->attributes;
    bool drops = node->op == SEP_OP_DROPOUT;

    if (drops) {
        merged.probability = node->attributes.probability;
    } else {
        merged.activation = node->attributes.activation;
        merged.slope = node->attributes.slope;
    }
    node->op = norm->op;
    node->attributes = merged;
    node->inputs = norm->inputs;
    for (int i = 0; i < norm->inputs; i++)
        node->input[i] = norm->input[i];
    if (drops) {
        draw_bits(norm, node);
        node->stream = 0; /* the drawing node's now */
        node->input[node->inputs++] = norm;
    }
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
    sep_graph_fuse_linear(graph, consumers);
    sep_free(consumers);
}
