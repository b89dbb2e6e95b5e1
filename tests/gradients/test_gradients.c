/* Gradients of layers, norms, moves, attention and losses against finite differences. */
#include "support_gradients.h"

static sep_node *conv3x3(sep_graph *g, sep_node *x)
{
    return sep_conv2d(g, "op", x, &(sep_conv){.channels = 5, .kernel = 3, .padding = 1, .bias = true});
}

static sep_node *conv1x1(sep_graph *g, sep_node *x)
{
    return sep_conv2d(g, "op", x, &(sep_conv){.channels = 4, .kernel = 1, .bias = true});
}

static sep_node *conv7x7(sep_graph *g, sep_node *x)
{
    return sep_conv2d(g, "op", x, &(sep_conv){.channels = 2, .kernel = 7, .padding = 3, .bias = true});
}

static sep_node *conv_strided(sep_graph *g, sep_node *x)
{
    return sep_conv2d(g, "op", x, &(sep_conv){.channels = 3, .kernel = 3, .stride = 2, .padding = 1, .bias = true});
}

static sep_node *conv_patches(sep_graph *g, sep_node *x)
{
    return sep_conv2d(g, "op", x, &(sep_conv){.channels = 6, .kernel = 4, .stride = 4, .bias = true});
}

static sep_node *conv_transposed(sep_graph *g, sep_node *x)
{
    return sep_conv_transpose2d(g, "op", x, &(sep_conv){.channels = 3, .kernel = 2, .bias = true});
}

static sep_node *depthwise7x7(sep_graph *g, sep_node *x)
{
    return sep_depthwise_conv2d(g, "op", x, &(sep_conv){.channels = 3, .kernel = 7, .bias = true});
}

static sep_node *depthwise_three_copies(sep_graph *g, sep_node *x)
{
    return sep_depthwise_conv2d(g, "op", x, &(sep_conv){.channels = 9, .kernel = 3});
}

static sep_node *linear(sep_graph *g, sep_node *x)
{
    return sep_linear(g, "op", x, 6, true, 0.0f);
}

static sep_node *batch_norm(sep_graph *g, sep_node *x)
{
    return sep_batch_norm(g, "op", x);
}

static sep_node *batch_norm_activated(sep_graph *g, sep_node *x)
{
    return sep_dropout(g, sep_leaky_relu(g, sep_batch_norm(g, "op", x), 0.01f), 0.3f);
}

static sep_node *group_norm(sep_graph *g, sep_node *x)
{
    return sep_gelu(g, sep_group_norm(g, "op", x, 2, 1e-5f));
}

static sep_node *standardised(sep_graph *g, sep_node *x)
{
    return sep_conv2d(g, "op", x, &(sep_conv){.channels = 4, .kernel = 3, .padding = 1, .standardise = 1e-5f});
}

static sep_node *layer_norm(sep_graph *g, sep_node *x)
{
    return sep_layer_norm(g, "op", x, 3, 1e-5f);
}

static sep_node *layer_scale(sep_graph *g, sep_node *x)
{
    return sep_layer_scale(g, "op", x, 0.7f);
}

static sep_node *gelu(sep_graph *g, sep_node *x)
{
    return sep_gelu(g, x);
}

static sep_node *relu(sep_graph *g, sep_node *x)
{
    return sep_relu(g, x);
}

static sep_node *dropout(sep_graph *g, sep_node *x)
{
    return sep_dropout(g, x, 0.4f);
}

static sep_node *residual_drop_path(sep_graph *g, sep_node *x)
{
    return sep_add(g, x, sep_drop_path(g, sep_scale(g, x, 2.0f), 0.5f));
}

static sep_node *products(sep_graph *g, sep_node *x)
{
    sep_node *row = sep_parameter(g, "row", SEP_SHAPE(3), (sep_init){SEP_INIT_NORMAL, 1.0f});
    sep_node *scalar = sep_parameter(g, "scalar", SEP_SHAPE(1), (sep_init){SEP_INIT_CONSTANT, 1.5f});

    return sep_mul(g, sep_mul(g, sep_add(g, x, row), scalar), sep_mul(g, x, row));
}

static sep_node *max_pool_3x3(sep_graph *g, sep_node *x)
{
    return sep_pad(g, sep_max_pool2d(g, x, 3, 2, 0), 1, 2);
}

