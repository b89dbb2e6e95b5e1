/* The mixed Transformer block: see mixed.h. */
#include "nets/mixed.h"

#include <math.h>

#define WINDOW  4
#define TOKENS  (WINDOW * WINDOW)
#define WIDENED 4 /* times the channels are what external attention asks with */

static const float epsilon = 1e-6f;

/* ---- near: inside windows, then one token a window --------------------------------------------------------------- */

/* x [N, S, S, C] -> [windows, TOKENS, C] */
static sep_node *attend_windows(sep_graph *g, sep_node *x, int heads)
{
    const sep_shape map = *sep_node_shape(x);
    const int channels = map.dim[3];
    const sep_attention how = {.heads = heads,
                               .window = WINDOW,
                               .grid_height = map.dim[1],
                               .grid_width = map.dim[2],
                               .scale = 1.0f / sqrtf((float)(channels / heads))};

    x = sep_window_partition(g, x, WINDOW, 0);
    if (x == NULL)
        return NULL;
    sep_scope_push(g, "local");
    x = sep_reshape(g, x, SEP_SHAPE(sep_node_shape(x)->dim[0], TOKENS, channels));
    x = sep_window_attention(g, sep_linear(g, "qkv", x, 3 * channels, true, 0.0f), NULL, &how);
    x = sep_linear(g, "project", x, channels, true, 0.0f);
    sep_scope_pop(g);
    return x;
}

/* x [windows, TOKENS, C] -> [windows, C] */
static sep_node *sum_tokens(sep_graph *g, sep_node *x)
{
    const sep_shape windows = *sep_node_shape(x);

    x = sep_sum_channels(g, sep_transpose(g, x));
    return x == NULL ? NULL : sep_reshape(g, x, SEP_SHAPE(windows.dim[0], windows.dim[2]));
}

/* The weighted sum of a window's tokens; their mean says how much each weighs. */
static sep_node *gather_windows(sep_graph *g, sep_node *x)
{
    const int windows = sep_node_shape(x)->dim[0];
    sep_node *mean = sep_scale(g, sum_tokens(g, x), 1.0f / (float)TOKENS);
    sep_node *weight = sep_softmax(g, sep_linear(g, "gather", mean, TOKENS, true, 0.0f));

    if (weight == NULL)
        return NULL;
    return sum_tokens(g, sep_mul(g, x, sep_reshape(g, weight, SEP_SHAPE(windows, TOKENS, 1))));
}

/* ---- far: along rows and columns, the nearer the more ------------------------------------------------------------ */

/* A line of `count` tokens as Gaussian attention sees it: a token's scores are q_i . k_j - spread (i - j)^2. What is
 * equal for all j does not count in a softmax, so two more channels, (i, 1) of q and spread (2 j, -j^2) of k, say it.
 */
typedef struct line {
    int count, channels;
    sep_node *of_q, *of_k; /* [count, channels + 2], zeros but for those two */
} line;

static sep_node *positions(sep_graph *g, int count)
{
    sep_node *at = sep_constant(g, SEP_SHAPE(1, 1), 0.0f);

    for (int i = 1; i < count; i++)
        at = sep_concat(g, at, sep_constant(g, SEP_SHAPE(1, 1), (float)i));
    return sep_reshape(g, at, SEP_SHAPE(count, 1));
}

static line make_line(sep_graph *g, int count, int channels)
{
    sep_node *at = positions(g, count), *none = sep_constant(g, SEP_SHAPE(count, channels), 0.0f);
    sep_node *of_q = sep_concat(g, at, sep_constant(g, SEP_SHAPE(count, 1), 1.0f));
    sep_node *of_k = sep_concat(g, sep_scale(g, at, 2.0f), sep_scale(g, sep_square(g, at), -1.0f));
    sep_node *spread = sep_parameter(g, "spread", SEP_SHAPE(1), (sep_init){SEP_INIT_CONSTANT, 1.0f});

    return (line){.count = count,
                  .channels = channels,
                  .of_q = sep_concat(g, none, of_q),
                  .of_k = sep_concat(g, none, sep_mul(g, of_k, spread))};
}

/* Part `part` of qkv [lines, count, 3 C], with two channels of zeros. */
static sep_node *widened(sep_graph *g, sep_node *qkv, const line *l, int part)
{
    const int lines = sep_node_shape(qkv)->dim[0];
    sep_node *own = sep_slice_channels(g, qkv, part * l->channels, l->channels);

    return sep_concat(g, own, sep_constant(g, SEP_SHAPE(lines, l->count, 2), 0.0f));
}

/* Rows of qkv [N, S, S, 3 C] by themselves -> [N, S, S, C]. Scores are not scaled. */
static sep_node *attend_rows(sep_graph *g, sep_node *qkv, const line *l)
{
    if (qkv == NULL)
        return NULL;
    const int n = sep_node_shape(qkv)->dim[0], channels = l->channels;

    qkv = sep_reshape(g, qkv, SEP_SHAPE(n * l->count, l->count, 3 * channels));
    sep_node *q = sep_add(g, widened(g, qkv, l, 0), l->of_q), *k = sep_add(g, widened(g, qkv, l, 1), l->of_k);
    sep_node *x = sep_token_attention(g, sep_scale(g, q, sqrtf((float)(channels + 2))), k, widened(g, qkv, l, 2), 1);
    x = sep_slice_channels(g, x, 0, channels);
    return x == NULL ? NULL : sep_reshape(g, x, SEP_SHAPE(n, l->count, l->count, channels));
}

