/* Maps of other pixels: max pooling, nearest and bilinear upsampling, warping. */
#include "septum/ops.h"

#include "ops/rules.h"

static sep_node *upsample(sep_graph *g, sep_op op, sep_node *x, int factor)
{
    if (x == NULL)
        return NULL;
    const int *d = x->shape.dim;
    return SEP_APPLY(g, op, NULL, SEP_SHAPE(d[0], factor * d[1], factor * d[2], d[3]), x);
}

sep_node *sep_upsample_bilinear(sep_graph *g, sep_node *x)
{
    return upsample(g, SEP_OP_UPSAMPLE_BILINEAR, x, 2);
}

sep_node *sep_upsample_bilinear_by(sep_graph *g, sep_node *x, int factor)
{
    return upsample(g, SEP_OP_UPSAMPLE_BILINEAR, x, factor);
}

sep_node *sep_upsample_nearest(sep_graph *g, sep_node *x)
{
    return upsample(g, SEP_OP_UPSAMPLE_NEAREST, x, 2);
}

void sep_gradient_upsample_bilinear(sep_graph *g, sep_node *node, sep_node *dy)
{
    sep_accumulate(g, node->input[0], SEP_APPLY(g, SEP_OP_UPSAMPLE_BILINEAR_DX, NULL, node->input[0]->shape, dy));
}

void sep_gradient_upsample_nearest(sep_graph *g, sep_node *node, sep_node *dy)
{
    sep_accumulate(g, node->input[0], SEP_APPLY(g, SEP_OP_UPSAMPLE_NEAREST_DX, NULL, node->input[0]->shape, dy));
}

sep_node *sep_max_pool(sep_graph *g, sep_node *x)
{
    if (x == NULL)
        return NULL;
    const int *d = x->shape.dim;
    if (d[1] % 2 != 0 || d[2] % 2 != 0)
        return sep_graph_fail(g, SEP_ERR_SHAPE, "max pooling halves even maps only, this one is %dx%d", d[1], d[2]);
    return SEP_APPLY(g, SEP_OP_MAX_POOL, NULL, SEP_SHAPE(d[0], d[1] / 2, d[2] / 2, d[3]), x);
}

/* What is known of x's gradient already (a skip connection's part) is added in the same pass. */
void sep_gradient_max_pool(sep_graph *g, sep_node *node, sep_node *dy)
{
    sep_node *x = node->input[0];

    if (x->gradient != NULL && !g->unfused)
        x->gradient = SEP_APPLY(g, SEP_OP_MAX_POOL_DX, NULL, x->shape, x, dy, x->gradient);
    else
        sep_accumulate(g, x, SEP_APPLY(g, SEP_OP_MAX_POOL_DX, NULL, x->shape, x, dy));
}

sep_node *sep_max_pool2d(sep_graph *g, sep_node *x, int kernel, int stride, int padding)
{
    sep_attributes a = {.kernel = kernel, .stride = stride, .padding = padding};

    if (x == NULL)
        return NULL;
    const int *d = x->shape.dim;
    if (kernel > SEP_LARGEST_POOL || stride < 1 || padding >= kernel || d[1] + padding < kernel ||
        d[2] + padding < kernel)
        return sep_graph_fail(g, SEP_ERR_SHAPE, "a %dx%d map can't be pooled by %d (at most %d) with a padding of %d",
                              d[1], d[2], kernel, SEP_LARGEST_POOL, padding);
    int height = (d[1] + 2 * padding - kernel) / stride + 1, width = (d[2] + 2 * padding - kernel) / stride + 1;
    return SEP_APPLY(g, SEP_OP_MAX_POOL2D, &a, SEP_SHAPE(d[0], height, width, d[3]), x);
}

void sep_gradient_max_pool2d(sep_graph *g, sep_node *node, sep_node *dy)
{
    sep_node *x = node->input[0];

    sep_accumulate(g, x, SEP_APPLY(g, SEP_OP_MAX_POOL2D_DX, &node->attributes, x->shape, x, dy));
}

sep_node *sep_warp(sep_graph *g, sep_node *x, sep_node *move)
{
    char map[SEP_SHAPE_TEXT], by[SEP_SHAPE_TEXT];

    if (x == NULL || move == NULL)
        return NULL;
    sep_shape wanted = x->shape;
    wanted.dim[wanted.rank - 1] = 2;
    if (x->shape.rank != 4 || x->dtype != SEP_F32 || move->dtype != SEP_F32 || !sep_shape_equal(&move->shape, &wanted))
        return sep_graph_fail(g, SEP_ERR_SHAPE, "%s is no map that moves of %s could warp",
                              sep_shape_text(&x->shape, map), sep_shape_text(&move->shape, by));
    return SEP_APPLY(g, SEP_OP_WARP_MAP, NULL, x->shape, x, move);
}

void sep_gradient_warp_map(sep_graph *g, sep_node *node, sep_node *dy)
{
    sep_node *x = node->input[0], *move = node->input[1];

    if (sep_needs_gradient(x))
        sep_accumulate(g, x, SEP_APPLY(g, SEP_OP_WARP_MAP_DX, NULL, x->shape, move, dy));
    if (sep_needs_gradient(move))
        sep_accumulate(g, move, SEP_APPLY(g, SEP_OP_WARP_MAP_DMOVE, NULL, move->shape, x, move, dy));
}
