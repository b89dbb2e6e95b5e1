/* The training step as a graph, with the inputs that change from iteration to iteration. */
#ifndef SEPTUM_TRAIN_STEP_H
#define SEPTUM_TRAIN_STEP_H

#include "septum/train.h"

typedef struct sep_step_graph {
    sep_step step; /* step.graph owns the nodes */
    sep_node *hyper[SEP_MAX_STUDENTS], *head_hyper[SEP_MAX_HEADS];
    sep_node *keep[SEP_MAX_STUDENTS];           /* how much of itself a teacher keeps; NULL: there is none */
    sep_node *keep_average;                     /* the same of the averages of train.ema */
    float *values;                              /* for what the host says: as many as the largest takes */
    sep_stream_request stream[SEP_MAX_STREAMS]; /* what the method asked for: step.streams of them */
} sep_step_graph;

/* Builds networks, losses, gradients and updates; nothing is allocated on the device yet. */
sep_status sep_step_build(const sep_train_config *config, int classes, sep_store *store,
                          sep_step_graph *built) SEP_MUST_CHECK;
void sep_step_free(sep_step_graph *built);
/* The batches that the step takes: those of the configuration, with the streams that it asks for. An error where the
 * section [augmentation] is given and nothing would go by it. `built` outlives what is made with it. */
sep_status sep_step_batches(const sep_train_config *config, const sep_step_graph *built,
                            sep_batch_config *batches) SEP_MUST_CHECK;
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
