/* The training step as a graph, with the inputs that change from iteration to iteration. */
#ifndef SEPTUM_TRAIN_STEP_H
#define SEPTUM_TRAIN_STEP_H

#include "septum/train.h"

/* What lies behind an iteration of a method with stages: when this one began, and how many iterations were of stages
 * that do not move a student, a head, a teacher. All 0: it is one stage. */
typedef struct sep_step_past {
    int64_t stage_begin, idle[SEP_MAX_STUDENTS], head_idle[SEP_MAX_HEADS], teacher_idle[SEP_MAX_TEACHERS];
} sep_step_past;

typedef struct sep_step_graph {
    sep_step step; /* step.graph owns the nodes */
    /* NULL: this stage does not move it. */
    sep_node *hyper[SEP_MAX_STUDENTS], *head_hyper[SEP_MAX_HEADS];
    sep_node *keep[SEP_MAX_TEACHERS];         /* how much of itself a teacher keeps; NULL: there is none */
    sep_node *keep_average[SEP_MAX_STUDENTS]; /* the same of the averages of train.ema */
    float *values;                            /* for what the host says: as many as the largest takes */
    /* What the method asked for, step.streams of them, and which of the batch's each is. */
    sep_stream_request stream[SEP_MAX_STREAMS];
    int stream_of_batch[SEP_MAX_STREAMS];
    sep_step_past past; /* of the iteration that runs next */
} sep_step_graph;

/* The method's, or 2: a warm start and the method. */
int sep_step_stages(const sep_train_config *config);
/* Builds networks, losses, gradients and updates of a stage, and of the first or only one; nothing is allocated on the
 * device yet. */
sep_status sep_step_build_stage(const sep_train_config *config, int stage, int classes, sep_store *store,
                                sep_step_graph *built) SEP_MUST_CHECK;
sep_status sep_step_build(const sep_train_config *config, int classes, sep_store *store,
                          sep_step_graph *built) SEP_MUST_CHECK;
void sep_step_free(sep_step_graph *built);
/* The batches that the step takes: those of the configuration, with the streams that it asks for. An error where the
 * section [augmentation] is given and nothing would go by it. `built` outlives what is made with it. The same of any
 * list of streams. */
sep_status sep_step_batches(const sep_train_config *config, const sep_step_graph *built,
                            sep_batch_config *batches) SEP_MUST_CHECK;
sep_status sep_batches_with(const sep_train_config *config, const sep_stream_request *stream, int streams,
                            sep_batch_config *batches) SEP_MUST_CHECK;
/* Iteration t, counted from 0, as the host sees it. */
sep_moment sep_step_moment(const sep_train_config *config, int64_t iteration, int64_t stage_begin);
/* Feeds the batch and the values of iteration t (counted from 0), and runs. rates[i]: learning rate of student i. */
sep_status sep_step_run(const sep_train_config *config, sep_step_graph *built, const sep_batch *batch,
                        int64_t iteration, double *rates) SEP_MUST_CHECK;
/* Whether the losses are finite, before anything is kept of iteration t. */
sep_status sep_step_check(const sep_train_config *config, sep_step_graph *built, int64_t iteration) SEP_MUST_CHECK;
/* The values of all terms after a run. */
sep_status sep_step_terms(sep_step_graph *built, float *terms) SEP_MUST_CHECK;

/* SEP_ERR_MEMORY where the step does not fit the device's memory: with the figures, and the batch that would. */
sep_status sep_step_check_memory(const sep_train_config *config, int classes, sep_device *device) SEP_MUST_CHECK;

#endif
