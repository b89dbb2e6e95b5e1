/* How long an iteration of each row takes: by runs that were measured, by rows that compute the same, by timed steps.
 */
#include "study/speeds.h"

#include "base/options_store.h"
#include "study/state.h"

#include <math.h>
#include <string.h>

void sep_row_speed_add(sep_row_speeds *known, int row, double seconds, int64_t steps)
{
    known->seconds[row] += seconds;
    known->steps[row] += steps;
}

/* ---- other runs of a row ----------------------------------------------------------------------------------------- */

static sep_status add_run(const sep_study_run *run, sep_row_speeds *known)
{
    sep_run_progress progress = {0};
    char *log = sep_format("%s/log.jsonl", run->folder);

    sep_status status = log != NULL ? sep_study_log_read(log, &progress) : SEP_ERR_MEMORY;
    if (status == SEP_OK)
        sep_row_speed_add(known, run->row, progress.seconds, progress.steps);
    sep_free(log);
    return status;
}

static sep_status search_row(const sep_study *study, int row, sep_row_speeds *known)
{
    if (known->searched[row] || known->steps[row] > 0)
        return SEP_OK;
    for (int i = 0; i < study->runs; i++)
        if (study->run[i].row == row)
            SEP_TRY(add_run(&study->run[i], known));
    known->searched[row] = true;
    return SEP_OK;
}

/* ---- rows that compute the same ---------------------------------------------------------------------------------- */

/* Settings that are numbers to compute with, whatever they are. */
static bool costs_nothing(const char *key)
{
    static const char *const keys[] = {"train.seed",     "train.iterations",   "train.consistency_weight",
                                       ".learning_rate", ".weight_decay",      ".momentum",
                                       ".temperature",   "data.labelled_cases"};

    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (sep_has_suffix(key, keys[i]))
            return true;
    return false;
}

/* Whether each setting of `a` is one of `b` too. */
static bool is_part_of(const sep_options *a, const sep_options *b)
{
    for (const sep_option *option = a->first; option; option = option->next) {
        const sep_option *other = sep_option_find(b, option->key);
        if (!costs_nothing(option->key) && (!other || !sep_option_same_value(option->value, other->value)))
            return false;
    }
    return true;
}

/* Every row has a run in the first places of the list. */
static sep_status computes_the_same(const sep_study *study, int a, int b, bool *same)
{
    sep_study_setup one, other = {0};

    sep_status status = sep_study_set_up(study, &study->run[a], &one);
    if (status == SEP_OK)
        status = sep_study_set_up(study, &study->run[b], &other);
    if (status == SEP_OK)
        *same = is_part_of(one.options, other.options) && is_part_of(other.options, one.options);
    sep_study_setup_free(&one);
    sep_study_setup_free(&other);
    return status;
}

static sep_status take_from_like(const sep_study *study, int row, sep_row_speeds *known)
{
    for (int i = 0; i < study->rows && known->steps[row] == 0; i++) {
        bool same = false;

        SEP_TRY(search_row(study, i, known));
        if (known->steps[i] > 0)
            SEP_TRY(computes_the_same(study, row, i, &same));
        if (same)
            sep_row_speed_add(known, row, known->seconds[i], known->steps[i]);
    }
    return SEP_OK;
}

/* ---- all --------------------------------------------------------------------------------------------------------- */

/* Registering first takes long and leaves files: nothing for who only wants to know how long a row will take. */
static sep_status can_be_timed(const sep_study *study, int row, bool *can)
{
    sep_study_setup setup;

    const sep_status status = sep_study_set_up(study, &study->run[row], &setup);
    *can = status == SEP_OK && !sep_train_registers(&setup.config);
    sep_study_setup_free(&setup);
    return status;
}

sep_status sep_row_speed(const sep_study *study, int row, sep_device *device, sep_row_speeds *known, double *seconds)
{
    SEP_TRY(search_row(study, row, known));
    if (known->steps[row] == 0)
        SEP_TRY(take_from_like(study, row, known));
    bool can = false;
    if (known->steps[row] == 0 && device != NULL)
        SEP_TRY(can_be_timed(study, row, &can));
    if (can) {
        SEP_TRY(sep_study_time(study, &study->run[row], device, seconds));
        sep_row_speed_add(known, row, *seconds, 1);
    }
    *seconds = known->steps[row] > 0 ? known->seconds[row] / (double)known->steps[row] : NAN;
    return SEP_OK;
}
