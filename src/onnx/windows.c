/* Operations that cut maps into windows or blocks, and the attention inside windows. An axis of -1 is the batch, or the
 * batch's windows. */
#include "onnx/writer.h"

static sep_onnx_value channels_last(sep_onnx_name name)
{
    return (sep_onnx_value){.last = name};
}

/* x [N, H, W, C] seen as six axes, in another order, then as `shape`. */
static sep_onnx_name shuffle(sep_onnx_writer *w, sep_onnx_name x, const int64_t six[6], const int64_t order[6],
                             const int64_t shape[4])
{
    return sep_onnx_reshape(w, sep_onnx_transpose(w, sep_onnx_reshape(w, x, 6, six), 6, order), 4, shape);
}

/* ---- moves ------------------------------------------------------------------------------------------------------- */

/* Rows and columns from `by` on come first. */
static sep_onnx_name roll(sep_onnx_writer *w, sep_onnx_name x, int by)
{
    for (int axis = 1; axis <= 2 && by != 0; axis++) {
        sep_onnx_name front = sep_onnx_cut(w, x, axis, 0, by), back = sep_onnx_cut(w, x, axis, by, INT32_MAX);
        x = sep_onnx_concat(w, back, front, axis);
    }
    return x;
}

sep_onnx_value sep_onnx_window_partition(sep_onnx_writer *w, const sep_node *node)
{
    const int *map = node->input[0]->shape.dim, window = node->attributes.window, channels = map[3];
    const int64_t six[] = {-1, map[1] / window, window, map[2] / window, window, channels};
    sep_onnx_name x = roll(w, sep_onnx_channels_last(w, node->input[0]), node->attributes.shift);

    return channels_last(shuffle(w, x, six, (int64_t[]){0, 1, 3, 2, 4, 5}, (int64_t[]){-1, window, window, channels}));
}

sep_onnx_value sep_onnx_window_reverse(sep_onnx_writer *w, const sep_node *node)
{
    const int *map = node->shape.dim, window = node->attributes.window, shift = node->attributes.shift;
    const int64_t six[] = {-1, map[1] / window, map[2] / window, window, window, map[3]};
    sep_onnx_name x = shuffle(w, sep_onnx_channels_last(w, node->input[0]), six, (int64_t[]){0, 1, 3, 2, 4, 5},
                              (int64_t[]){-1, map[1], map[2], map[3]});

    return channels_last(roll(w, x, -shift));
}

sep_onnx_value sep_onnx_space_to_depth(sep_onnx_writer *w, const sep_node *node)
{
    static const int64_t by_row[] = {0, 1, 3, 2, 4, 5}, by_column[] = {0, 1, 3, 4, 2, 5};
    const int *to = node->shape.dim, block = node->attributes.block;
    const int64_t six[] = {-1, to[1], block, to[2], block, to[3] / block / block};
    sep_onnx_name x = sep_onnx_channels_last(w, node->input[0]);

    return channels_last(
        shuffle(w, x, six, node->attributes.column_major ? by_column : by_row, (int64_t[]){-1, to[1], to[2], to[3]}));
}

sep_onnx_value sep_onnx_depth_to_space(sep_onnx_writer *w, const sep_node *node)
{
    static const int64_t by_row[] = {0, 1, 3, 2, 4, 5}, by_column[] = {0, 1, 4, 2, 3, 5};
    const int *from = node->input[0]->shape.dim, *to = node->shape.dim, block = node->attributes.block;
    const int64_t six[] = {-1, from[1], from[2], block, block, to[3]};
    sep_onnx_name x = sep_onnx_channels_last(w, node->input[0]);

    return channels_last(
        shuffle(w, x, six, node->attributes.column_major ? by_column : by_row, (int64_t[]){-1, to[1], to[2], to[3]}));
}

sep_onnx_value sep_onnx_transpose_map(sep_onnx_writer *w, const sep_node *node)
{
    const sep_onnx_name x = sep_onnx_channels_last(w, node->input[0]);

    return channels_last(sep_onnx_transpose(w, x, 4, (int64_t[]){0, 2, 1, 3}));
}

/* ---- attention --------------------------------------------------------------------------------------------------- */

/* The learned bias of each pair of tokens, [heads, L, L], from the table of relative positions. */
static sep_onnx_name position_bias(sep_onnx_writer *w, const sep_node *table, int window, int heads)
{
    const int tokens = window * window, side = 2 * window - 1;
    float *values = sep_onnx_tensor(w, table);
    float *bias = sep_calloc((size_t)heads * (size_t)tokens * (size_t)tokens, sizeof *bias);

    if (bias == NULL)
        sep_onnx_fail(w, SEP_ERR_MEMORY);
    for (int h = 0; h < heads && values != NULL && bias != NULL; h++)
        for (int i = 0; i < tokens; i++)
            for (int j = 0; j < tokens; j++) {
                const int rows = i / window - j / window + window - 1, columns = i % window - j % window + window - 1;
                bias[((ptrdiff_t)h * tokens + i) * tokens + j] = values[(rows * side + columns) * heads + h];
            }
    sep_onnx_name name = sep_onnx_floats(w, 3, (int64_t[]){heads, tokens, tokens}, values != NULL ? bias : NULL);
    sep_free(values);
    sep_free(bias);
    return name;
}

/* Which of the three bands of a rolled axis of `size` a pixel lies in. */
static int band(int at, int size, int window, int shift)
{
    return at < size - window ? 0 : at < size - shift ? 1 : 2;
}

