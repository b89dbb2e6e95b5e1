/* The norms: batch norm by statistics that the checkpoint has or that the graph computes, group norm, layer norm. */
#include "onnx/writer.h"

static sep_onnx_value channels_last(sep_onnx_name name)
{
    return (sep_onnx_value){.last = name};
}

static sep_onnx_value channels_first(sep_onnx_name name)
{
    return (sep_onnx_value){.first = name};
}

/* `count` numbers that are `value`. */
static sep_onnx_name repeated(sep_onnx_writer *w, float value, int count)
{
    return sep_onnx_binary(w, "Expand", sep_onnx_float(w, value), sep_onnx_integers(w, 1, &(int64_t){count}));
}

/* ---- batch norm -------------------------------------------------------------------------------------------------- */

/* By running statistics: x * scale + shift, which runtimes fold into the convolution before. */
static sep_onnx_value apply_running(sep_onnx_writer *w, const sep_node *node)
{
    const int channels = sep_shape_last(&node->shape);
    const sep_onnx_name x = sep_onnx_channels_first(w, node->input[0]);
    const sep_onnx_name gamma = sep_onnx_channels_last(w, node->input[2]);
    const sep_onnx_name beta = sep_onnx_channels_last(w, node->input[3]);
    float *statistics = sep_onnx_tensor(w, node->input[1]);
    const sep_onnx_name mean = sep_onnx_floats(w, 1, &(int64_t){channels}, statistics);
    const sep_onnx_name variance =
        sep_onnx_floats(w, 1, &(int64_t){channels}, statistics != NULL ? statistics + channels : NULL);
    const sep_onnx_attribute attribute[] = {{"epsilon", SEP_ONNX_FLOAT, .number = node->attributes.epsilon}, {0}};

    sep_free(statistics);
    return channels_first(
        sep_onnx_node(w, "BatchNormalization", (sep_onnx_name[]){x, gamma, beta, mean, variance, {""}}, attribute));
}

/* By those of the rows x itself, as BATCH_STATS gives them: weights that are standardised. They depend on no image, and
 * runtimes compute them once, when they load the file. */
static sep_onnx_value apply_computed(sep_onnx_writer *w, const sep_node *node)
{
    const sep_onnx_name statistics = sep_onnx_channels_last(w, node->input[1]);
    const sep_onnx_name mean = sep_onnx_cut(w, statistics, 0, 0, 1), variance = sep_onnx_cut(w, statistics, 0, 1, 2);
    sep_onnx_name x = sep_onnx_binary(w, "Sub", sep_onnx_channels_last(w, node->input[0]), mean);
    sep_onnx_name root = sep_onnx_binary(w, "Add", variance, sep_onnx_float(w, node->attributes.epsilon));

    root = sep_onnx_unary(w, "Sqrt", root);
    x = sep_onnx_binary(w, "Mul", sep_onnx_binary(w, "Div", x, root), sep_onnx_channels_last(w, node->input[2]));
    return channels_last(sep_onnx_binary(w, "Add", x, sep_onnx_channels_last(w, node->input[3])));
}

sep_onnx_value sep_onnx_batch_apply(sep_onnx_writer *w, const sep_node *node)
{
    return node->input[1]->kind == SEP_NODE_TENSOR ? apply_running(w, node) : apply_computed(w, node);
}

/* x [rows, C] to [2, C]: means and biased variances. */
sep_onnx_value sep_onnx_batch_stats(sep_onnx_writer *w, const sep_node *node)
{
    const sep_onnx_attribute rows[] = {{"axes", SEP_ONNX_INTS, .integer = 1, .integers = (int64_t[]){0}}, {0}};
    const sep_onnx_name x = sep_onnx_reshape(w, sep_onnx_channels_last(w, node->input[0]), 2,
                                             (int64_t[]){-1, sep_shape_last(&node->shape)});
    const sep_onnx_name mean = sep_onnx_node(w, "ReduceMean", (sep_onnx_name[]){x, {""}}, rows);
    const sep_onnx_name apart = sep_onnx_binary(w, "Sub", x, mean), square = sep_onnx_binary(w, "Mul", apart, apart);
    const sep_onnx_name variance = sep_onnx_node(w, "ReduceMean", (sep_onnx_name[]){square, {""}}, rows);

    return channels_last(sep_onnx_concat(w, mean, variance, 0));
}

