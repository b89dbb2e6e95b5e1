/* Focal loss (Lin et al. 2017): cross entropy in which a pixel counts less the surer the network is of its label. */
#include "losses/parts.h"
#include "losses/table.h"

typedef struct options {
    float gamma;
} options;

static const sep_setting settings[] = {
    SEP_SETTING_FLOAT(options, gamma, 2, 0, 16, "0 is cross entropy; the larger, the less sure pixels count"),
    {0},
};

static sep_node *build(sep_graph *g, const sep_loss_input *input)
{
    const options *o = (const options *)&input->settings->options;
    sep_node *truth = sep_loss_truth(g, input), *weights = sep_loss_weights(g, input);
    sep_node *logarithm = sep_sum_channels(g, sep_mul(g, sep_log_softmax(g, input->logits), truth));
    sep_node *doubt = sep_power(g, sep_loss_complement(g, sep_exp(g, logarithm)), o->gamma);
    sep_node *weight = sep_sum_channels(g, sep_mul(g, truth, weights));
    sep_node *sum = sep_sum_all(g, sep_mul(g, sep_mul(g, doubt, logarithm), weight));
    sep_node *labelled = sep_loss_at_least(g, sep_sum_all(g, truth), 1.0f);

    return sep_scale(g, sep_divide(g, sum, labelled), -1.0f);
}

const sep_loss sep_loss_focal = {
    .name = "focal",
    .summary = "cross entropy in which a pixel counts less the surer the network is of it",
    .settings = settings,
    .options_size = sizeof(options),
    .weighs_classes = true,
    .build = build,
};
