/* What a run keeps: checkpoints, the best of them by validation, and what a stage takes from it. */
#include "train/trainer.h"

#include <inttypes.h>
#include <stdio.h>

/* ---- checkpoints ------------------------------------------------------------------------------------------------- */

static sep_status save(sep_trainer *t, const char *name)
{
    t->info.iteration = t->iteration;
    return sep_run_folder_save(&t->folder, name, t->store, &t->info);
}

sep_status sep_trainer_save(sep_trainer *t)
{
    SEP_TRY(save(t, SEP_LAST_CHECKPOINT));
    t->checkpoint = t->folder.path != NULL ? t->iteration : -1;
    return SEP_OK;
}

/* ---- validation -------------------------------------------------------------------------------------------------- */

static sep_status keep_best(sep_trainer *t, const sep_evaluation *evaluation)
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
    SEP_TRY(save(t, SEP_BEST_CHECKPOINT));
    return sep_validation_write(t->predictor, t->dataset, t->info.best, &evaluation[best], t->folder.path);
}

/* At the first validation: the references stay the same. */
static sep_status warn_about_absent(const sep_trainer *t, const sep_evaluation *evaluation)
{
    char what[80];

    for (int i = 0; i < t->answers.count; i++) {
        snprintf(what, sizeof what, "validation of %s", t->answers.name[i]);
        SEP_TRY(sep_evaluation_warn_absent(&evaluation[i], what));
    }
    return SEP_OK;
}

/* A validation that is broken off leaves no trace: the run that goes on from there does it again. */
sep_status sep_trainer_validate(sep_trainer *t)
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

sep_status sep_trainer_measure(sep_trainer *t)
{
    sep_pseudo_label_quality quality;
    const double start = sep_seconds();

    sep_status status = sep_pseudo_labels_measure(t->pseudo_labels, t->predictor, &quality);
    if (status == SEP_OK)
        status = sep_runlog_pseudo_labels(t->log, t->iteration, &quality, sep_seconds() - start);
    sep_pseudo_label_quality_free(&quality);
    t->outside_steps += sep_seconds() - start;
    return status;
}

/* ---- stages ------------------------------------------------------------------------------------------------------ */

static sep_status start_from_best(sep_trainer *t)
{
    const int stage = t->stages.stage + 1;

    if (!t->config->method->stage_starts_from_best)
        return SEP_OK;
    if (t->folder.path == NULL || t->info.best_dice < 0.0) {
        sep_log(SEP_LOG_INFO, "stage %d goes on from iteration %" PRId64 ": there is no best checkpoint", stage,
                t->iteration);
        return SEP_OK;
    }
    sep_log(SEP_LOG_INFO, "stage %d goes on from the best checkpoint, of iteration %" PRId64, stage,
            t->info.best_iteration);
    return sep_run_folder_restore_best(&t->folder, t->info.best_iteration, t->store);
}

/* RUN/relabelled; NULL where nothing is kept, or without memory. */
static char *labels_folder(const sep_trainer *t)
{
    return t->folder.path != NULL ? sep_format("%s/relabelled", t->folder.path) : NULL;
}

sep_status sep_trainer_restore_labels(sep_trainer *t)
{
    if (t->relabelled == NULL || t->folder.saved.stage < t->config->method->relabels)
        return SEP_OK;
    char *folder = labels_folder(t);
    const sep_status status = folder != NULL ? sep_relabelled_read(t->relabelled, folder) : SEP_ERR_MEMORY;
    sep_free(folder);
    return status;
}

/* A run that nothing is kept of is only timed, and nobody wants to know. */
static void say_at_iteration(const sep_trainer *t, const char *what)
{
    if (t->folder.path != NULL)
        sep_log(SEP_LOG_INFO, "iteration %" PRId64 ": %s", t->iteration, what);
}

/* The loader's threads read the labels: it makes way, and starts again behind it. */
static sep_status relabel(sep_trainer *t)
{
    sep_labelling labelling = {.predictor = t->predictor,
                               .how = sep_relabelled_way(t->config),
                               .progress = t->progress,
                               .iteration = t->iteration};
    const double start = sep_seconds();

    if (t->relabelled == NULL || t->stages.stage != t->config->method->relabels)
        return SEP_OK;
    char *folder = labels_folder(t);
    if (t->folder.path != NULL && folder == NULL)
        return SEP_ERR_MEMORY;
    say_at_iteration(t, "the unlabelled scans are labelled by the network");
    sep_loader_destroy(t->loader);
    t->loader = NULL;
    labelling.folder = folder;
    sep_status status = sep_relabelled_make(t->relabelled, &labelling);
    if (status == SEP_OK)
        status = sep_trainer_load_batches(t);
    sep_free(folder);
    t->outside_steps += sep_seconds() - start;
    return status;
}

/* The labels that the networks gave before are what is left of them. The seed is one that no run is likely to have. */
static sep_status restart(sep_trainer *t)
{
    if (!sep_stages_restarts(&t->stages))
        return SEP_OK;
    say_at_iteration(t, "the networks begin anew");
    return sep_store_restart(t->store, t->config->seed + ((uint64_t)t->stages.stage << 32));
}

/* A later best checkpoint takes the place of the one that this stage starts from: so what it starts from is kept at
 * once, as the last one, and a run that is broken off has no need of the other. */
static sep_status begin_stage(sep_trainer *t)
{
    SEP_TRY(start_from_best(t));
    SEP_TRY(relabel(t));
    SEP_TRY(restart(t));
    t->info.stage = t->stages.stage;
    return sep_trainer_save(t);
}

sep_status sep_trainer_enter_stage(sep_trainer *t)
{
    SEP_TRY(sep_stages_seek(&t->stages, t->iteration));
    if (sep_stages_begins(&t->stages) && t->info.stage != t->stages.stage)
        SEP_TRY(begin_stage(t));
    t->info.stage = t->stages.stage;
    if (t->stages.count == 1 || t->announced[t->stages.stage])
        return SEP_OK;
    t->announced[t->stages.stage] = true;
    return sep_runlog_stage(t->log, &t->stages);
}
