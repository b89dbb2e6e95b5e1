/* septum: losses made of operations. All return a scalar node.
 *
 * A supervised loss is one file in src/losses/ and one word in the table there; `train.loss` chooses it. With p the
 * softmax of the logits, g the one-hot labels, i a row (a pixel of any image of the batch) and y its label, c a class,
 * w_c its weight, all sums over the n rows that have a label, and s = 1e-5:
 *
 * dice-ce: w CE + (1 - w) Dice, w = train.cross_entropy_weight. The published runs use it, with w = 1/2.
 *
 * cross-entropy: CE = -1/n sum_i log p_iy.
 *
 * dice: Dice = mean_c 1 - (2 sum_i p g + s) / (sum_i p^2 + sum_i g + s), background included. Milletari, Navab, Ahmadi:
 *   V-Net, 3DV 2016.
 *
 * weighted-cross-entropy: -(sum_i w_y log p_iy) / sum_i w_y, as torch.nn.CrossEntropyLoss has it.
 *
 * generalised-dice: 1 - (2 sum_c w_c sum_i p g + s) / (sum_c w_c sum_i (p + g) + s), w_c = (v / sum_i g)^2 where v is
 *   the smallest sum_i g of those that are not 0. A class without a row, for which the paper has no weight, has weight
 *   1 as the rarest. Sudre et al.: Generalised Dice overlap as a deep learning loss function for highly unbalanced
 *   segmentations, DLMIA 2017.
 *
 * focal: -1/n sum_i w_y (1 - p_iy)^gamma log p_iy. Lin et al.: Focal loss for dense object detection, ICCV 2017, whose
 *   alpha is w; the mean over rows takes the place of its sum over anchors.
 *
 * tversky: mean_c 1 - (TP + s) / (TP + alpha FP + beta FN + s), TP = sum_i p g, FP = sum_i p (1 - g) and
 *   FN = sum_i (1 - p) g. Salehi, Erdogmus, Gholipour: Tversky loss function for image segmentation using 3D fully
 *   convolutional deep networks, MLMI 2017, which has the lesion's class alone.
 *
 * With d the signed distance of row i from the boundary of class c (sep_class_distances in septum/streams.h: -1 in the
 * outermost pixels of the class, 1 beside them, 0 for a class that has no boundary in the sample), C classes,
 * background included, and R = w CE + (1 - w) Dice as dice-ce has it:
 *
 * boundary: R + weight B, B = 1/(n C) sum_i sum_c p d. Kervadec et al.: Boundary loss for highly unbalanced
 *   segmentation, MIDL 2019. Of the schedules for the weight this is the constant one, with which the authors took 0.01
 *   beside a Dice loss. In their code distances inside of a class are one less than here.
 *
 * hausdorff: R + weight H, H = 1/(n C) sum_i sum_c (p - g)^2 |d|^alpha. Karimi, Salcudean: Reducing the Hausdorff
 *   distance in medical image segmentation with convolutional neural networks, IEEE TMI 2020. One-sided, as one of the
 *   paper's approximations is: the prediction's own distances, whose power would stand beside |d|^alpha, would need a
 *   transform on the device in each step. The weight is constant, the paper's follows the means of both parts.
 *
 * With two classes |d| and |p - g| are the same for both, and so is p d but for a number that no prediction changes:
 * the means over classes are what the papers have for one object, without a class of the background.
 *
 * Without any row that has a label a loss is finite, and its gradient is 0. */
#ifndef SEPTUM_LOSSES_H
#define SEPTUM_LOSSES_H

#include "septum/graph.h"
#include "septum/settings.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SEP_LOSS_OPTIONS         64 /* bytes of a loss's own struct of options, at most */
#define SEP_LOSS_WEIGHTS         256
#define SEP_LARGEST_CLASS_WEIGHT 1e6

/* ---- supervised losses, as settings choose them ------------------------------------------------------------------ */

typedef struct sep_loss sep_loss;

/* Zero: dice-ce. */
typedef struct sep_loss_settings {
    const sep_loss *loss;
    union {
        double aligned;
        unsigned char bytes[SEP_LOSS_OPTIONS];
    } options;                      /* the loss's own struct */
    int weights;                    /* of classes: one each, or 1 for all */
    float weight[SEP_LOSS_WEIGHTS]; /* of a loss that weighs classes */
} sep_loss_settings;

typedef struct sep_loss_input {
    sep_node *logits, *labels; /* [..., C]; I32 [...], outside [0, C) where there is none */
    sep_node *distances;       /* [..., C], 0 where there is no label; of a loss that wants them, else NULL */
    float cross_entropy_weight;
    const sep_loss_settings *settings;
} sep_loss_input;

struct sep_loss {
    const char *name, *summary;
    const sep_setting *settings; /* of the section [<name>]; NULL: none */
    size_t options_size;         /* of the struct that they fill */
    bool weighs_classes;         /* whether the section has `weights` */
    bool wants_distances;        /* from the boundaries of classes: what sep_class_distances streams */
    sep_node *(*build)(sep_graph *g, const sep_loss_input *input);
};

/* All losses, NULL at the end; and the one of that name, or NULL. */
extern const sep_loss *const sep_losses[];
const sep_loss *sep_loss_find(const char *name);
/* Reads train.loss and the section of the loss that it names. */
sep_status sep_loss_settings_read(sep_options *options, sep_loss_settings *settings) SEP_MUST_CHECK;
/* The loss that input->settings names; NULL where it does not fit: the graph knows why. */
sep_node *sep_loss_build(sep_graph *g, const sep_loss_input *input);

/* ---- by themselves ----------------------------------------------------------------------------------------------- */

/* w * cross entropy + (1 - w) * soft Dice of softmax(logits) against labels (I32). The published runs use w = 1/2. */
sep_node *sep_segmentation_loss(sep_graph *g, sep_node *logits, sep_node *labels, float cross_entropy_weight);

/* Soft Dice of softmax(logits) against the argmax of the other student's logits, through which no gradient flows. */
sep_node *sep_pseudo_dice(sep_graph *g, sep_node *logits, sep_node *teacher_logits);
/* Cross entropy against the same. */
sep_node *sep_pseudo_cross_entropy(sep_graph *g, sep_node *logits, sep_node *teacher_logits);

/* Against labels of which each pixel counts as much as a map says: `weighed` [..., C] are the labels as numbers, times
 * that. With a_i the weight of row i, g its one-hot label and w = cross_entropy_weight:
 *     CE = -(sum_i a_i log p_iy) / max(sum_i a_i, 1)
 *     Dice = mean_c 1 - (2 sum_i a_i p g + s) / (sum_i a_i p^2 + sum_i a_i g + s)
 *     loss = w CE + (1 - w) Dice */
sep_node *sep_weighed_cross_entropy(sep_graph *g, sep_node *logits, sep_node *weighed);
sep_node *sep_weighed_dice(sep_graph *g, sep_node *logits, sep_node *weighed);
sep_node *sep_weighed_loss(sep_graph *g, sep_node *logits, sep_node *weighed, float cross_entropy_weight);

#ifdef __cplusplus
}
#endif
#endif
