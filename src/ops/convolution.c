/* Convolutions: ordinary, transposed, depthwise. */
#include "septum/ops.h"

#include "ops/rules.h"

#include <math.h>

/* ---- shapes and parameters --------------------------------------------------------------------------------------- */

static bool is_map(sep_graph *g, const char *name, const sep_node *x)
{
    char text[SEP_SHAPE_TEXT];

    if (x == NULL)
        return false;
    if (x->shape.rank == 4)
        return true;
    sep_graph_fail(g, SEP_ERR_SHAPE, "%s wants a map [N, H, W, C], got %s", name, sep_shape_text(&x->shape, text));
    return false;
}

static sep_init weight_init(const sep_conv *conv, int fan_in)
{
    if (conv->weight_std > 0.0f)
        return (sep_init){SEP_INIT_TRUNCATED_NORMAL, conv->weight_std};
    return (sep_init){SEP_INIT_UNIFORM, 1.0f / sqrtf((float)fan_in)};
}

#define POINTWISE_CHANNELS 32 /* on both sides; kernels for fewer channels are the convolution's */

/* A 1x1 convolution is a linear layer on each pixel, whose kernels are faster, small maps above all. */
static bool is_linear(const sep_attributes *a, sep_shape weight)
{
    return a->kernel == 1 && a->stride == 1 && a->padding == 0 && weight.dim[2] >= POINTWISE_CHANNELS &&
           weight.dim[3] >= POINTWISE_CHANNELS;
}

/* Weights with mean 0 and variance 1 in each output channel: batch norm's statistics, of the weights. */
static sep_node *standardise(sep_graph *g, sep_node *weight, float epsilon)
{
    if (weight == NULL)
        return NULL;
    const sep_shape shape = weight->shape;
    int channels = sep_shape_last(&shape);
    sep_attributes a = {.epsilon = epsilon};
    sep_node *rows = sep_reshape(g, weight, SEP_SHAPE((int)sep_shape_rows(&shape), channels));
    sep_node *stats = SEP_APPLY(g, SEP_OP_BATCH_STATS, NULL, SEP_SHAPE(2, channels), rows);
    sep_node *gamma = sep_constant(g, SEP_SHAPE(channels), 1.0f);
    sep_node *beta = sep_constant(g, SEP_SHAPE(channels), 0.0f);

    if (rows == NULL)
        return NULL;
    rows = SEP_APPLY(g, SEP_OP_BATCH_APPLY, &a, rows->shape, rows, stats, gamma, beta);
    return sep_reshape(g, rows, shape);
}

/* x, weight and, if the layer has one, bias through `op`. */
static sep_node *apply_layer(sep_graph *g, const char *name, sep_op op, const sep_attributes *attributes,
                             sep_shape output, sep_node *x, sep_shape weight, int fan_in, const sep_conv *conv)
{
    sep_node *input[3] = {x, NULL, NULL};
    int inputs = 2;

    if (conv->channels < 1)
        return sep_graph_fail(g, SEP_ERR_SHAPE, "%s: a convolution to no channel: the network is too narrow", name);
    sep_scope_push(g, "%s", name);
    input[1] = sep_parameter(g, "weight", weight, weight_init(conv, fan_in));
    if (conv->bias) {
        sep_init init = {SEP_INIT_UNIFORM, 1.0f / sqrtf((float)fan_in)};
        input[inputs++] = sep_parameter(g, "bias", SEP_SHAPE(conv->channels), init);
    }
    if (conv->standardise > 0.0f)
        input[1] = standardise(g, input[1], conv->standardise);
    if (op == SEP_OP_CONV2D && is_linear(attributes, weight)) {
        input[1] = sep_reshape(g, input[1], SEP_SHAPE(weight.dim[2], weight.dim[3]));
        op = SEP_OP_LINEAR;
        attributes = NULL;
    }
    sep_node *y = sep_apply(g, op, attributes, output, inputs, input);
    sep_scope_pop(g);
    return y;
}

sep_node *sep_conv2d(sep_graph *g, const char *name, sep_node *x, const sep_conv *conv)
{
    sep_attributes a = {
        .kernel = conv->kernel, .stride = conv->stride > 0 ? conv->stride : 1, .padding = conv->padding};

    if (!is_map(g, name, x))
        return NULL;
    int height = (x->shape.dim[1] + 2 * a.padding - a.kernel) / a.stride + 1;
    int width = (x->shape.dim[2] + 2 * a.padding - a.kernel) / a.stride + 1;
    int channels = x->shape.dim[3];
    if (height < 1 || width < 1)
        return sep_graph_fail(g, SEP_ERR_SHAPE, "%s: a %dx%d map is too small for a kernel of %d", name,
                              x->shape.dim[1], x->shape.dim[2], a.kernel);
    return apply_layer(g, name, SEP_OP_CONV2D, &a, SEP_SHAPE(x->shape.dim[0], height, width, conv->channels), x,
                       SEP_SHAPE(a.kernel, a.kernel, channels, conv->channels), channels * a.kernel * a.kernel, conv);
}

