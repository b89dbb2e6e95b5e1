/* Whether a run may go on from a checkpoint: what it was made with, beside what it would go on with. */
#ifndef SEPTUM_TRAIN_RESUME_H
#define SEPTUM_TRAIN_RESUME_H

#include "septum/train.h"
#include "train/run_folder.h"

/* What the run is: networks, method, classes, seed, scans. Strings are the info's. */
sep_status sep_run_describe(const sep_train_config *config, const sep_step *step, const sep_dataset *dataset,
                            const char *settings, sep_model_info *info) SEP_MUST_CHECK;

/* SEP_ERR_ARGUMENT at the first difference between `saved` and `now` that shapes the run and is not among `accepted`
 * (keys; NULL: none), with both values. Accepted ones are logged. `path` is the folder's, for texts.
 * What a checkpoint of an earlier version does not say is not compared. */
sep_status sep_run_compare(const char *path, const sep_model_info *saved, const sep_model_info *now,
                           const sep_strings *accepted) SEP_MUST_CHECK;

/* By their number, names and sizes. */
bool sep_scan_sets_are_same(const sep_scan_set *a, const sep_scan_set *b);
/* The settings of one section alone, none of which may have changed. `settings` is the INI text of now. */
sep_status sep_run_compare_section(const char *path, const sep_model_info *saved, const char *settings,
                                   const char *section) SEP_MUST_CHECK;

#endif