static int region_of(const sep_attributes *a, int cut, int token)
{
    const int across = a->grid_width / a->window;
    const int row = cut / across * a->window + token / a->window;
    const int column = cut % across * a->window + token % a->window;

    return 3 * band(row, a->grid_height, a->window, a->shift) + band(column, a->grid_width, a->window, a->shift);
}

/* [windows, 1, L, L]: -100 between tokens that only the roll made neighbours. */
static sep_onnx_name shift_mask(sep_onnx_writer *w, const sep_attributes *a, int windows)
{
    const int tokens = a->window * a->window;
    float *mask = sep_calloc((size_t)windows * (size_t)tokens * (size_t)tokens, sizeof *mask), *at = mask;

    if (mask == NULL)
        sep_onnx_fail(w, SEP_ERR_MEMORY);
    for (int n = 0; n < windows && mask != NULL; n++)
        for (int i = 0; i < tokens; i++)
            for (int j = 0; j < tokens; j++)
                *at++ = region_of(a, n, i) == region_of(a, n, j) ? 0.0f : -100.0f;
    sep_onnx_name name = sep_onnx_floats(w, 4, (int64_t[]){windows, 1, tokens, tokens}, mask);
    sep_free(mask);
    return name;
}

/* x of as many numbers as [B, L, heads, each], as [B, heads, L, each]; turned: [B, heads, each, L]. */
static sep_onnx_name by_heads(sep_onnx_writer *w, sep_onnx_name x, int tokens, int heads, int each, bool turned)
{
    static const int64_t plain[] = {0, 2, 1, 3}, around[] = {0, 2, 3, 1};

    x = sep_onnx_reshape(w, x, 4, (int64_t[]){-1, tokens, heads, each});
    return sep_onnx_transpose(w, x, 4, turned ? around : plain);
}

/* Q (0), K (1) or V (2) of qkv [B, L, 3, heads, C / heads]; K with its last axes turned. */
static sep_onnx_name part_of(sep_onnx_writer *w, sep_onnx_name qkv, int part, int tokens, int heads, int each)
{
    return by_heads(w, sep_onnx_cut(w, qkv, 2, part, part + 1), tokens, heads, each, part == 1);
}

static sep_onnx_name softmax(sep_onnx_writer *w, sep_onnx_name x)
{
    const sep_onnx_attribute attribute[] = {{"axis", SEP_ONNX_INT, .integer = -1}, {0}};

    return sep_onnx_node(w, "Softmax", (sep_onnx_name[]){x, {""}}, attribute);
}

/* [B, heads, L, each] -> [B, L, channels]. */
static sep_onnx_value join_heads(sep_onnx_writer *w, sep_onnx_name x, int tokens, int channels)
{
    x = sep_onnx_transpose(w, x, 4, (int64_t[]){0, 2, 1, 3});
    return channels_last(sep_onnx_reshape(w, x, 3, (int64_t[]){-1, tokens, channels}));
}

static sep_onnx_name scores_of(sep_onnx_writer *w, const sep_node *node, sep_onnx_name q, sep_onnx_name k)
{
    const sep_attributes *a = &node->attributes;
    const int tokens = a->window * a->window;
    const int windows = (a->grid_height / a->window) * (a->grid_width / a->window);
    sep_onnx_name scores = sep_onnx_binary(w, "MatMul", sep_onnx_binary(w, "Mul", q, sep_onnx_float(w, a->scale)), k);

    if (node->inputs > 1)
        scores = sep_onnx_binary(w, "Add", scores, position_bias(w, node->input[1], a->window, a->heads));
    if (a->shift > 0) {
        scores = sep_onnx_reshape(w, scores, 5, (int64_t[]){-1, windows, a->heads, tokens, tokens});
        scores = sep_onnx_binary(w, "Add", scores, shift_mask(w, a, windows));
        scores = sep_onnx_reshape(w, scores, 4, (int64_t[]){-1, a->heads, tokens, tokens});
    }
    return softmax(w, scores);
}

sep_onnx_value sep_onnx_window_attention(sep_onnx_writer *w, const sep_node *node)
{
    const int heads = node->attributes.heads, tokens = node->shape.dim[1], channels = node->shape.dim[2];
    const int each = channels / heads;
    sep_onnx_name qkv =
        sep_onnx_reshape(w, sep_onnx_channels_last(w, node->input[0]), 5, (int64_t[]){-1, tokens, 3, heads, each});
    sep_onnx_name q = part_of(w, qkv, 0, tokens, heads, each), k = part_of(w, qkv, 1, tokens, heads, each);
    sep_onnx_name v = part_of(w, qkv, 2, tokens, heads, each);
    sep_onnx_name out = sep_onnx_binary(w, "MatMul", scores_of(w, node, q, k), v);

    return join_heads(w, out, tokens, channels);
}

sep_onnx_value sep_onnx_token_attention(sep_onnx_writer *w, const sep_node *node)
{
    const int heads = node->attributes.heads, channels = node->shape.dim[2], each = channels / heads;
    const int queries = node->input[0]->shape.dim[1], keys = node->input[1]->shape.dim[1];
    sep_onnx_name q = by_heads(w, sep_onnx_channels_last(w, node->input[0]), queries, heads, each, false);
    sep_onnx_name k = by_heads(w, sep_onnx_channels_last(w, node->input[1]), keys, heads, each, true);
    sep_onnx_name v = by_heads(w, sep_onnx_channels_last(w, node->input[2]), keys, heads, each, false);

    q = sep_onnx_binary(w, "Mul", q, sep_onnx_float(w, node->attributes.scale));
    return join_heads(w, sep_onnx_binary(w, "MatMul", softmax(w, sep_onnx_binary(w, "MatMul", q, k)), v), queries,
                      channels);
}
