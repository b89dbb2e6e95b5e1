/* CS-Unet (Liu et al. 2022): Swin-Unet with every part convolutional: convolutional token embedding, depthwise
 * convolutions inside the windows as projections of the attention, a depthwise 7x7 block (DSF) instead of the
 * perceptron, transposed convolutions up, 3x3 convolutions at the skips. 24,690,576 parameters with 9 classes. */
#include "nets/cs_unet.h"
#include "nets/table.h"

#define CONVOLUTION_OR_LINEAR(member, gloss)                                                                           \
    SEP_SETTING_CHOICE(sep_cs_unet_options, member, "convolution|linear", SEP_CONVOLUTION, gloss)

static const sep_setting settings[] = {
    SEP_STAGE_SETTINGS,
    SEP_SETTING_FLOAT(sep_cs_unet_options, layer_scale, 0.7, 1e-9, 1e3,
                      "that DSF blocks start from: as in the released code; the thesis prints 1e-6"),
    CONVOLUTION_OR_LINEAR(embedding, "what makes tokens of pixels: four convolutions, or one linear layer on 4x4"),
    CONVOLUTION_OR_LINEAR(projection, "what queries, keys and values come from"),
    CONVOLUTION_OR_LINEAR(attention_output, "what follows the attention"),
    SEP_SETTING_BOOL(sep_cs_unet_options, position_bias, false, "a learned bias of attention, as in Swin-Unet"),
    SEP_SETTING_CHOICE(sep_cs_unet_options, feed_forward, "dsf|perceptron|convolution|residual|pre-activation|resnext",
                       SEP_FORWARD_DSF, "the module behind the attention"),
    CONVOLUTION_OR_LINEAR(decoder, "what enlarges maps and joins them with the encoder's; all linear is Swin-Unet"),
    {0},
};

static const float dropout_rate = 0.2f;

static sep_node *dropout(sep_graph *g, const sep_stage_options *o, sep_node *x)
{
    return o->no_dropout ? x : sep_dropout(g, x, dropout_rate);
}

static sep_node *token_embedding(sep_graph *g, const sep_net_spec *spec, sep_node *x)
{
    const sep_stage_options *o = (const void *)&spec->options;
    int half = o->base / 2;

    sep_scope_push(g, "embed");
    sep_conv conv = sep_transformer_conv3x3(half, 1);
    x = sep_gelu(g, sep_conv2d(g, "conv_0", sep_grey_as_rgb(g, spec, x), &conv));
    conv = sep_transformer_conv3x3(half, 2);
    x = sep_gelu(g, sep_conv2d(g, "conv_1", x, &conv));
    x = sep_layer_norm(g, "norm_0", x, 1, 1e-5f);
    conv = sep_transformer_conv3x3(o->base, 1);
    x = sep_gelu(g, sep_conv2d(g, "conv_2", x, &conv));
    conv = sep_transformer_conv3x3(o->base, 2);
    x = sep_gelu(g, sep_conv2d(g, "conv_3", x, &conv));
    x = sep_layer_norm(g, "norm_1", dropout(g, o, x), 1, 1e-5f);
    sep_scope_pop(g);
    return x;
}

/* Q, K and V side by side: from one depthwise convolution inside the windows, each normalised over its channels. */
static sep_node *project_in(sep_graph *g, sep_node *x, const sep_block *b)
{
    const sep_cs_unet_options *o = b->options;
    const int windows = sep_node_shape(x)->dim[0], tokens = b->window * b->window;
    sep_conv qkv = sep_transformer_depthwise(3 * b->channels, 3, false);

    if (o->projection == SEP_LINEAR)
        return sep_linear(g, "qkv", sep_reshape(g, x, SEP_SHAPE(windows, tokens, b->channels)), 3 * b->channels, true,
                          SEP_TRANSFORMER_STD);
    x = sep_depthwise_conv2d(g, "qkv", x, &qkv);
    x = sep_layer_norm(g, "norm", sep_reshape(g, x, SEP_SHAPE(windows, 3 * tokens, b->channels)), 3, 1e-5f);
    return sep_reshape(g, x, SEP_SHAPE(windows, tokens, 3 * b->channels));
}

