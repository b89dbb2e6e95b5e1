/* Tversky loss (Salehi et al. 2017): of each class the Tversky index, in which false positives and false negatives
 * weigh apart; the mean over classes. The defaults are the paper's best; 1/2 and 1/2 give Dice without squares. */
#include "losses/parts.h"
#include "losses/table.h"

typedef struct options {
    float alpha, beta;
} options;

static const sep_setting settings[] = {
    SEP_SETTING_FLOAT(options, alpha, 0.3, 0, 100, "what false positives weigh"),
    SEP_SETTING_FLOAT(options, beta, 0.7, 0, 100, "what false negatives weigh"),
    {0},
};

static sep_node *build(sep_graph *g, const sep_loss_input *input)
{
    const options *o = (const options *)&input->settings->options;
    sep_overlaps sums = sep_loss_overlaps(g, input);
    sep_node *above = sep_loss_plus(g, sums.both, SEP_LOSS_SMOOTH);
    sep_node *false_positives = sep_scale(g, sep_subtract(g, sums.predicted, sums.both), o->alpha);
    sep_node *false_negatives = sep_scale(g, sep_subtract(g, sums.true_volume, sums.both), o->beta);
    sep_node *below = sep_add(g, sep_add(g, above, false_positives), false_negatives);

    return sep_loss_complement(g, sep_mean_all(g, sep_divide(g, above, below)));
}

const sep_loss sep_loss_tversky = {
    .name = "tversky",
    .summary = "Dice in which false positives and false negatives weigh apart",
    .settings = settings,
    .options_size = sizeof(options),
    .build = build,
};
