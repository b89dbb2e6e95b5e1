/* What the folder of a run holds. */
#include "study/state.h"

#include "base/json.h"
#include "base/options_store.h"
#include "study/evaluation.h"
#include "study/speeds.h"

#include <math.h>
#include <string.h>

/* ---- whether it is the run that is meant ------------------------------------------------------------------------- */

/* Where things lie (training compares the scans themselves), and how often something is kept or said. */
static bool may_differ(const char *key)
{
    static const char *const keys[] = {"data.folder",
                                       "data.train_list",
                                       "data.validation_list",
                                       "data.test_list",
                                       "data.labelled_list",
                                       "data.loader_threads",
                                       "data.memory",
                                       "data.shown_channel",
                                       "train.log_every",
                                       "train.checkpoint_every",
                                       "train.pseudo_labels",
                                       "train.pseudo_label_cases",
                                       "train.pseudo_label_confidence"};

    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (strcmp(key, keys[i]) == 0)
            return true;
    return false;
}

/* NULL: not set. A default that an older version did not know is no difference. */
static sep_status compare_values(const sep_study_run *run, const sep_option *was, const sep_option *is)
{
    const char *key = is != NULL ? is->key : was->key, *before = was != NULL ? was->value : "",
               *now = is != NULL ? is->value : "";
    const bool is_new = was == NULL && strcmp(is->where, "default") == 0;

    if (may_differ(key) || is_new || sep_option_same_value(before, now))
        return SEP_OK;
    return sep_fail(SEP_ERR_ARGUMENT,
                    "%s: %s was %s, is %s: another run; set it back, or give the study another folder", run->folder,
                    key, before[0] != '\0' ? before : "not set", now[0] != '\0' ? now : "not set");
}

static sep_status compare(const sep_study_run *run, const sep_options *was, const sep_options *is)
{
    for (const sep_option *option = is->first; option; option = option->next)
        SEP_TRY(compare_values(run, sep_option_find(was, option->key), option));
    for (const sep_option *option = was->first; option; option = option->next)
        if (sep_option_find(is, option->key) == NULL)
            SEP_TRY(compare_values(run, option, NULL));
    return SEP_OK;
}

static sep_status check_settings(const sep_study *study, const sep_study_run *run, const char *path)
{
    sep_study_setup setup;
    sep_options *was = sep_options_create();

    sep_status status = was != NULL ? sep_options_load(was, path) : SEP_ERR_MEMORY;
    if (status == SEP_OK) {
        status = sep_study_set_up(study, run, &setup);
        if (status == SEP_OK)
            status = compare(run, was, setup.options);
        sep_study_setup_free(&setup);
    }
    sep_options_destroy(was);
    return status;
}

/* ---- how fast it went -------------------------------------------------------------------------------------------- */

/* The stretch of a log from one start to the next. */
typedef struct stretch {
    double first, last, seconds; /* iterations, and the time of the last step since the start */
    bool finished;
} stretch;

static void add_stretch(const stretch *s, sep_run_progress *progress)
{
    if (s->last > s->first) {
        progress->seconds += s->seconds;
        progress->steps += (int64_t)(s->last - s->first);
    }
}

static void take_event(const json_t *root, stretch *s, sep_run_progress *progress)
{
    const char *event = json_string_value(json_object_get(root, "event"));
    const double iteration = json_number_value(json_object_get(root, "iteration"));
    const double seconds = json_number_value(json_object_get(root, "seconds"));

    if (event == NULL)
        return;
    if (strcmp(event, "start") == 0) {
        add_stretch(s, progress);
        *s = (stretch){iteration, iteration, 0, false};
    } else if (strcmp(event, "step") == 0 || strcmp(event, "finish") == 0) {
        s->last = iteration;
        s->seconds = seconds;
        s->finished = event[0] == 'f';
    }
}

static sep_status read_log(char *text, sep_run_progress *progress)
{
    stretch s = {0};

    for (char *rest = text, *line; (line = strtok_r(rest, "\n", &rest)) != NULL;) {
        json_t *root;
        if (sep_json_load(line, strlen(line), 0, NULL, &root) == SEP_ERR_MEMORY)
            return SEP_ERR_MEMORY;
        take_event(root, &s, progress);
        json_decref(root);
    }
    add_stretch(&s, progress);
    progress->trained = s.finished;
    return SEP_OK;
}