/* ---- group norm -------------------------------------------------------------------------------------------------- */

/* One number a channel, for maps with channels first. */
static sep_onnx_name by_channel(sep_onnx_writer *w, const sep_node *node)
{
    return sep_onnx_reshape(w, sep_onnx_channels_last(w, node), 3, (int64_t[]){-1, 1, 1});
}

/* Of maps. A group's channels are one channel of instance norm, which this opset has where it lacks group norm. It
 * takes the statistics of x by itself: GROUP_STATS, whose only reader this is, is not written. */
sep_onnx_value sep_onnx_group_apply(sep_onnx_writer *w, const sep_node *node)
{
    const int groups = node->attributes.groups, *dim = node->shape.dim;
    const sep_onnx_attribute attribute[] = {{"epsilon", SEP_ONNX_FLOAT, .number = node->attributes.epsilon}, {0}};
    const int64_t by_group[] = {0, groups, -1}; /* 0: as it was */
    const sep_onnx_name one = repeated(w, 1.0f, groups), zero = repeated(w, 0.0f, groups);
    sep_onnx_name x = sep_onnx_reshape(w, sep_onnx_channels_first(w, node->input[0]), 3, by_group);

    x = sep_onnx_node(w, "InstanceNormalization", (sep_onnx_name[]){x, one, zero, {""}}, attribute);
    x = sep_onnx_reshape(w, x, 4, (int64_t[]){-1, dim[3], dim[1], dim[2]});
    x = sep_onnx_binary(w, "Mul", x, by_channel(w, node->input[2]));
    return channels_first(sep_onnx_binary(w, "Add", x, by_channel(w, node->input[3])));
}

/* ---- layer norm -------------------------------------------------------------------------------------------------- */

/* Of several affine rows used in turn: the norm without them, then each row's own. */
sep_onnx_value sep_onnx_layer_norm(sep_onnx_writer *w, const sep_node *node)
{
    const int groups = node->input[1]->shape.rank > 1 ? node->input[1]->shape.dim[0] : 1;
    const int channels = sep_shape_last(&node->shape), *dim = node->shape.dim;
    const sep_onnx_attribute attribute[] = {
        {"axis", SEP_ONNX_INT, .integer = -1}, {"epsilon", SEP_ONNX_FLOAT, .number = node->attributes.epsilon}, {0}};
    const sep_onnx_name gamma = sep_onnx_channels_last(w, node->input[1]);
    const sep_onnx_name beta = sep_onnx_channels_last(w, node->input[2]);
    sep_onnx_name x = sep_onnx_channels_last(w, node->input[0]);

    if (groups == 1) {
        const sep_onnx_name flat[] = {sep_onnx_reshape(w, gamma, 1, (int64_t[]){channels}),
                                      sep_onnx_reshape(w, beta, 1, (int64_t[]){channels})};
        return channels_last(
            sep_onnx_node(w, "LayerNormalization", (sep_onnx_name[]){x, flat[0], flat[1], {""}}, attribute));
    }
    const sep_onnx_name one = repeated(w, 1.0f, channels), zero = repeated(w, 0.0f, channels);
    x = sep_onnx_reshape(w, x, 3, (int64_t[]){-1, groups, channels});
    x = sep_onnx_node(w, "LayerNormalization", (sep_onnx_name[]){x, one, zero, {""}}, attribute);
    x = sep_onnx_binary(w, "Add", sep_onnx_binary(w, "Mul", x, gamma), beta);
    int64_t shape[SEP_MAX_RANK] = {-1};
    for (int i = 1; i < node->shape.rank; i++)
        shape[i] = dim[i];
    return channels_last(sep_onnx_reshape(w, x, node->shape.rank, shape));
}
