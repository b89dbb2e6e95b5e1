/* Functions of one number and of two, element by element, and sums over the elements of rows and of all. */
#include "septum/ops.h"

#include "ops/rules.h"

/* ---- one operand ------------------------------------------------------------------------------------------------- */

static sep_node *unary(sep_graph *g, sep_node *x, sep_function function, float exponent)
{
    sep_attributes a = {.function = function, .exponent = exponent};

    return x == NULL ? NULL : SEP_APPLY(g, SEP_OP_UNARY, &a, x->shape, x);
}

#define DEFINE_UNARY(name, FUNCTION)                                                                                   \
    sep_node *sep_##name(sep_graph *g, sep_node *x)                                                                    \
    {                                                                                                                  \
        return unary(g, x, FUNCTION, 0.0f);                                                                            \
    }
DEFINE_UNARY(exp, SEP_EXP)
DEFINE_UNARY(ln, SEP_LN)
DEFINE_UNARY(sqrt, SEP_SQRT)
DEFINE_UNARY(square, SEP_SQUARE)
DEFINE_UNARY(abs, SEP_ABS)
DEFINE_UNARY(sigmoid, SEP_SIGMOID)

sep_node *sep_power(sep_graph *g, sep_node *x, float exponent)
{
    return unary(g, x, SEP_POWER, exponent);
}

void sep_gradient_unary(sep_graph *g, sep_node *node, sep_node *dy)
{
    sep_node *x = node->input[0];

    sep_accumulate(g, x, SEP_APPLY(g, SEP_OP_UNARY_DX, &node->attributes, x->shape, x, dy));
}

/* ---- two operands ------------------------------------------------------------------------------------------------ */

/* Whether b's axes are a's last ones, but for leading ones of 1. */
static bool is_repeated(const sep_shape *a, const sep_shape *b)
{
    int lead = 0;

    while (lead < b->rank && b->dim[lead] == 1)
        lead++;
    int kept = b->rank - lead;
    for (int i = 0; i < kept; i++)
        if (kept > a->rank || b->dim[lead + i] != a->dim[a->rank - kept + i])
            return false;
    return true;
}

sep_node *sep_apply_binary(sep_graph *g, sep_function function, sep_node *a, sep_node *b)
{
    sep_attributes attributes = {.function = function};
    char left[SEP_SHAPE_TEXT], right[SEP_SHAPE_TEXT];

    if (a == NULL || b == NULL)
        return NULL;
    if (sep_shape_count(&a->shape) != sep_shape_count(&b->shape) && !is_repeated(&a->shape, &b->shape) &&
        !sep_is_each(&a->shape, &b->shape))
        return sep_graph_fail(g, SEP_ERR_SHAPE, "%s and %s do not fit element by element",
                              sep_shape_text(&a->shape, left), sep_shape_text(&b->shape, right));
    return SEP_APPLY(g, SEP_OP_BINARY, &attributes, a->shape, a, b);
}

#define DEFINE_BINARY(name, FUNCTION)                                                                                  \
    sep_node *sep_##name(sep_graph *g, sep_node *a, sep_node *b)                                                       \
    {                                                                                                                  \
        return sep_apply_binary(g, FUNCTION, a, b);                                                                    \
    }
DEFINE_BINARY(subtract, SEP_SUBTRACT)
DEFINE_BINARY(divide, SEP_DIVIDE)
DEFINE_BINARY(minimum, SEP_MINIMUM)
DEFINE_BINARY(maximum, SEP_MAXIMUM)
DEFINE_BINARY(less, SEP_LESS)

/* dy summed over all that one element of b met, in b's shape. */
static sep_node *sum_to(sep_graph *g, sep_node *dy, const sep_shape *b)
{
    int64_t count = sep_shape_count(&dy->shape), others = sep_shape_count(b);
    sep_node *sum;

    if (others == count)
        return sep_view(g, dy, 0, *b);
    if (others == 1)
        sum = sep_sum_all(g, dy);
    else if (sep_is_each(&dy->shape, b))
        sum = sep_sum_channels(g, sep_view(g, dy, 0, SEP_SHAPE((int)others, (int)(count / others))));
    else
        sum = sep_sum_rows(g, sep_view(g, dy, 0, SEP_SHAPE((int)(count / others), (int)others)));
    return sum == NULL ? NULL : sep_view(g, sum, 0, *b);
}

static void give(sep_graph *g, sep_node *b, sep_node *gradient)
{
    if (gradient != NULL)
        sep_accumulate(g, b, sum_to(g, gradient, &b->shape));
}

