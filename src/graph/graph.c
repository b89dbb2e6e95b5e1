/* Building a graph: nodes, inputs, tensors, views. */
#include "graph/internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

sep_graph *sep_graph_create(sep_store *store, bool training)
{
    sep_graph *graph = sep_calloc(1, sizeof *graph);

    if (graph == NULL)
        return NULL;
    graph->arena = sep_arena_create();
    if (graph->arena == NULL) {
        sep_free(graph);
        return NULL;
    }
    graph->store = store;
    graph->training = training;
    return graph;
}

void sep_graph_destroy(sep_graph *graph)
{
    if (graph == NULL)
        return;
    sep_device *device = sep_store_device(graph->store);
    for (int i = 0; i < graph->nodes; i++)
        if (graph->node[i]->buffer != NULL)
            device->backend->buffer_destroy(device, graph->node[i]->buffer);
    if (graph->memory != NULL && !graph->borrows)
        device->backend->buffer_destroy(device, graph->memory);
    if (graph->packed != NULL)
        device->backend->buffer_destroy(device, graph->packed);
    sep_arena_destroy(graph->arena);
    sep_free(graph->node);
    sep_free(graph->order);
    sep_free(graph->call);
    sep_free(graph->status_text);
    sep_free(graph);
}

void sep_graph_keep_unfused(sep_graph *graph)
{
    graph->unfused = true;
}

sep_status sep_graph_status(const sep_graph *graph)
{
    if (graph->status == SEP_OK)
        return SEP_OK;
    return sep_fail(graph->status, "%s", graph->status_text != NULL ? graph->status_text : "no memory");
}

sep_node *sep_graph_fail(sep_graph *graph, sep_status status, const char *format, ...)
{
    char text[512];
    va_list arguments;

    if (graph->status != SEP_OK)
        return NULL; /* the first cause is the one that helps */
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    graph->status = status;
    graph->status_text = sep_format("%s%s%s", graph->scope, graph->scope[0] != '\0' ? " " : "", text);
    return NULL;
}

sep_node *sep_graph_fail_as_held(sep_graph *graph, sep_status status)
{
    char *held = sep_strdup(sep_error_text());

    sep_graph_fail(graph, status, "%s", held != NULL ? held : "no memory");
    sep_free(held);
    return NULL;
}

/* ---- nodes ------------------------------------------------------------------------------------------------------- */

static bool grow(sep_graph *graph)
{
    if (graph->nodes < graph->node_capacity)
        return true;
    int capacity = graph->node_capacity == 0 ? 1024 : 2 * graph->node_capacity;
    sep_node **grown = sep_grown(graph->node, (size_t)graph->nodes, (size_t)capacity, sizeof *grown);
    if (grown == NULL)
        return false;
    graph->node = grown;
    graph->node_capacity = capacity;
    return true;
}

static sep_node *new_node(sep_graph *graph, sep_node_kind kind, sep_shape shape, sep_dtype dtype)
{
    sep_node *node = grow(graph) ? sep_arena_alloc(graph->arena, sizeof *node) : NULL;

    if (node == NULL || (node->scope = sep_arena_format(graph->arena, "%s", graph->scope)) == NULL)
        return sep_graph_fail(graph, SEP_ERR_MEMORY, "no memory for a graph node");
    node->kind = kind;
    node->shape = shape;
    node->dtype = dtype;
    node->id = graph->nodes;
    node->position = node->last_use = -1;
    graph->node[graph->nodes++] = node;
    return node;
}

/* Halves are rounded on their way into a memory and made floats on their way out. */
static bool takes_halves(sep_op op, int input)
{
    return (op == SEP_OP_PUT || op == SEP_OP_GATHER) && input == 0;
}

sep_node *sep_apply(sep_graph *graph, sep_op op, const sep_attributes *attributes, sep_shape shape, int inputs,
                    sep_node *const *input)
{
    bool differentiable = false;

    if (graph->status != SEP_OK)
        return NULL;
    for (int i = 0; i < inputs; i++) {
        if (input[i] == NULL)
            return NULL;
        if (input[i]->dtype == SEP_F16 && !takes_halves(op, i))
            return sep_graph_fail(graph, SEP_ERR_ARGUMENT, "%s can't read halves: sep_gather makes floats of them",
                                  sep_op_name(op));
        differentiable |= input[i]->differentiable;
    }
    sep_node *node = new_node(graph, SEP_NODE_OPERATION, shape, op == SEP_OP_ARGMAX ? SEP_I32 : SEP_F32);
    if (node == NULL)
        return NULL;
    node->op = op;
    if (attributes != NULL)
        node->attributes = *attributes;
    node->inputs = inputs;
    for (int i = 0; i < inputs; i++)
        node->input[i] = input[i];
    node->differentiable = differentiable && sep_rules[op].gradient != NULL;
    return node;
}

