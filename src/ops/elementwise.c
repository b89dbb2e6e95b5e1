/* Operations on one element at a time: sums, products, activations, dropout. */
#include "septum/ops.h"

#include "ops/rules.h"

/* ---- sums and products ------------------------------------------------------------------------------------------- */

/* ADD and MUL know the commonest forms of b; the others go the general way. */
static sep_node *binary(sep_graph *g, sep_op op, sep_function general, sep_node *a, sep_node *b)
{
    if (a == NULL || b == NULL)
        return NULL;
    int64_t elements = sep_shape_count(&b->shape);
    if (elements == sep_shape_count(&a->shape) || elements == 1 ||
        (elements == sep_shape_last(&a->shape) && sep_shape_last(&b->shape) == elements))
        return SEP_APPLY(g, op, NULL, a->shape, a, b);
    return sep_apply_binary(g, general, a, b);
}

sep_node *sep_add(sep_graph *g, sep_node *a, sep_node *b)
{
    return binary(g, SEP_OP_ADD, SEP_PLUS, a, b);
}

sep_node *sep_mul(sep_graph *g, sep_node *a, sep_node *b)
{
    return binary(g, SEP_OP_MUL, SEP_MULTIPLY, a, b);
}

sep_node *sep_scale(sep_graph *g, sep_node *x, float factor)
{
    sep_attributes a = {.factor = factor};

    return x == NULL ? NULL : SEP_APPLY(g, SEP_OP_SCALE, &a, x->shape, x);
}

sep_node *sep_constant(sep_graph *g, sep_shape shape, float value)
{
    sep_attributes a = {.value = value};

    return sep_apply(g, SEP_OP_FILL, &a, shape, 0, NULL);
}

sep_node *sep_layer_scale(sep_graph *g, const char *name, sep_node *x, float start)
{
    if (x == NULL)
        return NULL;
    sep_scope_push(g, "%s", name);
    sep_node *factor =
        sep_parameter(g, "factor", SEP_SHAPE(sep_shape_last(&x->shape)), (sep_init){SEP_INIT_CONSTANT, start});
    sep_scope_pop(g);
    return sep_mul(g, x, factor);
}

static bool same_size(const sep_node *a, const sep_node *b)
{
    return sep_shape_count(&a->shape) == sep_shape_count(&b->shape);
}

/* A scalar that meets a tensor takes part as a row of one channel. */
static sep_node *as_rows_of(sep_graph *g, sep_node *x, const sep_node *factor)
{
    int channels = (int)sep_shape_count(&factor->shape);

    return sep_view(g, x, 0, SEP_SHAPE((int)(sep_shape_count(&x->shape) / channels), channels));
}

void sep_gradient_add(sep_graph *g, sep_node *node, sep_node *dy)
{
    sep_node *b = node->input[1];

    sep_accumulate(g, node->input[0], dy);
    if (same_size(node, b))
        sep_accumulate(g, b, sep_view(g, dy, 0, b->shape));
    else if (sep_needs_gradient(b))
        sep_accumulate(g, b, SEP_APPLY(g, SEP_OP_ROW_SUM, NULL, b->shape, as_rows_of(g, dy, b)));
}

void sep_gradient_mul(sep_graph *g, sep_node *node, sep_node *dy)
{
    sep_node *a = node->input[0], *b = node->input[1];

    if (sep_needs_gradient(b) && same_size(a, b))
        sep_accumulate(g, b, SEP_APPLY(g, SEP_OP_MUL, NULL, b->shape, sep_view(g, dy, 0, b->shape), a));
    else if (sep_needs_gradient(b)) {
        sep_node *rows = as_rows_of(g, a, b);
        sep_accumulate(g, b, SEP_APPLY(g, SEP_OP_MUL_ROW_SUM, NULL, b->shape, rows, as_rows_of(g, dy, b)));
    }
    if (sep_needs_gradient(a))
        sep_accumulate(g, a, SEP_APPLY(g, SEP_OP_MUL, NULL, a->shape, dy, b));
}

void sep_gradient_scale(sep_graph *g, sep_node *node, sep_node *dy)
{
    sep_accumulate(g, node->input[0], sep_scale(g, dy, node->attributes.factor));
}

/* ---- activations ------------------------------------------------------------------------------------------------- */

static sep_node *activate(sep_graph *g, sep_node *x, sep_activation activation, float slope)
{
    sep_attributes a = {.activation = activation, .slope = slope};

    return x == NULL ? NULL : SEP_APPLY(g, SEP_OP_ACTIVATE, &a, x->shape, x);
}

sep_node *sep_relu(sep_graph *g, sep_node *x)
{
    return activate(g, x, SEP_RELU, 0.0f);
}

sep_node *sep_leaky_relu(sep_graph *g, sep_node *x, float slope)
{
    return activate(g, x, SEP_LEAKY_RELU, slope);
}

sep_node *sep_gelu(sep_graph *g, sep_node *x)
{
    return activate(g, x, SEP_GELU, 0.0f);
}

void sep_gradient_activate(sep_graph *g, sep_node *node, sep_node *dy)
{
    sep_node *x = node->input[0];

    sep_accumulate(g, x, SEP_APPLY(g, SEP_OP_ACTIVATE_DX, &node->attributes, x->shape, x, dy));
}

/* ---- dropout ----------------------------------------------------------------------------------------------------- */

static sep_node *drop(sep_graph *g, sep_node *x, float probability, bool per_sample)
{
    sep_attributes a = {.probability = probability, .per_sample = per_sample};

    if (x == NULL || !sep_builds_training(g) || probability <= 0.0f)
        return x;
    sep_node *y = SEP_APPLY(g, SEP_OP_DROPOUT, &a, x->shape, x);
    if (y != NULL)
        y->stream = sep_new_stream(g);
    return y;
}

sep_node *sep_dropout(sep_graph *g, sep_node *x, float probability)
{
    return drop(g, x, probability, false);
}

sep_node *sep_drop_path(sep_graph *g, sep_node *x, float probability)
{
    return drop(g, x, probability, true);
}

void sep_gradient_dropout(sep_graph *g, sep_node *node, sep_node *dy)
{
    sep_node *dx = SEP_APPLY(g, SEP_OP_DROPOUT, &node->attributes, node->shape, dy);

    if (dx != NULL)
        dx->stream = node->stream; /* the same elements stay */
    sep_accumulate(g, node->input[0], dx);
}
