/* Gradients of rows that are taken and summed by indices, and of windows, against finite differences. */
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

/* First pixels of windows of 3x3: they overlap, and -1 is nowhere. */
static sep_node *places(sep_graph *g)
{
    const sep_window_choice choice = {.window = 3, .stride = 1, .most = 6, .overlap = 0.3f};
    const sep_init init = {SEP_INIT_NORMAL, 1.0f};

    return sep_choose_windows(g, sep_state(g, "score", SEP_SHAPE(2, 5, 7, 1), SEP_ROLE_STATE, init), &choice);
}

static sep_node *windows_cut(sep_graph *g, sep_node *x)
{
    return sep_square(g, sep_gather_windows(g, x, places(g), 3));
}

static sep_node *windows_added(sep_graph *g, sep_node *x)
{
    return sep_square(g, sep_scatter_windows(g, x, places(g), 5, 7));
}

static const gradient_case cases[] = {
    {"gathered pixels", SHAPE4(2, 3, 3, 5), gathered, 1e-2f},
    {"gathered within groups", {3, {3, 7, 5}}, gathered_groups, 1e-2f},
    {"windows cut", SHAPE4(2, 5, 7, 3), windows_cut, 1e-2f},
    {"windows added", SHAPE4(12, 3, 3, 3), windows_added, 1e-2f},
    {"summed by class", {3, {3, 7, 5}}, scattered, 1e-2f},
};

int main(void)
{
    return support_check_gradients(cases, sizeof cases / sizeof cases[0]);
}
