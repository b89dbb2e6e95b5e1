/* Swin-Unet (Cao et al. 2021): a U of Swin Transformer blocks on 4x4 patches, patch merging down, patch expanding up,
 * skips joined by a linear layer. 27,168,420 parameters with 4 classes. */
#include "nets/stages.h"
#include "nets/table.h"

static const sep_setting settings[] = {SEP_STAGE_SETTINGS, {0}};

/* Attention inside windows, with a learned bias per relative position. */
static sep_node *attention(sep_graph *g, sep_node *x, const sep_block *b)
{
    int tokens = b->window * b->window;
    sep_attention how = sep_attention_of(b);

    x = sep_window_partition(g, x, b->window, b->shift);
    if (x == NULL)
        return NULL;
    int windows = sep_node_shape(x)->dim[0];
    sep_scope_push(g, "attention");
    x = sep_reshape(g, x, SEP_SHAPE(windows, tokens, b->channels));
    x = sep_linear(g, "qkv", x, 3 * b->channels, true, SEP_TRANSFORMER_STD);
    x = sep_window_attention(g, x, sep_position_table(g, b), &how);
    x = sep_linear(g, "project", x, b->channels, true, SEP_TRANSFORMER_STD);
    sep_scope_pop(g);
    return sep_window_reverse(g, x, b->window, b->shift, b->height, b->width);
}

static sep_node *swin_block(sep_graph *g, sep_node *x, const sep_block *b)
{
    sep_node *branch = attention(g, sep_layer_norm(g, "norm_0", x, 1, 1e-5f), b);
    x = sep_add(g, x, sep_drop_path(g, branch, b->drop_path));
    branch = sep_perceptron(g, sep_layer_norm(g, "norm_1", x, 1, 1e-5f), b);
    return sep_add(g, x, sep_drop_path(g, branch, b->drop_path));
}

static sep_maps encode(sep_graph *g, const sep_net_spec *spec, sep_node *x)
{
    const sep_stage_options *o = (const void *)&spec->options;

    return sep_encode_stages(g, spec, sep_patch_embedding(g, spec, x, o->base), swin_block);
}

static sep_net_output decode(sep_graph *g, const sep_net_spec *spec, const sep_maps *maps)
{
    const sep_stage_options *o = (const void *)&spec->options;
    sep_node *x = maps->map[SEP_STAGES - 1];
    sep_net_output output = {0};

    for (int s = SEP_STAGES - 2; s >= 0; s--) {
        int channels = o->base << s;
        sep_scope_push(g, "decoder_%d", s);
        x = sep_patch_expanding(g, "expand", x, 2, channels);
        if (s == 1)
            output.eighth = x;
        if (s == 0)
            output.quarter = x;
        x = sep_join_linearly(g, x, maps->map[s], channels);
        x = sep_stage(g, spec, x, s, swin_block);
        sep_scope_pop(g);
    }
    x = sep_layer_norm(g, "norm_up", x, 1, 1e-5f);
    output.full = sep_patch_expanding(g, "final", x, 4, o->base);
    output.logits = sep_conv2d(g, "head", output.full, &(sep_conv){.channels = spec->classes, .kernel = 1});
    return output;
}

const sep_net sep_swin_unet = {
    .name = "swin-unet",
    .summary = "Swin Transformer blocks on four levels, skip connections",
    .settings = settings,
    .options_size = sizeof(sep_stage_options),
    .height = 224,
    .width = 224,
    .loose_maps = true,
    .check = sep_check_stages,
    .encode = encode,
    .decode = decode,
};
