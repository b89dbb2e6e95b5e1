/* Gradients of functions of one and two numbers, of sums and of what turns and joins samples, against finite
 * differences. */
#include "support_gradients.h"

/* x > 0 */
static sep_node *positive(sep_graph *g, sep_node *x)
{
    return sep_exp(g, sep_scale(g, x, 0.5f));
}

static sep_node *exponential(sep_graph *g, sep_node *x)
{
    return sep_exp(g, x);
}

static sep_node *logarithm(sep_graph *g, sep_node *x)
{
    return sep_ln(g, positive(g, x));
}

static sep_node *root(sep_graph *g, sep_node *x)
{
    return sep_sqrt(g, positive(g, x));
}

static sep_node *square(sep_graph *g, sep_node *x)
{
    return sep_square(g, x);
}

static sep_node *magnitude(sep_graph *g, sep_node *x)
{
    return sep_abs(g, x);
}

static sep_node *sigmoid(sep_graph *g, sep_node *x)
{
    return sep_sigmoid(g, x);
}

static sep_node *power(sep_graph *g, sep_node *x)
{
    return sep_power(g, positive(g, x), 2.5f);
}

/* Each function of two with b of one shape: the quotient's is at least 1. */
static sep_node *with_operand(sep_graph *g, sep_node *x, sep_shape shape)
{
    sep_node *b = sep_parameter(g, "b", shape, (sep_init){SEP_INIT_NORMAL, 1.0f});
    sep_node *one = sep_constant(g, SEP_SHAPE(1), 1.0f);
    sep_node *quotient = sep_divide(g, x, sep_add(g, sep_square(g, b), one));
    sep_node *extremes = sep_mul(g, sep_minimum(g, x, b), sep_maximum(g, quotient, b));

    return sep_add(g, sep_mul(g, sep_subtract(g, extremes, b), b), b);
}

static sep_node *operand_whole(sep_graph *g, sep_node *x)
{
    return with_operand(g, x, *sep_node_shape(x));
}

static sep_node *operand_number(sep_graph *g, sep_node *x)
{
    return with_operand(g, x, SEP_SHAPE(1));
}

static sep_node *operand_channels(sep_graph *g, sep_node *x)
{
    return with_operand(g, x, SEP_SHAPE(3));
}

static sep_node *operand_map(sep_graph *g, sep_node *x)
{
    return with_operand(g, x, SEP_SHAPE(4, 5, 3));
}

static sep_node *operand_a_pixel(sep_graph *g, sep_node *x)
{
    return with_operand(g, x, SEP_SHAPE(2, 4, 5, 1));
}

static sep_node *operand_a_sample(sep_graph *g, sep_node *x)
{
    return with_operand(g, x, SEP_SHAPE(2, 1, 1, 1));
}

/* What is masked by a comparison, which itself has no gradient. */
static sep_node *masked(sep_graph *g, sep_node *x)
{
    sep_node *row = sep_parameter(g, "row", SEP_SHAPE(5), (sep_init){SEP_INIT_NORMAL, 0.5f});

    return sep_mul(g, sep_square(g, x), sep_less(g, x, row));
}

static sep_node *sum_of_all(sep_graph *g, sep_node *x)
{
    return sep_sum_all(g, sep_square(g, x));
}

static sep_node *mean_of_all(sep_graph *g, sep_node *x)
{
    return sep_mean_all(g, sep_square(g, x));
}

static sep_node *sums_of_columns(sep_graph *g, sep_node *x)
{
    return sep_sum_rows(g, sep_square(g, x));
}

static sep_node *sums_of_channels(sep_graph *g, sep_node *x)
{
    return sep_sum_channels(g, sep_square(g, x));
}

static sep_node *largest_of_channels(sep_graph *g, sep_node *x)
{
    return sep_square(g, sep_max_channels(g, x));
}

static sep_node *entropy(sep_graph *g, sep_node *x)
{
    return sep_entropy(g, sep_softmax(g, x), 1e-6f);
}

static sep_node *batches_together(sep_graph *g, sep_node *x)
{
    sep_node *other = sep_parameter(g, "other", SEP_SHAPE(1, 3, 3, 4), (sep_init){SEP_INIT_NORMAL, 1.0f});

    return sep_gelu(g, sep_concat_batch(g, sep_concat_batch(g, other, x), sep_scale(g, x, 0.5f)));
}

/* By one quarter, then by two. */
static sep_node *turned(sep_graph *g, sep_node *x)
{
    sep_node *once = sep_turn(g, x, sep_constant(g, SEP_SHAPE(1), 1.0f));

    return sep_add(g, sep_turn(g, sep_square(g, once), sep_constant(g, SEP_SHAPE(1), 2.0f)), once);
}

static const gradient_case cases[] = {
    {"exp", SHAPE4(2, 3, 3, 5), exponential, 1e-3f},
    {"ln", SHAPE4(2, 3, 3, 5), logarithm, 1e-2f},
    {"square root", SHAPE4(2, 3, 3, 5), root, 1e-2f},
    {"square", SHAPE4(2, 3, 3, 5), square, 1e-2f},
    {"magnitude", SHAPE4(2, 3, 3, 5), magnitude, 1e-3f},
    {"sigmoid", SHAPE4(2, 3, 3, 5), sigmoid, 1e-2f},
    {"power", SHAPE4(2, 3, 3, 5), power, 1e-3f},
    {"functions of two: b whole", SHAPE4(2, 4, 5, 3), operand_whole, 1e-3f},
    {"functions of two: b [1]", SHAPE4(2, 4, 5, 3), operand_number, 1e-3f},
    {"functions of two: b [C]", SHAPE4(2, 4, 5, 3), operand_channels, 1e-3f},
    {"functions of two: b [H, W, C]", SHAPE4(2, 4, 5, 3), operand_map, 1e-3f},
    {"functions of two: b [N, H, W, 1]", SHAPE4(2, 4, 5, 3), operand_a_pixel, 1e-3f},
    {"functions of two: b [N, 1, 1, 1]", SHAPE4(2, 4, 5, 3), operand_a_sample, 1e-3f},
    {"less", SHAPE4(2, 3, 3, 5), masked, 1e-3f},
    {"sum of all", SHAPE4(2, 3, 3, 5), sum_of_all, 1e-2f},
    {"mean of all", SHAPE4(2, 3, 3, 5), mean_of_all, 1e-2f},
    {"sums of columns", SHAPE4(2, 3, 3, 5), sums_of_columns, 1e-2f},
    {"sums of channels", SHAPE4(2, 3, 3, 5), sums_of_channels, 1e-2f},
    {"largest of channels", SHAPE4(2, 3, 3, 5), largest_of_channels, 1e-3f},
    {"entropy", SHAPE4(2, 3, 3, 5), entropy, 1e-2f},
    {"batches together", SHAPE4(2, 3, 3, 4), batches_together, 1e-2f},
    {"turned maps", SHAPE4(2, 5, 5, 3), turned, 1e-2f},
};

int main(void)
{
    return support_check_gradients(cases, sizeof cases / sizeof cases[0]);
}
