/* Windows that a score chooses, cut out and added back: ONNX's non-maximum suppression, and rows of maps by numbers.
 * What a place stands for are whole numbers; how many there are is not known before the graph runs. */
#include "onnx/writer.h"

static sep_onnx_name integer(sep_onnx_writer *w, int64_t value)
{
    return sep_onnx_integers(w, 1, &value);
}

/* x as floats or whole numbers. */
static sep_onnx_name cast(sep_onnx_writer *w, sep_onnx_name x, sep_onnx_type type)
{
    const sep_onnx_attribute to[] = {{"to", SEP_ONNX_INT, .integer = type}, {0}};

    return sep_onnx_node(w, "Cast", (sep_onnx_name[]){x, {""}}, to);
}

/* [1]: how long the first axis of x is. */
static sep_onnx_name length_of(sep_onnx_writer *w, sep_onnx_name x)
{
    return sep_onnx_cut(w, sep_onnx_unary(w, "Shape", x), 0, 0, 1);
}

/* 0, 1, 2, ... of the shape of `like`, which has one column: a sum of ones. */
static sep_onnx_name numbers_like(sep_onnx_writer *w, sep_onnx_name like)
{
    const sep_onnx_attribute exclusive[] = {{"exclusive", SEP_ONNX_INT, .integer = 1}, {0}};
    const sep_onnx_name ones = cast(w, sep_onnx_binary(w, "Equal", like, like), SEP_ONNX_INT64);

    return sep_onnx_node(w, "CumSum", (sep_onnx_name[]){ones, integer(w, 0), {""}}, exclusive);
}

/* ---- choosing ---------------------------------------------------------------------------------------------------- */

/* [N, 1, places]: the mean score of a window in each of them. */
static sep_onnx_name scores_of(sep_onnx_writer *w, const sep_node *node, int64_t places)
{
    const int64_t side[] = {node->attributes.window, node->attributes.window};
    const sep_onnx_attribute attribute[] = {{"kernel_shape", SEP_ONNX_INTS, .integer = 2, .integers = side}, {0}};
    const sep_onnx_name mean =
        sep_onnx_node(w, "AveragePool", (sep_onnx_name[]){sep_onnx_channels_first(w, node->input[0]), {""}}, attribute);

    return sep_onnx_reshape(w, mean, 3, (int64_t[]){-1, 1, places});
}

/* [places, 4]: upper left and lower right corners. */
static sep_onnx_name boxes_of(sep_onnx_writer *w, int64_t places, int columns, int window)
{
    float *corner = sep_calloc((size_t)places * 4, sizeof *corner);

    if (corner == NULL)
        sep_onnx_fail(w, SEP_ERR_MEMORY);
    for (int64_t i = 0; i < places && corner != NULL; i++)
        for (int k = 0; k < 4; k++)
            corner[4 * i + k] = (float)((k % 2 == 0 ? i / columns : i % columns) + (k < 2 ? 0 : window));
    const sep_onnx_name boxes = sep_onnx_floats(w, 2, (int64_t[]){places, 4}, corner);
    sep_free(corner);
    return boxes;
}

/* Between the shares of what both cover that are allowed and those that are not: i / (2 w^2 - i), i whole. */
static float limit_of(const sep_attributes *a)
{
    const float covered = 2.0f * (float)a->window * (float)a->window, between = (float)a->overlap + 0.5f;

    return between / (covered - between);
}

/* [M, 3]: sample, 0 and place of those that are taken; sample by sample, best first. */
static sep_onnx_name suppress(sep_onnx_writer *w, const sep_node *node, int64_t places, int columns)
{
    const sep_attributes *a = &node->attributes;
    const sep_onnx_name scores = scores_of(w, node, places), boxes = boxes_of(w, places, columns, a->window);
    const sep_onnx_name shape =
        sep_onnx_concat(w, length_of(w, scores), sep_onnx_integers(w, 2, (int64_t[]){places, 4}), 0);
    const sep_onnx_name of_all = sep_onnx_binary(w, "Expand", boxes, shape);
    const sep_onnx_name limit = sep_onnx_float(w, limit_of(a)), most = integer(w, a->capacity);

    return sep_onnx_node(w, "NonMaxSuppression", (sep_onnx_name[]){of_all, scores, most, limit, {""}}, NULL);
}

