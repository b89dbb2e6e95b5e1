/* CS-Unet (Liu et al. 2022): Swin-Unet with every part convolutional: convolutional token embedding, depthwise
 * convolutions inside the windows as projections of the attention, a depthwise 7x7 block (DSF) instead of the
 * perceptron, transposed convolutions up, 3x3 convolutions at the skips. 24,690,576 parameters with 9 classes. */
#include "nets/stages.h"
#include "nets/table.h"

typedef struct cs_unet_options {
    sep_stage_options stages;
    float layer_scale;
} cs_unet_options;

static const sep_setting settings[] = {
    SEP_STAGE_SETTINGS,
    SEP_SETTING_FLOAT(cs_unet_options, layer_scale, 0.7, 1e-9, 1e3,
                      "that DSF blocks start from: as in the released code; the thesis prints 1e-6"),
    {0},
};

static const float dropout_rate = 0.2f;

static sep_node *dropout(sep_graph *g, const sep_stage_options *o, sep_node *x)
{
    return o->no_dropout ? x : sep_dropout(g, x, dropout_rate);
}

static sep_conv conv3x3(int channels, int stride)
{
    return (sep_conv){.channels = channels,
                      .kernel = 3,
                      .stride = stride,
                      .padding = 1,
                      .bias = true,
                      .weight_std = SEP_TRANSFORMER_STD};
}

static sep_conv depthwise(int channels, int kernel, bool bias)
{
    return (sep_conv){.channels = channels, .kernel = kernel, .bias = bias, .weight_std = SEP_TRANSFORMER_STD};
}

static sep_node *token_embedding(sep_graph *g, const sep_net_spec *spec, sep_node *x)
{
    const sep_stage_options *o = (const void *)&spec->options;
    int half = o->base / 2;

    sep_scope_push(g, "embed");
    sep_conv conv = conv3x3(half, 1);
    x = sep_gelu(g, sep_conv2d(g, "conv_0", sep_grey_as_rgb(g, spec, x), &conv));
    conv = conv3x3(half, 2);
    x = sep_gelu(g, sep_conv2d(g, "conv_1", x, &conv));
    x = sep_layer_norm(g, "norm_0", x, 1, 1e-5f);
    conv = conv3x3(o->base, 1);
    x = sep_gelu(g, sep_conv2d(g, "conv_2", x, &conv));
    conv = conv3x3(o->base, 2);
    x = sep_gelu(g, sep_conv2d(g, "conv_3", x, &conv));
    x = sep_layer_norm(g, "norm_1", dropout(g, o, x), 1, 1e-5f);
    sep_scope_pop(g);
    return x;
}

/* Q, K and V side by side from one depthwise convolution, each normalised over its channels; no position bias. */
static sep_node *attention(sep_graph *g, sep_node *x, const sep_block *b)
{
    int tokens = b->window * b->window;
    sep_conv qkv = depthwise(3 * b->channels, 3, false), project = depthwise(b->channels, 3, false);
    sep_attention how = sep_attention_of(b);

    x = sep_window_partition(g, x, b->window, b->shift);
    if (x == NULL)
        return NULL;
    int windows = sep_node_shape(x)->dim[0];
    sep_scope_push(g, "attention");
    x = sep_depthwise_conv2d(g, "qkv", x, &qkv);
    x = sep_layer_norm(g, "norm", sep_reshape(g, x, SEP_SHAPE(windows, 3 * tokens, b->channels)), 3, 1e-5f);
    x = sep_window_attention(g, sep_reshape(g, x, SEP_SHAPE(windows, tokens, 3 * b->channels)), NULL, &how);
    x = sep_reshape(g, x, SEP_SHAPE(windows, b->window, b->window, b->channels));
    x = sep_gelu(g, sep_depthwise_conv2d(g, "project", x, &project));
    sep_scope_pop(g);
    return sep_window_reverse(g, x, b->window, b->shift, b->height, b->width);
}