static sep_node *max_pool(sep_graph *g, sep_node *x)
{
    return sep_max_pool(g, x);
}

static sep_node *bilinear(sep_graph *g, sep_node *x)
{
    return sep_upsample_bilinear(g, x);
}

static sep_node *bilinear_by_four(sep_graph *g, sep_node *x)
{
    return sep_upsample_bilinear_by(g, x, 4);
}

static sep_node *nearest(sep_graph *g, sep_node *x)
{
    return sep_upsample_nearest(g, x);
}

/* Both the map and where it is taken from; between the same pixels all along, and beyond the last. */
static sep_node *warped(sep_graph *g, sep_node *x)
{
    sep_node *fraction = sep_scale(g, sep_sigmoid(g, x), 0.8f);
    sep_node *move = sep_add(g, fraction, sep_constant(g, SEP_SHAPE(1), 0.1f));

    return sep_warp(g, sep_parameter(g, "map", SEP_SHAPE(2, 4, 3, 3), (sep_init){SEP_INIT_NORMAL, 1.0f}), move);
}

static sep_node *channels(sep_graph *g, sep_node *x)
{
    return sep_concat(g, sep_slice_channels(g, x, 1, 2), x);
}

static sep_node *part_of_batch(sep_graph *g, sep_node *x)
{
    return sep_batch_range(g, x, 1, 1);
}

static sep_node *windows(sep_graph *g, sep_node *x)
{
    sep_node *cut = sep_gelu(g, sep_window_partition(g, x, 4, 1));

    return sep_window_reverse(g, cut, 4, 1, 8, 8);
}

static sep_node *depth_and_space(sep_graph *g, sep_node *x)
{
    return sep_depth_to_space(g, sep_gelu(g, sep_space_to_depth(g, x, 2, true)), 2);
}

/* Rows and columns of maps, then of matrices. */
static sep_node *transposed(sep_graph *g, sep_node *x)
{
    x = sep_gelu(g, sep_transpose(g, x));
    return sep_gelu(g, sep_transpose(g, sep_reshape(g, x, SEP_SHAPE(2, 4, 15))));
}

static sep_node *attention(sep_graph *g, sep_node *x)
{
    sep_node *table = sep_parameter(g, "table", SEP_SHAPE(49, 2), (sep_init){SEP_INIT_NORMAL, 0.5f});
    sep_node *cut = sep_linear(g, "qkv", sep_window_partition(g, x, 4, 2), 24, true, 0.0f);

    return sep_window_attention(
        g, sep_reshape(g, cut, SEP_SHAPE(8, 16, 24)), table,
        &(sep_attention){.heads = 2, .window = 4, .shift = 2, .grid_height = 8, .grid_width = 8, .scale = 0.5f});
}

/* Queries of all of a map, keys and values of what its blocks of 2 x 2 hold. */
static sep_node *token_attention(sep_graph *g, sep_node *x)
{
    sep_node *q = sep_reshape(g, x, SEP_SHAPE(2, 64, 5)), *few = sep_space_to_depth(g, x, 2, false);

    few = sep_reshape(g, few, SEP_SHAPE(2, 16, 20));
    q = sep_linear(g, "q", q, 6, true, 0.0f);
    sep_node *k = sep_linear(g, "k", few, 6, true, 0.0f);
    sep_node *v = sep_linear(g, "v", few, 6, true, 0.0f);
    return sep_token_attention(g, q, k, v, 2);
}

static sep_node *softmax(sep_graph *g, sep_node *x)
{
    return sep_softmax(g, x);
}

static sep_node *log_softmax(sep_graph *g, sep_node *x)
{
    return sep_log_softmax(g, x);
}

static sep_node *segmentation_loss(sep_graph *g, sep_node *x)
{
    sep_node *other = sep_parameter(g, "other", *sep_node_shape(x), (sep_init){SEP_INIT_NORMAL, 1.0f});
    sep_node *labels = sep_argmax(g, sep_detach(g, other));

    return sep_scale(g, sep_segmentation_loss(g, x, labels, 0.5f), 3.0f);
}

