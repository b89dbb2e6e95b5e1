/* Hausdorff loss (Karimi and Salcudean 2019): squared errors weigh more the farther from the true boundary they lie. */
#include "losses/parts.h"
#include "losses/table.h"

typedef struct options {
    float weight, alpha;
} options;

static const sep_setting settings[] = {
    SEP_SETTING_FLOAT(options, weight, 0.01, 0, 1000, "of the distances' part; cross entropy and Dice have 1"),
    SEP_SETTING_FLOAT(options, alpha, 2, 0.1, 4, "the power of distances: the larger, the more far errors weigh"),
    {0},
};

static sep_node *build(sep_graph *g, const sep_loss_input *input)
{
    const options *o = (const options *)&input->settings->options;
    sep_node *p = sep_softmax(g, input->logits), *truth = sep_loss_truth(g, input);
    sep_node *far = sep_power(g, sep_abs(g, input->distances), o->alpha);
    sep_node *cost = sep_mul(g, sep_square(g, sep_subtract(g, p, truth)), far);

    return sep_loss_beside_regions(g, input, sep_loss_mean(g, input, cost), o->weight);
}

const sep_loss sep_loss_hausdorff = {
    .name = "hausdorff",
    .summary = "dice-ce, and squared errors times a power of their distance from the true boundary",
    .settings = settings,
    .options_size = sizeof(options),
    .wants_distances = true,
    .build = build,
};