/* Depthwise spatial feed-forward. */
static sep_node *dsf(sep_graph *g, sep_node *x, const sep_block *b)
{
    sep_conv spatial = depthwise(b->channels, 7, true);
    sep_conv pointwise = {.channels = 4 * b->channels, .kernel = 1, .bias = true, .weight_std = SEP_TRANSFORMER_STD};
    const cs_unet_options *o = b->options;
    sep_node *y;

    sep_scope_push(g, "dsf");
    y = sep_layer_norm(g, "norm", sep_depthwise_conv2d(g, "spatial", x, &spatial), 1, 1e-6f);
    y = sep_gelu(g, sep_conv2d(g, "expand", y, &pointwise));
    pointwise.channels = b->channels;
    y = sep_layer_scale(g, "scale", sep_conv2d(g, "reduce", y, &pointwise), o->layer_scale);
    sep_scope_pop(g);
    return sep_add(g, x, y);
}

static sep_node *cst_block(sep_graph *g, sep_node *x, const sep_block *b)
{
    sep_node *branch = attention(g, sep_layer_norm(g, "norm", x, 1, 1e-5f), b);

    return dsf(g, sep_add(g, x, sep_drop_path(g, branch, b->drop_path)), b);
}

static sep_node *up(sep_graph *g, const sep_stage_options *o, sep_node *x, int channels)
{
    sep_scope_push(g, "up");
    x = sep_layer_norm(g, "norm", x, 1, 1e-5f);
    x = sep_conv_transpose2d(g, "conv", x, &(sep_conv){.channels = channels, .kernel = 2, .bias = true});
    sep_scope_pop(g);
    return dropout(g, o, sep_gelu(g, x));
}

static sep_node *join_skip(sep_graph *g, const sep_stage_options *o, sep_node *x, sep_node *skip, int channels)
{
    sep_conv conv = conv3x3(channels, 1);

    sep_scope_push(g, "skip");
    x = sep_gelu(g, sep_conv2d(g, "conv_0", sep_concat(g, x, skip), &conv));
    x = sep_gelu(g, sep_conv2d(g, "conv_1", x, &conv));
    sep_scope_pop(g);
    return dropout(g, o, x);
}

static sep_maps encode(sep_graph *g, const sep_net_spec *spec, sep_node *x)
{
    return sep_encode_stages(g, spec, token_embedding(g, spec, x), cst_block);
}

static sep_net_output decode(sep_graph *g, const sep_net_spec *spec, const sep_maps *maps)
{
    const sep_stage_options *o = (const void *)&spec->options;
    sep_node *x = maps->map[SEP_STAGES - 1];
    sep_net_output output = {0};

    for (int s = SEP_STAGES - 2; s >= 0; s--) {
        int channels = o->base << s;
        sep_scope_push(g, "decoder_%d", s);
        x = up(g, o, x, channels);
        if (s == 1)
            output.eighth = x;
        if (s == 0)
            output.quarter = x;
        x = join_skip(g, o, x, maps->map[s], channels);
        x = sep_stage(g, spec, x, s, cst_block);
        sep_scope_pop(g);
    }
    x = sep_layer_norm(g, "norm_up", x, 1, 1e-5f);
    output.full = sep_patch_expanding(g, "final", x, 4, o->base);
    output.logits = sep_conv2d(g, "head", output.full,
                               &(sep_conv){.channels = spec->classes, .kernel = 1, .weight_std = SEP_TRANSFORMER_STD});
    return output;
}

const sep_net sep_cs_unet = {
    .name = "cs-unet",
    .summary = "Swin-Unet with every part convolutional",
    .settings = settings,
    .options_size = sizeof(cs_unet_options),
    .height = 224,
    .width = 224,
    .loose_maps = true,
    .check = sep_check_stages,
    .encode = encode,
    .decode = decode,
};
