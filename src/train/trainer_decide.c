/* The end of a run: validation scans decide how to predict with its best checkpoint. */
#include "model/model_parts.h"
#include "train/trainer.h"

static bool is_due(const sep_trainer *t)
{
    return t->config->decide && t->dataset->validation > 0 && t->folder.path != NULL && t->info.best_dice >= 0.0 &&
           !t->info.decisions.known;
}

static void say(const sep_choices *choices)
{
    for (int i = 0; i < choices->count; i++) {
        const sep_choice *c = &choices->choice[i];
        sep_log(SEP_LOG_INFO, "%s: %.3f -> %.3f, %s", c->what, c->without, c->with, c->used ? "used" : "not used");
    }
    if (choices->decided.calibration.cases > 0)
        sep_log(SEP_LOG_INFO, "estimates of Dice: calibrated on %d scan%s, off by %.3f on average there",
                choices->scans, choices->scans == 1 ? "" : "s", choices->error);
}

/* The last checkpoint comes last: until it says so, nothing is decided. */
static sep_status keep(sep_trainer *t, const sep_choices *choices)
{
    say(choices);
    SEP_TRY(sep_run_folder_decide(&t->folder, SEP_BEST_CHECKPOINT, &choices->decided));
    SEP_TRY(sep_runlog_choices(t->log, t->iteration, choices));
    SEP_TRY(sep_run_folder_decide(&t->folder, SEP_LAST_CHECKPOINT, &choices->decided));
    t->info.decisions = choices->decided;
    return SEP_OK;
}

/* The best checkpoint has a store of its own: the run's is that of the last iteration, and stays so. */
static sep_status decide(sep_trainer *t)
{
    sep_choices choices = {0};
    sep_model *model;

    SEP_TRY(sep_run_folder_load_best(&t->folder, t->device, &model));
    sep_status status = sep_decide(model->predictor, t->dataset, t->info.best, &choices);
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
