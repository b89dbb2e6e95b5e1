/* Fusion of an activation into the linear layer that reads it: the layer applies it to what it reads, so the activated
 * map, four times as wide as a Transformer's tokens, is never stored, and its gradient needs no pass of its own. */
#include "graph/internal.h"

static bool can_take(const sep_node *linear, const int *consumers)
{
    const sep_node *x = linear->input[0];

    return linear->attributes.activation == SEP_LINEAR_ACTIVATION && x->kind == SEP_NODE_OPERATION &&
           x->op == SEP_OP_ACTIVATE && !x->kept && consumers[x->id] == 1;
}

void sep_graph_fuse_linear(sep_graph *graph, const int *consumers)
{
    for (int i = 0; i < graph->nodes; i++) {
        sep_node *node = graph->node[i];

        if (node->kind != SEP_NODE_OPERATION || node->op != SEP_OP_LINEAR || !can_take(node, consumers))
            continue;
        node->attributes.activation = node->input[0]->attributes.activation;
        node->attributes.slope = node->input[0]->attributes.slope;
        node->input[0] = node->input[0]->input[0];
        graph->fused++;
    }
}