/* x [N, S, S, C]: what each token finds in its row, and what in its column, together. */
static sep_node *attend_axes(sep_graph *g, sep_node *x)
{
    const int side = sep_node_shape(x)->dim[1], channels = sep_node_shape(x)->dim[3];

    sep_scope_push(g, "global");
    sep_node *qkv = sep_linear(g, "qkv", x, 3 * channels, true, 0.0f);
    const line l = make_line(g, side, channels);
    sep_node *columns = sep_transpose(g, attend_rows(g, sep_transpose(g, qkv), &l));
    x = sep_add(g, attend_rows(g, qkv, &l), columns);
    sep_scope_pop(g);
    return x;
}

/* ---- both -------------------------------------------------------------------------------------------------------- */

/* The upper left part of a map. */
static sep_node *crop(sep_graph *g, sep_node *x, int rows, int columns)
{
    const int *d = sep_node_shape(x)->dim, n = d[0], height = d[1], width = d[2], channels = d[3];

    if (columns < width)
        x = sep_slice_channels(g, sep_reshape(g, x, SEP_SHAPE(n * height, width * channels)), 0, columns * channels);
    if (rows < height)
        x = sep_slice_channels(g, sep_reshape(g, x, SEP_SHAPE(n, height * columns * channels)), 0,
                               rows * columns * channels);
    return sep_reshape(g, x, SEP_SHAPE(n, rows, columns, channels));
}

static sep_node *local_global(sep_graph *g, sep_node *x, int heads)
{
    const sep_shape map = *sep_node_shape(x);
    const int across = (map.dim[1] + WINDOW - 1) / WINDOW, side = across * WINDOW, channels = map.dim[3];
    const sep_conv joined = {.channels = channels, .kernel = 1, .bias = true};

    sep_node *near = attend_windows(g, sep_pad(g, x, side - map.dim[1], side - map.dim[2]), heads);
    sep_node *far = near == NULL ? NULL : gather_windows(g, near);
    if (far == NULL)
        return NULL;
    far = attend_axes(g, sep_reshape(g, far, SEP_SHAPE(map.dim[0], across, across, channels)));
    near = sep_window_reverse(g, near, WINDOW, 0, side, side);
    x = sep_conv2d(g, "join", sep_concat(g, sep_upsample_bilinear_by(g, far, WINDOW), near), &joined);
    return x == NULL ? NULL : crop(g, x, map.dim[1], map.dim[2]);
}

/* Of x [N, L, M] over the tokens L, where softmax goes over the last axis. */
static sep_node *softmax_of_tokens(sep_graph *g, sep_node *x)
{
    return sep_transpose(g, sep_softmax(g, sep_transpose(g, x)));
}

/* Each head's part of the widened tokens reads a memory: weights are shares of a slot among tokens, made shares of a
 * token among slots. */
static sep_node *external(sep_graph *g, sep_node *x, const sep_mixed *how)
{
    const sep_shape map = *sep_node_shape(x);
    const int n = map.dim[0], tokens = map.dim[1] * map.dim[2], wide = WIDENED * map.dim[3];
    const int heads = WIDENED * how->heads, slots = how->slots;

    sep_scope_push(g, "external");
    x = sep_linear(g, "query", x, wide, true, 0.0f);
    x = sep_linear(g, "key", sep_reshape(g, x, SEP_SHAPE(n, tokens, heads, wide / heads)), slots, true, 0.0f);
    x = softmax_of_tokens(g, sep_reshape(g, x, SEP_SHAPE(n, tokens, heads * slots)));
    x = sep_reshape(g, x, SEP_SHAPE(n, tokens, heads, slots));
    x = sep_divide(g, x, sep_add(g, sep_sum_channels(g, x), sep_constant(g, SEP_SHAPE(1), 1e-9f)));
    x = sep_linear(g, "value", x, wide / heads, true, 0.0f);
    x = sep_reshape(g, x, SEP_SHAPE(n, map.dim[1], map.dim[2], wide));
    x = sep_linear(g, "project", x, map.dim[3], true, 0.0f);
    sep_scope_pop(g);
    return x;
}

sep_node *sep_mixed_block(sep_graph *g, sep_node *x, const sep_mixed *how)
{
    sep_node *normed = sep_layer_norm(g, "norm_0", x, 1, epsilon);

    if (normed == NULL)
        return NULL;
    x = sep_add(g, x, local_global(g, normed, how->heads));
    normed = sep_layer_norm(g, "norm_1", x, 1, epsilon);
    return normed == NULL ? NULL : sep_add(g, x, external(g, normed, how));
}
