/* septum: training. A run lives in a folder: config.ini (all settings), log.jsonl (one JSON object a line), last and
 * best checkpoints. Everything that happens in iteration t is a function of the seed and t, so a run that was stopped,
 * by Ctrl-C or by kill -9, continues to the same bits as one that was not. */
#ifndef SEPTUM_TRAIN_H
#define SEPTUM_TRAIN_H

#include "septum/data.h"
#include "septum/methods.h"
#include "septum/model.h"
#include "septum/ops.h"
#include "septum/propagation.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- learning rates ---------------------------------------------------------------------------------------------- */

typedef enum sep_decay { SEP_DECAY_POLY = 0, SEP_DECAY_CONSTANT } sep_decay;

/* Linear from warm_up_start * rate to rate over `warm_up` iterations, then rate * (1 - x)^power with x from 0 to 1 over
 * the remaining ones, or constant. */
typedef struct sep_schedule {
    double rate;
    sep_decay decay;
    double power;
    int64_t warm_up;
    double warm_up_start;
} sep_schedule;
double sep_learning_rate(const sep_schedule *schedule, int64_t iteration, int64_t iterations);

typedef enum sep_ramp { SEP_RAMP_LINEAR = 0, SEP_RAMP_STAIRCASE } sep_ramp;
/* exp(-5 (1 - u)^2): u = t / T, or, as the released code has it, min(floor(t / 150), 200) / 200 whatever T is. */
float sep_ramp_value(sep_ramp ramp, int64_t iteration, int64_t iterations);

/* ---- configuration ----------------------------------------------------------------------------------------------- */

typedef struct sep_student_config {
    sep_net_spec net; /* classes and size are filled from the data */
    sep_optimiser optimiser;
    sep_schedule schedule;
} sep_student_config;

/* Of one of the method's heads. */
typedef struct sep_head_config {
    sep_optimiser optimiser;
    sep_schedule schedule;
} sep_head_config;

/* What is validated, kept as best and, unless told otherwise, predicted with. */
typedef enum sep_validated { SEP_VALIDATE_EACH = 0, SEP_VALIDATE_MEAN, SEP_VALIDATE_ALL } sep_validated;

#define SEP_CONSISTENCY_WEIGHT 0.1f

typedef struct sep_train_config {
    const sep_method *method;
    int students;
    sep_student_config student[SEP_MAX_STUDENTS];
    const char *head_name[SEP_MAX_HEADS + 1]; /* the method's and the contrast's, NULL after the last */
    sep_head_config head[SEP_MAX_HEADS];      /* as many */
    union {
        double aligned;
        unsigned char bytes[SEP_METHOD_OPTIONS];
    } method_options; /* the method's own struct */
    int64_t iterations, validate_every, checkpoint_every, log_every;
    /* The share of the iterations before the method: in them its networks learn from labelled samples alone, a stage of
     * its own. For methods without stages; heads, memories, the method's teachers and registered labels begin behind
     * it, the ramp of unlabelled losses is the whole run's. 0: there is none. */
    float warm_start;
    /* At the end validation scans decide how to predict with the best checkpoint: sep_decisions. Flips and quarter
     * turns are most of what that costs, and can be left out. */
    bool decide, decide_symmetries;
    /* The labels that networks give to unlabelled training scans are compared with the true ones, which the run does
     * not learn from, every so many iterations (0: never), on so many cases (0: all; see sep_withheld_load); a pixel is
     * certain where its largest probability is above that. */
    int64_t pseudo_labels;
    int pseudo_label_cases;
    double pseudo_label_confidence;
    uint64_t seed;
    sep_loss_settings loss; /* the supervised one */
    sep_contrast_settings contrast;
    sep_registered_settings registered;
    float cross_entropy_weight, consistency_weight; /* by default SEP_CONSISTENCY_WEIGHT */
    /* Of each student's moving average, parameters and running statistics: after an update it keeps
     * min(1 - 1 / (t + 1), ema) of itself. 0: there is none. */
    float ema;
    sep_validated validated; /* each student by itself, the mean of all, or both; of averages likewise */
    sep_ramp ramp;
    sep_batch_statistics statistics;
    sep_data_config data;
    sep_propagation_settings registration; /* of the labels of data.registered = auto */
    sep_batch_config batch;
    /* A checkpoint, or a run's folder, whose networks this run's start from (NULL: as the seed says): see sep_train. */
    const char *init;
    bool init_average; /* from its moving averages */
    /* Keys ("train.iterations") of settings that a resumed run may change, of those that can; NULL: none. */
    const sep_strings *accepted_changes;
} sep_train_config;

