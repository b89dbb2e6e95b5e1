/* The steps of a method, one for each of its stages, on one store; most methods have one. What has the same name in
 * several stages is one tensor. */
#ifndef SEPTUM_TRAIN_STAGES_H
#define SEPTUM_TRAIN_STAGES_H

#include "train/step.h"

typedef struct sep_stages {
    const sep_train_config *config;
    sep_store *store;
    int count;
    sep_step_graph graph[SEP_MAX_STAGES];
    int streams;
    sep_stream_request stream[SEP_MAX_STREAMS]; /* what any of them asks for */

    /* Where the run is: the next iteration, its stage, when that began; of the iterations before it, how many were of
     * each stage, in all, and since students (a restart) and teachers started anew. A function of the iteration. */
    int64_t iteration, begin, steps[SEP_MAX_STAGES], students_since[SEP_MAX_STAGES], teachers_since[SEP_MAX_STAGES];
    int stage;
    /* The step that ran last, -1 where there is none whose results are still there. */
    int64_t ran;
    int ran_stage;
    /* The terms of each stage's last step, as far as they were read since sep_stages_forget_terms. */
    bool has_terms[SEP_MAX_STAGES];
    float terms[SEP_MAX_STAGES][SEP_MAX_TERMS];
} sep_stages;

/* Builds all steps; nothing is allocated on the device yet. An error where no stage moves a network or a head.
 * `config` and `store` outlive the stages. */
sep_status sep_stages_build(const sep_train_config *config, int classes, sep_store *store,
                            sep_stages *stages) SEP_MUST_CHECK;
void sep_stages_free(sep_stages *stages);
/* They share one arena. */
sep_status sep_stages_compile(sep_stages *stages) SEP_MUST_CHECK;
/* What they take together on the device. */
sep_status sep_stages_plan(sep_stages *stages, sep_memory_plan *plan) SEP_MUST_CHECK;
/* As sep_step_batches: each batch has the streams of all stages. */
sep_status sep_stages_batches(const sep_stages *stages, sep_batch_config *batches) SEP_MUST_CHECK;

/* Finds the stage of iteration t. Where it is another than that of the step that ran last, checks that one's losses and
 * reads its terms, which the next step overwrites. */
sep_status sep_stages_seek(sep_stages *stages, int64_t iteration) SEP_MUST_CHECK;
/* Whether the stage that was found has never been before, and is not the run's first. */
bool sep_stages_begins(const sep_stages *stages);
/* Whether networks begin anew where the stage that was found begins. */
bool sep_stages_restarts(const sep_stages *stages);
/* Seeks, starts the teachers of a stage that begins, and runs its step. */
sep_status sep_stages_run(sep_stages *stages, const sep_batch *batch, int64_t iteration, double *rates) SEP_MUST_CHECK;
/* Of the step that ran last: whether its losses are finite; its terms. */
sep_status sep_stages_check(sep_stages *stages) SEP_MUST_CHECK;
sep_status sep_stages_read_terms(sep_stages *stages) SEP_MUST_CHECK;
void sep_stages_forget_terms(sep_stages *stages);

#endif
