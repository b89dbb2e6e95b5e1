/* How good the labels are that networks give to unlabelled training scans: measured now and then beside training, which
 * learns nothing of it (train.pseudo_labels). */
#ifndef SEPTUM_TRAIN_PSEUDO_LABELS_H
#define SEPTUM_TRAIN_PSEUDO_LABELS_H

#include "model/predictor.h"
#include "septum/metrics.h"
#include "train/answers.h"

/* A pixel is right where the label is the true one, certain where its probability is above
 * train.pseudo_label_confidence. */
typedef struct sep_pixel_counts {
    int64_t pixels, right, certain, certain_right;
} sep_pixel_counts;

/* Of one answer, over all scans. Pixels whose truth is not known count nowhere. */
typedef struct sep_label_quality {
    sep_evaluation evaluation; /* overlaps only */
    sep_pixel_counts all;
    sep_pixel_counts foreground; /* of pixels that are no background, by the truth or by their label */
} sep_label_quality;

typedef struct sep_pseudo_label_quality {
    const sep_answers *answers; /* each network, whatever train.validate says, and what else that asks for */
    int cases, scans;
    double confidence;
    sep_label_quality of[SEP_MAX_ANSWERS];
    /* Of two networks, mean Dice of one's labels with the other's, over the scans, then the classes that any of them
     * has; NaN where there are not two networks, or no such class. */
    double agreement;
} sep_pseudo_label_quality;

typedef struct sep_pseudo_labels sep_pseudo_labels;

/* Reads the scans. *labels is NULL where the setting is off or no training scan is unlabelled. */
sep_status sep_pseudo_labels_create(const sep_train_config *config, const sep_dataset *dataset, const sep_step *step,
                                    sep_pseudo_labels **labels) SEP_MUST_CHECK;
void sep_pseudo_labels_destroy(sep_pseudo_labels *labels);
/* After how many iterations, and after the last. False for NULL. */
bool sep_pseudo_labels_due(const sep_pseudo_labels *labels, int64_t iteration);
/* Freed by the caller, also after a failure. */
sep_status sep_pseudo_labels_measure(const sep_pseudo_labels *labels, sep_predictor *predictor,
                                     sep_pseudo_label_quality *quality) SEP_MUST_CHECK;
void sep_pseudo_label_quality_free(sep_pseudo_label_quality *quality);

#endif
