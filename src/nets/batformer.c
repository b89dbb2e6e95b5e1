/* BATFormer (Lin et al. 2023, "BATFormer: Towards boundary-aware lightweight transformer for efficient medical image
 * segmentation"): a light U-Net; behind its decoder at a quarter of the size a Transformer block whose tokens look at
 * the maps of an eighth and a sixteenth; at half the size one that attends inside windows, where the logits at a
 * quarter are least certain; logits at three scales, which are learned too (side outputs), and those of all together.
 *
 * With one channel and 4 classes 2,072,288 parameters at 224x224 (2.07 million are published), 2,256,608 at 256x256
 * (2.26 million). The authors' program has 64 more: it counts the ones that sum a window's score among its parameters,
 * though nothing they do can be learned. A position's embedding is a parameter, hence the difference between sizes.
 *
 * Where the paper says too little, this is the authors' program: 2x2 tokens of the map at an eighth are joined, so that
 * both coarser maps have as many; all tokens share one table of positions, the coarser ones its first entries; queries
 * are made once for each map; the result of the windows is added to the normalised map, not to the map; a pixel in
 * several windows gets their mean; 0.7 times the windows that tile the map are looked at, 50 at most. What differs:
 *
 * - The map at a sixteenth has keys and values of its own. The program has layers for them, but calls those of the map
 *   at an eighth: `shared_keys`, with which 65,536 numbers less are learned.
 * - Windows are their own 16x16 pixels. The program resamples them from boxes of 15x15 (roi_align), half a pixel beside
 *   where it adds the result, and compares these boxes where windows overlap.
 * - The head over the maps of the three scales side by side is three, each on its scale: 1x1 convolutions and nearest
 *   upsampling change places. Each starts as a layer by itself does, sqrt(3) times as wide as the one.
 * - Side outputs learn by the run's supervised loss from the nearest labels; in the program one half of their loss is
 *   smooth L1 to the share of each class in a pixel. The weights are the program's: 0.2, 0.1, 0.1, and 0.6 for the
 *   logits.
 * - Equal scores: the upper left window comes first. */
#include "nets/gated.h"
#include "nets/levels.h"
#include "nets/table.h"

#define SMALLEST_P 1e-10f /* added to a probability where its logarithm is taken */

static const float dropout = 0.1f, epsilon = 1e-5f;

typedef struct batformer_options {
    int base, global_heads, global_channels, local_heads, local_channels, window, windows;
    float share, overlap, side_full, side_half, side_quarter;
    bool shared_keys, no_dropout;
} batformer_options;

static const sep_setting settings[] = {
    SEP_SETTING_INT(batformer_options, base, 16, 1, 256, "channels of the first level"),
    SEP_SETTING_INT(batformer_options, global_heads, 4, 1, 64, "of attention at a quarter of the size"),
    SEP_SETTING_INT(batformer_options, global_channels, 128, 1, 1024, "of each of these heads"),
    SEP_SETTING_INT(batformer_options, local_heads, 6, 1, 64, "of attention inside windows at half the size"),
    SEP_SETTING_INT(batformer_options, local_channels, 64, 1, 1024, "of each of these heads"),
    SEP_SETTING_INT(batformer_options, window, 16, 2, 64, "side of a window in pixels at half the size, even"),
    SEP_SETTING_INT(batformer_options, windows, 50, 1, 1024, "that are looked at, at most"),
    SEP_SETTING_FLOAT(batformer_options, share, 0.7, 0, 1, "of the windows that tile the map: as many are looked at"),
    SEP_SETTING_FLOAT(batformer_options, overlap, 0.2, 0, 0.99,
                      "share of what two windows cover above which only the less certain one stays"),
    SEP_SETTING_FLOAT(batformer_options, side_full, 0.2, 0, 1, "weight of the loss of a side output: at full size"),
    SEP_SETTING_FLOAT(batformer_options, side_half, 0.1, 0, 1, "at half the size"),
    SEP_SETTING_FLOAT(batformer_options, side_quarter, 0.1, 0, 1, "at a quarter; the logits' loss has the rest of 1"),
    SEP_SETTING_BOOL(batformer_options, shared_keys, false,
                     "keys and values at a sixteenth by the layers of those at an eighth, as the released program"),
    SEP_SETTING_BOOL(batformer_options, no_dropout, false, "dropout off everywhere"),
    {0},
};

