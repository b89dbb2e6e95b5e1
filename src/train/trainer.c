/* The training loop: batches in, steps, validation, checkpoints, log, and leaving cleanly. */
#include "septum/train.h"

#include "model/predictor.h"
#include "train/resume.h"
#include "train/run_folder.h"
#include "train/runlog.h"
#include "train/step.h"
#include "train/validation.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TIMED_STEPS = 512, VALIDATION_SLICES = 4 };

typedef struct trainer {
    const sep_train_config *config;
    const sep_dataset *dataset;
    sep_device *device;
    sep_run_folder folder;
    sep_store *store;
    sep_step_graph built;
    sep_predictor *predictor; /* NULL: no validation */
    sep_loader *loader;
    sep_runlog *log;
    sep_progress *progress;
    sep_model_info info;                      /* what checkpoints say; strings owned here */
    int64_t iteration;                        /* done */
    int64_t checkpoint;                       /* the iteration in last.safetensors; -1: there is none */
    double started, since_log, outside_steps; /* seconds; outside_steps since the last log line */
    double step_seconds[TIMED_STEPS];
    int64_t timed;
    sep_answers answers;
    double last_dice[SEP_MAX_ANSWERS]; /* of the last validation; -1 before */
} trainer;

/* ---- checkpoints ------------------------------------------------------------------------------------------------- */

static sep_status save(trainer *t, const char *name)
{
    t->info.iteration = t->iteration;
    return sep_run_folder_save(&t->folder, name, t->store, &t->info);
}

static sep_status save_last(trainer *t)
{
    SEP_TRY(save(t, "last.safetensors"));
    t->checkpoint = t->folder.path != NULL ? t->iteration : -1;
    return SEP_OK;
}

/* Whether the run may go on from what is in its folder. */
static sep_status check_last(const trainer *t)
{
    const sep_model_info *saved = &t->folder.saved;

    if (t->folder.last == NULL)
        return SEP_OK;
    SEP_TRY(sep_run_compare(t->folder.path, saved, &t->info, t->config->accepted_changes));
    if (saved->iteration > t->config->iterations)
        return sep_fail(SEP_ERR_ARGUMENT, "%s is at iteration %" PRId64 ", the configuration ends at %" PRId64,
                        t->folder.path, saved->iteration, t->config->iterations);
    return SEP_OK;
}

/* Validation by other scans starts anew. */
static void take_best(trainer *t, const sep_model_info *saved)
{
    if (saved->knows_run &&
        (saved->validation.scans != t->info.validation.scans || saved->validation.hash != t->info.validation.hash))
        return;
    t->info.best_dice = saved->best_dice;
    t->info.best_iteration = saved->best_iteration;
    t->info.best = saved->best;
    t->info.validated = saved->validated;
}

static sep_status restore_last(trainer *t)
{
    if (t->folder.last == NULL)
        return SEP_OK;
    t->iteration = t->checkpoint = t->folder.saved.iteration;
    take_best(t, &t->folder.saved);
    return sep_run_folder_restore(&t->folder, t->store);
}

/* ---- setting up -------------------------------------------------------------------------------------------------- */

/* What is in the folder stays as it is until the run may go on from there. */
static sep_status set_up(trainer *t, const char *out, const char *settings, bool resume)
{
    const sep_train_config *c = t->config;
    sep_batch_config batches;

    if (c->validate_every > 0)
        SEP_TRY(sep_validation_check(t->dataset));
    SEP_TRY(sep_step_check_memory(c, t->dataset->classes, t->device));
    SEP_TRY(sep_store_create(t->device, c->seed, &t->store));
    SEP_TRY(sep_step_build(c, t->dataset->classes, t->store, &t->built));
    sep_answers_list(c, &t->built.step, &t->answers);
    SEP_TRY(sep_step_batches(c, &t->built, &batches));
    SEP_TRY(sep_run_describe(c, &t->built.step, t->dataset, settings, &t->info));
    SEP_TRY(sep_run_folder_open(out, resume, &t->folder));
    SEP_TRY(check_last(t));
    SEP_TRY(sep_graph_compile(t->built.step.graph));
    SEP_TRY(restore_last(t));
    SEP_TRY(sep_run_folder_keep_settings(&t->folder, settings));
    if (t->dataset->validation > 0 && c->validate_every > 0)
        SEP_TRY(sep_predictor_create(t->store, t->built.step.spec, c->students, c->ema > 0.0f, VALIDATION_SLICES,
                                     c->batch.image_zoom, &t->predictor));
    SEP_TRY(sep_loader_create(t->dataset, &batches, (uint32_t)t->iteration, &t->loader));
    SEP_TRY(sep_runlog_open(out, resume, t->iteration, &t->log));
    return sep_runlog_start(t->log, c, &t->built.step, t->dataset, t->device, t->iteration);
}

