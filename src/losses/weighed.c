/* Losses against labels of which each pixel counts as much as a map says. */
#include "losses/parts.h"

sep_node *sep_weighed_cross_entropy(sep_graph *g, sep_node *logits, sep_node *weighed)
{
    sep_node *sum = sep_sum_all(g, sep_mul(g, sep_log_softmax(g, logits), weighed));

    return sep_scale(g, sep_divide(g, sum, sep_loss_at_least(g, sep_sum_all(g, weighed), 1.0f)), -1.0f);
}

sep_node *sep_weighed_dice(sep_graph *g, sep_node *logits, sep_node *weighed)
{
    sep_node *p = sep_softmax(g, logits), *counted = sep_sum_channels(g, weighed);
    sep_node *both = sep_sum_rows(g, sep_mul(g, p, weighed));
    sep_node *squares = sep_sum_rows(g, sep_mul(g, sep_square(g, p), counted));
    sep_node *volumes = sep_add(g, squares, sep_sum_rows(g, weighed));
    sep_node *above = sep_loss_plus(g, sep_scale(g, both, 2.0f), SEP_LOSS_SMOOTH);

    return sep_loss_complement(g, sep_mean_all(g, sep_divide(g, above, sep_loss_plus(g, volumes, SEP_LOSS_SMOOTH))));
}

sep_node *sep_weighed_loss(sep_graph *g, sep_node *logits, sep_node *weighed, float cross_entropy_weight)
{
    sep_node *entropy = sep_scale(g, sep_weighed_cross_entropy(g, logits, weighed), cross_entropy_weight);

    return sep_add(g, entropy, sep_scale(g, sep_weighed_dice(g, logits, weighed), 1.0f - cross_entropy_weight));
}
