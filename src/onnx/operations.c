/* The table of operations that can be written, and those of them that take each number or each row by itself. */
#include "onnx/writer.h"

#include <math.h>

static sep_onnx_value channels_last(sep_onnx_name name)
{
    return (sep_onnx_value){.last = name};
}

/* ---- number by number -------------------------------------------------------------------------------------------- */

static bool is_first_only(const sep_onnx_writer *w, const sep_node *node)
{
    const sep_onnx_value *value = &w->value[node->id];

    return value->last.text[0] == '\0' && value->first.text[0] != '\0';
}

static sep_onnx_name gelu(sep_onnx_writer *w, sep_onnx_name x)
{
    sep_onnx_name half = sep_onnx_binary(w, "Div", x, sep_onnx_float(w, sqrtf(2.0f)));

    half = sep_onnx_binary(w, "Add", sep_onnx_unary(w, "Erf", half), sep_onnx_float(w, 1.0f));
    return sep_onnx_binary(w, "Mul", sep_onnx_binary(w, "Mul", x, half), sep_onnx_float(w, 0.5f));
}

static sep_onnx_name activate(sep_onnx_writer *w, const sep_attributes *a, sep_onnx_name x)
{
    const sep_onnx_attribute slope[] = {{"alpha", SEP_ONNX_FLOAT, .number = a->slope}, {0}};

    switch (a->activation) {
    case SEP_RELU:
        return sep_onnx_unary(w, "Relu", x);
    case SEP_LEAKY_RELU:
        return sep_onnx_node(w, "LeakyRelu", (sep_onnx_name[]){x, {""}}, slope);
    case SEP_GELU:
        return gelu(w, x);
    default:
        return x;
    }
}

static sep_onnx_name apply_unary(sep_onnx_writer *w, const sep_attributes *a, sep_onnx_name x)
{
    static const char *const type[SEP_FUNCTION_COUNT] = {
        [SEP_EXP] = "Exp", [SEP_LN] = "Log", [SEP_SQRT] = "Sqrt", [SEP_ABS] = "Abs", [SEP_SIGMOID] = "Sigmoid"};

    if (a->function == SEP_SQUARE)
        return sep_onnx_binary(w, "Mul", x, x);
    if (a->function == SEP_POWER)
        return sep_onnx_binary(w, "Pow", x, sep_onnx_float(w, a->exponent));
    return sep_onnx_unary(w, type[a->function], x);
}

static sep_onnx_name apply(sep_onnx_writer *w, const sep_node *node, sep_onnx_name x)
{
    if (node->op == SEP_OP_ACTIVATE)
        return activate(w, &node->attributes, x);
    if (node->op == SEP_OP_SCALE)
        return sep_onnx_binary(w, "Mul", x, sep_onnx_float(w, node->attributes.factor));
    return apply_unary(w, &node->attributes, x);
}

/* In whichever order the operand has. */
static sep_onnx_value each(sep_onnx_writer *w, const sep_node *node)
{
    if (is_first_only(w, node->input[0]))
        return (sep_onnx_value){.first = apply(w, node, sep_onnx_channels_first(w, node->input[0]))};
    return channels_last(apply(w, node, sep_onnx_channels_last(w, node->input[0])));
}

static const char *type_of_two(const sep_node *node)
{
    static const char *const type[SEP_FUNCTION_COUNT] = {
        [SEP_PLUS] = "Add",    [SEP_SUBTRACT] = "Sub", [SEP_MULTIPLY] = "Mul", [SEP_DIVIDE] = "Div",
        [SEP_MINIMUM] = "Min", [SEP_MAXIMUM] = "Max",  [SEP_LESS] = "Less"};

    return node->op == SEP_OP_ADD ? "Add" : node->op == SEP_OP_MUL ? "Mul" : type[node->attributes.function];
}

