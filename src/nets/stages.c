/* The parts of Swin-Unet that CS-Unet keeps: stages of blocks, patch merging, patch expanding. */
#include "nets/recipes.h"

#include <math.h>

static const float largest_drop_path = 0.2f;

sep_node *sep_stage(sep_graph *g, const sep_net_spec *spec, sep_node *x, int stage, sep_block_recipe *block)
{
    int blocks = SEP_STAGES * spec->depth, channels = spec->base << stage;
    sep_block b = {.channels = channels,
                   .heads = channels / spec->head_channels,
                   .window = spec->window,
                   .height = spec->height >> (2 + stage),
                   .width = spec->width >> (2 + stage),
                   .layer_scale = spec->layer_scale};
    bool one_window = b.height <= b.window || b.width <= b.window;

    for (int i = 0; i < spec->depth; i++) {
        float position = (float)(stage * spec->depth + i) / (float)(blocks > 1 ? blocks - 1 : 1);
        b.shift = i % 2 == 1 && !one_window ? b.window / 2 : 0;
        b.drop_path = spec->no_dropout ? 0.0f : largest_drop_path * position;
        sep_scope_push(g, "block_%d", i);
        x = block(g, x, &b);
        sep_scope_pop(g);
    }
    return x;
}

sep_attention sep_attention_of(const sep_block *block)
{
    return (sep_attention){.heads = block->heads,
                           .window = block->window,
                           .shift = block->shift,
                           .grid_height = block->height,
                           .grid_width = block->width,
                           .scale = 1.0f / sqrtf((float)(block->channels / block->heads))};
}

sep_node *sep_grey_as_rgb(sep_graph *g, sep_node *x)
{
    return sep_concat(g, sep_concat(g, x, x), x);
}

sep_node *sep_patch_merging(sep_graph *g, sep_node *x)
{
    if (x == NULL)
        return NULL;
    int channels = sep_shape_last(sep_node_shape(x));

    sep_scope_push(g, "merge");
    x = sep_layer_norm(g, "norm", sep_space_to_depth(g, x, 2, true), 1, 1e-5f);
    x = sep_linear(g, "reduce", x, 2 * channels, false, SEP_TRANSFORMER_STD);
    sep_scope_pop(g);
    return x;
}

sep_node *sep_patch_expanding(sep_graph *g, const char *name, sep_node *x, int factor, int channels)
{
    sep_scope_push(g, "%s", name);
    x = sep_linear(g, "linear", x, factor * factor * channels, false, SEP_TRANSFORMER_STD);
    x = sep_layer_norm(g, "norm", sep_depth_to_space(g, x, factor), 1, 1e-5f);
    sep_scope_pop(g);
    return x;
}
