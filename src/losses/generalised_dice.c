/* Generalised Dice (Sudre et al. 2017): one ratio for all classes, in which each weighs the inverse square of its
 * volume. The ratio knows weights up to a factor, so that of the rarest class is made 1: the smoothing then means the
 * same for large and small batches. The paper leaves open what an absent class weighs; here as much as the rarest. */
#include "losses/parts.h"
#include "losses/table.h"

/* [C]: (smallest volume / volume)^2, 1 where a class is absent; volumes are whole numbers. */
static sep_node *weigh(sep_graph *g, sep_node *volume)
{
    sep_node *half = sep_constant(g, *sep_node_shape(volume), 0.5f);
    sep_node *absent = sep_less(g, volume, half);
    sep_node *present = sep_less(g, half, volume);
    sep_node *inverse = sep_divide(g, present, sep_loss_at_least(g, volume, 1.0f));
    sep_node *largest = sep_loss_at_least(g, sep_max_channels(g, inverse), 1e-12f);
    sep_node *share = sep_divide(g, inverse, largest);

    return sep_add(g, sep_square(g, share), absent);
}

static sep_node *build(sep_graph *g, const sep_loss_input *input)
{
    sep_overlaps sums = sep_loss_overlaps(g, input);
    sep_node *weights = weigh(g, sums.true_volume);
    sep_node *both = sep_sum_all(g, sep_mul(g, sums.both, weights));
    sep_node *volumes = sep_add(g, sums.predicted, sums.true_volume);
    sep_node *above = sep_loss_plus(g, sep_scale(g, both, 2.0f), SEP_LOSS_SMOOTH);
    sep_node *below = sep_loss_plus(g, sep_sum_all(g, sep_mul(g, volumes, weights)), SEP_LOSS_SMOOTH);

    return sep_loss_complement(g, sep_divide(g, above, below));
}

const sep_loss sep_loss_generalised_dice = {
    .name = "generalised-dice",
    .summary = "Dice of all classes together, small ones weighing more",
    .build = build,
};