/* Reads [train], [student_0], [student_1], ..., the sections of the method, loss, contrast and heads, [data],
 * [augmentation], [registered] and [registration]; strings belong to
 * `options`. Fails on unknown keys. With `train.faithful = yes`, what released code does otherwise than we do is done
 * as there (the ramp's staircase, a method's quirks), except for what is given. */
sep_status sep_train_config_read(sep_options *options, sep_train_config *config) SEP_MUST_CHECK;

/* ---- running ----------------------------------------------------------------------------------------------------- */

#define SEP_ANSWER_NAME 64 /* bytes */

typedef struct sep_train_result {
    int64_t iterations;                   /* done in all, earlier parts of a resumed run included */
    uint64_t hash;                        /* of parameters, running statistics and memories */
    double seconds_per_step;              /* lower median of this run */
    double stage_seconds[SEP_MAX_STAGES]; /* the same of the steps of each stage; 0 where this run had none */
    sep_answer best;
    char best_name[SEP_ANSWER_NAME]; /* "u-net 1, average" */
    int64_t best_iteration;
    double best_dice; /* mean foreground Dice of the best answer at its best validation; -1: never validated */
} sep_train_result;

/* Whether a run has its unlabelled scans registered: data.registered is auto, and something is learned from it. */
bool sep_train_registers(const sep_train_config *config);
/* Gives the dataset what the run is told by registration: what data.registrations has; and, where data.registered is
 * auto and something is learned from it, registered labels and registrations, which are made first where `cache` (NULL:
 * nothing is made) does not have them (sep_dataset_register); behind that, where data.registered is auto, scans are
 * resampled to data.spacing. Before the loop, on the processor. */
sep_status sep_train_register(const sep_train_config *config, sep_dataset *dataset, const char *cache) SEP_MUST_CHECK;

/* Whether sep_train_register may write into the folder `out`, with the words of sep_train: not where another run trains
 * or, unless it is continued (`resume`), has trained, nor where a run that is continued learned from what other
 * settings or data have made. The other parameters are those of sep_train. */
sep_status sep_train_check_folder(const sep_train_config *config, sep_dataset *dataset, const char *out,
                                  const char *settings, bool resume) SEP_MUST_CHECK;

/* Trains on `dataset` into the folder `out` (NULL: nothing is written), which no other run may use meanwhile.
 * `settings` is the INI text to keep with the run. `resume`: continue from out/last.safetensors, made with the same
 * networks, method, seed, classes and scans, and with the same settings as far as both texts have them: else
 * SEP_ERR_ARGUMENT names the first difference. Without it, a folder that holds a run is refused. SEP_ERR_INTERRUPTED
 * after sep_stop_request (with the checkpoint written), SEP_ERR_NUMERIC when a loss is not finite (the last good
 * checkpoint stays).
 *
 * With config->init the parameters and running statistics of a new run's networks are those of another run's best
 * checkpoint (the last where none is best): student i from student i, or each from student 0 where there is but one;
 * teachers and averages start as copies; all else starts as it does without. The networks must be the same, but for the
 * number of classes: where that differs, what depends on it is left as it starts. The first checkpoint is written at
 * once, so that a run that is resumed has no need of the other. */
sep_status sep_train(const sep_train_config *config, const sep_dataset *dataset, sep_device *device, const char *out,
                     const char *settings, bool resume, sep_train_result *result) SEP_MUST_CHECK;

/* What the training step would take on the device; nothing is allocated for it. */
sep_status sep_train_memory(const sep_train_config *config, int classes, sep_device *device,
                            sep_memory_plan *plan) SEP_MUST_CHECK;

#ifdef __cplusplus
}
#endif
#endif
