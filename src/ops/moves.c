/* Operations that move elements without computing: concatenation, slices, windows, depth and space. */
#include "septum/ops.h"

#include "ops/rules.h"

/* ---- channels ---------------------------------------------------------------------------------------------------- */

/* Labels are moved bit for bit, as numbers are. */
static sep_node *of_type(sep_node *moved, sep_dtype dtype)
{
    if (moved != NULL)
        moved->dtype = dtype;
    return moved;
}

sep_node *sep_concat(sep_graph *g, sep_node *a, sep_node *b)
{
    char left[SEP_SHAPE_TEXT], right[SEP_SHAPE_TEXT];

    if (a == NULL || b == NULL)
        return NULL;
    if (sep_shape_rows(&a->shape) != sep_shape_rows(&b->shape) || a->dtype != b->dtype)
        return sep_graph_fail(g, SEP_ERR_SHAPE, "%s and %s can't be concatenated", sep_shape_text(&a->shape, left),
                              sep_shape_text(&b->shape, right));
    sep_shape shape = a->shape;
    shape.dim[shape.rank - 1] += sep_shape_last(&b->shape);
    return of_type(SEP_APPLY(g, SEP_OP_CONCAT, NULL, shape, a, b), a->dtype);
}

sep_node *sep_slice_channels(sep_graph *g, sep_node *x, int begin, int count)
{
    sep_attributes a = {.begin = begin, .count = count};

    if (x == NULL)
        return NULL;
    if (begin < 0 || count < 1 || begin + count > sep_shape_last(&x->shape))
        return sep_graph_fail(g, SEP_ERR_SHAPE, "channels %d to %d of %d", begin, begin + count - 1,
                              sep_shape_last(&x->shape));
    sep_shape shape = x->shape;
    shape.dim[shape.rank - 1] = count;
    return SEP_APPLY(g, SEP_OP_SLICE, &a, shape, x);
}

void sep_gradient_concat(sep_graph *g, sep_node *node, sep_node *dy)
{
    int first = sep_shape_last(&node->input[0]->shape);

    if (sep_needs_gradient(node->input[0]))
        sep_accumulate(g, node->input[0], sep_slice_channels(g, dy, 0, first));
    if (sep_needs_gradient(node->input[1]))
        sep_accumulate(g, node->input[1], sep_slice_channels(g, dy, first, sep_shape_last(&node->input[1]->shape)));
}

/* Zeros to the left and right of the slice. */
void sep_gradient_slice(sep_graph *g, sep_node *node, sep_node *dy)
{
    sep_node *x = node->input[0];
    int begin = node->attributes.begin, end = begin + node->attributes.count, channels = sep_shape_last(&x->shape);
    sep_attributes zero = {.value = 0.0f};
    sep_shape side = x->shape;

    if (begin > 0) {
        side.dim[side.rank - 1] = begin;
        dy = sep_concat(g, sep_apply(g, SEP_OP_FILL, &zero, side, 0, NULL), dy);
    }
    if (end < channels) {
        side.dim[side.rank - 1] = channels - end;
        dy = sep_concat(g, dy, sep_apply(g, SEP_OP_FILL, &zero, side, 0, NULL));
    }
    sep_accumulate(g, x, dy);
}

/* ---- samples ----------------------------------------------------------------------------------------------------- */

sep_node *sep_concat_batch(sep_graph *g, sep_node *a, sep_node *b)
{
    char left[SEP_SHAPE_TEXT], right[SEP_SHAPE_TEXT];

    if (a == NULL || b == NULL)
        return NULL;
    sep_shape shape = a->shape;
    shape.dim[0] = b->shape.dim[0];
    if (!sep_shape_equal(&shape, &b->shape) || a->dtype != b->dtype)
        return sep_graph_fail(g, SEP_ERR_SHAPE, "batches %s and %s can't be put together",
                              sep_shape_text(&a->shape, left), sep_shape_text(&b->shape, right));
    shape.dim[0] += a->shape.dim[0];
    return of_type(SEP_APPLY(g, SEP_OP_CONCAT_BATCH, NULL, shape, a, b), a->dtype);
}

