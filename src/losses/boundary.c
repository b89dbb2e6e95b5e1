/* Boundary loss (Kervadec et al. 2019): what is predicted of a class costs its distance from the true boundary, and
 * gains it inside; beside cross entropy and Dice, without which it has a flat minimum where nothing is predicted. */
#include "losses/parts.h"
#include "losses/table.h"

typedef struct options {
    float weight;
} options;

static const sep_setting settings[] = {
    SEP_SETTING_FLOAT(options, weight, 0.01, 0, 1000, "of the boundary's part; cross entropy and Dice have 1"),
    {0},
};

static sep_node *build(sep_graph *g, const sep_loss_input *input)
{
    const options *o = (const options *)&input->settings->options;
    sep_node *cost = sep_mul(g, sep_softmax(g, input->logits), input->distances);

    return sep_loss_beside_regions(g, input, sep_loss_mean(g, input, cost), o->weight);
}

const sep_loss sep_loss_boundary = {
    .name = "boundary",
    .summary = "dice-ce, and predictions times their distance from the true boundary",
    .settings = settings,
    .options_size = sizeof(options),
    .wants_distances = true,
    .build = build,
};
