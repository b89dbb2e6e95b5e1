/* The Vision Transformer on patches of 16x16, with TransUNet's decoder and no convolutional encoder: 91,674,201
 * parameters with 9 classes. Linear layers start as PyTorch's do and positions at zero; the published networks start
 * from weights of ImageNet-21k. */
#include "nets/vit.h"

#include "nets/stages.h"
#include "nets/table.h"

#define PATCH 16
#define STEPS 4 /* of the decoder, each of which doubles the size */

static const float dropout_rate = 0.1f, epsilon = 1e-6f;

sep_status sep_vit_check(const sep_net_spec *spec, const sep_vit_options *o)
{
    SEP_TRY(sep_net_check_grid(spec, PATCH));
    if (o->hidden % o->heads != 0)
        return sep_fail(SEP_ERR_ARGUMENT, "%d channels can't be split among %d heads", o->hidden, o->heads);
    if (o->decoder % 16 != 0)
        return sep_fail(SEP_ERR_ARGUMENT, "a decoder of %d channels: multiples of 16 are possible", o->decoder);
    return SEP_OK;
}

/* ---- encoder ----------------------------------------------------------------------------------------------------- */

static sep_node *dropout(sep_graph *g, const sep_vit_options *o, sep_node *x)
{
    return o->no_dropout ? x : sep_dropout(g, x, dropout_rate);
}

static sep_node *attention(sep_graph *g, const sep_vit_options *o, sep_node *x)
{
    sep_scope_push(g, "attention");
    sep_node *q = sep_linear(g, "q", x, o->hidden, true, 0.0f);
    sep_node *k = sep_linear(g, "k", x, o->hidden, true, 0.0f);
    sep_node *v = sep_linear(g, "v", x, o->hidden, true, 0.0f);
    x = sep_linear(g, "project", sep_token_attention(g, q, k, v, o->heads), o->hidden, true, 0.0f);
    sep_scope_pop(g);
    return x;
}

static sep_node *perceptron(sep_graph *g, const sep_vit_options *o, sep_node *x)
{
    sep_scope_push(g, "mlp");
    x = dropout(g, o, sep_gelu(g, sep_linear(g, "expand", x, o->mlp, true, 0.0f)));
    x = dropout(g, o, sep_linear(g, "reduce", x, o->hidden, true, 0.0f));
    sep_scope_pop(g);
    return x;
}

static sep_node *block(sep_graph *g, const sep_vit_options *o, sep_node *x)
{
    x = sep_add(g, x, attention(g, o, sep_layer_norm(g, "norm_0", x, 1, epsilon)));
    return sep_add(g, x, perceptron(g, o, sep_layer_norm(g, "norm_1", x, 1, epsilon)));
}

sep_node *sep_vit_encode(sep_graph *g, const sep_vit_options *o, sep_node *tokens)
{
    if (tokens == NULL)
        return NULL;
    const sep_shape map = *sep_node_shape(tokens);
    const int count = map.dim[1] * map.dim[2];
    sep_scope_push(g, "vit");
    sep_node *position = sep_parameter(g, "position", SEP_SHAPE(count, o->hidden), (sep_init){SEP_INIT_CONSTANT, 0.0f});
    sep_node *x = sep_add(g, sep_reshape(g, tokens, SEP_SHAPE(map.dim[0], count, o->hidden)), position);
    x = dropout(g, o, x);
    for (int i = 0; i < o->layers; i++) {
        sep_scope_push(g, "block_%d", i);
        x = block(g, o, x);
        sep_scope_pop(g);
    }
    x = sep_layer_norm(g, "norm", x, 1, epsilon);
    sep_scope_pop(g);
    return x == NULL ? NULL : sep_reshape(g, x, map);
}

/* ---- decoder ----------------------------------------------------------------------------------------------------- */

static sep_node *convolve(sep_graph *g, int number, sep_node *x, int channels)
{
    sep_scope_push(g, "layer_%d", number);
    x = sep_conv2d(g, "conv", x, &(sep_conv){.channels = channels, .kernel = 3, .padding = 1});
    x = sep_relu(g, sep_batch_norm(g, "norm", x));
    sep_scope_pop(g);
    return x;
}

static sep_node *up(sep_graph *g, sep_node *x, sep_node *skip, int channels)
{
    x = sep_upsample_bilinear(g, x);
    if (skip != NULL)
        x = sep_concat(g, x, skip);
    return convolve(g, 1, convolve(g, 0, x, channels), channels);
}

sep_net_output sep_vit_decode(sep_graph *g, const sep_vit_options *o, int classes, const sep_maps *maps)
{
    const int first = o->decoder, widths[STEPS] = {first / 16, first / 4, first / 2, first};
    sep_node *x = maps->map[maps->count - 1];
    sep_net_output output = {0};

    sep_scope_push(g, "bottom");
    x = convolve(g, 0, x, 2 * first);
    sep_scope_pop(g);
    for (int i = STEPS - 1; i >= 0; i--) {
        const int skip = maps->count - 1 - (STEPS - i);

        sep_scope_push(g, "decoder_%d", i);
        x = up(g, x, skip >= 0 ? maps->map[skip] : NULL, widths[i]);
        sep_scope_pop(g);
        if (i == 3)
            output.eighth = x;
        if (i == 2)
            output.quarter = x;
    }
    output.full = x;
    output.logits = sep_conv2d(g, "head", x, &(sep_conv){.channels = classes, .kernel = 3, .padding = 1, .bias = true});
    return output;
}

/* ---- without a convolutional encoder ----------------------------------------------------------------------------- */

typedef struct vit_options {
    sep_vit_options vit;
} vit_options;

static const sep_setting settings[] = {SEP_VIT_SETTINGS(vit_options), {0}};

static const sep_vit_options *options_of(const sep_net_spec *spec)
{
    const vit_options *o = (const void *)&spec->options;

    return &o->vit;
}

static sep_status check(const sep_net_spec *spec)
{
    return sep_vit_check(spec, options_of(spec));
}

static sep_maps encode(sep_graph *g, const sep_net_spec *spec, sep_node *x)
{
    const sep_vit_options *o = options_of(spec);
    const sep_conv patches = {.channels = o->hidden, .kernel = PATCH, .stride = PATCH, .bias = true};

    x = sep_conv2d(g, "embed", sep_grey_as_rgb(g, spec, x), &patches);
    return (sep_maps){.count = 1, .map = {sep_vit_encode(g, o, x)}};
}

static sep_net_output decode(sep_graph *g, const sep_net_spec *spec, const sep_maps *maps)
{
    return sep_vit_decode(g, options_of(spec), spec->classes, maps);
}

const sep_net sep_vit = {
    .name = "vit",
    .summary = "Vision Transformer on 16x16 patches, TransUNet's decoder",
    .settings = settings,
    .options_size = sizeof(vit_options),
    .height = 224,
    .width = 224,
    .check = check,
    .encode = encode,
    .decode = decode,
};
