/* From septum's graph to ONNX's, node by node. */
#include "onnx/writer.h"

#include <string.h>

static bool is_there(sep_onnx_name name)
{
    return name.text[0] != '\0';
}

sep_onnx_name sep_onnx_channels_last(sep_onnx_writer *w, const sep_node *node)
{
    sep_onnx_value *value = &w->value[node->id];

    if (!is_there(value->last))
        value->last = sep_onnx_transpose(w, value->first, 4, (int64_t[]){0, 2, 3, 1});
    return value->last;
}

sep_onnx_name sep_onnx_channels_first(sep_onnx_writer *w, const sep_node *node)
{
    sep_onnx_value *value = &w->value[node->id];

    if (!is_there(value->first))
        value->first = sep_onnx_transpose(w, value->last, 4, (int64_t[]){0, 3, 1, 2});
    return value->first;
}

/* A tensor as it is: recipes that want it in another order read it by themselves, and this is then left out. */
static sep_onnx_value tensor(sep_onnx_writer *w, const sep_node *node)
{
    int64_t shape[SEP_MAX_RANK];
    float *values = sep_onnx_tensor(w, node);

    for (int i = 0; i < node->shape.rank; i++)
        shape[i] = node->shape.dim[i];
    sep_onnx_value value = {.last = sep_onnx_floats(w, node->shape.rank, shape, values)};
    sep_free(values);
    return value;
}

/* Whether a view has some of the rows, each whole. */
static bool is_stretch(const sep_node *view)
{
    const sep_shape *all = &view->input[0]->shape;
    bool same = view->shape.rank == all->rank && view->shape.dim[0] < all->dim[0];

    for (int i = 1; i < all->rank; i++)
        same = same && view->shape.dim[i] == all->dim[i];
    return same;
}

/* Some of a tensor's rows. */
static sep_onnx_value stretch(sep_onnx_writer *w, const sep_node *node)
{
    const sep_node *tensor = node->input[0];
    const int64_t row = sep_shape_count(&tensor->shape) / tensor->shape.dim[0];
    const int64_t begin = (int64_t)(node->view_offset / sizeof(float)) / row;
    const sep_onnx_name all = sep_onnx_channels_last(w, tensor);

    return (sep_onnx_value){.last = sep_onnx_cut(w, all, 0, begin, begin + node->shape.dim[0])};
}

/* The same elements under another shape. What comes of an image has its batch, or parts of it, first. */
static sep_onnx_value view(sep_onnx_writer *w, const sep_node *node)
{
    int64_t shape[SEP_MAX_RANK] = {0};

    if (node->input[0]->kind == SEP_NODE_TENSOR && is_stretch(node))
        return stretch(w, node);
    if (node->view_offset != 0 || sep_shape_count(&node->shape) != sep_shape_count(&node->input[0]->shape)) {
        w->status = sep_fail(SEP_ERR_UNSUPPORTED, "%s: a part of a batch can't be written as ONNX", node->scope);
        return (sep_onnx_value){0};
    }
    for (int i = 0; i < node->shape.rank; i++)
        shape[i] = node->shape.dim[i];
    if (node->input[0]->kind != SEP_NODE_TENSOR)
        shape[0] = -1;
    return (sep_onnx_value){
        .last = sep_onnx_reshape(w, sep_onnx_channels_last(w, node->input[0]), node->shape.rank, shape)};
}

/* Tensors that a recipe reads in an order of its own. */
static bool reads_tensor_itself(const sep_node *node, int input)
{
    const bool maps = node->op == SEP_OP_CONV2D || node->op == SEP_OP_CONV_TRANSPOSE2D || node->op == SEP_OP_DEPTHWISE;

    return (input > 0 && maps) ||
           (input == 1 && (node->op == SEP_OP_BATCH_APPLY || node->op == SEP_OP_WINDOW_ATTENTION));
}

/* What a recipe does without: ONNX's own norm computes the statistics, and what is one number everywhere is known. */
static bool does_without(const sep_node *node, int input)
{
    const sep_node *x = node->input[input];

    if (x->kind != SEP_NODE_OPERATION)
        return x->kind == SEP_NODE_TENSOR && reads_tensor_itself(node, input);
    if (x->op == SEP_OP_FILL)
        return (input == 1 && node->op == SEP_OP_CONCAT) || (input == 0 && node->op == SEP_OP_SCATTER_WINDOWS);
    return input == 1 && node->op == SEP_OP_GROUP_APPLY && x->op == SEP_OP_GROUP_STATS;
}

void sep_onnx_mark(const sep_graph *graph, const sep_node *output, bool *wanted)
{
    wanted[output->id] = true;
    for (int i = output->id; i >= 0; i--) {
        const sep_node *node = graph->node[i];
        for (int k = 0; k < node->inputs && wanted[i]; k++)
            if (!does_without(node, k))
                wanted[node->input[k]->id] = true;
    }
}

sep_status sep_onnx_unsupported(const sep_node *node)
{
    return sep_fail(SEP_ERR_UNSUPPORTED, "%s: the operation %s can't be written as ONNX", node->scope,
                    sep_op_name(node->op));
}

static sep_onnx_value write_operation(sep_onnx_writer *w, const sep_node *node)
{
    sep_onnx_recipe *recipe = sep_onnx_recipe_of(node->op);

    if (recipe != NULL)
        return recipe(w, node);
    w->status = sep_onnx_unsupported(node);
    return (sep_onnx_value){0};
}

static void walk(sep_onnx_writer *w, const sep_graph *graph, const bool *wanted, sep_onnx_name image)
{
    for (int i = 0; i < graph->nodes && w->status == SEP_OK; i++) {
        const sep_node *node = graph->node[i];
        if (!wanted[i])
            continue;
        if (node->kind == SEP_NODE_INPUT)
            w->value[i].last = image;
        else
            w->value[i] = node->kind == SEP_NODE_TENSOR ? tensor(w, node)
                          : node->kind == SEP_NODE_VIEW ? view(w, node)
                                                        : write_operation(w, node);
    }
}

sep_status sep_onnx_walk(sep_onnx_writer *w, const sep_graph *graph, const sep_node *output, sep_onnx_name image,
                         sep_onnx_name *result)
{
    bool *wanted = sep_calloc((size_t)graph->nodes, sizeof *wanted);

    w->value = sep_calloc((size_t)graph->nodes, sizeof *w->value);
    if (wanted != NULL && w->value != NULL) {
        sep_onnx_mark(graph, output, wanted);
        walk(w, graph, wanted, image);
        if (w->status == SEP_OK)
            *result = sep_onnx_channels_last(w, output);
    } else {
        sep_onnx_fail(w, SEP_ERR_MEMORY);
    }
    sep_free(wanted);
    sep_free(w->value);
    w->value = NULL;
    return w->status;
}
