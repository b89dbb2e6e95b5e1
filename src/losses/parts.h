/* What several losses are made of. */
#ifndef SEPTUM_LOSSES_PARTS_H
#define SEPTUM_LOSSES_PARTS_H

#include "septum/losses.h"
#include "septum/ops.h"

#define SEP_LOSS_SMOOTH 1e-5f /* added above and below where overlaps are divided, as in the Dice loss */

/* The labels as numbers [..., C]; +0 in rows without one. */
sep_node *sep_loss_truth(sep_graph *g, const sep_loss_input *input);
/* The settings' weights of classes: [C]. */
sep_node *sep_loss_weights(sep_graph *g, const sep_loss_input *input);
/* One minus the scalar or tensor x. */
sep_node *sep_loss_complement(sep_graph *g, sep_node *x);
/* x + value, the larger of x and value. */
sep_node *sep_loss_plus(sep_graph *g, sep_node *x, float value);
sep_node *sep_loss_at_least(sep_graph *g, sep_node *x, float value);

/* The sum of [..., C] over rows that have a label (it is 0 in the others), divided by how many these are and by C. */
sep_node *sep_loss_mean(sep_graph *g, const sep_loss_input *input, sep_node *x);
/* Cross entropy and Dice as in dice-ce, plus weight * x. */
sep_node *sep_loss_beside_regions(sep_graph *g, const sep_loss_input *input, sep_node *x, float weight);

/* Of each class, over all rows that have a label: [C]. */
typedef struct sep_overlaps {
    sep_node *both;        /* sum of p g */
    sep_node *predicted;   /* of p */
    sep_node *true_volume; /* of g */
} sep_overlaps;
sep_overlaps sep_loss_overlaps(sep_graph *g, const sep_loss_input *input);

#endif
