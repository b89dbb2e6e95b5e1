/* The run's log: one JSON object a line, flushed line by line, so that it can be read while the run goes on. */
#ifndef SEPTUM_TRAIN_RUNLOG_H
#define SEPTUM_TRAIN_RUNLOG_H

#include "septum/metrics.h"
#include "septum/train.h"
#include "train/answers.h"
#include "train/decide.h"
#include "train/initial.h"
#include "train/pseudo_labels.h"
#include "train/stages.h"

typedef struct sep_runlog sep_runlog;

/* Opens folder/log.jsonl for appending; on resume, lines of iterations after `keep` are dropped first (the run is about
 * to do them again), and so is the event "finish"; where no step is left (`at_end`) that stays, and neither it nor
 * "start" is written again. folder NULL: a log that writes nothing. */
sep_status sep_runlog_open(const char *folder, bool resume, int64_t keep, bool at_end, sep_runlog **log) SEP_MUST_CHECK;
void sep_runlog_close(sep_runlog *log);

sep_status sep_runlog_start(sep_runlog *log, const sep_train_config *config, const sep_step *step,
                            const sep_dataset *dataset, const sep_device *device, int64_t iteration) SEP_MUST_CHECK;
/* What the networks start from. */
sep_status sep_runlog_initial(sep_runlog *log, const sep_initial *initial, const sep_run_origin *origin) SEP_MUST_CHECK;
/* A stage runs that did not before. */
sep_status sep_runlog_stage(sep_runlog *log, const sep_stages *stages) SEP_MUST_CHECK;
/* The terms that are known of stages, one learning rate per student. */
sep_status sep_runlog_step(sep_runlog *log, int64_t iteration, const sep_stages *stages, const double *rates,
                           double images_per_second, double seconds) SEP_MUST_CHECK;
/* One evaluation per answer. */
sep_status sep_runlog_validation(sep_runlog *log, int64_t iteration, const sep_answers *answers,
                                 const sep_evaluation *evaluation, double seconds) SEP_MUST_CHECK;
/* Whether the lines that were there when it was opened, and stay, have the next event of that iteration. */
bool sep_runlog_has_pseudo_labels(const sep_runlog *log, int64_t iteration);
sep_status sep_runlog_pseudo_labels(sep_runlog *log, int64_t iteration, const sep_pseudo_label_quality *quality,
                                    double seconds) SEP_MUST_CHECK;
/* An event "decision" for each choice, and "calibration". */
sep_status sep_runlog_choices(sep_runlog *log, int64_t iteration, const sep_choices *choices) SEP_MUST_CHECK;
sep_status sep_runlog_finish(sep_runlog *log, const sep_train_result *result, double seconds) SEP_MUST_CHECK;

#endif
