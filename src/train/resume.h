/* Whether a run may go on under today's settings. */
#ifndef SEPTUM_TRAIN_RESUME_H
#define SEPTUM_TRAIN_RESUME_H

#include "septum/model.h"
#include "septum/train.h"

/* FNV-1a over the names of the training scans and whether each is labelled. Never 0. */
uint64_t sep_training_scans_hash(const sep_dataset *dataset);

/* Compares what the checkpoint at `path` says of its run (`saved`) with the run that is to go on (`now`): networks,
 * data and settings. SEP_ERR_ARGUMENT, naming the first difference, where one would make another run of it. Differences
 * that a run can live with (its length, learning rates, augmentation, ...) are accepted with `accept_changes`, and
 * said; paths and how often something is written may always differ. What one of the two does not know is not compared.
 */
sep_status sep_resume_check(const char *path, const sep_model_info *saved, const sep_model_info *now,
                            bool accept_changes) SEP_MUST_CHECK;

#endif
