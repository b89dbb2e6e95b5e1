/* The losses that are operations of their own: cross entropy, soft Dice, mean squared error. */
#include "septum/ops.h"

#include "ops/rules.h"

static bool labels_fit(sep_graph *g, const char *loss, const sep_node *scores, const sep_node *labels)
{
    char left[SEP_SHAPE_TEXT], right[SEP_SHAPE_TEXT];

    if (scores == NULL || labels == NULL)
        return false;
    if (labels->dtype == SEP_I32 && sep_shape_rows(&scores->shape) == sep_shape_count(&labels->shape))
        return true;
    sep_graph_fail(g, SEP_ERR_SHAPE, "%s: scores are %s, labels %s%s", loss, sep_shape_text(&scores->shape, left),
                   sep_shape_text(&labels->shape, right), labels->dtype == SEP_I32 ? "" : " and not class indices");
    return false;
}

sep_node *sep_cross_entropy(sep_graph *g, sep_node *logits, sep_node *labels)
{
    if (!labels_fit(g, "cross entropy", logits, labels))
        return NULL;
    return SEP_APPLY(g, SEP_OP_CROSS_ENTROPY, NULL, SEP_SHAPE(1), logits, labels);
}

void sep_gradient_cross_entropy(sep_graph *g, sep_node *node, sep_node *dy)
{
    sep_node *logits = node->input[0];

    sep_accumulate(g, logits, SEP_APPLY(g, SEP_OP_CROSS_ENTROPY_DX, NULL, logits->shape, logits, node->input[1], dy));
}

sep_node *sep_dice_loss(sep_graph *g, sep_node *probabilities, sep_node *labels)
{
    sep_attributes a = {.smooth = 1e-5f};

    if (!labels_fit(g, "Dice loss", probabilities, labels))
        return NULL;
    sep_node *sums =
        SEP_APPLY(g, SEP_OP_DICE_SUMS, &a, SEP_SHAPE(3, sep_shape_last(&probabilities->shape)), probabilities, labels);
    return SEP_APPLY(g, SEP_OP_DICE, &a, SEP_SHAPE(1), sums);
}

/* The sums carry no gradient of their own: DICE hands its own on, and DICE_SUMS turns it into the probabilities'. */
void sep_gradient_dice(sep_graph *g, sep_node *node, sep_node *dy)
{
    sep_accumulate(g, node->input[0], dy);
}

void sep_gradient_dice_sums(sep_graph *g, sep_node *node, sep_node *dy)
{
    sep_node *p = node->input[0];

    sep_accumulate(g, p, SEP_APPLY(g, SEP_OP_DICE_DX, &node->attributes, p->shape, p, node->input[1], node, dy));
}

sep_node *sep_one_hot(sep_graph *g, sep_node *labels, int classes)
{
    if (labels == NULL)
        return NULL;
    sep_shape shape = labels->shape;
    if (labels->dtype != SEP_I32 || shape.rank == SEP_MAX_RANK)
        return sep_graph_fail(g, SEP_ERR_SHAPE, "one-hot vectors are made of class indices, of at most %d axes",
                              SEP_MAX_RANK - 1);
    shape.dim[shape.rank++] = classes;
    return SEP_APPLY(g, SEP_OP_ONE_HOT, NULL, shape, labels);
}

sep_node *sep_mse(sep_graph *g, sep_node *a, sep_node *b)
{
    if (a == NULL || b == NULL)
        return NULL;
    if (sep_shape_count(&a->shape) != sep_shape_count(&b->shape))
        return sep_graph_fail(g, SEP_ERR_SHAPE, "mean squared error of tensors of different sizes");
    return SEP_APPLY(g, SEP_OP_MSE, NULL, SEP_SHAPE(1), a, b);
}

void sep_gradient_mse(sep_graph *g, sep_node *node, sep_node *dy)
{
    sep_node *a = node->input[0], *b = node->input[1];

    if (sep_needs_gradient(a))
        sep_accumulate(g, a, SEP_APPLY(g, SEP_OP_MSE_DX, NULL, a->shape, a, b, dy));
    if (sep_needs_gradient(b))
        sep_accumulate(g, b, SEP_APPLY(g, SEP_OP_MSE_DX, NULL, b->shape, b, a, dy));
}
