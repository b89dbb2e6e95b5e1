/* A new run whose networks start from another run's: train.init. */
#ifndef SEPTUM_TRAIN_INITIAL_H
#define SEPTUM_TRAIN_INITIAL_H

#include "model/checkpoint.h"
#include "train/stages.h"

typedef struct sep_initial {
    char *path; /* of the checkpoint */
    sep_safetensors *file;
    sep_model_info info;
} sep_initial;

/* Opens what config->init names, a checkpoint or a run's folder, and checks that the networks of the stages can start
 * from it. Closed also after a failure. */
sep_status sep_initial_open(const sep_train_config *config, const sep_stages *stages,
                            sep_initial *initial) SEP_MUST_CHECK;
void sep_initial_close(sep_initial *initial);
/* Fills the networks of the stages' store, which is allocated, their teachers and their averages. */
sep_status sep_initial_copy(const sep_initial *initial, const sep_stages *stages) SEP_MUST_CHECK;
/* What the run's checkpoints say of it. */
sep_run_origin sep_initial_origin(const sep_initial *initial, const sep_train_config *config);

#endif
