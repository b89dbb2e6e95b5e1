/* Reverse-mode differentiation: walks the forward nodes backwards and lets each operation's rule append the nodes of
 * its inputs' gradients. */
#include "graph/internal.h"

#include <stdio.h>
#include <string.h>

bool sep_needs_gradient(const sep_node *node)
{
    return node != NULL && node->differentiable;
}

void sep_accumulate(sep_graph *graph, sep_node *node, sep_node *gradient)
{
    if (!sep_needs_gradient(node) || gradient == NULL)
        return;
    if (node->gradient == NULL)
        node->gradient = gradient;
    else
        node->gradient = SEP_APPLY(graph, SEP_OP_ADD, NULL, node->shape, node->gradient, gradient);
}

/* d loss / d x of a view: the view's gradient in its place, zero elsewhere. */
static void view_gradient(sep_graph *graph, sep_node *view, sep_node *dy)
{
    sep_node *x = view->input[0];

    if (sep_shape_count(&view->shape) == sep_shape_count(&x->shape)) {
        sep_accumulate(graph, x, sep_view(graph, dy, 0, x->shape));
    } else {
        sep_attributes attributes = {.begin = (int)(view->view_offset / sizeof(float))};
        sep_accumulate(graph, x, SEP_APPLY(graph, SEP_OP_PLACE, &attributes, x->shape, dy));
    }
}

/* Appends the gradients of a node's inputs; they belong to the node's scope. */
static void node_gradient(sep_graph *graph, sep_node *node)
{
    snprintf(graph->scope, sizeof graph->scope, "%s", node->scope);
    if (node->kind == SEP_NODE_VIEW)
        view_gradient(graph, node, node->gradient);
    else if (node->kind == SEP_NODE_OPERATION)
        sep_rules[node->op].gradient(graph, node, node->gradient);
}

sep_status sep_graph_differentiate(sep_graph *graph, sep_node *loss)
{
    if (graph->status != SEP_OK || loss == NULL)
        return sep_graph_status(graph);
    if (graph->differentiated || !graph->training)
        return sep_fail(SEP_ERR_ARGUMENT, graph->training ? "the graph has its gradients already"
                                                          : "a graph that is not for training has no gradients");
    graph->differentiated = true;
    sep_graph_fuse(graph);
    char scope[sizeof graph->scope];
    int forward = graph->nodes;

    memcpy(scope, graph->scope, sizeof scope);
    sep_attributes one = {.value = 1.0f};
    loss->gradient = sep_apply(graph, SEP_OP_FILL, &one, loss->shape, 0, NULL);
    for (int i = forward - 1; i >= 0; i--) {
        sep_node *node = graph->node[i];
        if (node->gradient != NULL && node->differentiable)
            node_gradient(graph, node);
    }
    memcpy(graph->scope, scope, sizeof scope);
    return sep_graph_status(graph);
}