static const batformer_options *options_of(const sep_net_spec *spec)
{
    return (const void *)&spec->options;
}

static sep_status check(const sep_net_spec *spec)
{
    const batformer_options *o = options_of(spec);

    SEP_TRY(sep_check_levels(spec));
    if (o->window % 2 != 0 || spec->height < 2 * o->window || spec->width < 2 * o->window)
        return sep_fail(SEP_ERR_ARGUMENT,
                        "windows of %d pixels can't be had in images of %dx%d: even, at most half of it", o->window,
                        spec->height, spec->width);
    if (!(o->side_full + o->side_half + o->side_quarter < 1.0f))
        return sep_fail(SEP_ERR_ARGUMENT, "side outputs weigh %g together: nothing is left for the logits",
                        (double)(o->side_full + o->side_half + o->side_quarter));
    return SEP_OK;
}

/* ---- U-Net ------------------------------------------------------------------------------------------------------- */

static sep_node *two_convs(sep_graph *g, sep_node *x, int between, int channels)
{
    x = sep_relu(g, sep_normed_conv(g, "layer_0", x, &(sep_conv){.channels = between, .kernel = 3, .padding = 1}));
    return sep_relu(g, sep_normed_conv(g, "layer_1", x, &(sep_conv){.channels = channels, .kernel = 3, .padding = 1}));
}

/* The lowest level has no more channels than the one above. */
static sep_node *down(sep_graph *g, const sep_net_spec *spec, sep_node *x, int level)
{
    const int channels = options_of(spec)->base << (level < SEP_LEVELS - 1 ? level : level - 1);

    return two_convs(g, x, channels, channels);
}

/* As many channels as the next level's skip connection has. */
static sep_node *up(sep_graph *g, const sep_net_spec *spec, sep_node *low, sep_node *skip, int level)
{
    const int base = options_of(spec)->base;
    sep_node *x = sep_concat(g, skip, sep_upsample_bilinear(g, low));

    return two_convs(g, x, base << level, base << (level > 0 ? level - 1 : 0));
}

static sep_maps encode(sep_graph *g, const sep_net_spec *spec, sep_node *x)
{
    return sep_encode_levels(g, spec, x, down);
}

/* ---- parts of both Transformers ---------------------------------------------------------------------------------- */

static sep_node *dropped(sep_graph *g, const batformer_options *o, sep_node *x)
{
    return sep_dropout(g, x, o->no_dropout ? 0.0f : dropout);
}

static sep_node *positions(sep_graph *g, sep_node *map, int channels)
{
    const int *size = sep_node_shape(map)->dim;

    return sep_parameter(g, "position", SEP_SHAPE(size[1] * size[2], channels), (sep_init){SEP_INIT_NORMAL, 1.0f});
}

/* The pixels of x [N, H, W, C] as tokens [N, H W, C] that know which they are. */
static sep_node *embed(sep_graph *g, const batformer_options *o, sep_node *x, sep_node *position)
{
    x = sep_linear(g, "embed", x, sep_shape_last(sep_node_shape(position)), true, 0.0f);
    if (x == NULL)
        return NULL;
    const int *map = sep_node_shape(x)->dim, tokens = map[1] * map[2];
    if (tokens < sep_node_shape(position)->dim[0])
        position = sep_batch_range(g, position, 0, tokens);
    return dropped(g, o, sep_add(g, sep_reshape(g, x, SEP_SHAPE(map[0], tokens, map[3])), position));
}

static sep_node *perceptron(sep_graph *g, const batformer_options *o, sep_node *x)
{
    if (x == NULL)
        return NULL;
    const int channels = sep_shape_last(sep_node_shape(x));

    sep_scope_push(g, "mlp");
    sep_node *y = sep_layer_norm(g, "norm", x, 1, epsilon);
    y = dropped(g, o, sep_relu(g, sep_linear(g, "expand", y, 4 * channels, true, 0.0f)));
    y = dropped(g, o, sep_linear(g, "reduce", y, channels, true, 0.0f));
    sep_scope_pop(g);
    return sep_add(g, x, y);
}

static sep_node *project(sep_graph *g, const batformer_options *o, sep_node *x, int channels)
{
    return dropped(g, o, sep_linear(g, "project", x, channels, true, 0.0f));
}

