/* septum: how good a label map is that nobody drew, as far as its probabilities tell; and how good such estimates are.
 */
#ifndef SEPTUM_QUALITY_H
#define SEPTUM_QUALITY_H

#include "septum/image.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- estimates --------------------------------------------------------------------------------------------------- */

/* Soft Dice of a label map with the probabilities that it was made of, class by class: with p_c the probability of
 * class c and L_c the voxels that are labelled c,
 *     2 * sum of p_c over L_c / (sum of p_c over all voxels + number of voxels of L_c).
 * dice[c - 1] of classes 1 .. classes - 1, NaN of those that have no voxel in the map. Sums run in memory order, in
 * double. `probability` is an array of one volume per class, the background's first. */
void sep_soft_dice(const sep_labels *labels, const sep_volume *probability, int classes, double *dice);

/* From soft Dice to an estimate of Dice: logit(estimate) = intercept + slope * logit(soft Dice). */
typedef struct sep_calibration {
    int cases;      /* that it was fitted on; 0: there is none, and an estimate is the soft Dice itself */
    bool augmented; /* they were training scans, augmented: such a calibration is too hopeful */
    double slope, intercept;
} sep_calibration;

/* By least squares on `count` pairs, 1 at least, of `cases` cases. As few cases say little of the slope, it is drawn
 * towards 1 as if by one pair at distance 1 from the mean, and is never negative. Logits are those of values within
 * 0.02 to 0.98. */
sep_calibration sep_calibration_fit(const double *soft_dice, const double *dice, int count, int cases);
/* 0 to 1; NaN stays NaN. */
double sep_calibration_apply(const sep_calibration *calibration, double soft_dice);

/* The mean of the numbers that are not NaN; 0 where all are: a map without any foreground is one to look at. */
double sep_quality_mean(const double *of_class, int count);

/* ---- how good they are ------------------------------------------------------------------------------------------- */

/* Pearson's correlation; Spearman's, that of the ranks, equal values sharing their mean rank. NaN where it is not
 * defined: fewer than two pairs, or all values of a side equal. */
double sep_pearson(const double *x, const double *y, int count);
sep_status sep_spearman(const double *x, const double *y, int count, double *correlation) SEP_MUST_CHECK;
/* The area under the ROC curve: how often a positive one has the larger score than a negative one, equal scores
 * counting half. NaN where there are none of one of the two. */
double sep_auroc(const double *score, const bool *positive, int count);

#ifdef __cplusplus
}
#endif
#endif