sep_node *sep_input(sep_graph *graph, const char *name, sep_shape shape, sep_dtype dtype)
{
    sep_node *node = graph->status == SEP_OK ? new_node(graph, SEP_NODE_INPUT, shape, dtype) : NULL;

    if (node != NULL)
        node->scope = sep_arena_format(graph->arena, "%s", name);
    return node;
}

sep_node *sep_tensor_node(sep_graph *graph, const sep_tensor *wanted)
{
    sep_tensor *tensor;

    if (graph->status != SEP_OK)
        return NULL;
    sep_status status = sep_store_require(graph->store, wanted, &tensor);
    if (status != SEP_OK)
        return sep_graph_fail_as_held(graph, status);
    for (int i = 0; i < graph->nodes; i++) /* a shared tensor is one node: its gradients add up */
        if (graph->node[i]->tensor == tensor)
            return graph->node[i];
    sep_node *node = new_node(graph, SEP_NODE_TENSOR, wanted->shape, wanted->dtype);
    if (node == NULL)
        return NULL;
    node->tensor = tensor;
    node->differentiable = wanted->role == SEP_ROLE_PARAMETER && graph->training && graph->frozen == 0;
    return node;
}

sep_node *sep_state(sep_graph *graph, const char *name, sep_shape shape, sep_role role, sep_init init)
{
    char full[sizeof graph->scope + 128];

    snprintf(full, sizeof full, "%s%s", graph->scope, name);
    return sep_tensor_node(graph, &(sep_tensor){.name = full, .shape = shape, .role = role, .init = init});
}

sep_node *sep_parameter(sep_graph *graph, const char *name, sep_shape shape, sep_init init)
{
    return sep_state(graph, name, shape, SEP_ROLE_PARAMETER, init);
}

sep_node *sep_memory_tensor(sep_graph *graph, const char *name, sep_shape shape, sep_dtype dtype)
{
    char full[256];

    snprintf(full, sizeof full, "%s%s", SEP_MEMORY_SCOPE, name);
    return sep_tensor_node(graph, &(sep_tensor){.name = full, .shape = shape, .dtype = dtype, .role = SEP_ROLE_MEMORY});
}

/* ---- views ------------------------------------------------------------------------------------------------------- */

sep_node *sep_view(sep_graph *graph, sep_node *x, size_t begin, sep_shape shape)
{
    if (x == NULL || graph->status != SEP_OK)
        return NULL;
    if (x->dtype == SEP_F16)
        return sep_graph_fail(graph, SEP_ERR_ARGUMENT, "there are no views of halves: sep_gather makes floats of them");
    if ((int64_t)begin + sep_shape_count(&shape) > sep_shape_count(&x->shape))
        return sep_graph_fail(graph, SEP_ERR_SHAPE, "a view reaches beyond the tensor it looks at");
    sep_node *node = new_node(graph, SEP_NODE_VIEW, shape, x->dtype);
    if (node == NULL)
        return NULL;
    node->inputs = 1;
    node->input[0] = x;
    node->view_offset = begin * sizeof(float);
    return node;
}

sep_node *sep_detach(sep_graph *graph, sep_node *x)
{
    return x == NULL ? NULL : sep_view(graph, x, 0, x->shape);
}

sep_node *sep_reshape(sep_graph *graph, sep_node *x, sep_shape shape)
{
    char have[SEP_SHAPE_TEXT], want[SEP_SHAPE_TEXT];

    if (x == NULL)
        return NULL;
    if (sep_shape_count(&shape) != sep_shape_count(&x->shape))
        return sep_graph_fail(graph, SEP_ERR_SHAPE, "%s can't be reshaped to %s", sep_shape_text(&x->shape, have),
                              sep_shape_text(&shape, want));
    sep_node *view = sep_view(graph, x, 0, shape);
    if (view != NULL)
        view->differentiable = x->differentiable;
    return view;
}

sep_node *sep_batch_range(sep_graph *graph, sep_node *x, int begin, int count)
{
    if (x == NULL)
        return NULL;
    if (begin < 0 || count < 1 || x->shape.rank < 1 || begin + count > x->shape.dim[0])
        return sep_graph_fail(graph, SEP_ERR_SHAPE, "samples %d to %d of a batch of %d", begin, begin + count - 1,
                              x->shape.rank < 1 ? 0 : x->shape.dim[0]);
    sep_shape shape = x->shape;
    shape.dim[0] = count;
    size_t sample = (size_t)(sep_shape_count(&x->shape) / x->shape.dim[0]);
    sep_node *view = sep_view(graph, x, (size_t)begin * sample, shape);
    if (view != NULL)
        view->differentiable = x->differentiable;
    return view;
}
