/* The run's log: one JSON object a line. */
#include "train/runlog.h"

#include "base/json.h"
#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

struct sep_runlog {
    FILE *file; /* NULL: nothing is written */
    char *path;
    int64_t measured; /* iteration of the last event "pseudo_labels" that was kept; -1: there is none */
    bool at_end;      /* no step is left */
    bool finished;    /* and the event "finish" was kept */
};

/* ---- opening ----------------------------------------------------------------------------------------------------- */

static bool is_event(const json_t *root, const char *name)
{
    const char *event = json_string_value(json_object_get(root, "event"));

    return event != NULL && strcmp(event, name) == 0;
}

static sep_status look_at_line(sep_runlog *log, const char *line, int64_t keep, bool *later)
{
    json_t *root;
    if (sep_json_load(line, strlen(line), 0, NULL, &root) == SEP_ERR_MEMORY)
        return SEP_ERR_MEMORY;
    const int64_t iteration = json_integer_value(json_object_get(root, "iteration"));
    *later = root == NULL || (is_event(root, "finish") && !log->at_end) || iteration > keep;
    log->finished = log->finished || (!*later && is_event(root, "finish"));
    if (!*later && is_event(root, "pseudo_labels"))
        log->measured = iteration;
    json_decref(root);
    return SEP_OK;
}

static sep_status drop_later_lines(sep_runlog *log, int64_t keep)
{
    char *text, *kept;
    size_t bytes, length = 0;

    if (!sep_file_exists(log->path))
        return SEP_OK;
    SEP_TRY(sep_file_read(log->path, (void **)&text, &bytes));
    kept = sep_calloc(bytes + 2, 1);
    sep_status status = kept != NULL ? SEP_OK : SEP_ERR_MEMORY;
    for (char *rest = text, *line; status == SEP_OK && (line = strtok_r(rest, "\n", &rest)) != NULL;) {
        bool later = true;
        status = look_at_line(log, line, keep, &later);
        if (later)
            continue;
        size_t count = strlen(line);
        memcpy(kept + length, line, count);
        kept[length + count] = '\n';
        length += count + 1;
    }
    if (status == SEP_OK)
        status = sep_file_write_atomic(log->path, kept, length);
    sep_free(text);
    sep_free(kept);
    return status;
}

static sep_status open_file(sep_runlog *log, const char *folder, bool resume, int64_t keep)
{
    log->path = sep_format("%s/log.jsonl", folder);
    if (log->path == NULL)
        return SEP_ERR_MEMORY;
    if (resume)
        SEP_TRY(drop_later_lines(log, keep));
    log->file = fopen(log->path, resume ? "ab" : "wb");
    if (log->file == NULL)
        return sep_fail(SEP_ERR_IO, "%s: can't be written: %s", log->path, strerror(errno));
    return SEP_OK;
}

sep_status sep_runlog_open(const char *folder, bool resume, int64_t keep, bool at_end, sep_runlog **log)
{
    *log = sep_calloc(1, sizeof **log);
    if (*log == NULL)
        return SEP_ERR_MEMORY;
    (*log)->measured = -1;
    (*log)->at_end = at_end;
    if (folder == NULL)
        return SEP_OK;
    sep_status status = open_file(*log, folder, resume, keep);
    if (status != SEP_OK) {
        sep_runlog_close(*log);
        *log = NULL;
    }
    return status;
}

void sep_runlog_close(sep_runlog *log)
{
    if (log == NULL)
        return;
    if (log->file != NULL)
        fclose(log->file);
    sep_free(log->path);
    sep_free(log);
}

/* Writes and frees `root`. */
static sep_status write_line(sep_runlog *log, json_t *root)
{
    if (log->file == NULL) {
        json_decref(root);
        return SEP_OK;
    }
    char *text;
    sep_status status = sep_json_dump(root, JSON_COMPACT | JSON_REAL_PRECISION(9), &text);
    if (status != SEP_OK)
        return sep_fail_within(status, "a line of %s", log->path);
    bool good = fprintf(log->file, "%s\n", text) >= 0 && fflush(log->file) == 0;
    sep_free(text);
    return good ? SEP_OK : sep_fail(SEP_ERR_IO, "%s: can't be written: %s", log->path, strerror(errno));
}

/* ---- the events -------------------------------------------------------------------------------------------------- */

