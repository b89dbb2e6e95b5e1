/* Contrast: the sum that every contrastive loss has under its fraction, without the matrix of all pairs. */
#include "septum/ops.h"

#include "ops/rules.h"

#define COLDEST 0.0125f /* exp(80): 6000 such are a finite sum, exp(1 / 0.0112) alone overflows */

static bool are_classes(const sep_node *classes, const sep_node *rows)
{
    return classes->dtype == SEP_I32 && classes->shape.rank == 2 && classes->shape.dim[0] == rows->shape.dim[0] &&
           classes->shape.dim[1] == rows->shape.dim[1];
}

static bool fit(const sep_node *anchor, const sep_node *key, const sep_node *anchor_class, const sep_node *key_class,
                bool same_rows)
{
    const sep_shape *a = &anchor->shape, *k = &key->shape;

    return a->rank == 3 && k->rank == 3 && a->dim[0] == k->dim[0] && a->dim[2] == k->dim[2] &&
           (!same_rows || a->dim[1] == k->dim[1]) && are_classes(anchor_class, anchor) && are_classes(key_class, key);
}

sep_node *sep_contrast_sum(sep_graph *g, sep_node *anchor, sep_node *key, sep_node *anchor_class, sep_node *key_class,
                           const sep_contrast_sums *contrast)
{
    sep_attributes a = {.temperature = contrast->temperature,
                        .balanced = contrast->balanced,
                        .own_class = contrast->own_class,
                        .skip_self = contrast->skip_self,
                        .classes = contrast->classes};
    char anchors[SEP_SHAPE_TEXT], keys[SEP_SHAPE_TEXT];

    if (anchor == NULL || key == NULL || anchor_class == NULL || key_class == NULL)
        return NULL;
    if (!(a.temperature >= COLDEST) || a.classes < 1)
        return sep_graph_fail(g, SEP_ERR_ARGUMENT,
                              "contrast at temperature %g of %d classes: wanted are a temperature of at least %g and a "
                              "class at least",
                              (double)a.temperature, a.classes, (double)COLDEST);
    if (!fit(anchor, key, anchor_class, key_class, a.skip_self))
        return sep_graph_fail(g, SEP_ERR_SHAPE,
                              "contrast of anchors %s with keys %s%s: [G, R, D] and [G, K, D], with classes [G, R] and "
                              "[G, K] as whole numbers",
                              sep_shape_text(&anchor->shape, anchors), sep_shape_text(&key->shape, keys),
                              a.skip_self ? ", the same rows" : "");
    return SEP_APPLY(g, SEP_OP_CONTRAST, &a, SEP_SHAPE(anchor->shape.dim[0], anchor->shape.dim[1], 1), anchor, key,
                     anchor_class, key_class);
}

static void add_gradient(sep_graph *g, sep_node *node, sep_node *dz, sep_node *of, sep_contrast_part part)
{
    sep_attributes a = node->attributes;

    a.part = part;
    if (sep_needs_gradient(of))
        sep_accumulate(g, of,
                       SEP_APPLY(g, SEP_OP_CONTRAST_DX, &a, of->shape, node->input[0], node->input[1], node->input[2],
                                 node->input[3], dz));
}

void sep_gradient_contrast(sep_graph *g, sep_node *node, sep_node *dz)
{
    sep_node *anchor = node->input[0], *key = node->input[1];

    if (anchor == key) {
        add_gradient(g, node, dz, anchor, SEP_OF_BOTH);
        return;
    }
    add_gradient(g, node, dz, anchor, SEP_OF_ANCHORS);
    add_gradient(g, node, dz, key, SEP_OF_KEYS);
}

int64_t sep_cost_contrast(const sep_node *node)
{
    return sep_shape_count(&node->input[0]->shape) * node->input[1]->shape.dim[1];
}