/* [M, 1]: how many of the same sample come before. */
static sep_onnx_name ranks_of(sep_onnx_writer *w, sep_onnx_name sample)
{
    const sep_onnx_name other = sep_onnx_transpose(w, sample, 2, (int64_t[]){1, 0});
    const sep_onnx_name before = cast(w, sep_onnx_binary(w, "Less", other, sample), SEP_ONNX_INT64);
    const sep_onnx_name earlier = sep_onnx_binary(w, "ReduceSum", before, integer(w, 1));

    return sep_onnx_binary(w, "Sub", numbers_like(w, sample), earlier);
}

/* [N, K], -1 where there is none. */
sep_onnx_value sep_onnx_choose_windows(sep_onnx_writer *w, const sep_node *node)
{
    const sep_attributes *a = &node->attributes;
    const int *map = node->input[0]->shape.dim, columns = map[2] - a->window + 1;
    const int64_t places = (int64_t)(map[1] - a->window + 1) * columns;
    const sep_onnx_name taken = suppress(w, node, places, columns);
    const sep_onnx_name sample = sep_onnx_cut(w, taken, 1, 0, 1), place = sep_onnx_cut(w, taken, 1, 2, 3);
    const sep_onnx_name row = sep_onnx_binary(w, "Div", place, integer(w, columns));
    const sep_onnx_name column = sep_onnx_binary(w, "Sub", place, sep_onnx_binary(w, "Mul", row, integer(w, columns)));
    const sep_onnx_name above = sep_onnx_binary(w, "Mul", row, integer(w, (int64_t)a->stride * a->stride * map[2]));
    const sep_onnx_name pixel =
        sep_onnx_binary(w, "Add", above, sep_onnx_binary(w, "Mul", column, integer(w, a->stride)));
    const sep_onnx_name shape =
        sep_onnx_concat(w, length_of(w, sep_onnx_channels_last(w, node->input[0])), integer(w, a->capacity), 0);
    const sep_onnx_name none = sep_onnx_binary(w, "Expand", integer(w, -1), shape);
    const sep_onnx_name where = sep_onnx_concat(w, sample, ranks_of(w, sample), 1);
    const sep_onnx_name pixels = sep_onnx_reshape(w, pixel, 1, (int64_t[]){-1});

    return (sep_onnx_value){.last = sep_onnx_node(w, "ScatterND", (sep_onnx_name[]){none, where, pixels, {""}}, NULL)};
}

/* ---- there and back ---------------------------------------------------------------------------------------------- */

/* [window * window]: pixels of a window, counted from its first one. */
static sep_onnx_name pixels_within(sep_onnx_writer *w, int window, int width)
{
    int64_t *pixel = sep_calloc((size_t)window * (size_t)window, sizeof *pixel);

    if (pixel == NULL)
        sep_onnx_fail(w, SEP_ERR_MEMORY);
    for (int i = 0; i < window * window && pixel != NULL; i++)
        pixel[i] = (int64_t)(i / window) * width + i % window;
    const sep_onnx_name within = pixel != NULL ? sep_onnx_integers(w, window * window, pixel) : (sep_onnx_name){""};
    sep_free(pixel);
    return within;
}

/* [windows, window * window]: rows of all samples' pixels one behind the other, `*rows` of them; that number for those
 * of windows that are nowhere. */