/* A loss of all channels but the last against labels of which the last class is none. */
static sep_node *loss_of(sep_graph *g, sep_node *x, const char *settings)
{
    sep_node *other = sep_parameter(g, "other", *sep_node_shape(x), (sep_init){SEP_INIT_NORMAL, 1.0f});
    sep_node *labels = sep_argmax(g, sep_detach(g, other));
    sep_node *logits = sep_slice_channels(g, x, 0, sep_shape_last(sep_node_shape(x)) - 1);
    sep_options *options = sep_options_create();
    sep_loss_settings chosen;

    assert_int_equal(sep_options_load_text(options, "loss", settings), SEP_OK);
    assert_int_equal(sep_loss_settings_read(options, &chosen), SEP_OK);
    sep_options_destroy(options);
    sep_loss_input input = {logits, labels, .cross_entropy_weight = 0.5f, .settings = &chosen};
    if (chosen.loss->wants_distances)
        input.distances =
            sep_state(g, "distances", *sep_node_shape(logits), SEP_ROLE_STATE, (sep_init){SEP_INIT_NORMAL, 2.0f});
    return sep_scale(g, sep_loss_build(g, &input), 3.0f);
}

#define LOSS(function, settings)                                                                                       \
    static sep_node *function(sep_graph *g, sep_node *x)                                                               \
    {                                                                                                                  \
        return loss_of(g, x, settings);                                                                                \
    }
LOSS(dice_ce, "")
LOSS(cross_entropy, "[train]\nloss = cross-entropy\n")
LOSS(dice, "[train]\nloss = dice\n")
LOSS(weighted_cross_entropy, "[train]\nloss = weighted-cross-entropy\n[weighted-cross-entropy]\nweights = 0.5, 1, 2\n")
LOSS(generalised_dice, "[train]\nloss = generalised-dice\n")
LOSS(focal, "[train]\nloss = focal\n[focal]\nweights = 0.5, 1, 2\n")
LOSS(tversky, "[train]\nloss = tversky\n")
LOSS(boundary, "[train]\nloss = boundary\n[boundary]\nweight = 1\n")
LOSS(hausdorff, "[train]\nloss = hausdorff\n[hausdorff]\nweight = 1\nalpha = 1.5\n")

static sep_node *mse(sep_graph *g, sep_node *x)
{
    sep_node *other = sep_parameter(g, "other", *sep_node_shape(x), (sep_init){SEP_INIT_NORMAL, 1.0f});

    return sep_mse(g, x, other);
}

/* The labelled half of a mixed batch behind a small network with batch norm: the other half takes part through the
 * statistics only. */
static sep_node *mixed_batch(sep_graph *g, sep_node *x)
{
    sep_node *other = sep_parameter(g, "other", SEP_SHAPE(2, 4, 4, 3), (sep_init){SEP_INIT_NORMAL, 1.0f});
    sep_node *labels = sep_argmax(g, sep_detach(g, other));

    x = sep_conv2d(g, "conv_0", x, &(sep_conv){.channels = 6, .kernel = 3, .padding = 1});
    x = sep_gelu(g, sep_batch_norm(g, "norm_0", x));
    sep_node *low = sep_conv2d(g, "reduce", sep_max_pool(g, x), &(sep_conv){.channels = 3, .kernel = 1});
    x = sep_concat(g, x, sep_upsample_bilinear(g, low));
    x = sep_conv2d(g, "conv_1", x, &(sep_conv){.channels = 3, .kernel = 3, .padding = 1});
    sep_node *supervised = sep_segmentation_loss(g, sep_batch_range(g, x, 0, 2), labels, 0.5f);
    sep_node *pseudo = sep_dice_loss(g, sep_softmax(g, sep_batch_range(g, x, 2, 2)), labels);
    return sep_add(g, sep_scale(g, supervised, 3.0f), pseudo);
}