static void tear_down(trainer *t)
{
    sep_progress_finish(t->progress);
    sep_runlog_close(t->log);
    sep_loader_destroy(t->loader);
    sep_predictor_destroy(t->predictor);
    sep_step_free(&t->built);
    sep_store_destroy(t->store);
    sep_model_info_free(&t->info);
    sep_run_folder_close(&t->folder);
}

/* ---- what happens now and then ----------------------------------------------------------------------------------- */

static sep_status keep_best(trainer *t, const sep_evaluation *evaluation)
{
    int best = -1;

    for (int i = 0; i < t->answers.count; i++) {
        t->last_dice[i] = sep_evaluation_overall(&evaluation[i], SEP_EMPTY_STRICT, SEP_METRIC_DICE).mean;
        if (t->last_dice[i] > t->info.best_dice) {
            t->info.best_dice = t->last_dice[i];
            t->info.best = t->answers.answer[i];
            t->info.best_iteration = t->iteration;
            best = i;
        }
    }
    if (best < 0 || t->folder.path == NULL)
        return SEP_OK;
    SEP_TRY(save(t, "best.safetensors"));
    return sep_validation_write(t->predictor, t->dataset, t->info.best, &evaluation[best], t->folder.path);
}

/* At the first validation: the references stay the same. */
static sep_status warn_about_absent(const trainer *t, const sep_evaluation *evaluation)
{
    char what[80];

    for (int i = 0; i < t->answers.count; i++) {
        snprintf(what, sizeof what, "validation of %s", t->answers.name[i]);
        SEP_TRY(sep_evaluation_warn_absent(&evaluation[i], what));
    }
    return SEP_OK;
}

/* A validation that is broken off leaves no trace: the run that goes on from there does it again. */
static sep_status validate(trainer *t)
{
    sep_evaluation evaluation[SEP_MAX_ANSWERS] = {0};
    const sep_model_info before = t->info;
    double start = sep_seconds();

    sep_status status = sep_validate(t->predictor, t->dataset, &t->answers, evaluation);
    if (status == SEP_OK && t->last_dice[0] < 0.0)
        status = warn_about_absent(t, evaluation);
    if (status == SEP_OK)
        status = keep_best(t, evaluation);
    if (status == SEP_OK)
        status = sep_runlog_validation(t->log, t->iteration, &t->answers, evaluation, sep_seconds() - start);
    if (status == SEP_OK)
        t->info.validated = t->iteration;
    else
        t->info = before; /* numbers: the strings stay the same */
    for (int i = 0; i < t->answers.count; i++)
        sep_evaluation_free(&evaluation[i]);
    t->outside_steps += sep_seconds() - start;
    return status;
}

static void show_progress(trainer *t, const float *terms, double rate, double images_per_second)
{
    char note[512];
    size_t length = 0;
    const sep_step *step = &t->built.step;

    for (int i = 0; i < step->terms && length < sizeof note; i++)
        length += (size_t)snprintf(note + length, sizeof note - length, "%s %s %.3f  ",
                                   step->name[step->term[i].student], step->term[i].name, (double)terms[i]);
    for (int i = 0; t->last_dice[0] >= 0.0 && i < t->answers.count && length < sizeof note; i++)
        length += (size_t)snprintf(note + length, sizeof note - length, "%s Dice %.3f  ", t->answers.name[i],
                                   t->last_dice[i]);
    if (length < sizeof note)
        snprintf(note + length, sizeof note - length, "lr %.2e  %.1f images/s", rate, images_per_second);
    sep_progress_update(t->progress, t->iteration, note);
}

static sep_status log_step(trainer *t, const double *rates)
{
    float terms[SEP_MAX_TERMS];
    int64_t steps =
        t->iteration % t->config->log_every == 0 ? t->config->log_every : t->iteration % t->config->log_every;
    double now = sep_seconds(), seconds = now - t->since_log - t->outside_steps;
    double images = (double)steps * (double)(t->built.step.labelled + t->built.step.unlabelled);

    SEP_TRY(sep_step_terms(&t->built, terms));
    SEP_TRY(sep_runlog_step(t->log, t->iteration, &t->built.step, terms, rates, images / seconds, now - t->started));
    show_progress(t, terms, rates[0], images / seconds);
    t->since_log = now;
    t->outside_steps = 0.0;
    return SEP_OK;
}

static bool due(int64_t iteration, int64_t every)
{
    return every > 0 && iteration % every == 0;
}

/* ---- the loop ---------------------------------------------------------------------------------------------------- */

static bool validation_is_due(const trainer *t)
{
    return t->predictor != NULL &&
           (t->iteration == t->config->iterations || due(t->iteration, t->config->validate_every));
}

