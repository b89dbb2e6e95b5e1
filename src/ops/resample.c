/* Halving and doubling of maps: max pooling, nearest and bilinear upsampling. */
#include "septum/ops.h"

#include "ops/rules.h"

static sep_node *upsample(sep_graph *g, sep_op op, sep_node *x)
{
    if (x == NULL)
        return NULL;
    const int *d = x->shape.dim;
    return SEP_APPLY(g, op, NULL, SEP_SHAPE(d[0], 2 * d[1], 2 * d[2], d[3]), x);
}

sep_node *sep_upsample_bilinear(sep_graph *g, sep_node *x)
{
    return upsample(g, SEP_OP_UPSAMPLE_BILINEAR, x);
}

sep_node *sep_upsample_nearest(sep_graph *g, sep_node *x)
{
    return upsample(g, SEP_OP_UPSAMPLE_NEAREST, x);
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
