/* The training loop: batches in, steps, validation, checkpoints, log, and leaving cleanly. */
#include "train/trainer.h"
#include "train/idle.h"
#include "train/resume.h"
#include "train/ways.h"

#include <inttypes.h>

enum { VALIDATION_SLICES = 4 };

/* ---- setting up -------------------------------------------------------------------------------------------------- */

/* Whether the run may go on from what is in its folder. */
static sep_status check_last(const sep_trainer *t)
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
static void take_best(sep_trainer *t, const sep_model_info *saved)
{
    if (saved->knows_run && !sep_scan_sets_are_same(&saved->validation, &t->info.validation))
        return;
    if (saved->best_dice >= 0.0) {
        t->info.best_dice = saved->best_dice;
        t->info.best_iteration = saved->best_iteration;
        t->info.best = saved->best;
    }
    t->info.validated = saved->validated;
    if (saved->iteration == t->config->iterations) /* else what it decided was about another end */
        t->info.decisions = saved->decisions;
}

static sep_status restore_last(sep_trainer *t)
{
    if (t->folder.last == NULL)
        return SEP_OK;
    t->iteration = t->checkpoint = t->folder.saved.iteration;
    t->info.stage = t->folder.saved.stage;
    t->info.origin = t->folder.saved.origin;
    take_best(t, &t->folder.saved);
    SEP_TRY(sep_trainer_restore_labels(t));
    return sep_run_folder_restore(&t->folder, t->store);
}

sep_status sep_trainer_load_batches(sep_trainer *t)
{
    sep_batch_config batches;

    SEP_TRY(sep_stages_batches(&t->stages, &batches));
    sep_loader_destroy(t->loader);
    t->loader = NULL;
    return sep_loader_create(t->dataset, &batches, (uint32_t)t->iteration, &t->loader);
}

/* What the networks of a new run start from is looked at before anything is written, */
static sep_status open_initial(sep_trainer *t)
{
    if (t->config->init == NULL)
        return SEP_OK;
    if (t->folder.last == NULL)
        return sep_initial_open(t->config, &t->stages, &t->initial);
    return t->folder.saved.origin.known
               ? SEP_OK
               : sep_fail(SEP_ERR_ARGUMENT, "%s: did not start from a checkpoint: train.init is for a new run",
                          t->folder.path);
}

/* A case that was labelled since may be among those that are drawn to validate. */
static void warn_of_other_validation(const sep_trainer *t)
{
    const sep_model_info *from = &t->initial.info;

    if (!from->knows_run || from->validation.scans == 0 || t->info.validation.scans == 0 ||
        sep_scan_sets_are_same(&from->validation, &t->info.validation))
        return;
    sep_log(SEP_LOG_WARNING,
            "other scans validate than those of %s: Dice of the two can't be compared, and what was labelled since may "
            "be kept from training; data.validation_list can name the cases that validate",
            t->config->init);
}

/* and kept at once, so that a run that is broken off has no need of the other. */
static sep_status take_initial(sep_trainer *t)
{
    if (t->initial.file == NULL)
        return SEP_OK;
    SEP_TRY(sep_initial_copy(&t->initial, &t->stages));
    warn_of_other_validation(t);
    t->info.origin = sep_initial_origin(&t->initial, t->config);
    SEP_TRY(sep_runlog_initial(t->log, &t->initial, &t->info.origin));
    sep_initial_close(&t->initial);
    return sep_trainer_save(t);
}

static bool validates(const sep_trainer *t)
{
    return t->dataset->validation > 0 && t->config->validate_every > 0;
}

static sep_status create_predictor(sep_trainer *t, const sep_step *step)
{
    const sep_train_config *c = t->config;

    SEP_TRY(sep_predictor_create(t->store, step->spec, c->students, c->ema > 0.0f, VALIDATION_SLICES,
                                 c->batch.image_zoom, &t->predictor));
    sep_predictor_see(t->predictor, c->batch.view, c->data.spacing);
    return SEP_OK;
}

