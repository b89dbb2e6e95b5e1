/* The end of a run: validation scans decide how to predict with its best checkpoint. Without any, labelled training
 * scans decide on components, and estimates of quality are calibrated on them. */
#include "model/model_parts.h"
#include "train/trainer.h"

static bool is_due(const sep_trainer *t)
{
    return t->config->decide && t->folder.path != NULL && !t->info.decisions.known;
}

/* Without one, training scans take the place of those that validate, and the last checkpoint that of the best. */
static bool has_best(const sep_trainer *t)
{
    return t->dataset->validation > 0 && t->info.best_dice >= 0.0;
}

static void say(const sep_choices *choices)
{
    for (int i = 0; i < choices->count; i++) {
        const sep_choice *c = &choices->choice[i];
        const char *used = c->used ? "used" : "not used";
        if (c->by_labels)
            sep_log(SEP_LOG_INFO, "%s: %.3f of the class or more in labelled scans, %s", c->what, c->share, used);
        else
            sep_log(SEP_LOG_INFO, "%s: %.3f -> %.3f, %s", c->what, c->without, c->with, used);
    }
    if (choices->decided.calibration.cases > 0)
        sep_log(SEP_LOG_INFO, "estimates of Dice: calibrated on %d %sscan%s, off by %.3f on average there",
                choices->scans, choices->decided.calibration.augmented ? "augmented training " : "",
                choices->scans == 1 ? "" : "s", choices->error);
}

/* The last checkpoint comes last: until it says so, nothing is decided. */
static sep_status keep(sep_trainer *t, const sep_choices *choices)
{
    say(choices);
    if (has_best(t))
        SEP_TRY(sep_run_folder_decide(&t->folder, SEP_BEST_CHECKPOINT, &choices->decided));
    SEP_TRY(sep_runlog_choices(t->log, t->iteration, choices));
    SEP_TRY(sep_run_folder_decide(&t->folder, SEP_LAST_CHECKPOINT, &choices->decided));
    t->info.decisions = choices->decided;
    return SEP_OK;
}

static sep_status decide_on_training_scans(sep_trainer *t, sep_model *model, sep_choices *choices)
{
    sep_augmented_scans scans;

    sep_status status = sep_augmented_scans_make(t->dataset, &t->config->batch.strong, t->config->seed, &scans);
    if (status == SEP_OK)
        status = sep_decide_without_validation(model->predictor, t->dataset, &scans, t->info.best, choices);
    sep_augmented_scans_free(&scans);
    return status;
}

static sep_tta most_symmetries(const sep_trainer *t)
{
    return t->config->decide_symmetries ? SEP_TTA_ALL : SEP_TTA_NONE;
}

/* The checkpoint has a store of its own: the run's is that of the last iteration, and stays so. */
static sep_status decide(sep_trainer *t)
{
    sep_choices choices = {0};
    sep_model *model;

    SEP_TRY(
        sep_run_folder_load(&t->folder, has_best(t) ? SEP_BEST_CHECKPOINT : SEP_LAST_CHECKPOINT, t->device, &model));
    sep_status status = has_best(t)
                            ? sep_decide(model->predictor, t->dataset, t->info.best, most_symmetries(t), &choices)
                            : decide_on_training_scans(t, model, &choices);
    sep_model_destroy(model);
    if (status == SEP_OK)
        status = keep(t, &choices);
    sep_choices_free(&choices);
    return status;
}

sep_status sep_trainer_decide(sep_trainer *t)
{
    if (!is_due(t))
        return SEP_OK;
    sep_progress_update(t->progress, t->iteration, "deciding how to predict");
    const sep_status status = decide(t);
    if (status != SEP_ERR_MEMORY)
        return status;
    sep_log(SEP_LOG_WARNING, "nothing is decided of how to predict: %s", sep_error_text());
    return SEP_OK;
}