/* ---- global: a quarter looks at an eighth and a sixteenth ---------------------------------------------------------
 */

/* A coarser map's tokens in the scope of its name. */
static sep_node *coarse_tokens(sep_graph *g, const batformer_options *o, const char *name, sep_node *x,
                               sep_node *position)
{
    sep_scope_push(g, "%s", name);
    x = sep_layer_norm(g, "norm", embed(g, o, x, position), 1, epsilon);
    sep_scope_pop(g);
    return x;
}

/* `seen`: tokens of the map `name`, whose keys and values are made by layers of the scope `keys`. */
static sep_node *look_at(sep_graph *g, const batformer_options *o, sep_node *asking, sep_node *seen, const char *name,
                         const char *keys)
{
    const int channels = o->global_heads * o->global_channels;

    sep_scope_push(g, "%s", name);
    sep_node *q = sep_linear(g, "q", asking, channels, false, 0.0f);
    sep_scope_pop(g);
    sep_scope_push(g, "%s", keys);
    sep_node *k = sep_linear(g, "k", seen, channels, false, 0.0f);
    sep_node *v = sep_linear(g, "v", seen, channels, false, 0.0f);
    sep_scope_pop(g);
    return sep_token_attention(g, q, k, v, o->global_heads);
}

static sep_node *look_around(sep_graph *g, const batformer_options *o, sep_node *x, sep_node *at_eighth,
                             sep_node *at_sixteenth)
{
    static const char eighth[] = "eighth", sixteenth[] = "sixteenth";
    const int channels = 4 * o->base;
    sep_node *position = positions(g, x, channels);

    at_eighth = coarse_tokens(g, o, eighth, sep_space_to_depth(g, at_eighth, 2, false), position);
    at_sixteenth = coarse_tokens(g, o, sixteenth, at_sixteenth, position);
    sep_node *tokens = embed(g, o, x, position), *asking = sep_layer_norm(g, "norm", tokens, 1, epsilon);
    sep_node *near = look_at(g, o, asking, at_eighth, eighth, eighth);
    sep_node *far = look_at(g, o, asking, at_sixteenth, sixteenth, o->shared_keys ? eighth : sixteenth);
    return perceptron(g, o, sep_add(g, tokens, project(g, o, sep_concat(g, near, far), channels)));
}

/* x [N, H, W, .] -> [N, H, W, 4 base] */
static sep_node *look_globally(sep_graph *g, const batformer_options *o, sep_node *x, sep_node *at_eighth,
                               sep_node *at_sixteenth)
{
    if (x == NULL || at_eighth == NULL || at_sixteenth == NULL)
        return NULL;
    const int *map = sep_node_shape(x)->dim;

    sep_scope_push(g, "global");
    sep_node *tokens = look_around(g, o, x, at_eighth, at_sixteenth);
    sep_scope_pop(g);
    return tokens == NULL ? NULL : sep_reshape(g, tokens, SEP_SHAPE(map[0], map[1], map[2], 4 * o->base));
}

/* ---- local: inside the windows that are least certain ------------------------------------------------------------ */

static int capacity(const batformer_options *o, int height, int width)
{
    const int tiles = (height / o->window) * (width / o->window), wanted = (int)(o->share * (float)tiles);

    return wanted < 1 ? 1 : wanted < o->windows ? wanted : o->windows;
}

/* By the entropy of logits [N, h, w, classes]: I32 [N, K], first pixels in maps of 2 h x 2 w. */
static sep_node *uncertain_windows(sep_graph *g, const batformer_options *o, sep_node *logits)
{
    if (logits == NULL)
        return NULL;
    const int *map = sep_node_shape(logits)->dim;
    const sep_window_choice choice = {
        .window = o->window / 2, .stride = 2, .most = capacity(o, 2 * map[1], 2 * map[2]), .overlap = o->overlap};

    return sep_choose_windows(g, sep_entropy(g, sep_softmax(g, sep_detach(g, logits)), SMALLEST_P), &choice);
}