static json_t *student_names(const sep_step *step)
{
    json_t *names = json_array();

    for (int i = 0; i < step->students; i++)
        json_array_append_new(names, json_string(step->name[i]));
    return names;
}

static json_t *dataset_to_json(const sep_dataset *dataset)
{
    return json_pack("{s:i, s:i, s:i, s:i, s:i, s:i}", "classes", dataset->classes, "training_scans", dataset->training,
                     "validation_scans", dataset->validation, "training_slices", dataset->slices, "labelled_slices",
                     dataset->labelled_slices, "labelled_cases", dataset->labelled_cases);
}

sep_status sep_runlog_start(sep_runlog *log, const sep_train_config *config, const sep_step *step,
                            const sep_dataset *dataset, const sep_device *device, int64_t iteration)
{
    if (log->finished)
        return SEP_OK;
    json_t *classes = json_array();
    for (int i = 0; i < dataset->classes; i++)
        json_array_append_new(classes, json_string(dataset->class_name[i]));
    return write_line(log,
                      json_pack("{s:s, s:I, s:s, s:{s:s}, s:s, s:o, s:I, s:I, s:i, s:o, s:i, s:o}", "event", "start",
                                "iteration", (json_int_t)iteration, "version", SEP_VERSION, "machine", "device",
                                device->description, "method", config->method->name, "nets", student_names(step),
                                "seed", (json_int_t)config->seed, "iterations", (json_int_t)config->iterations,
                                "train_slices", dataset->slices, "class_names", classes, "labelled_slices",
                                dataset->labelled_slices, "data", dataset_to_json(dataset)));
}

sep_status sep_runlog_initial(sep_runlog *log, const sep_initial *initial, const sep_run_origin *origin)
{
    char hash[20];

    snprintf(hash, sizeof hash, "%016" PRIx64, origin->hash);
    return write_line(log, json_pack("{s:s, s:i, s:s, s:s, s:I, s:b}", "event", "init", "iteration", 0, "checkpoint",
                                     initial->path, "hash", hash, "checkpoint_iteration", (json_int_t)origin->iteration,
                                     "averages", origin->averages));
}

sep_status sep_runlog_stage(sep_runlog *log, const sep_stages *stages)
{
    return write_line(log,
                      json_pack("{s:s, s:I, s:i, s:i}", "event", "stage", "iteration", (json_int_t)stages->iteration,
                                "stage", stages->stage + 1, "stages", stages->count));
}

static void add_losses(json_t *losses, const sep_step *step, const float *terms)
{
    char name[SEP_TERM_NAME];

    for (int i = 0; i < step->terms; i++) {
        sep_term_name(step, i, name);
        json_object_set_new(losses, name, json_real((double)terms[i]));
    }
}

sep_status sep_runlog_step(sep_runlog *log, int64_t iteration, const sep_stages *stages, const double *rates,
                           double images_per_second, double seconds)
{
    json_t *losses = json_object(), *lr = json_array();

    for (int s = 0; s < stages->count; s++)
        if (stages->has_terms[s])
            add_losses(losses, &stages->graph[s].step, stages->terms[s]);
    for (int i = 0; i < stages->config->students; i++)
        json_array_append_new(lr, json_real(rates[i]));
    return write_line(log,
                      json_pack("{s:s, s:I, s:o, s:o, s:f, s:f}", "event", "step", "iteration", (json_int_t)iteration,
                                "loss", losses, "lr", lr, "images_per_second", images_per_second, "seconds", seconds));
}

