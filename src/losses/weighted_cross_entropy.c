/* Cross entropy in which the pixels of a class weigh what the settings say; divided by the sum of these weights. */
#include "losses/parts.h"
#include "losses/table.h"

#define SMALLEST_SUM 1e-12f /* of weights, to divide by */

static sep_node *build(sep_graph *g, const sep_loss_input *input)
{
    sep_node *weights = sep_loss_weights(g, input);
    sep_node *weighed = sep_mul(g, sep_loss_truth(g, input), weights);
    sep_node *sum = sep_sum_all(g, sep_mul(g, sep_log_softmax(g, input->logits), weighed));
    sep_node *total = sep_loss_at_least(g, sep_sum_all(g, weighed), SMALLEST_SUM);

    return sep_scale(g, sep_divide(g, sum, total), -1.0f);
}

const sep_loss sep_loss_weighted_cross_entropy = {
    .name = "weighted-cross-entropy",
    .summary = "cross entropy with a weight for each class",
    .weighs_classes = true,
    .build = build,
};
