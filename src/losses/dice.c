/* Soft Dice (Milletari et al. 2016): over all labelled pixels of the batch, the mean over classes. */
#include "losses/table.h"
#include "septum/ops.h"

static sep_node *build(sep_graph *g, const sep_loss_input *input)
{
    return sep_dice_loss(g, sep_softmax(g, input->logits), input->labels);
}

const sep_loss sep_loss_dice = {
    .name = "dice",
    .summary = "soft Dice with squares below, over the whole batch, the mean over classes",
    .build = build,
};
