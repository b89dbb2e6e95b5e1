/* CS-Unet's feed-forward module (DSF), and those that the thesis compares it with (Tables 3.3 and 3.4). */
#include "nets/cs_unet.h"

sep_conv sep_transformer_conv3x3(int channels, int stride)
{
    return (sep_conv){.channels = channels,
                      .kernel = 3,
                      .stride = stride,
                      .padding = 1,
                      .bias = true,
                      .weight_std = SEP_TRANSFORMER_STD};
}

sep_conv sep_transformer_depthwise(int channels, int kernel, bool bias)
{
    return (sep_conv){.channels = channels, .kernel = kernel, .bias = bias, .weight_std = SEP_TRANSFORMER_STD};
}

static sep_conv pointwise(int channels)
{
    return (sep_conv){.channels = channels, .kernel = 1, .bias = true, .weight_std = SEP_TRANSFORMER_STD};
}

/* Depthwise spatial feed-forward. */
static sep_node *dsf(sep_graph *g, sep_node *x, const sep_block *b)
{
    const sep_cs_unet_options *o = b->options;
    sep_conv spatial = sep_transformer_depthwise(b->channels, 7, true), expand = pointwise(4 * b->channels),
             reduce = pointwise(b->channels);
    sep_node *y;

    sep_scope_push(g, "dsf");
    y = sep_layer_norm(g, "norm", sep_depthwise_conv2d(g, "spatial", x, &spatial), 1, 1e-6f);
    y = sep_gelu(g, sep_conv2d(g, "expand", y, &expand));
    y = sep_layer_scale(g, "scale", sep_conv2d(g, "reduce", y, &reduce), o->layer_scale);
    sep_scope_pop(g);
    return sep_add(g, x, y);
}

/* ---- blocks of convolutional networks, with layer norm in the place of batch norm -------------------------------- */

static sep_node *conv3x3(sep_graph *g, const char *name, sep_node *x, const sep_block *b)
{
    sep_conv conv = sep_transformer_conv3x3(b->channels, 1);

    return sep_conv2d(g, name, x, &conv);
}

static sep_node *norm(sep_graph *g, const char *name, sep_node *x)
{
    return sep_layer_norm(g, name, x, 1, 1e-6f);
}

static sep_node *convolution(sep_graph *g, sep_node *x, const sep_block *b)
{
    return sep_add(g, x, sep_gelu(g, norm(g, "norm_0", conv3x3(g, "conv_0", x, b))));
}

/* He et al. 2016, Deep residual learning. */
static sep_node *residual(sep_graph *g, sep_node *x, const sep_block *b)
{
    sep_node *y = sep_relu(g, norm(g, "norm_0", conv3x3(g, "conv_0", x, b)));

    return sep_relu(g, sep_add(g, x, norm(g, "norm_1", conv3x3(g, "conv_1", y, b))));
}

/* He et al. 2016, Identity mappings. */
static sep_node *pre_activation(sep_graph *g, sep_node *x, const sep_block *b)
{
    sep_node *y = conv3x3(g, "conv_0", sep_relu(g, norm(g, "norm_0", x)), b);

    return sep_add(g, x, conv3x3(g, "conv_1", sep_relu(g, norm(g, "norm_1", y)), b));
}

/* Xie et al. 2017, with half the channels inside and as many groups as these are. */
static sep_node *resnext(sep_graph *g, sep_node *x, const sep_block *b)
{
    const int inner = b->channels > 1 ? b->channels / 2 : 1;
    sep_conv reduce = pointwise(inner), grouped = sep_transformer_depthwise(inner, 3, true),
             expand = pointwise(b->channels);
    sep_node *y = sep_relu(g, norm(g, "norm_0", sep_conv2d(g, "reduce", x, &reduce)));

    y = sep_relu(g, norm(g, "norm_1", sep_depthwise_conv2d(g, "grouped", y, &grouped)));
    return sep_relu(g, sep_add(g, x, norm(g, "norm_2", sep_conv2d(g, "expand", y, &expand))));
}

static sep_node *perceptron(sep_graph *g, sep_node *x, const sep_block *b)
{
    sep_node *branch = sep_perceptron(g, sep_layer_norm(g, "norm_1", x, 1, 1e-5f), b);

    return sep_add(g, x, sep_drop_path(g, branch, b->drop_path));
}

sep_node *sep_feed_forward(sep_graph *g, sep_node *x, const sep_block *b)
{
    static sep_block_recipe *const forward[] = {[SEP_FORWARD_DSF] = dsf,
                                                [SEP_FORWARD_PERCEPTRON] = perceptron,
                                                [SEP_FORWARD_CONVOLUTION] = convolution,
                                                [SEP_FORWARD_RESIDUAL] = residual,
                                                [SEP_FORWARD_PRE_ACTIVATION] = pre_activation,
                                                [SEP_FORWARD_RESNEXT] = resnext};
    const sep_cs_unet_options *o = b->options;
    const bool own_scope = o->feed_forward == SEP_FORWARD_DSF || o->feed_forward == SEP_FORWARD_PERCEPTRON;

    if (own_scope)
        return forward[o->feed_forward](g, x, b);
    sep_scope_push(g, "forward");
    x = forward[o->feed_forward](g, x, b);
    sep_scope_pop(g);
    return x;
}