sep_node *sep_conv_transpose2d(sep_graph *g, const char *name, sep_node *x, const sep_conv *conv)
{
    sep_attributes a = {.kernel = conv->kernel, .stride = conv->kernel};

    if (!is_map(g, name, x))
        return NULL;
    const int *d = x->shape.dim;
    return apply_layer(g, name, SEP_OP_CONV_TRANSPOSE2D, &a,
                       SEP_SHAPE(d[0], d[1] * a.stride, d[2] * a.stride, conv->channels), x,
                       SEP_SHAPE(a.kernel, a.kernel, d[3], conv->channels), conv->channels * a.kernel * a.kernel, conv);
}

sep_node *sep_depthwise_conv2d(sep_graph *g, const char *name, sep_node *x, const sep_conv *conv)
{
    sep_attributes a = {.kernel = conv->kernel, .stride = 1, .padding = conv->kernel / 2};

    if (!is_map(g, name, x))
        return NULL;
    const int *d = x->shape.dim;
    if (conv->channels % d[3] != 0 || conv->kernel % 2 == 0)
        return sep_graph_fail(g, SEP_ERR_SHAPE, "%s: %d channels are no multiple of %d, or the kernel %d is even", name,
                              conv->channels, d[3], conv->kernel);
    return apply_layer(g, name, SEP_OP_DEPTHWISE, &a, SEP_SHAPE(d[0], d[1], d[2], conv->channels), x,
                       SEP_SHAPE(a.kernel, a.kernel, conv->channels), a.kernel * a.kernel, conv);
}

/* ---- gradients --------------------------------------------------------------------------------------------------- */

static void add_weight_gradients(sep_graph *g, sep_node *node, sep_node *dy, sep_op dw_op)
{
    sep_node *x = node->input[0], *weight = node->input[1];

    if (sep_needs_gradient(weight))
        sep_accumulate(g, weight, SEP_APPLY(g, dw_op, &node->attributes, weight->shape, x, dy));
    if (node->inputs > 2)
        sep_accumulate(g, node->input[2], SEP_APPLY(g, SEP_OP_ROW_SUM, NULL, node->input[2]->shape, dy));
}

/* The families differ in the names of their operations only. */
static void gradient(sep_graph *g, sep_node *node, sep_node *dy, sep_op dx_op, sep_op dw_op)
{
    sep_node *x = node->input[0], *weight = node->input[1];

    add_weight_gradients(g, node, dy, dw_op);
    if (sep_needs_gradient(x))
        sep_accumulate(g, x, SEP_APPLY(g, dx_op, &node->attributes, x->shape, dy, weight));
}

void sep_gradient_conv2d(sep_graph *g, sep_node *node, sep_node *dy)
{
    gradient(g, node, dy, SEP_OP_CONV2D_DX, SEP_OP_CONV2D_DW);
}

void sep_gradient_conv_transpose2d(sep_graph *g, sep_node *node, sep_node *dy)
{
    gradient(g, node, dy, SEP_OP_CONV_TRANSPOSE2D_DX, SEP_OP_CONV_TRANSPOSE2D_DW);
}

void sep_gradient_depthwise(sep_graph *g, sep_node *node, sep_node *dy)
{
    gradient(g, node, dy, SEP_OP_DEPTHWISE_DX, SEP_OP_DEPTHWISE_DW);
}

void sep_gradient_linear(sep_graph *g, sep_node *node, sep_node *dy)
{
    sep_node *x = node->input[0], *weight = node->input[1];

    if (node->attributes.activation == SEP_LINEAR_ACTIVATION) {
        gradient(g, node, dy, SEP_OP_LINEAR_DX, SEP_OP_LINEAR_DW);
        return;
    }
    add_weight_gradients(g, node, dy, SEP_OP_LINEAR_DW);
    if (sep_needs_gradient(x))
        sep_accumulate(g, x, SEP_APPLY(g, SEP_OP_LINEAR_DX, &node->attributes, x->shape, dy, weight, x));
}

/* ---- costs ------------------------------------------------------------------------------------------------------- */

int64_t sep_cost_conv2d(const sep_node *node)
{
    return sep_shape_rows(&node->shape) * sep_shape_count(&node->input[1]->shape);
}

int64_t sep_cost_conv_transpose2d(const sep_node *node)
{
    return sep_shape_rows(&node->input[0]->shape) * sep_shape_count(&node->input[1]->shape);
}

int64_t sep_cost_depthwise(const sep_node *node)
{
    return sep_shape_rows(&node->shape) * sep_shape_count(&node->input[1]->shape);
}

int64_t sep_cost_linear(const sep_node *node)
{
    return sep_shape_rows(&node->shape) * sep_shape_count(&node->input[1]->shape);
}
