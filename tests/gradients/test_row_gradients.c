/* Gradients of rows that are taken and summed by indices, against finite differences. */
#include "support_gradients.h"

/* Whole numbers below `bound`, drawn with the tensor's initial values. */
static sep_node *indices(sep_graph *g, const char *name, sep_shape shape, int bound)
{
    shape.dim[shape.rank++] = bound;
    return sep_argmax(g, sep_state(g, name, shape, SEP_ROLE_STATE, (sep_init){SEP_INIT_NORMAL, 1.0f}));
}

/* More than there are: some are taken several times, others never. */
static sep_node *gathered(sep_graph *g, sep_node *x)
{
    return sep_square(g, sep_gather(g, x, indices(g, "index", SEP_SHAPE(2, 17), 18)));
}

static sep_node *gathered_groups(sep_graph *g, sep_node *x)
{
    return sep_square(g, sep_gather_groups(g, x, indices(g, "index", SEP_SHAPE(3, 9), 7)));
}

static sep_node *scattered(sep_graph *g, sep_node *x)
{
    return sep_square(g, sep_scatter_groups(g, x, indices(g, "index", SEP_SHAPE(3, 7), 4), 4));
}

static const gradient_case cases[] = {
    {"gathered pixels", SHAPE4(2, 3, 3, 5), gathered, 1e-2f},
    {"gathered within groups", {3, {3, 7, 5}}, gathered_groups, 1e-2f},
    {"summed by class", {3, {3, 7, 5}}, scattered, 1e-2f},
};

int main(void)
{
    return support_check_gradients(cases, sizeof cases / sizeof cases[0]);
}