/* JSON has no NaN, which the scores of classes without a reference are. */
static json_t *score_or_null(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

static json_t *class_scores(const sep_evaluation *e, sep_metric metric)
{
    json_t *scores = json_array();

    for (int c = 0; c < e->foreground; c++)
        json_array_append_new(scores, score_or_null(sep_evaluation_class(e, c, SEP_EMPTY_STRICT, metric).mean));
    return scores;
}

static json_t *student_scores(const char *name, const sep_evaluation *e)
{
    json_t *dice = class_scores(e, SEP_METRIC_DICE), *hd95 = class_scores(e, SEP_METRIC_HD95);

    return json_pack("{s:s, s:o, s:o, s:f, s:f, s:f}", "name", name, "dice", dice, "hd95", hd95, "mean_dice",
                     sep_evaluation_overall(e, SEP_EMPTY_STRICT, SEP_METRIC_DICE).mean, "mean_hd95",
                     sep_evaluation_overall(e, SEP_EMPTY_STRICT, SEP_METRIC_HD95).mean, "mean_hd95_medpy",
                     sep_evaluation_overall(e, SEP_EMPTY_MEDPY, SEP_METRIC_HD95).mean);
}

sep_status sep_runlog_validation(sep_runlog *log, int64_t iteration, const sep_answers *answers,
                                 const sep_evaluation *evaluation, double seconds)
{
    json_t *students = json_array();

    for (int i = 0; i < answers->count; i++)
        json_array_append_new(students, student_scores(answers->name[i], &evaluation[i]));
    return write_line(log, json_pack("{s:s, s:I, s:o, s:f}", "event", "validation", "iteration", (json_int_t)iteration,
                                     "students", students, "seconds", seconds));
}

bool sep_runlog_has_pseudo_labels(const sep_runlog *log, int64_t iteration)
{
    return log->measured == iteration;
}

/* Shares of pixels, null of none. */
static json_t *shares(const sep_pixel_counts *c)
{
    json_t *object = json_object();

    json_object_set_new(object, "accuracy", score_or_null((double)c->right / (double)c->pixels));
    json_object_set_new(object, "certain", score_or_null((double)c->certain / (double)c->pixels));
    json_object_set_new(object, "certain_accuracy", score_or_null((double)c->certain_right / (double)c->certain));
    return object;
}

static json_t *label_scores(const char *name, const sep_label_quality *q)
{
    const double mean = sep_evaluation_overall(&q->evaluation, SEP_EMPTY_STRICT, SEP_METRIC_DICE).mean;

    return json_pack("{s:s, s:o, s:o, s:o, s:o}", "name", name, "dice", class_scores(&q->evaluation, SEP_METRIC_DICE),
                     "mean_dice", score_or_null(mean), "all", shares(&q->all), "foreground", shares(&q->foreground));
}

sep_status sep_runlog_pseudo_labels(sep_runlog *log, int64_t iteration, const sep_pseudo_label_quality *quality,
                                    double seconds)
{
    json_t *students = json_array();

    for (int i = 0; i < quality->answers->count; i++)
        json_array_append_new(students, label_scores(quality->answers->name[i], &quality->of[i]));
    json_t *line = json_pack("{s:s, s:I, s:i, s:i, s:f, s:o, s:f}", "event", "pseudo_labels", "iteration",
                             (json_int_t)iteration, "cases", quality->cases, "scans", quality->scans, "confidence",
                             quality->confidence, "students", students, "seconds", seconds);
    if (isfinite(quality->agreement))
        json_object_set_new(line, "agreement", json_real(quality->agreement));
    return write_line(log, line);
}

sep_status sep_runlog_choices(sep_runlog *log, int64_t iteration, const sep_choices *choices)
{
    const sep_calibration *calibration = &choices->decided.calibration;

    for (int i = 0; i < choices->count; i++) {
        const sep_choice *c = &choices->choice[i];
        json_t *line =
            json_pack("{s:s, s:I, s:s}", "event", "decision", "iteration", (json_int_t)iteration, "what", c->what);
        if (c->by_labels)
            json_object_set_new(line, "share", json_real(c->share));
        else
            json_object_update_new(line, json_pack("{s:f, s:f}", "without", c->without, "with", c->with));
        json_object_set_new(line, "used", json_boolean(c->used));
        SEP_TRY(write_line(log, line));
    }
    if (calibration->cases == 0)
        return SEP_OK;
    return write_line(log, json_pack("{s:s, s:I, s:i, s:f, s:f, s:f}", "event", "calibration", "iteration",
                                     (json_int_t)iteration, "scans", calibration->cases, "slope", calibration->slope,
                                     "intercept", calibration->intercept, "error", choices->error));
}

sep_status sep_runlog_finish(sep_runlog *log, const sep_train_result *result, double seconds)
{
    char hash[24];

    if (log->finished)
        return SEP_OK;
    snprintf(hash, sizeof hash, "%016" PRIx64, result->hash);
    return write_line(log, json_pack("{s:s, s:I, s:s, s:f, s:f}", "event", "finish", "iteration",
                                     (json_int_t)result->iterations, "hash", hash, "seconds", seconds,
                                     "seconds_per_step", result->seconds_per_step));
}