/* From here on the trainer's dataset is the one with labels of its own. */
static sep_status open_relabelled(sep_trainer *t)
{
    if (t->config->registered.used)
        SEP_TRY(sep_registered_labels.check(t->dataset)); /* before labels that the run makes stand in their place */
    SEP_TRY(sep_relabelled_create(t->config->method, t->dataset, &t->relabelled));
    t->dataset = sep_relabelled_dataset(t->relabelled, t->dataset);
    return SEP_OK;
}

/* What is in the folder stays as it is until the run may go on from there. */
static sep_status set_up(sep_trainer *t, const char *out, const char *settings, bool resume)
{
    const sep_train_config *c = t->config;

    if (c->validate_every > 0)
        SEP_TRY(sep_validation_check(t->dataset));
    SEP_TRY(sep_step_check_memory(c, t->dataset->classes, t->device));
    SEP_TRY(open_relabelled(t));
    SEP_TRY(sep_store_create(t->device, c->seed, &t->store));
    SEP_TRY(sep_stages_build(c, t->dataset->classes, t->store, &t->stages));
    const sep_step *step = &t->stages.graph[0].step; /* networks are the same in all */
    sep_answers_list(c, step, &t->answers);
    SEP_TRY(sep_pseudo_labels_create(c, t->dataset, step, &t->pseudo_labels));
    SEP_TRY(sep_run_describe(c, step, t->dataset, settings, &t->info));
    SEP_TRY(sep_run_folder_open(out, resume, &t->folder));
    SEP_TRY(check_last(t));
    SEP_TRY(open_initial(t));
    SEP_TRY(sep_stages_compile(&t->stages));
    SEP_TRY(restore_last(t));
    if (validates(t) || t->pseudo_labels != NULL || t->relabelled != NULL)
        SEP_TRY(create_predictor(t, step));
    SEP_TRY(sep_trainer_load_batches(t));
    SEP_TRY(sep_run_folder_keep_settings(&t->folder, settings));
    SEP_TRY(sep_runlog_open(out, resume, t->iteration, t->iteration == c->iterations, &t->log));
    SEP_TRY(sep_runlog_start(t->log, c, step, t->dataset, t->device, t->iteration));
    if (t->iteration == 0) {
        sep_warn_idle(c, &t->stages);
        SEP_TRY(sep_warn_ways(c, t->dataset));
    }
    return take_initial(t);
}

static void tear_down(sep_trainer *t)
{
    sep_progress_finish(t->progress);
    sep_runlog_close(t->log);
    sep_loader_destroy(t->loader);
    sep_relabelled_destroy(t->relabelled);
    sep_predictor_destroy(t->predictor);
    sep_pseudo_labels_destroy(t->pseudo_labels);
    sep_initial_close(&t->initial);
    sep_stages_free(&t->stages);
    sep_store_destroy(t->store);
    sep_model_info_free(&t->info);
    sep_run_folder_close(&t->folder);
}

/* ---- the loop ---------------------------------------------------------------------------------------------------- */

static bool due(int64_t iteration, int64_t every)
{
    return every > 0 && iteration % every == 0;
}

static bool validation_is_due(const sep_trainer *t)
{
    return validates(t) && (t->iteration == t->config->iterations || due(t->iteration, t->config->validate_every));
}

static sep_status one_step(sep_trainer *t)
{
    const sep_train_config *c = t->config;
    double rates[SEP_MAX_STUDENTS];
    const sep_batch *batch;

    SEP_TRY(sep_trainer_enter_stage(t));
    double start = sep_seconds();
    SEP_TRY(sep_loader_next(t->loader, &batch));
    SEP_TRY(sep_stages_run(&t->stages, batch, t->iteration, rates));
    t->step_seconds[t->timed % SEP_TIMED_STEPS] = sep_seconds() - start;
    t->step_stage[t->timed++ % SEP_TIMED_STEPS] = t->stages.stage;
    t->iteration++;
    bool last = t->iteration == c->iterations, logs = last || due(t->iteration, c->log_every);
    bool scores = validation_is_due(t), measures = sep_pseudo_labels_due(t->pseudo_labels, t->iteration),
         saves = last || due(t->iteration, c->checkpoint_every);

    if (logs || scores || measures || saves)
        SEP_TRY(sep_stages_check(&t->stages));
    if (logs)
        SEP_TRY(sep_trainer_log_step(t, rates));
    if (scores)
        SEP_TRY(sep_trainer_validate(t));
    if (measures)
        SEP_TRY(sep_trainer_measure(t));
    if (saves)
        SEP_TRY(sep_trainer_save(t));
    return SEP_OK;
}

