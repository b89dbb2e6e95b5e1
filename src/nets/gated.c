/* Convolutions with batch norm, and additive gates on skip connections. */
#include "nets/gated.h"

sep_node *sep_normed_conv(sep_graph *g, const char *name, sep_node *x, const sep_conv *conv)
{
    sep_scope_push(g, "%s", name);
    x = sep_batch_norm(g, "norm", sep_conv2d(g, "conv", x, conv));
    sep_scope_pop(g);
    return x;
}

/* One that keeps the map's size. */
static sep_node *normed_conv(sep_graph *g, const char *name, sep_node *x, int channels, int kernel)
{
    return sep_normed_conv(g, name, x,
                           &(sep_conv){.channels = channels, .kernel = kernel, .padding = kernel / 2, .bias = true});
}

sep_node *sep_two_convs(sep_graph *g, sep_node *x, int channels)
{
    x = sep_relu(g, normed_conv(g, "layer_0", x, channels, 3));
    return sep_relu(g, normed_conv(g, "layer_1", x, channels, 3));
}

sep_node *sep_up_conv(sep_graph *g, sep_node *x, int channels)
{
    return sep_relu(g, normed_conv(g, "up", sep_upsample_nearest(g, x), channels, 3));
}

sep_node *sep_gated_skip(sep_graph *g, sep_node *asking, sep_node *skip)
{
    if (asking == NULL || skip == NULL)
        return NULL;
    const int between = sep_shape_last(sep_node_shape(skip)) / 2;

    sep_scope_push(g, "gate");
    sep_node *asked = normed_conv(g, "gate", asking, between, 1);
    sep_node *seen = normed_conv(g, "skip", skip, between, 1);
    sep_node *weight = sep_sigmoid(g, normed_conv(g, "weight", sep_relu(g, sep_add(g, asked, seen)), 1, 1));
    sep_scope_pop(g);
    return sep_mul(g, skip, weight);
}