/* A comparison gives truths, which become numbers. */
static sep_onnx_name combine(sep_onnx_writer *w, const sep_node *node, sep_onnx_name a, sep_onnx_name b)
{
    const sep_onnx_attribute to[] = {{"to", SEP_ONNX_INT, .integer = SEP_ONNX_FLOAT32}, {0}};
    const sep_onnx_name both = sep_onnx_binary(w, type_of_two(node), a, b);

    if (node->op == SEP_OP_BINARY && node->attributes.function == SEP_LESS)
        return sep_onnx_node(w, "Cast", (sep_onnx_name[]){both, {""}}, to);
    return both;
}

/* What is repeated over the leading axes, or has axes of 1, ONNX repeats by the same rule. */
static sep_onnx_value two(sep_onnx_writer *w, const sep_node *node)
{
    const sep_node *a = node->input[0], *b = node->input[1];

    if (sep_shape_equal(&a->shape, &b->shape) && is_first_only(w, a) && is_first_only(w, b))
        return (sep_onnx_value){.first =
                                    combine(w, node, sep_onnx_channels_first(w, a), sep_onnx_channels_first(w, b))};
    sep_onnx_name left = sep_onnx_channels_last(w, a), right = sep_onnx_channels_last(w, b);
    return channels_last(combine(w, node, left, right));
}

static sep_onnx_value fill(sep_onnx_writer *w, const sep_node *node)
{
    int64_t shape[SEP_MAX_RANK];
    const sep_onnx_name value = sep_onnx_float(w, node->attributes.value);

    for (int i = 0; i < node->shape.rank; i++)
        shape[i] = node->shape.dim[i];
    return channels_last(sep_onnx_binary(w, "Expand", value, sep_onnx_integers(w, node->shape.rank, shape)));
}

/* ---- row by row -------------------------------------------------------------------------------------------------- */

static sep_onnx_value linear(sep_onnx_writer *w, const sep_node *node)
{
    sep_onnx_name x = sep_onnx_channels_last(w, node->input[0]);

    x = sep_onnx_binary(w, "MatMul", x, sep_onnx_channels_last(w, node->input[1]));
    if (node->inputs > 2)
        x = sep_onnx_binary(w, "Add", x, sep_onnx_channels_last(w, node->input[2]));
    return channels_last(x);
}

static sep_onnx_value softmax(sep_onnx_writer *w, const sep_node *node)
{
    const sep_onnx_attribute attribute[] = {{"axis", SEP_ONNX_INT, .integer = -1}, {0}};
    const sep_onnx_name x = sep_onnx_channels_last(w, node->input[0]);
    const char *type = node->op == SEP_OP_SOFTMAX ? "Softmax" : "LogSoftmax";

    return channels_last(sep_onnx_node(w, type, (sep_onnx_name[]){x, {""}}, attribute));
}

static sep_onnx_value channel_sum(sep_onnx_writer *w, const sep_node *node)
{
    const sep_onnx_name x = sep_onnx_channels_last(w, node->input[0]);

    return channels_last(sep_onnx_binary(w, "ReduceSum", x, sep_onnx_integers(w, 1, &(int64_t){-1})));
}

static sep_onnx_value channel_max(sep_onnx_writer *w, const sep_node *node)
{
    const int64_t last = -1;
    const sep_onnx_attribute attribute[] = {{"axes", SEP_ONNX_INTS, .integer = 1, .integers = &last}, {0}};
    const sep_onnx_name x = sep_onnx_channels_last(w, node->input[0]);

    return channels_last(sep_onnx_node(w, "ReduceMax", (sep_onnx_name[]){x, {""}}, attribute));
}

/* What is appended to rows is the same number whatever the batch is; the constant has the rows of one sample. */
static sep_onnx_value pad(sep_onnx_writer *w, const sep_node *node)
{
    const sep_node *x = node->input[0], *constant = node->input[1];
    const int last = 2 * x->shape.rank - 1;
    int64_t pads[2 * SEP_MAX_RANK] = {0};

    pads[last] = sep_shape_last(&constant->shape);
    const sep_onnx_name widths = sep_onnx_integers(w, last + 1, pads);
    const sep_onnx_name value = sep_onnx_float(w, constant->attributes.value);
    return channels_last(
        sep_onnx_node(w, "Pad", (sep_onnx_name[]){sep_onnx_channels_last(w, x), widths, value, {""}}, NULL));
}