static const gradient_case cases[] = {
    {"conv 3x3", SHAPE4(2, 6, 7, 3), conv3x3, 1e-2f},
    {"conv 1x1", SHAPE4(2, 5, 4, 3), conv1x1, 1e-2f},
    {"conv 7x7", SHAPE4(1, 8, 9, 2), conv7x7, 1e-2f},
    {"conv 3x3, stride 2", SHAPE4(2, 8, 6, 3), conv_strided, 1e-2f},
    {"conv 4x4, stride 4", SHAPE4(2, 8, 8, 3), conv_patches, 1e-2f},
    {"transposed conv 2x2", SHAPE4(2, 4, 5, 4), conv_transposed, 1e-2f},
    {"depthwise 7x7", SHAPE4(2, 9, 8, 3), depthwise7x7, 1e-2f},
    {"depthwise 3x3, three copies", SHAPE4(2, 7, 7, 3), depthwise_three_copies, 1e-2f},
    {"linear", SHAPE4(2, 3, 4, 5), linear, 1e-2f},
    {"batch norm", SHAPE4(3, 4, 5, 3), batch_norm, 1e-2f},
    {"batch norm, leaky ReLU, dropout", SHAPE4(3, 4, 5, 3), batch_norm_activated, 1e-3f},
    {"group norm", SHAPE4(3, 4, 5, 6), group_norm, 1e-2f},
    {"conv 3x3 of standardised weights", SHAPE4(2, 5, 4, 3), standardised, 1e-2f},
    {"layer norm", SHAPE4(2, 3, 3, 17), layer_norm, 1e-2f},
    {"layer scale", SHAPE4(2, 3, 3, 5), layer_scale, 1e-2f},
    {"GELU", SHAPE4(2, 3, 3, 5), gelu, 1e-2f},
    {"ReLU", SHAPE4(2, 3, 3, 5), relu, 1e-3f},
    {"dropout", SHAPE4(2, 3, 3, 5), dropout, 1e-2f},
    {"residual with drop path", SHAPE4(6, 2, 2, 3), residual_drop_path, 1e-2f},
    {"sums and products", SHAPE4(2, 3, 3, 3), products, 1e-2f},
    {"max pooling 3x3, padded", SHAPE4(2, 6, 7, 3), max_pool_3x3, 1e-3f},
    {"max pooling", SHAPE4(2, 4, 6, 3), max_pool, 1e-3f},
    {"bilinear upsampling", SHAPE4(2, 4, 3, 3), bilinear, 1e-2f},
    {"bilinear upsampling by 4", SHAPE4(2, 3, 2, 3), bilinear_by_four, 1e-2f},
    {"nearest upsampling", SHAPE4(2, 4, 3, 3), nearest, 1e-2f},
    {"warp", SHAPE4(2, 4, 3, 2), warped, 1e-2f},
    {"channels: slice and concat", SHAPE4(2, 3, 3, 4), channels, 1e-2f},
    {"part of the batch", SHAPE4(3, 3, 3, 4), part_of_batch, 1e-2f},
    {"a mixed batch", SHAPE4(4, 4, 4, 2), mixed_batch, 2e-3f},
    {"windows", SHAPE4(2, 8, 8, 3), windows, 1e-2f},
    {"transposition", SHAPE4(2, 5, 4, 3), transposed, 1e-2f},
    {"depth and space", SHAPE4(2, 4, 4, 3), depth_and_space, 1e-2f},
    {"window attention", SHAPE4(2, 8, 8, 5), attention, 1e-2f},
    {"token attention", SHAPE4(2, 8, 8, 5), token_attention, 1e-2f},
    {"softmax", SHAPE4(2, 3, 3, 5), softmax, 1e-2f},
    {"log-softmax", SHAPE4(2, 3, 3, 5), log_softmax, 1e-2f},
    {"cross entropy and Dice", SHAPE4(2, 5, 4, 4), segmentation_loss, 1e-2f},
    {"loss dice-ce", SHAPE4(2, 5, 4, 4), dice_ce, 1e-2f},
    {"loss cross-entropy", SHAPE4(2, 5, 4, 4), cross_entropy, 1e-2f},
    {"loss dice", SHAPE4(2, 5, 4, 4), dice, 1e-2f},
    {"loss weighted-cross-entropy", SHAPE4(2, 5, 4, 4), weighted_cross_entropy, 1e-2f},
    {"loss generalised-dice", SHAPE4(2, 5, 4, 4), generalised_dice, 1e-2f},
    {"loss focal", SHAPE4(2, 5, 4, 4), focal, 1e-2f},
    {"loss tversky", SHAPE4(2, 5, 4, 4), tversky, 1e-2f},
    {"loss boundary", SHAPE4(2, 5, 4, 4), boundary, 1e-2f},
    {"loss hausdorff", SHAPE4(2, 5, 4, 4), hausdorff, 1e-2f},
    {"mean squared error", SHAPE4(2, 3, 3, 5), mse, 1e-2f},
};

int main(void)
{
    return support_check_gradients(cases, sizeof cases / sizeof cases[0]);
}
