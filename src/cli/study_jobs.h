/* The runs of a study in processes of their own, several at a time. */
#ifndef SEPTUM_CLI_STUDY_JOBS_H
#define SEPTUM_CLI_STUDY_JOBS_H

#include "septum/study.h"

/* What each process is told of the study. */
typedef struct sep_study_job {
    const char *file, *folder;
    const sep_strings *settings;
} sep_study_job;

/* As sep_study_train. The threads that the options ask for are shared among the processes; a request to stop is passed
 * on to them. A run that fails has said why, and the others go on. */
sep_status sep_study_train_jobs(sep_study *study, const sep_study_choice *choice, const sep_study_job *job,
                                int jobs) SEP_MUST_CHECK;

#endif
