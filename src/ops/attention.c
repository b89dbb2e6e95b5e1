/* Softmax, log-softmax, argmax, attention inside windows and over all tokens. */
#include "septum/ops.h"

#include "ops/rules.h"

#include <math.h>

/* ---- window attention -------------------------------------------------------------------------------------------- */

sep_node *sep_window_attention(sep_graph *g, sep_node *qkv, sep_node *table, const sep_attention *attention)
{
    sep_attributes a = {.heads = attention->heads,
                        .window = attention->window,
                        .shift = attention->shift,
                        .grid_height = attention->grid_height,
                        .grid_width = attention->grid_width,
                        .scale = attention->scale};
    char text[SEP_SHAPE_TEXT];

    if (qkv == NULL)
        return NULL;
    int tokens = a.window * a.window, channels = sep_shape_last(&qkv->shape) / 3;
    if (qkv->shape.rank != 3 || qkv->shape.dim[1] != tokens || channels * 3 != sep_shape_last(&qkv->shape) ||
        channels % a.heads != 0)
        return sep_graph_fail(g, SEP_ERR_SHAPE, "attention in windows of %d with %d heads got %s", a.window, a.heads,
                              sep_shape_text(&qkv->shape, text));
    sep_node *input[2] = {qkv, table};
    return sep_apply(g, SEP_OP_WINDOW_ATTENTION, &a, SEP_SHAPE(qkv->shape.dim[0], tokens, channels),
                     table != NULL ? 2 : 1, input);
}

/* One call gives both gradients, side by side in one flat tensor. */
void sep_gradient_window_attention(sep_graph *g, sep_node *node, sep_node *dy)
{
    sep_node *qkv = node->input[0], *table = node->inputs > 1 ? node->input[1] : NULL;
    int64_t elements = sep_shape_count(&qkv->shape);
    int64_t all = elements + (table != NULL ? sep_shape_count(&table->shape) : 0);
    sep_node *input[3] = {qkv, table != NULL ? table : dy, dy};

    sep_node *both =
        sep_apply(g, SEP_OP_WINDOW_ATTENTION_DX, &node->attributes, SEP_SHAPE((int)all), table != NULL ? 3 : 2, input);
    sep_accumulate(g, qkv, sep_view(g, both, 0, qkv->shape));
    if (table != NULL)
        sep_accumulate(g, table, sep_view(g, both, (size_t)elements, table->shape));
}

int64_t sep_cost_window_attention(const sep_node *node)
{
    return 2 * sep_shape_count(&node->shape) * node->shape.dim[1];
}

/* ---- attention over all tokens ----------------------------------------------------------------------------------- */

sep_node *sep_token_attention(sep_graph *g, sep_node *q, sep_node *k, sep_node *v, int heads)
{
    char queries[SEP_SHAPE_TEXT], keys[SEP_SHAPE_TEXT], values[SEP_SHAPE_TEXT];

    if (q == NULL || k == NULL || v == NULL)
        return NULL;
    const int channels = sep_shape_last(&q->shape);
    if (q->shape.rank != 3 || k->shape.rank != 3 || !sep_shape_equal(&k->shape, &v->shape) ||
        k->shape.dim[0] != q->shape.dim[0] || k->shape.dim[2] != channels || heads < 1 || channels % heads != 0)
        return sep_graph_fail(g, SEP_ERR_SHAPE, "attention of %d heads got q %s, k %s and v %s", heads,
                              sep_shape_text(&q->shape, queries), sep_shape_text(&k->shape, keys),
                              sep_shape_text(&v->shape, values));
    sep_attributes a = {.heads = heads, .scale = 1.0f / sqrtf((float)(channels / heads))};
    return SEP_APPLY(g, SEP_OP_TOKEN_ATTENTION, &a, q->shape, q, k, v);
}

/* One call gives all three, side by side in one flat tensor. */
void sep_gradient_token_attention(sep_graph *g, sep_node *node, sep_node *dy)
{
    size_t at = 0;
    int64_t all = 0;

    for (int i = 0; i < 3; i++)
        all += sep_shape_count(&node->input[i]->shape);
    sep_node *flat = SEP_APPLY(g, SEP_OP_TOKEN_ATTENTION_DX, &node->attributes, SEP_SHAPE((int)all), node->input[0],
                               node->input[1], node->input[2], dy);
    for (int i = 0; i < 3; i++) {
        sep_accumulate(g, node->input[i], sep_view(g, flat, at, node->input[i]->shape));
        at += (size_t)sep_shape_count(&node->input[i]->shape);
    }
}

int64_t sep_cost_token_attention(const sep_node *node)
{
    return 2 * sep_shape_count(&node->shape) * node->input[1]->shape.dim[1];
}

/* ---- softmax ----------------------------------------------------------------------------------------------------- */

sep_node *sep_softmax(sep_graph *g, sep_node *x)
{
    return x == NULL ? NULL : SEP_APPLY(g, SEP_OP_SOFTMAX, NULL, x->shape, x);
}

sep_node *sep_log_softmax(sep_graph *g, sep_node *x)
{
    return x == NULL ? NULL : SEP_APPLY(g, SEP_OP_LOG_SOFTMAX, NULL, x->shape, x);
}

sep_node *sep_argmax(sep_graph *g, sep_node *x)
{
    if (x == NULL)
        return NULL;
    sep_shape shape = x->shape;
    shape.rank--;
    return SEP_APPLY(g, SEP_OP_ARGMAX, NULL, shape, x);
}

void sep_gradient_softmax(sep_graph *g, sep_node *node, sep_node *dy)
{
    sep_accumulate(g, node->input[0], SEP_APPLY(g, SEP_OP_SOFTMAX_DX, NULL, node->shape, node, dy));
}

void sep_gradient_log_softmax(sep_graph *g, sep_node *node, sep_node *dy)
{
    sep_accumulate(g, node->input[0], SEP_APPLY(g, SEP_OP_LOG_SOFTMAX_DX, NULL, node->shape, node, dy));
}