/* The mean over the windows that hold a pixel of what it finds in each. */
static sep_node *attend_windows(sep_graph *g, const batformer_options *o, sep_node *x, sep_node *at)
{
    sep_node *windows = sep_gather_windows(g, x, at, o->window);

    if (windows == NULL)
        return NULL;
    const sep_shape shape = *sep_node_shape(windows), *map = sep_node_shape(x);
    const int tokens = o->window * o->window, channels = shape.dim[3], inner = o->local_heads * o->local_channels;

    windows = sep_reshape(g, windows, SEP_SHAPE(shape.dim[0], tokens, channels));
    sep_node *q = sep_linear(g, "q", windows, inner, false, 0.0f), *k = sep_linear(g, "k", windows, inner, false, 0.0f);
    sep_node *v = sep_linear(g, "v", windows, inner, false, 0.0f);
    sep_node *found = project(g, o, sep_token_attention(g, q, k, v, o->local_heads), channels);
    sep_node *ones = sep_constant(g, SEP_SHAPE(shape.dim[0], o->window, o->window, 1), 1.0f);
    sep_node *count = sep_scatter_windows(g, ones, at, map->dim[1], map->dim[2]);
    sep_node *sum =
        found == NULL ? NULL : sep_scatter_windows(g, sep_reshape(g, found, shape), at, map->dim[1], map->dim[2]);
    return sep_divide(g, sum, sep_maximum(g, count, sep_constant(g, SEP_SHAPE(1), 1.0f)));
}

/* x [N, H, W, .] -> [N, H, W, 2 base] */
static sep_node *look_locally(sep_graph *g, const batformer_options *o, sep_node *x, sep_node *at)
{
    if (x == NULL || at == NULL)
        return NULL;
    const int *map = sep_node_shape(x)->dim;
    const sep_shape shape = SEP_SHAPE(map[0], map[1], map[2], 2 * o->base);

    sep_scope_push(g, "local");
    x = sep_layer_norm(g, "norm", embed(g, o, x, positions(g, x, 2 * o->base)), 1, epsilon);
    if (x != NULL) {
        x = sep_reshape(g, x, shape);
        x = perceptron(g, o, sep_add(g, x, attend_windows(g, o, x, at)));
    }
    sep_scope_pop(g);
    return x;
}

/* ---- logits ------------------------------------------------------------------------------------------------------ */

/* What a scale says: by itself, and its part of all together. */
typedef struct said {
    sep_node *map, *alone, *part;
} said;

static said say(sep_graph *g, const sep_net_spec *spec, const char *name, sep_node *x, bool bias)
{
    said s;

    sep_scope_push(g, "%s", name);
    s.map = sep_conv2d(g, "widen", x, &(sep_conv){.channels = 4 * options_of(spec)->base, .kernel = 1});
    s.alone = sep_conv2d(g, "side", s.map, &(sep_conv){.channels = spec->classes, .kernel = 1, .bias = true});
    s.part = sep_conv2d(g, "head", s.map, &(sep_conv){.channels = spec->classes, .kernel = 1, .bias = bias});
    sep_scope_pop(g);
    return s;
}

static void add_side(sep_net_output *output, sep_node *logits, float weight)
{
    if (weight > 0.0f)
        output->side[output->sides++] = (sep_side){logits, weight};
}

static sep_net_output decode(sep_graph *g, const sep_net_spec *spec, const sep_maps *maps)
{
    const batformer_options *o = options_of(spec);
    sep_node *level[SEP_LEVELS];

    sep_decode_all_levels(g, spec, maps, up, level);
    sep_node *around = look_globally(g, o, level[2], level[3], level[4]);
    const said quarter = say(g, spec, "quarter", around, false);
    sep_node *inside = look_locally(g, o, level[1], uncertain_windows(g, o, quarter.alone));
    const said half = say(g, spec, "half", inside, false), full = say(g, spec, "full", level[0], true);
    sep_net_output output = {.full = full.map, .quarter = around, .eighth = level[3]};

    output.logits = sep_add(g, half.part, sep_upsample_nearest(g, quarter.part));
    output.logits = sep_add(g, full.part, sep_upsample_nearest(g, output.logits));
    add_side(&output, full.alone, o->side_full);
    add_side(&output, half.alone, o->side_half);
    add_side(&output, quarter.alone, o->side_quarter);
    return output;
}

const sep_net sep_batformer = {
    .name = "batformer",
    .summary = "a light U-Net; attention across scales, and in windows where it is least certain",
    .settings = settings,
    .options_size = sizeof(batformer_options),
    .height = 224,
    .width = 224,
    .loose_maps = true,
    .check = check,
    .encode = encode,
    .decode = decode,
};
