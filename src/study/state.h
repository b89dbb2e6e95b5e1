/* What the folder of a run holds: how far it is, how fast it went, and whether it is the run that the plan means. */
#ifndef SEPTUM_STUDY_STATE_H
#define SEPTUM_STUDY_STATE_H

#include "study/plan.h"

typedef struct sep_run_progress {
    int64_t iteration; /* of the last checkpoint; 0 without one */
    bool trained;      /* to the end, with its last validation */
    double seconds;    /* measured by the run's log, validations included, ... */
    int64_t steps;     /* ... for so many iterations */
} sep_run_progress;

/* SEP_ERR_ARGUMENT names the first setting that shapes the run and differs from what the folder holds. */
sep_status sep_study_look(const sep_study *study, const sep_study_run *run, sep_run_progress *progress) SEP_MUST_CHECK;

/* What a run's log tells: seconds, steps and whether it came to its end; nothing where there is no log. */
sep_status sep_study_log_read(const char *path, sep_run_progress *progress) SEP_MUST_CHECK;

/* The median of some training steps' seconds; nothing is kept of them. */
sep_status sep_study_time(const sep_study *study, const sep_study_run *run, sep_device *device,
                          double *seconds) SEP_MUST_CHECK;

/* Has the number of iterations of each row where the study gives hours; what is measured is kept if `write`. Without a
 * device nothing is measured. */
sep_status sep_study_settle(sep_study *study, sep_device *device, bool write) SEP_MUST_CHECK;

/* Indices of the chosen runs into study->run; sep_free frees. */
sep_status sep_study_choose(const sep_study *study, const sep_study_choice *choice, int **chosen,
                            int *count) SEP_MUST_CHECK;

/* The states of these runs. */
sep_status sep_study_states(const sep_study *study, const int *chosen, int count, sep_device *device,
                            sep_study_state *states) SEP_MUST_CHECK;

#endif