static sep_onnx_name rows_of(sep_onnx_writer *w, const sep_node *node, const int *map, sep_onnx_name *rows)
{
    const sep_onnx_name at = sep_onnx_channels_last(w, node->input[1]), pixels = integer(w, (int64_t)map[1] * map[2]);
    const sep_onnx_name sample = numbers_like(w, sep_onnx_cut(w, at, 1, 0, 1));
    const sep_onnx_name first = sep_onnx_binary(w, "Add", at, sep_onnx_binary(w, "Mul", sample, pixels));
    const sep_onnx_name within = pixels_within(w, node->attributes.window, map[2]);
    const sep_onnx_name each = sep_onnx_binary(w, "Add", sep_onnx_reshape(w, first, 2, (int64_t[]){-1, 1}), within);
    const sep_onnx_name nowhere =
        sep_onnx_binary(w, "Less", sep_onnx_reshape(w, at, 2, (int64_t[]){-1, 1}), integer(w, 0));

    *rows = sep_onnx_binary(w, "Mul", length_of(w, at), pixels);
    return sep_onnx_node(w, "Where", (sep_onnx_name[]){nowhere, *rows, each, {""}}, NULL);
}

/* `rows` and one more, of zeros. */
static sep_onnx_name zeros(sep_onnx_writer *w, sep_onnx_name rows, int channels)
{
    const sep_onnx_name one_more = sep_onnx_binary(w, "Add", rows, integer(w, 1));

    return sep_onnx_binary(w, "Expand", sep_onnx_float(w, 0.0f), sep_onnx_concat(w, one_more, integer(w, channels), 0));
}

sep_onnx_value sep_onnx_gather_windows(sep_onnx_writer *w, const sep_node *node)
{
    const int *map = node->input[0]->shape.dim, window = node->attributes.window, channels = map[3];
    sep_onnx_name count;
    const sep_onnx_name rows = rows_of(w, node, map, &count);
    const sep_onnx_name pixels =
        sep_onnx_reshape(w, sep_onnx_channels_last(w, node->input[0]), 2, (int64_t[]){-1, channels});
    const sep_onnx_name nowhere = zeros(w, integer(w, 0), channels);
    const sep_onnx_name taken = sep_onnx_binary(w, "Gather", sep_onnx_concat(w, pixels, nowhere, 0), rows);

    return (sep_onnx_value){.last = sep_onnx_reshape(w, taken, 4, (int64_t[]){-1, window, window, channels})};
}

/* What windows have, a row a pixel. One number everywhere is there as often as the batch wants it. */
static sep_onnx_name values_of(sep_onnx_writer *w, const sep_node *windows, sep_onnx_name row, int channels)
{
    if (windows->op != SEP_OP_FILL || windows->kind != SEP_NODE_OPERATION)
        return sep_onnx_reshape(w, sep_onnx_channels_last(w, windows), 2, (int64_t[]){-1, channels});
    const sep_onnx_name shape = sep_onnx_concat(w, length_of(w, row), integer(w, channels), 0);
    return sep_onnx_binary(w, "Expand", sep_onnx_float(w, windows->attributes.value), shape);
}

sep_onnx_value sep_onnx_scatter_windows(sep_onnx_writer *w, const sep_node *node)
{
    const sep_onnx_attribute adds[] = {{"reduction", SEP_ONNX_TEXT, .text = "add"}, {0}};
    const int *map = node->shape.dim, channels = map[3];
    sep_onnx_name count;
    const sep_onnx_name row = sep_onnx_reshape(w, rows_of(w, node, map, &count), 2, (int64_t[]){-1, 1});
    const sep_onnx_name values = values_of(w, node->input[0], row, channels);
    const sep_onnx_name sums =
        sep_onnx_node(w, "ScatterND", (sep_onnx_name[]){zeros(w, count, channels), row, values, {""}}, adds);

    return (sep_onnx_value){
        .last = sep_onnx_reshape(w, sep_onnx_cut(w, sums, 0, 0, -1), 4, (int64_t[]){-1, map[1], map[2], channels})};
}
