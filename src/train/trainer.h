/* A run while it is trained. */
#ifndef SEPTUM_TRAIN_TRAINER_H
#define SEPTUM_TRAIN_TRAINER_H

#include "model/predictor.h"
#include "train/initial.h"
#include "train/relabel.h"
#include "train/run_folder.h"
#include "train/runlog.h"
#include "train/stages.h"
#include "train/validation.h"

enum { SEP_TIMED_STEPS = 512 };

typedef struct sep_trainer {
    const sep_train_config *config;
    const sep_dataset *dataset; /* that of `relabelled`, where there is one */
    sep_relabelled *relabelled; /* NULL: the method does not relabel */
    sep_device *device;
    sep_run_folder folder;
    sep_initial initial; /* what a new run's networks start from, until they do */
    sep_store *store;
    sep_stages stages;
    sep_predictor *predictor;         /* NULL: nothing is validated or measured */
    sep_pseudo_labels *pseudo_labels; /* NULL: not measured */
    sep_loader *loader;
    sep_runlog *log;
    sep_progress *progress;
    sep_model_info info;                      /* what checkpoints say; strings owned here */
    int64_t iteration;                        /* done */
    int64_t checkpoint;                       /* the iteration in last.safetensors; -1: there is none */
    double started, since_log, outside_steps; /* seconds; outside_steps since the last log line */
    int64_t logged;                           /* iteration of that line, or the one that the run went on from */
    double step_seconds[SEP_TIMED_STEPS];     /* of the last steps */
    int step_stage[SEP_TIMED_STEPS];
    int64_t timed;
    bool announced[SEP_MAX_STAGES];
    sep_answers answers;
    double last_dice[SEP_MAX_ANSWERS]; /* of the last validation; -1 before */
} sep_trainer;

/* The losses of the last steps and the students' learning rates, to the log and to the line of progress. */
sep_status sep_trainer_log_step(sep_trainer *t, const double *rates) SEP_MUST_CHECK;
/* Writes last.safetensors, if anything is kept. */
sep_status sep_trainer_save(sep_trainer *t) SEP_MUST_CHECK;
/* Scores the networks as they are, and keeps them where they are the best so far. */
sep_status sep_trainer_validate(sep_trainer *t) SEP_MUST_CHECK;
/* Compares the networks' labels of unlabelled scans with the true ones, for the log alone. */
sep_status sep_trainer_measure(sep_trainer *t) SEP_MUST_CHECK;
/* The loader of batches from the next iteration on, in the place of the one before. */
sep_status sep_trainer_load_batches(sep_trainer *t) SEP_MUST_CHECK;
/* The labels that the run gave its unlabelled scans, if it is past that. */
sep_status sep_trainer_restore_labels(sep_trainer *t) SEP_MUST_CHECK;
/* Where train.decide wants it and it was not done: has validation scans decide how to predict with the best checkpoint,
 * and writes that into both. What was broken off is done again by the run that goes on. */
sep_status sep_trainer_decide(sep_trainer *t) SEP_MUST_CHECK;
/* Finds the stage of the next iteration, and does what is due where it begins. */
sep_status sep_trainer_enter_stage(sep_trainer *t) SEP_MUST_CHECK;

#endif
