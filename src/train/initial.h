/* A new run whose networks start from another run's, or from weights of elsewhere: train.init. */
#ifndef SEPTUM_TRAIN_INITIAL_H
#define SEPTUM_TRAIN_INITIAL_H

#include "model/checkpoint.h"
#include "pretrained/pretrained.h"
#include "train/stages.h"

typedef struct sep_initial {
    char *path; /* of the file */
    sep_safetensors *file;
    sep_model_info info;       /* of a checkpoint, */
    sep_pretrained pretrained; /* or what weights of elsewhere are; a checkpoint is of no family */
} sep_initial;

/* Opens what config->init names, a checkpoint, a run's folder or weights of elsewhere, and checks that the networks of
 * the stages can start from it; of weights of elsewhere one network must, others may start as the seed says. Closed
 * also after a failure. */
sep_status sep_initial_open(const sep_train_config *config, const sep_stages *stages,
                            sep_initial *initial) SEP_MUST_CHECK;
void sep_initial_close(sep_initial *initial);
/* Fills the networks of the stages' store, which is allocated, their teachers and their averages. */
sep_status sep_initial_copy(const sep_initial *initial, const sep_stages *stages) SEP_MUST_CHECK;
/* What the run's checkpoints say of it. */
sep_run_origin sep_initial_origin(const sep_initial *initial, const sep_train_config *config);

#endif