static sep_node *project_out(sep_graph *g, sep_node *x, int windows, const sep_block *b)
{
    const sep_cs_unet_options *o = b->options;
    sep_conv project = sep_transformer_depthwise(b->channels, 3, false);

    if (o->attention_output == SEP_LINEAR)
        return sep_linear(g, "project", x, b->channels, true, SEP_TRANSFORMER_STD);
    x = sep_reshape(g, x, SEP_SHAPE(windows, b->window, b->window, b->channels));
    return sep_gelu(g, sep_depthwise_conv2d(g, "project", x, &project));
}

static sep_node *attention(sep_graph *g, sep_node *x, const sep_block *b)
{
    const sep_cs_unet_options *o = b->options;
    sep_attention how = sep_attention_of(b);

    x = sep_window_partition(g, x, b->window, b->shift);
    if (x == NULL)
        return NULL;
    int windows = sep_node_shape(x)->dim[0];
    sep_scope_push(g, "attention");
    x = project_in(g, x, b);
    x = sep_window_attention(g, x, o->position_bias ? sep_position_table(g, b) : NULL, &how);
    x = project_out(g, x, windows, b);
    sep_scope_pop(g);
    return sep_window_reverse(g, x, b->window, b->shift, b->height, b->width);
}

static sep_node *cst_block(sep_graph *g, sep_node *x, const sep_block *b)
{
    const sep_cs_unet_options *o = b->options;
    const char *norm =
        o->feed_forward == SEP_FORWARD_PERCEPTRON ? "norm_0" : "norm"; /* as Swin-Unet's, which has two */
    sep_node *branch = attention(g, sep_layer_norm(g, norm, x, 1, 1e-5f), b);

    return sep_feed_forward(g, sep_add(g, x, sep_drop_path(g, branch, b->drop_path)), b);
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
    sep_conv conv = sep_transformer_conv3x3(channels, 1);

    sep_scope_push(g, "skip");
    x = sep_gelu(g, sep_conv2d(g, "conv_0", sep_concat(g, x, skip), &conv));
    x = sep_gelu(g, sep_conv2d(g, "conv_1", x, &conv));
    sep_scope_pop(g);
    return dropout(g, o, x);
}

static sep_maps encode(sep_graph *g, const sep_net_spec *spec, sep_node *x)
{
    const sep_cs_unet_options *o = (const void *)&spec->options;

    x = o->embedding == SEP_LINEAR ? sep_patch_embedding(g, spec, x, o->stages.base) : token_embedding(g, spec, x);
    return sep_encode_stages(g, spec, x, cst_block);
}

static sep_net_output decode(sep_graph *g, const sep_net_spec *spec, const sep_maps *maps)
{
    const sep_cs_unet_options *own = (const void *)&spec->options;
    const sep_stage_options *o = &own->stages;
    const bool linear = own->decoder == SEP_LINEAR;
    sep_node *x = maps->map[SEP_STAGES - 1];
    sep_net_output output = {0};

    for (int s = SEP_STAGES - 2; s >= 0; s--) {
        int channels = o->base << s;
        sep_scope_push(g, "decoder_%d", s);
        x = linear ? sep_patch_expanding(g, "expand", x, 2, channels) : up(g, o, x, channels);
        if (s == 1)
            output.eighth = x;
        if (s == 0)
            output.quarter = x;
        x = linear ? sep_join_linearly(g, x, maps->map[s], channels) : join_skip(g, o, x, maps->map[s], channels);
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
    .options_size = sizeof(sep_cs_unet_options),
    .height = 224,
    .width = 224,
    .loose_maps = true,
    .check = sep_check_stages,
    .encode = encode,
    .decode = decode,
};
