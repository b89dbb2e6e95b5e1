/* What a trained model's validation scans say of how to predict with it: symmetries, smooth probabilities, largest
 * components, and what Dice its probabilities promise. */
#ifndef SEPTUM_TRAIN_DECIDE_H
#define SEPTUM_TRAIN_DECIDE_H

#include "model/predictor.h"
#include "septum/metrics.h"
#include "train/augmented_scans.h"

/* One choice: the mean Dice of the foreground without and with what it is about; or, of a largest component that label
 * maps speak for, its share of its class. */
typedef struct sep_choice {
    char *what; /* "averaging over flips" */
    bool by_labels;
    double without, with; /* by validation */
    double share;         /* by label maps: the least of the labelled scans */
    bool used;
} sep_choice;

typedef struct sep_choices {
    sep_decisions decided;
    int count;
    sep_choice *choice; /* in the order in which they were made */
    int scans;          /* that it was decided on */
    double error; /* of calibrated estimates on those very scans: the mean of |estimate - Dice|; NaN: no calibration */
} sep_choices;

/* What of it gains SEP_DECIDE_GAIN in mean Dice is chosen: first flips, then quarter turns too, if patches are square,
 * of both what `most` allows; then smooth probabilities, where labels could be brought back instead; then the largest
 * component, for each class by itself. The calibration is that of the label maps that come of it. The caller frees in
 * any case. SEP_ERR_INTERRUPTED after sep_stop_request. */
#define SEP_DECIDE_GAIN 0.001
sep_status sep_decide(sep_predictor *predictor, const sep_dataset *dataset, sep_answer answer, sep_tta most,
                      sep_choices *choices) SEP_MUST_CHECK;
/* Without validation scans: the largest component of a class is chosen where it holds SEP_DECIDE_SHARE of the class in
 * the label map of each labelled training scan, of whole label maps (no voxel ignored). The calibration, on these
 * `scans`, is that of the label maps that come of it. */
#define SEP_DECIDE_SHARE 0.99
sep_status sep_decide_without_validation(sep_predictor *predictor, const sep_dataset *dataset,
                                         const sep_augmented_scans *scans, sep_answer answer,
                                         sep_choices *choices) SEP_MUST_CHECK;
void sep_choices_free(sep_choices *choices);

#endif
