/* Cross entropy and Dice together, as the published runs have it; train.cross_entropy_weight is the former's share. */
#include "losses/table.h"

static sep_node *build(sep_graph *g, const sep_loss_input *input)
{
    return sep_segmentation_loss(g, input->logits, input->labels, input->cross_entropy_weight);
}

const sep_loss sep_loss_dice_ce = {
    .name = "dice-ce",
    .summary = "cross entropy and Dice; train.cross_entropy_weight is the share of the former",
    .build = build,
};
