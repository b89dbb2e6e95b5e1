/* Cross entropy: the mean over labelled pixels. */
#include "losses/table.h"
#include "septum/ops.h"

static sep_node *build(sep_graph *g, const sep_loss_input *input)
{
    return sep_cross_entropy(g, input->logits, input->labels);
}

const sep_loss sep_loss_cross_entropy = {
    .name = "cross-entropy",
    .summary = "the mean over labelled pixels",
    .build = build,
};
