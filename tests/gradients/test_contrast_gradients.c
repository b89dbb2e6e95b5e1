/* Gradients of the denominators of contrastive losses against finite differences. */
#include "support_gradients.h"

/* [2, 9, C] of x's [2, 3, 3, C], small enough for exp(x . x / temperature). */
static sep_node *rows_of(sep_graph *g, sep_node *x)
{
    return sep_reshape(g, sep_scale(g, x, 0.25f), SEP_SHAPE(2, 9, sep_shape_last(sep_node_shape(x))));
}

static sep_node *classes_of(sep_graph *g, const char *name, int rows)
{
    sep_node *scores = sep_parameter(g, name, SEP_SHAPE(2, rows, 3), (sep_init){SEP_INIT_NORMAL, 1.0f});

    return sep_argmax(g, sep_detach(g, scores));
}

static sep_node *among_themselves(sep_graph *g, sep_node *x)
{
    sep_node *rows = rows_of(g, x), *classes = classes_of(g, "classes", 9);
    const sep_contrast_sums contrast = {
        .temperature = 0.5f, .balanced = true, .own_class = true, .skip_self = true, .classes = 3};

    return sep_ln(g, sep_contrast_sum(g, rows, rows, classes, classes, &contrast));
}

/* The last class takes no part. */
static sep_node *against_others(sep_graph *g, sep_node *x)
{
    sep_node *key = sep_parameter(g, "key", SEP_SHAPE(2, 7, 5), (sep_init){SEP_INIT_NORMAL, 0.25f});
    sep_node *rows = rows_of(g, x), *anchor_class = classes_of(g, "anchors", 9), *key_class = classes_of(g, "keys", 7);
    const sep_contrast_sums contrast = {.temperature = 0.5f, .classes = 2};

    return sep_contrast_sum(g, rows, key, anchor_class, key_class, &contrast);
}

static sep_node *against_detached(sep_graph *g, sep_node *x)
{
    sep_node *rows = rows_of(g, x), *classes = classes_of(g, "classes", 9);
    sep_node *key = sep_parameter(g, "key", SEP_SHAPE(2, 9, 5), (sep_init){SEP_INIT_NORMAL, 0.25f});
    const sep_contrast_sums contrast = {.temperature = 0.5f, .balanced = true, .classes = 3};

    return sep_contrast_sum(g, rows, sep_detach(g, key), classes, classes, &contrast);
}

static const gradient_case cases[] = {
    {"contrast among themselves", SHAPE4(2, 3, 3, 5), among_themselves, 1e-2f},
    {"contrast against others", SHAPE4(2, 3, 3, 5), against_others, 1e-2f},
    {"contrast against detached keys", SHAPE4(2, 3, 3, 5), against_detached, 1e-2f},
};

int main(void)
{
    return support_check_gradients(cases, sizeof cases / sizeof *cases);
}