sep_status sep_study_log_read(const char *path, sep_run_progress *progress)
{
    void *text;
    size_t count;

    if (!sep_file_exists(path))
        return SEP_OK;
    SEP_TRY(sep_file_read(path, &text, &count));
    sep_status status = read_log(text, progress);
    sep_free(text);
    return status;
}

/* ---- how far it is ----------------------------------------------------------------------------------------------- */

static sep_status find_iteration(const char *path, sep_run_progress *progress)
{
    sep_model_info info;

    SEP_TRY(sep_model_describe(path, &info));
    progress->iteration = info.iteration;
    sep_model_info_free(&info);
    return SEP_OK;
}

sep_status sep_study_look(const sep_study *study, const sep_study_run *run, sep_run_progress *progress)
{
    char *last = sep_format("%s/last.safetensors", run->folder), *log = sep_format("%s/log.jsonl", run->folder);
    char *settings = sep_format("%s/config.ini", run->folder);
    sep_status status = last != NULL && log != NULL && settings != NULL ? SEP_OK : SEP_ERR_MEMORY;

    *progress = (sep_run_progress){0};
    if (status == SEP_OK && sep_file_exists(last)) {
        status = check_settings(study, run, settings);
        if (status == SEP_OK)
            status = find_iteration(last, progress);
        if (status == SEP_OK)
            status = sep_study_log_read(log, progress);
    }
    sep_free(last);
    sep_free(log);
    sep_free(settings);
    return status;
}

/* ---- many runs --------------------------------------------------------------------------------------------------- */

static double pace(const sep_run_progress *progress)
{
    return progress->steps > 0 ? progress->seconds / (double)progress->steps : NAN;
}

static sep_status describe(const sep_study *study, const sep_study_run *run, sep_study_state *state,
                           sep_row_speeds *known)
{
    sep_run_progress progress;
    sep_study_setup setup;
    bool evaluated = false;

    SEP_TRY(sep_study_look(study, run, &progress));
    sep_status status = sep_study_set_up(study, run, &setup);
    if (status == SEP_OK)
        *state = (sep_study_state){run->name, SEP_STUDY_NEW, progress.iteration, setup.config.iterations, 0};
    if (status == SEP_OK && progress.trained)
        status = sep_study_is_evaluated(run, &setup, &evaluated);
    sep_study_setup_free(&setup);
    SEP_TRY(status);
    sep_row_speed_add(known, run->row, progress.seconds, progress.steps);
    state->stage = evaluated                ? SEP_STUDY_EVALUATED
                   : progress.trained       ? SEP_STUDY_TRAINED
                   : progress.iteration > 0 ? SEP_STUDY_BEGUN
                                            : SEP_STUDY_NEW;
    state->seconds_left = pace(&progress) * (double)(state->iterations - state->iteration);
    return SEP_OK;
}

/* A run that has not been measured goes as fast as others of its row. */
static sep_status estimate(const sep_study *study, const sep_study_run *run, sep_device *device, sep_row_speeds *known,
                           sep_study_state *state)
{
    double seconds;

    if (state->stage >= SEP_STUDY_TRAINED)
        state->seconds_left = 0;
    if (!isnan(state->seconds_left))
        return SEP_OK;
    SEP_TRY(sep_row_speed(study, run->row, device, known, &seconds));
    state->seconds_left = seconds * (double)(state->iterations - state->iteration);
    return SEP_OK;
}

sep_status sep_study_states(const sep_study *study, const int *chosen, int count, sep_device *device,
                            sep_study_state *states)
{
    sep_row_speeds known = {0};

    for (int i = 0; i < count; i++)
        SEP_TRY(describe(study, &study->run[chosen[i]], &states[i], &known));
    for (int i = 0; i < count; i++)
        SEP_TRY(estimate(study, &study->run[chosen[i]], device, &known, &states[i]));
    return SEP_OK;
}

sep_status sep_study_list(sep_study *study, const sep_study_choice *choice, sep_device *device,
                          sep_study_state **states, int *count)
{
    int *chosen;

    *states = NULL;
    sep_status status = sep_study_choose(study, choice, &chosen, count);
    if (status == SEP_OK)
        status = sep_study_settle(study, device, false);
    if (status == SEP_OK) {
        *states = sep_calloc((size_t)*count + 1, sizeof **states);
        status = *states != NULL ? sep_study_states(study, chosen, *count, device, *states) : SEP_ERR_MEMORY;
    }
    sep_free(chosen);
    if (status != SEP_OK) {
        sep_free(*states);
        *states = NULL;
    }
    return status;
}
