/* septum: losses made of operations. All return a scalar node. */
#ifndef SEPTUM_LOSSES_H
#define SEPTUM_LOSSES_H

#include "septum/graph.h"

#ifdef __cplusplus
extern "C" {
#endif

/* w * cross entropy + (1 - w) * soft Dice of softmax(logits) against labels (I32). The published runs use w = 1/2. */
sep_node *sep_segmentation_loss(sep_graph *g, sep_node *logits, sep_node *labels, float cross_entropy_weight);

/* Soft Dice of softmax(logits) against the argmax of the other student's logits, through which no gradient flows. */
sep_node *sep_pseudo_dice(sep_graph *g, sep_node *logits, sep_node *teacher_logits);
/* Cross entropy against the same. */
sep_node *sep_pseudo_cross_entropy(sep_graph *g, sep_node *logits, sep_node *teacher_logits);

#ifdef __cplusplus
}
#endif
#endif