void sep_gradient_concat_batch(sep_graph *g, sep_node *node, sep_node *dy)
{
    sep_node *a = node->input[0], *b = node->input[1];

    if (sep_needs_gradient(a))
        sep_accumulate(g, a, sep_view(g, dy, 0, a->shape));
    if (sep_needs_gradient(b))
        sep_accumulate(g, b, sep_view(g, dy, (size_t)sep_shape_count(&a->shape), b->shape));
}

static sep_node *turn(sep_graph *g, sep_node *x, sep_node *quarters, bool back)
{
    sep_attributes a = {.back = back};
    char text[SEP_SHAPE_TEXT];

    if (x == NULL || quarters == NULL)
        return NULL;
    if (x->shape.rank != 4 || x->shape.dim[1] != x->shape.dim[2])
        return sep_graph_fail(g, SEP_ERR_SHAPE, "%s can't be turned by quarters: maps must be square",
                              sep_shape_text(&x->shape, text));
    return SEP_APPLY(g, SEP_OP_TURN, &a, x->shape, x, quarters);
}

sep_node *sep_turn(sep_graph *g, sep_node *x, sep_node *quarters)
{
    return turn(g, x, quarters, false);
}

sep_node *sep_turn_back(sep_graph *g, sep_node *x, sep_node *quarters)
{
    return turn(g, x, quarters, true);
}

void sep_gradient_turn(sep_graph *g, sep_node *node, sep_node *dy)
{
    sep_accumulate(g, node->input[0], turn(g, dy, node->input[1], !node->attributes.back));
}

/* ---- padding ----------------------------------------------------------------------------------------------------- */

/* Zeros behind each line's numbers, lines being what `lines` cuts x into. */
static sep_node *append_zeros(sep_graph *g, sep_node *x, int lines, int zeros)
{
    int length = (int)(sep_shape_count(&x->shape) / lines);
    sep_node *line = sep_reshape(g, x, SEP_SHAPE(lines, length));
    sep_node *nothing = sep_constant(g, SEP_SHAPE(lines, zeros), 0.0f);

    return sep_concat(g, line, nothing);
}

sep_node *sep_pad(sep_graph *g, sep_node *x, int rows, int columns)
{
    if (x == NULL)
        return NULL;
    const sep_shape s = x->shape;
    int width = s.dim[2] + columns;
    if (columns > 0)
        x = append_zeros(g, x, s.dim[0] * s.dim[1], columns * s.dim[3]);
    if (rows > 0 && x != NULL)
        x = append_zeros(g, x, s.dim[0], rows * width * s.dim[3]);
    return x == NULL ? NULL : sep_reshape(g, x, SEP_SHAPE(s.dim[0], s.dim[1] + rows, width, s.dim[3]));
}

/* ---- windows ----------------------------------------------------------------------------------------------------- */

sep_node *sep_window_partition(sep_graph *g, sep_node *x, int window, int shift)
{
    sep_attributes a = {.window = window, .shift = shift};

    if (x == NULL)
        return NULL;
    const int *d = x->shape.dim;
    if (x->shape.rank != 4 || d[1] % window != 0 || d[2] % window != 0)
        return sep_graph_fail(g, SEP_ERR_SHAPE, "a map of %dx%d can't be cut into windows of %d", d[1], d[2], window);
    int windows = d[0] * (d[1] / window) * (d[2] / window);
    return SEP_APPLY(g, SEP_OP_WINDOW_PARTITION, &a, SEP_SHAPE(windows, window, window, d[3]), x);
}

sep_node *sep_window_reverse(sep_graph *g, sep_node *windows, int window, int shift, int height, int width)
{
    sep_attributes a = {.window = window, .shift = shift};

    if (windows == NULL)
        return NULL;
    int channels = sep_shape_last(&windows->shape);
    int64_t samples = sep_shape_rows(&windows->shape) / ((int64_t)height * width);
    return SEP_APPLY(g, SEP_OP_WINDOW_REVERSE, &a, SEP_SHAPE((int)samples, height, width, channels), windows);
}

