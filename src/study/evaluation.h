/* The evaluation of a run's checkpoints, done once each and kept beside them: FOLDER/test-last.json, test-best.json
 * (validation-last.json, ... where no scans are set aside for the test). */
#ifndef SEPTUM_STUDY_EVALUATION_H
#define SEPTUM_STUDY_EVALUATION_H

#include "base/json.h"
#include "study/plan.h"

typedef enum sep_kept { SEP_KEPT_LAST, SEP_KEPT_BEST, SEP_KEPT_KINDS } sep_kept;
const char *sep_kept_name(sep_kept kept); /* "last" */

/* Whether there is an evaluation of each checkpoint that the run has. */
sep_status sep_study_is_evaluated(const sep_study_run *run, const sep_study_setup *setup,
                                  bool *evaluated) SEP_MUST_CHECK;

/* Evaluates the checkpoints that have not been. */
sep_status sep_study_evaluate(const sep_study *study, const sep_study_run *run, const sep_study_setup *setup,
                              sep_device *device) SEP_MUST_CHECK;

/* What was written of a checkpoint; NULL where nothing was. SEP_ERR_ARGUMENT where the checkpoint is another now. */
sep_status sep_study_read_evaluation(const sep_study_run *run, sep_kept kept, bool validates,
                                     json_t **root) SEP_MUST_CHECK;
/* SEP_ERR_ARGUMENT where something was written, but of another network of the checkpoint than the study asks. */
sep_status sep_study_check_evaluation(const sep_study *study, const sep_study_run *run, sep_kept kept,
                                      bool validates) SEP_MUST_CHECK;

#endif