/* Where the extreme is b's, its gradient is; of equals, a's. */
static void gradient_of_extreme(sep_graph *g, sep_node *node, sep_node *dy)
{
    sep_node *a = node->input[0], *b = node->input[1];
    bool largest = node->attributes.function == SEP_MAXIMUM;
    sep_node *is_b = sep_less(g, largest ? a : node, largest ? node : a);
    sep_node *to_b = sep_mul(g, dy, is_b);

    if (sep_needs_gradient(a))
        sep_accumulate(g, a, sep_subtract(g, dy, to_b));
    if (sep_needs_gradient(b))
        give(g, b, to_b);
}

void sep_gradient_binary(sep_graph *g, sep_node *node, sep_node *dy)
{
    sep_node *a = node->input[0], *b = node->input[1];
    bool a_needs = sep_needs_gradient(a), b_needs = sep_needs_gradient(b);

    switch (node->attributes.function) {
    case SEP_PLUS:
        sep_accumulate(g, a, dy);
        if (b_needs)
            give(g, b, dy);
        break;
    case SEP_SUBTRACT:
        sep_accumulate(g, a, dy);
        if (b_needs)
            give(g, b, sep_scale(g, dy, -1.0f));
        break;
    case SEP_MULTIPLY:
        if (a_needs)
            sep_accumulate(g, a, sep_apply_binary(g, SEP_MULTIPLY, dy, b));
        if (b_needs)
            give(g, b, sep_mul(g, dy, a));
        break;
    case SEP_DIVIDE: { /* d(a / b) = da / b - (a / b) db / b */
        sep_node *share = sep_divide(g, dy, b);
        if (a_needs)
            sep_accumulate(g, a, share);
        if (b_needs)
            give(g, b, sep_scale(g, sep_mul(g, share, node), -1.0f));
        break;
    }
    case SEP_MINIMUM:
    case SEP_MAXIMUM:
        gradient_of_extreme(g, node, dy);
        break;
    default:
        break; /* LESS is flat */
    }
}

/* ---- sums -------------------------------------------------------------------------------------------------------- */

static sep_node *of_rows(sep_graph *g, sep_op op, sep_node *x)
{
    if (x == NULL)
        return NULL;
    sep_shape shape = x->shape;
    shape.dim[shape.rank - 1] = 1;
    return SEP_APPLY(g, op, NULL, shape, x);
}

sep_node *sep_sum_channels(sep_graph *g, sep_node *x)
{
    return of_rows(g, SEP_OP_CHANNEL_SUM, x);
}

sep_node *sep_max_channels(sep_graph *g, sep_node *x)
{
    return of_rows(g, SEP_OP_CHANNEL_MAX, x);
}

sep_node *sep_sum_rows(sep_graph *g, sep_node *x)
{
    return x == NULL ? NULL : SEP_APPLY(g, SEP_OP_ROW_SUM, NULL, SEP_SHAPE(sep_shape_last(&x->shape)), x);
}

sep_node *sep_sum_all(sep_graph *g, sep_node *x)
{
    return sep_sum_rows(g, sep_sum_channels(g, x));
}

sep_node *sep_mean_all(sep_graph *g, sep_node *x)
{
    return x == NULL ? NULL : sep_scale(g, sep_sum_all(g, x), 1.0f / (float)sep_shape_count(&x->shape));
}

sep_node *sep_entropy(sep_graph *g, sep_node *p, float epsilon)
{
    if (p == NULL)
        return NULL;
    sep_node *small = sep_constant(g, SEP_SHAPE(1), epsilon);
    sep_node *logarithm = sep_ln(g, sep_add(g, p, small));
    return sep_scale(g, sep_sum_channels(g, sep_mul(g, p, logarithm)), -1.0f);
}

/* All elements of a sum have its gradient. */
void sep_gradient_sum(sep_graph *g, sep_node *node, sep_node *dy)
{
    sep_node *x = node->input[0];
    sep_node *ones = sep_constant(g, x->shape, 1.0f);

    sep_accumulate(g, x, sep_apply_binary(g, SEP_MULTIPLY, ones, dy));
}

void sep_gradient_channel_max(sep_graph *g, sep_node *node, sep_node *dy)
{
    sep_node *x = node->input[0];

    sep_accumulate(g, x, SEP_APPLY(g, SEP_OP_CHANNEL_MAX_DX, NULL, x->shape, x, dy));
}