void sep_gradient_window_partition(sep_graph *g, sep_node *node, sep_node *dy)
{
    sep_node *x = node->input[0];

    sep_accumulate(g, x, SEP_APPLY(g, SEP_OP_WINDOW_REVERSE, &node->attributes, x->shape, dy));
}

void sep_gradient_window_reverse(sep_graph *g, sep_node *node, sep_node *dy)
{
    sep_node *x = node->input[0];

    sep_accumulate(g, x, SEP_APPLY(g, SEP_OP_WINDOW_PARTITION, &node->attributes, x->shape, dy));
}

/* ---- depth and space --------------------------------------------------------------------------------------------- */

sep_node *sep_space_to_depth(sep_graph *g, sep_node *x, int block, bool column_major)
{
    sep_attributes a = {.block = block, .column_major = column_major};

    if (x == NULL)
        return NULL;
    const int *d = x->shape.dim;
    if (x->shape.rank != 4 || d[1] % block != 0 || d[2] % block != 0)
        return sep_graph_fail(g, SEP_ERR_SHAPE, "a map of %dx%d has no blocks of %d", d[1], d[2], block);
    return SEP_APPLY(g, SEP_OP_SPACE_TO_DEPTH, &a, SEP_SHAPE(d[0], d[1] / block, d[2] / block, d[3] * block * block),
                     x);
}

sep_node *sep_depth_to_space(sep_graph *g, sep_node *x, int block)
{
    sep_attributes a = {.block = block};

    if (x == NULL)
        return NULL;
    const int *d = x->shape.dim;
    if (x->shape.rank != 4 || d[3] % (block * block) != 0)
        return sep_graph_fail(g, SEP_ERR_SHAPE, "%d channels can't be spread over blocks of %d", d[3], block);
    return SEP_APPLY(g, SEP_OP_DEPTH_TO_SPACE, &a, SEP_SHAPE(d[0], d[1] * block, d[2] * block, d[3] / (block * block)),
                     x);
}

void sep_gradient_space_to_depth(sep_graph *g, sep_node *node, sep_node *dy)
{
    sep_node *x = node->input[0];

    sep_accumulate(g, x, SEP_APPLY(g, SEP_OP_DEPTH_TO_SPACE, &node->attributes, x->shape, dy));
}

void sep_gradient_depth_to_space(sep_graph *g, sep_node *node, sep_node *dy)
{
    sep_node *x = node->input[0];

    sep_accumulate(g, x, SEP_APPLY(g, SEP_OP_SPACE_TO_DEPTH, &node->attributes, x->shape, dy));
}

/* ---- rows and columns -------------------------------------------------------------------------------------------- */

sep_node *sep_transpose(sep_graph *g, sep_node *x)
{
    char text[SEP_SHAPE_TEXT];

    if (x == NULL)
        return NULL;
    const int *d = x->shape.dim;
    if (x->shape.rank == 3) {
        x = sep_transpose(g, sep_reshape(g, x, SEP_SHAPE(d[0], d[1], d[2], 1)));
        return x == NULL ? NULL : sep_reshape(g, x, SEP_SHAPE(x->shape.dim[0], x->shape.dim[1], x->shape.dim[2]));
    }
    if (x->shape.rank != 4)
        return sep_graph_fail(g, SEP_ERR_SHAPE, "%s has no rows and columns", sep_shape_text(&x->shape, text));
    return SEP_APPLY(g, SEP_OP_TRANSPOSE_MAP, NULL, SEP_SHAPE(d[0], d[2], d[1], d[3]), x);
}

void sep_gradient_transpose_map(sep_graph *g, sep_node *node, sep_node *dy)
{
    sep_accumulate(g, node->input[0], sep_transpose(g, dy));
}
