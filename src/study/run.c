/* The runs of a study, one after another. */
#include "study/evaluation.h"
#include "study/state.h"

#include "septum/process.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

enum { TIMED_STEPS = 5 };

/* Images that don't fit into memory are shared by all runs that see the same. */
static sep_status load_dataset(const sep_study *study, const sep_study_setup *setup, sep_dataset **dataset)
{
    sep_data_config config = setup->config.data;
    char *cache = sep_format("%s/images/", study->folder);

    config.cache = cache;
    const sep_status status = cache != NULL ? sep_dataset_load(&config, dataset) : SEP_ERR_MEMORY;
    sep_free(cache);
    return status;
}

/* Registered labels are shared by all runs that would make the same. */
static sep_status load(const sep_study *study, const sep_study_setup *setup, sep_dataset **dataset)
{
    const sep_propagation_options how = sep_propagation_options_of(&setup->config.registration);

    SEP_TRY(load_dataset(study, setup, dataset));
    if (!setup->config.data.registers)
        return sep_train_register(&setup->config, *dataset, NULL);
    char *cache = sep_format("%s/registrations/%016" PRIx64, study->folder, sep_registered_hash(*dataset, &how));
    const sep_status status = cache != NULL ? sep_train_register(&setup->config, *dataset, cache) : SEP_ERR_MEMORY;
    sep_free(cache);
    return status;
}

sep_status sep_study_time(const sep_study *study, const sep_study_run *run, sep_device *device, double *seconds)
{
    sep_study_setup setup;
    sep_dataset *dataset = NULL;
    sep_train_result result;

    sep_status status = sep_study_set_up(study, run, &setup);
    if (status == SEP_OK)
        status = load(study, &setup, &dataset);
    if (status == SEP_OK) {
        setup.config.iterations = TIMED_STEPS;
        setup.config.validate_every = 0;
        setup.config.pseudo_labels = 0;
        status = sep_train(&setup.config, dataset, device, NULL, NULL, false, &result);
    }
    if (status == SEP_OK)
        *seconds = result.seconds_per_step;
    sep_dataset_destroy(dataset);
    sep_study_setup_free(&setup);
    return status;
}

/* ---- one run ----------------------------------------------------------------------------------------------------- */

static sep_status train(const sep_study *study, const sep_study_run *run, const sep_study_setup *setup,
                        sep_device *device)
{
    sep_dataset *dataset = NULL;
    sep_train_result result;

    sep_status status = load(study, setup, &dataset);
    if (status == SEP_OK)
        status = sep_train(&setup->config, dataset, device, run->folder, setup->text, true, &result);
    sep_dataset_destroy(dataset);
    return status;
}

static sep_status finish_run(const sep_study *study, const sep_study_run *run, sep_device *device)
{
    sep_run_progress progress;
    sep_study_setup setup;

    SEP_TRY(sep_study_look(study, run, &progress)); /* another process may have done it meanwhile */
    sep_status status = sep_study_set_up(study, run, &setup);
    if (status == SEP_OK && !progress.trained)
        status = train(study, run, &setup, device);
    if (status == SEP_OK)
        status = sep_study_evaluate(study, run, &setup, device);
    sep_study_setup_free(&setup);
    return status;
}

/* ---- all --------------------------------------------------------------------------------------------------------- */

static void say_run(const sep_study_state *states, int index, int count)
{
    double left = 0;
    char duration[SEP_DURATION_TEXT];

    for (int i = index; i < count; i++)
        left += states[i].seconds_left;
    sep_log(SEP_LOG_INFO, "run %d of %d: %s%s%s%s", index + 1, count, states[index].name, isnan(left) ? "" : "; about ",
            isnan(left) ? "" : sep_duration_text(left, duration), isnan(left) ? "" : " of training left");
}

/* A loss that is not finite, or settings that can't be with this run's cases (unlabelled slices where all are
 * labelled), are what comes of that run, not the end of the study. */
static bool is_of_one_run(sep_status status)
{
    return status == SEP_ERR_NUMERIC || status == SEP_ERR_ARGUMENT;
}

static sep_status do_runs(sep_study *study, const int *chosen, int count, sep_device *device, sep_study_state *states)
{
    int failed = 0;

    for (int i = 0; i < count; i++) {
        SEP_TRY(sep_stop_check());
        if (states[i].stage == SEP_STUDY_EVALUATED)
            continue;
        SEP_TRY(sep_study_states(study, chosen, count, NULL, states));
        say_run(states, i, count);
        sep_status status = finish_run(study, &study->run[chosen[i]], device);
        if (is_of_one_run(status))
            sep_log(SEP_LOG_WARNING, "%s: %s", study->run[chosen[i]].folder, sep_error_text());
        else if (status != SEP_OK)
            return status;
        failed += status != SEP_OK;
    }
    if (failed > 0)
        return sep_fail(SEP_ERR_NUMERIC, "%d of %d runs failed: see the warnings above", failed, count);
    return SEP_OK;
}

sep_status sep_study_train(sep_study *study, const sep_study_choice *choice, sep_device *device)
{
    sep_study_state *states = NULL;
    int *chosen, count;

    sep_status status = sep_study_choose(study, choice, &chosen, &count);
    if (status == SEP_OK)
        status = sep_study_settle(study, device, true);
    if (status == SEP_OK) {
        states = sep_calloc((size_t)count + 1, sizeof *states);
        status = states != NULL ? sep_study_states(study, chosen, count, NULL, states) : SEP_ERR_MEMORY;
    }
    if (status == SEP_OK)
        status = do_runs(study, chosen, count, device, states);
    sep_free(states);
    sep_free(chosen);
    return status;
}