static sep_status one_step(trainer *t)
{
    const sep_train_config *c = t->config;
    double rates[SEP_MAX_STUDENTS], start = sep_seconds();
    const sep_batch *batch;

    SEP_TRY(sep_loader_next(t->loader, &batch));
    SEP_TRY(sep_step_run(c, &t->built, batch, t->iteration, rates));
    t->step_seconds[t->timed++ % TIMED_STEPS] = sep_seconds() - start;
    t->iteration++;
    bool last = t->iteration == c->iterations, logs = last || due(t->iteration, c->log_every);
    bool validates = validation_is_due(t), saves = last || due(t->iteration, c->checkpoint_every);

    if (logs || validates || saves)
        SEP_TRY(sep_step_check(c, &t->built, t->iteration - 1));
    if (logs)
        SEP_TRY(log_step(t, rates));
    if (validates)
        SEP_TRY(validate(t));
    if (saves)
        SEP_TRY(save_last(t));
    return SEP_OK;
}

/* What the run before had begun when it was stopped. */
static sep_status finish_validation(trainer *t)
{
    if (t->iteration == 0 || t->info.validated >= t->iteration || !validation_is_due(t))
        return SEP_OK;
    SEP_TRY(validate(t));
    return save_last(t);
}

static sep_status run_steps(trainer *t)
{
    SEP_TRY(finish_validation(t));
    while (t->iteration < t->config->iterations) {
        SEP_TRY(one_step(t));
        SEP_TRY(sep_stop_check());
    }
    return SEP_OK;
}

static sep_status stop(trainer *t)
{
    const char *out = t->folder.path;

    if (t->timed > 0) { /* else the checkpoint is that of this iteration already */
        SEP_TRY(sep_step_check(t->config, &t->built, t->iteration - 1));
        SEP_TRY(save_last(t));
    }
    return sep_fail(SEP_ERR_INTERRUPTED, "stopped after iteration %" PRId64 "%s%s", t->iteration,
                    out != NULL ? "; continue with --resume from " : "", out != NULL ? out : "");
}

static sep_status run(trainer *t)
{
    t->progress = sep_progress_start("training", t->config->iterations, t->iteration);
    t->started = t->since_log = sep_seconds();
    sep_status status = run_steps(t);
    return status == SEP_ERR_INTERRUPTED ? stop(t) : status;
}

/* A device that failed has taken the weights with it: says what is left. */
static sep_status explain_failure(const trainer *t)
{
    char *reason = sep_strdup(sep_error_text());

    if (reason == NULL)
        return SEP_ERR_MEMORY;
    if (t->checkpoint >= 0)
        sep_fail(SEP_ERR_DEVICE,
                 "%s failed after iteration %" PRId64 ": %s; %s/last.safetensors holds iteration %" PRId64
                 ": continue with --resume, on the processor with --device cpu, to the same result",
                 t->device->description, t->iteration, reason, t->folder.path, t->checkpoint);
    else
        sep_fail(SEP_ERR_DEVICE, "%s failed after iteration %" PRId64 ": %s; there is no checkpoint yet",
                 t->device->description, t->iteration, reason);
    sep_free(reason);
    return SEP_ERR_DEVICE;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return x < y ? -1 : x > y;
}

static sep_status finish(trainer *t, sep_train_result *result)
{
    int timed = (int)(t->timed < TIMED_STEPS ? t->timed : TIMED_STEPS);

    qsort(t->step_seconds, (size_t)timed, sizeof *t->step_seconds, by_value);
    *result = (sep_train_result){.iterations = t->iteration,
                                 .seconds_per_step = timed > 0 ? t->step_seconds[timed / 2] : 0.0,
                                 .best = t->info.best,
                                 .best_iteration = t->info.best_iteration,
                                 .best_dice = t->info.best_dice};
    sep_answer_name(&t->built.step, t->info.best, result->best_name);
    SEP_TRY(sep_store_hash(t->store, &result->hash));
    return sep_runlog_finish(t->log, result, sep_seconds() - t->started);
}

sep_status sep_train(const sep_train_config *config, const sep_dataset *dataset, sep_device *device, const char *out,
                     const char *settings, bool resume, sep_train_result *result)
{
    trainer t = {.config = config, .dataset = dataset, .device = device, .checkpoint = -1};

    for (int i = 0; i < SEP_MAX_ANSWERS; i++)
        t.last_dice[i] = -1.0;
    sep_status status = set_up(&t, out, settings, resume);
    if (status == SEP_OK)
        status = run(&t);
    if (status == SEP_ERR_DEVICE)
        status = explain_failure(&t);
    if (status == SEP_OK)
        status = finish(&t, result);
    tear_down(&t);
    return status;
}