static sep_onnx_value concat(sep_onnx_writer *w, const sep_node *node)
{
    const sep_node *a = node->input[0], *b = node->input[1];

    if (b->op == SEP_OP_FILL && b->kind == SEP_NODE_OPERATION)
        return pad(w, node);
    if (is_first_only(w, a) || is_first_only(w, b)) {
        const sep_onnx_name left = sep_onnx_channels_first(w, a), right = sep_onnx_channels_first(w, b);
        return (sep_onnx_value){.first = sep_onnx_concat(w, left, right, 1)};
    }
    return channels_last(sep_onnx_concat(w, sep_onnx_channels_last(w, a), sep_onnx_channels_last(w, b), -1));
}

static sep_onnx_value slice(sep_onnx_writer *w, const sep_node *node)
{
    const int begin = node->attributes.begin;

    return channels_last(
        sep_onnx_cut(w, sep_onnx_channels_last(w, node->input[0]), -1, begin, begin + sep_shape_last(&node->shape)));
}

/* ---- the table --------------------------------------------------------------------------------------------------- */

static sep_onnx_recipe *const recipe[SEP_OP_COUNT] = {
    [SEP_OP_CONV2D] = sep_onnx_conv2d,
    [SEP_OP_CONV_TRANSPOSE2D] = sep_onnx_conv_transpose2d,
    [SEP_OP_DEPTHWISE] = sep_onnx_depthwise,
    [SEP_OP_LINEAR] = linear,
    [SEP_OP_BATCH_STATS] = sep_onnx_batch_stats,
    [SEP_OP_BATCH_APPLY] = sep_onnx_batch_apply,
    [SEP_OP_GROUP_APPLY] = sep_onnx_group_apply,
    [SEP_OP_LAYER_NORM] = sep_onnx_layer_norm,
    [SEP_OP_ADD] = two,
    [SEP_OP_MUL] = two,
    [SEP_OP_BINARY] = two,
    [SEP_OP_SCALE] = each,
    [SEP_OP_ACTIVATE] = each,
    [SEP_OP_UNARY] = each,
    [SEP_OP_FILL] = fill,
    [SEP_OP_CHANNEL_SUM] = channel_sum,
    [SEP_OP_CHANNEL_MAX] = channel_max,
    [SEP_OP_MAX_POOL] = sep_onnx_max_pool,
    [SEP_OP_MAX_POOL2D] = sep_onnx_max_pool2d,
    [SEP_OP_UPSAMPLE_BILINEAR] = sep_onnx_upsample_bilinear,
    [SEP_OP_UPSAMPLE_NEAREST] = sep_onnx_upsample_nearest,
    [SEP_OP_CONCAT] = concat,
    [SEP_OP_SLICE] = slice,
    [SEP_OP_WINDOW_PARTITION] = sep_onnx_window_partition,
    [SEP_OP_WINDOW_REVERSE] = sep_onnx_window_reverse,
    [SEP_OP_SPACE_TO_DEPTH] = sep_onnx_space_to_depth,
    [SEP_OP_DEPTH_TO_SPACE] = sep_onnx_depth_to_space,
    [SEP_OP_TRANSPOSE_MAP] = sep_onnx_transpose_map,
    [SEP_OP_WINDOW_ATTENTION] = sep_onnx_window_attention,
    [SEP_OP_TOKEN_ATTENTION] = sep_onnx_token_attention,
    [SEP_OP_CHOOSE_WINDOWS] = sep_onnx_choose_windows,
    [SEP_OP_GATHER_WINDOWS] = sep_onnx_gather_windows,
    [SEP_OP_SCATTER_WINDOWS] = sep_onnx_scatter_windows,
    [SEP_OP_SOFTMAX] = softmax,
    [SEP_OP_LOG_SOFTMAX] = softmax,
};

sep_onnx_recipe *sep_onnx_recipe_of(sep_op op)
{
    return recipe[op];
}
