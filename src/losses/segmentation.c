/* Losses against a label map, given or predicted by another network. */
#include "septum/losses.h"
#include "septum/ops.h"

sep_node *sep_segmentation_loss(sep_graph *g, sep_node *logits, sep_node *labels, float cross_entropy_weight)
{
    sep_node *cross_entropy = sep_cross_entropy(g, logits, labels);
    sep_node *dice = sep_dice_loss(g, sep_softmax(g, logits), labels);

    cross_entropy = sep_scale(g, cross_entropy, cross_entropy_weight);
    dice = sep_scale(g, dice, 1.0f - cross_entropy_weight);
    return sep_add(g, cross_entropy, dice);
}

sep_node *sep_pseudo_dice(sep_graph *g, sep_node *logits, sep_node *teacher_logits)
{
    sep_node *probabilities = sep_softmax(g, logits);

    return sep_dice_loss(g, probabilities, sep_argmax(g, sep_detach(g, teacher_logits)));
}

sep_node *sep_pseudo_cross_entropy(sep_graph *g, sep_node *logits, sep_node *teacher_logits)
{
    return sep_cross_entropy(g, logits, sep_argmax(g, sep_detach(g, teacher_logits)));
}
