/* Operations on maps of pixels that ONNX has with channels first: convolutions, pooling, resizing. Weights of the
 * checkpoint are reordered once, here. */
#include "onnx/writer.h"

#include <math.h>

static sep_onnx_value channels_first(sep_onnx_name name)
{
    return (sep_onnx_value){.first = name};
}

/* ---- convolutions ------------------------------------------------------------------------------------------------ */

/* A weight of the checkpoint, [k, k, in, out], as [out, in, k, k], or, `back`, as [in, out, k, k]. */
static sep_onnx_name tensor_of(sep_onnx_writer *w, const sep_node *node, bool back)
{
    const int *dim = node->shape.dim, taps = dim[0] * dim[1];
    const bool depthwise = node->shape.rank == 3;
    const int in = depthwise ? 1 : dim[2], out = depthwise ? dim[2] : dim[3];
    float *values = sep_onnx_tensor(w, node);
    float *turned = sep_calloc((size_t)sep_shape_count(&node->shape), sizeof *turned);

    if (turned == NULL)
        sep_onnx_fail(w, SEP_ERR_MEMORY);
    for (int t = 0; t < taps && values != NULL && turned != NULL; t++)
        for (int i = 0; i < in; i++)
            for (int o = 0; o < out; o++) {
                const ptrdiff_t row = back ? (ptrdiff_t)i * out + o : (ptrdiff_t)o * in + i;
                turned[row * taps + t] = values[((ptrdiff_t)t * in + i) * out + o];
            }
    const int64_t shape[] = {back ? in : out, back ? out : in, dim[0], dim[1]};
    sep_onnx_name name = sep_onnx_floats(w, 4, shape, values != NULL ? turned : NULL);
    sep_free(values);
    sep_free(turned);
    return name;
}

/* One that the graph computes is reordered there. */
static sep_onnx_name weight_of(sep_onnx_writer *w, const sep_node *node)
{
    if (node->kind == SEP_NODE_TENSOR)
        return tensor_of(w, node, false);
    return sep_onnx_transpose(w, sep_onnx_channels_last(w, node), 4, (int64_t[]){3, 2, 0, 1});
}

static sep_onnx_name vector_of(sep_onnx_writer *w, const sep_node *node)
{
    float *values = sep_onnx_tensor(w, node);
    sep_onnx_name name = sep_onnx_floats(w, 1, &(int64_t){sep_shape_last(&node->shape)}, values);

    sep_free(values);
    return name;
}

typedef struct convolution {
    const char *type;
    sep_onnx_name x, weight;
    int stride, padding, groups;
} convolution;

static sep_onnx_value convolve(sep_onnx_writer *w, const sep_node *node, const convolution *c)
{
    const int64_t strides[] = {c->stride, c->stride}, pads[] = {c->padding, c->padding, c->padding, c->padding};
    const sep_onnx_attribute attribute[] = {{"strides", SEP_ONNX_INTS, .integer = 2, .integers = strides},
                                            {"pads", SEP_ONNX_INTS, .integer = 4, .integers = pads},
                                            {"group", SEP_ONNX_INT, .integer = c->groups},
                                            {0}};
    sep_onnx_name input[] = {c->x, c->weight, {""}, {""}};

    if (node->inputs > 2)
        input[2] = vector_of(w, node->input[2]);
    return channels_first(sep_onnx_node(w, c->type, input, attribute));
}

sep_onnx_value sep_onnx_conv2d(sep_onnx_writer *w, const sep_node *node)
{
    const sep_onnx_name x = sep_onnx_channels_first(w, node->input[0]);

    return convolve(
        w, node,
        &(convolution){"Conv", x, weight_of(w, node->input[1]), node->attributes.stride, node->attributes.padding, 1});
}

sep_onnx_value sep_onnx_conv_transpose2d(sep_onnx_writer *w, const sep_node *node)
{
    const sep_onnx_name x = sep_onnx_channels_first(w, node->input[0]);

    return convolve(
        w, node,
        &(convolution){"ConvTranspose", x, tensor_of(w, node->input[1], true), node->input[1]->shape.dim[0], 0, 1});
}

/* Output channel j reads input channel j % C: the channels side by side as often as there are outputs of each. */
sep_onnx_value sep_onnx_depthwise(sep_onnx_writer *w, const sep_node *node)
{
    const int out = sep_shape_last(&node->shape), copies = out / sep_shape_last(&node->input[0]->shape);
    const sep_onnx_name once = sep_onnx_channels_first(w, node->input[0]);
    sep_onnx_name x = once;

    for (int i = 1; i < copies; i++)
        x = sep_onnx_concat(w, x, once, 1);
    return convolve(
        w, node,
        &(convolution){"Conv", x, tensor_of(w, node->input[1], false), 1, node->input[1]->shape.dim[0] / 2, out});
}

/* ---- pooling and resizing ---------------------------------------------------------------------------------------- */

static sep_onnx_value pool(sep_onnx_writer *w, const sep_node *node, int kernel, int stride, int padding)
{
    const int64_t kernels[] = {kernel, kernel}, strides[] = {stride, stride};
    const int64_t pads[] = {padding, padding, padding, padding};
    const sep_onnx_attribute attribute[] = {{"kernel_shape", SEP_ONNX_INTS, .integer = 2, .integers = kernels},
                                            {"strides", SEP_ONNX_INTS, .integer = 2, .integers = strides},
                                            {"pads", SEP_ONNX_INTS, .integer = 4, .integers = pads},
                                            {0}};
    const sep_onnx_name x = sep_onnx_channels_first(w, node->input[0]);

    return channels_first(sep_onnx_node(w, "MaxPool", (sep_onnx_name[]){x, {""}}, attribute));
}

sep_onnx_value sep_onnx_max_pool(sep_onnx_writer *w, const sep_node *node)
{
    return pool(w, node, 2, 2, 0);
}

sep_onnx_value sep_onnx_max_pool2d(sep_onnx_writer *w, const sep_node *node)
{
    return pool(w, node, node->attributes.kernel, node->attributes.stride, node->attributes.padding);
}

static sep_onnx_value resize(sep_onnx_writer *w, const sep_node *node, const char *mode, const char *transformation)
{
    const int *from = node->input[0]->shape.dim, *to = node->shape.dim;
    const float scale[] = {1.0f, 1.0f, (float)to[1] / (float)from[1], (float)to[2] / (float)from[2]};
    const sep_onnx_attribute attribute[] = {{"mode", SEP_ONNX_TEXT, .text = mode},
                                            {"coordinate_transformation_mode", SEP_ONNX_TEXT, .text = transformation},
                                            {"nearest_mode", SEP_ONNX_TEXT, .text = "floor"},
                                            {0}};
    const sep_onnx_name x = sep_onnx_channels_first(w, node->input[0]);
    const sep_onnx_name region = sep_onnx_floats(w, 1, &(int64_t){0}, scale);
    const sep_onnx_name scales = sep_onnx_floats(w, 1, &(int64_t){4}, scale);

    return channels_first(sep_onnx_node(w, "Resize", (sep_onnx_name[]){x, region, scales, {""}}, attribute));
}

sep_onnx_value sep_onnx_upsample_bilinear(sep_onnx_writer *w, const sep_node *node)
{
    return resize(w, node, "linear", "align_corners");
}

sep_onnx_value sep_onnx_upsample_nearest(sep_onnx_writer *w, const sep_node *node)
{
    return resize(w, node, "nearest", "asymmetric");
}