/* What the run before had begun when it was stopped. */
static sep_status finish_validation(sep_trainer *t)
{
    if (t->iteration == 0 || t->info.validated >= t->iteration || !validation_is_due(t))
        return SEP_OK;
    SEP_TRY(sep_trainer_validate(t));
    return sep_trainer_save(t);
}

static sep_status finish_measurement(sep_trainer *t)
{
    if (t->iteration == 0 || !sep_pseudo_labels_due(t->pseudo_labels, t->iteration) ||
        sep_runlog_has_pseudo_labels(t->log, t->iteration))
        return SEP_OK;
    return sep_trainer_measure(t);
}

static sep_status run_steps(sep_trainer *t)
{
    SEP_TRY(finish_validation(t));
    SEP_TRY(finish_measurement(t));
    while (t->iteration < t->config->iterations) {
        SEP_TRY(one_step(t));
        SEP_TRY(sep_stop_check());
    }
    return sep_trainer_decide(t);
}

static sep_status stop(sep_trainer *t)
{
    const char *out = t->folder.path;

    if (t->timed > 0) { /* else the checkpoint is that of this iteration already */
        SEP_TRY(sep_stages_check(&t->stages));
        SEP_TRY(sep_trainer_save(t));
    }
    return sep_fail(SEP_ERR_INTERRUPTED, "stopped after iteration %" PRId64 "%s%s", t->iteration,
                    out != NULL ? "; continue with --resume from " : "", out != NULL ? out : "");
}

static sep_status run(sep_trainer *t)
{
    t->progress = sep_progress_start("training", t->config->iterations, t->iteration);
    t->started = t->since_log = sep_seconds();
    t->logged = t->iteration;
    sep_status status = run_steps(t);
    return status == SEP_ERR_INTERRUPTED ? stop(t) : status;
}

/* A device that failed has taken the weights with it: says what is left. */
static sep_status explain_failure(const sep_trainer *t)
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

#define ALL_STAGES (-1)

/* The lower median of the last steps of a stage: of two the one that was not the run's first; 0 where there was none.
 */
static double median_step(const sep_trainer *t, int stage)
{
    const int timed = (int)(t->timed < SEP_TIMED_STEPS ? t->timed : SEP_TIMED_STEPS);
    double seconds[SEP_TIMED_STEPS];
    int count = 0;

    for (int i = 0; i < timed; i++)
        if (stage == ALL_STAGES || t->step_stage[i] == stage)
            seconds[count++] = t->step_seconds[i];
    sep_sort_doubles(seconds, (size_t)count);
    return count > 0 ? seconds[(count - 1) / 2] : 0.0;
}

static sep_status finish(sep_trainer *t, sep_train_result *result)
{
    *result = (sep_train_result){.iterations = t->iteration,
                                 .seconds_per_step = median_step(t, ALL_STAGES),
                                 .best = t->info.best,
                                 .best_iteration = t->info.best_iteration,
                                 .best_dice = t->info.best_dice};
    for (int s = 0; s < t->stages.count; s++)
        result->stage_seconds[s] = median_step(t, s);
    sep_answer_name(&t->stages.graph[0].step, t->info.best, result->best_name);
    SEP_TRY(sep_store_hash(t->store, &result->hash));
    return sep_runlog_finish(t->log, result, sep_seconds() - t->started);
}

sep_status sep_train(const sep_train_config *config, const sep_dataset *dataset, sep_device *device, const char *out,
                     const char *settings, bool resume, sep_train_result *result)
{
    sep_train_config own = *config;
    sep_trainer t = {.config = &own, .dataset = dataset, .device = device, .checkpoint = -1};

    own.batch.channels = dataset->channels;
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
