/* The parts of Swin-Unet that CS-Unet keeps: stages of blocks, patch merging, patch expanding. */
#include "nets/stages.h"

#include "nets/table.h"

#include <math.h>

static const float largest_drop_path = 0.2f;

static const sep_stage_options *options_of(const sep_net_spec *spec)
{
    return (const void *)&spec->options;
}

sep_status sep_check_stages(const sep_net_spec *spec)
{
    const sep_stage_options *o = options_of(spec);
    SEP_TRY(sep_net_check_grid(spec, 32 * o->window));
    if (o->base % o->head_channels != 0)
        return sep_fail(SEP_ERR_ARGUMENT, "%d channels can't be split into heads of %d", o->base, o->head_channels);
    return SEP_OK;
}

sep_node *sep_stage(sep_graph *g, const sep_net_spec *spec, sep_node *x, int stage, sep_block_recipe *block)
{
    const sep_stage_options *o = options_of(spec);
    int blocks = SEP_STAGES * o->blocks, channels = o->base << stage;
    sep_block b = {.channels = channels,
                   .heads = channels / o->head_channels,
                   .window = o->window,
                   .height = spec->height >> (2 + stage),
                   .width = spec->width >> (2 + stage),
                   .options = o};
    bool one_window = b.height <= b.window || b.width <= b.window;

    for (int i = 0; i < o->blocks; i++) {
        float position = (float)(stage * o->blocks + i) / (float)(blocks > 1 ? blocks - 1 : 1);
        b.shift = i % 2 == 1 && !one_window ? b.window / 2 : 0;
        b.drop_path = o->no_dropout ? 0.0f : largest_drop_path * position;
        sep_scope_push(g, "block_%d", i);
        x = block(g, x, &b);
        sep_scope_pop(g);
    }
    return x;
}

/* Patch merging: half the size, twice the channels. */
static sep_node *patch_merging(sep_graph *g, sep_node *x, int channels)
{
    sep_scope_push(g, "merge");
    x = sep_layer_norm(g, "norm", sep_space_to_depth(g, x, 2, true), 1, 1e-5f);
    x = sep_linear(g, "reduce", x, channels, false, SEP_TRANSFORMER_STD);
    sep_scope_pop(g);
    return x;
}

sep_maps sep_encode_stages(sep_graph *g, const sep_net_spec *spec, sep_node *x, sep_block_recipe *block)
{
    sep_maps maps = {.count = SEP_STAGES};

    for (int s = 0; s < SEP_STAGES; s++) {
        sep_scope_push(g, "encoder_%d", s);
        maps.map[s] = x; /* a stage's input, not its output */
        x = sep_stage(g, spec, x, s, block);
        if (s < SEP_STAGES - 1)
            x = patch_merging(g, x, options_of(spec)->base << (s + 1));
        sep_scope_pop(g);
    }
    maps.map[SEP_STAGES - 1] = sep_layer_norm(g, "norm", x, 1, 1e-5f);
    return maps;
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

sep_node *sep_position_table(sep_graph *g, const sep_block *b)
{
    const int offsets = (2 * b->window - 1) * (2 * b->window - 1);

    return sep_parameter(g, "table", SEP_SHAPE(offsets, b->heads),
                         (sep_init){SEP_INIT_TRUNCATED_NORMAL, SEP_TRANSFORMER_STD});
}

sep_node *sep_perceptron(sep_graph *g, sep_node *x, const sep_block *b)
{
    sep_scope_push(g, "mlp");
    x = sep_gelu(g, sep_linear(g, "expand", x, 4 * b->channels, true, SEP_TRANSFORMER_STD));
    x = sep_linear(g, "reduce", x, b->channels, true, SEP_TRANSFORMER_STD);
    sep_scope_pop(g);
    return x;
}

sep_node *sep_grey_as_rgb(sep_graph *g, const sep_net_spec *spec, sep_node *x)
{
    return spec->channels == 1 ? sep_concat(g, sep_concat(g, x, x), x) : x;
}

sep_node *sep_patch_embedding(sep_graph *g, const sep_net_spec *spec, sep_node *x, int channels)
{
    sep_scope_push(g, "embed");
    x = sep_conv2d(g, "conv", sep_grey_as_rgb(g, spec, x),
                   &(sep_conv){.channels = channels, .kernel = 4, .stride = 4, .bias = true});
    x = sep_layer_norm(g, "norm", x, 1, 1e-5f);
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

sep_node *sep_join_linearly(sep_graph *g, sep_node *x, sep_node *skip, int channels)
{
    return sep_linear(g, "fuse", sep_concat(g, x, skip), channels, true, SEP_TRANSFORMER_STD);
}
