/* Reading log.jsonl. */
#include "report/run_log.h"

#include <math.h>
#include <string.h>

/* ---- curves ------------------------------------------------------------------------------------------------------ */

static int curve_index(const sep_curves *curves, const char *name, int part)
{
    for (int i = 0; i < curves->count; i++)
        if (curves->curve[i].part == part && strcmp(curves->curve[i].name, name) == 0)
            return i;
    return -1;
}

const sep_curve *sep_find_curve(const sep_curves *curves, const char *name, int part)
{
    int i = curve_index(curves, name, part);
    return i >= 0 ? &curves->curve[i] : NULL;
}

static sep_status grow_curve(sep_curve *curve)
{
    const int capacity = curve->capacity > 0 ? 2 * curve->capacity : 64;
    double *iteration = sep_grown(curve->iteration, (size_t)curve->count, (size_t)capacity, sizeof *iteration);

    if (iteration == NULL)
        return SEP_ERR_MEMORY;
    curve->iteration = iteration;
    double *value = sep_grown(curve->value, (size_t)curve->count, (size_t)capacity, sizeof *value);
    if (value == NULL)
        return SEP_ERR_MEMORY;
    curve->value = value;
    curve->capacity = capacity;
    return SEP_OK;
}

/* Appends a point; what was there from this iteration on belongs to a run that was taken back. */
static sep_status add_point(sep_curve *curve, double iteration, double value)
{
    while (curve->count && curve->iteration[curve->count - 1] >= iteration)
        curve->count--;
    if (curve->count == curve->capacity)
        SEP_TRY(grow_curve(curve));
    curve->iteration[curve->count] = iteration;
    curve->value[curve->count++] = value;
    return SEP_OK;
}

static sep_status add_curve(sep_curves *curves, const char *name, int part)
{
    if (curves->count == curves->capacity) {
        const int capacity = curves->capacity > 0 ? 2 * curves->capacity : 8;
        sep_curve *grown = sep_grown(curves->curve, (size_t)curves->count, (size_t)capacity, sizeof *grown);
        if (grown == NULL)
            return SEP_ERR_MEMORY;
        curves->curve = grown;
        curves->capacity = capacity;
    }
    char *copy = sep_strdup(name);
    if (copy == NULL)
        return SEP_ERR_MEMORY;
    curves->curve[curves->count++] = (sep_curve){.name = copy, .part = part};
    return SEP_OK;
}

static sep_status add_to_group(sep_curves *curves, const char *name, int part, double iteration, const json_t *value)
{
    int i = curve_index(curves, name, part);
    if (i < 0) {
        if (curves->count == SEP_MOST_CURVES)
            return SEP_OK;
        SEP_TRY(add_curve(curves, name, part));
        i = curves->count - 1;
    }
    return add_point(&curves->curve[i], iteration, json_is_number(value) ? json_number_value(value) : NAN);
}

/* ---- events ------------------------------------------------------------------------------------------------------ */

/* Each stretch of a run counts from its own start. */
static void read_seconds(sep_run_log *log, const json_t *event)
{
    const json_t *seconds = json_object_get(event, "seconds");

    if (json_is_number(seconds))
        log->seconds = log->seconds_before + json_number_value(seconds);
}

static sep_status read_step(sep_run_log *log, json_t *event, double iteration)
{
    const char *name;
    json_t *value;
    size_t i;
    json_object_foreach(json_object_get(event, "loss"), name, value)
    {
        SEP_TRY(add_to_group(&log->group[SEP_LOSS_CURVES], name, 0, iteration, value));
    }
    json_array_foreach(json_object_get(event, "lr"), i, value)
    {
        if (i < SEP_MOST_CURVES)
            SEP_TRY(add_to_group(&log->group[SEP_RATE_CURVES], "learning rate", (int)i, iteration, value));
    }
    if ((value = json_object_get(event, "images_per_second")))
        SEP_TRY(add_to_group(&log->group[SEP_SPEED_CURVES], "images per second", 0, iteration, value));
    log->last_iteration = iteration;
    read_seconds(log, event);
    return SEP_OK;
}

static sep_status read_student(sep_run_log *log, json_t *student, double iteration)
{
    const char *name = json_string_value(json_object_get(student, "name"));
    json_t *value;
    size_t i;
    if (!name)
        return SEP_OK;
    json_array_foreach(json_object_get(student, "dice"), i, value)
    {
        if (i < SEP_MOST_CURVES)
            SEP_TRY(add_to_group(&log->group[SEP_CLASS_DICE_CURVES], name, (int)i, iteration, value));
    }
    if ((value = json_object_get(student, "mean_dice")))
        SEP_TRY(add_to_group(&log->group[SEP_MEAN_DICE_CURVES], name, 0, iteration, value));
    if ((value = json_object_get(student, "mean_hd95")))
        SEP_TRY(add_to_group(&log->group[SEP_MEAN_HD95_CURVES], name, 0, iteration, value));
    return SEP_OK;
}

static sep_status read_validation(sep_run_log *log, json_t *event, double iteration)
{
    json_t *student;
    size_t i;
    json_array_foreach(json_object_get(event, "students"), i, student)
    {
        SEP_TRY(read_student(log, student, iteration));
    }
    return SEP_OK;
}

static sep_status read_labels_of_student(sep_run_log *log, const json_t *student, double iteration)
{
    const char *name = json_string_value(json_object_get(student, "name"));
    const json_t *foreground = json_object_get(student, "foreground");
    if (!name)
        return SEP_OK;
    SEP_TRY(
        add_to_group(&log->group[SEP_LABEL_DICE_CURVES], name, 0, iteration, json_object_get(student, "mean_dice")));
    SEP_TRY(add_to_group(&log->group[SEP_CERTAIN_CURVES], name, 0, iteration, json_object_get(foreground, "certain")));
    return add_to_group(&log->group[SEP_CERTAIN_ACCURACY_CURVES], name, 0, iteration,
                        json_object_get(foreground, "certain_accuracy"));
}

static sep_status read_pseudo_labels(sep_run_log *log, const json_t *event, double iteration)
{
    const json_t *agreement = json_object_get(event, "agreement");
    json_t *student;
    size_t i;
    json_array_foreach(json_object_get(event, "students"), i, student)
    {
        SEP_TRY(read_labels_of_student(log, student, iteration));
    }
    return agreement ? add_to_group(&log->group[SEP_AGREEMENT_CURVES], "one with the other", 0, iteration, agreement)
                     : SEP_OK;
}

static const char *decided_of(const json_t *event)
{
    const char *what = json_string_value(json_object_get(event, "what"));

    return what != NULL ? what : "";
}

/* What was decided at an earlier iteration, or before, is decided anew. */
static sep_status read_decision(sep_run_log *log, json_t *event, double iteration)
{
    const json_t *first = json_array_get(log->decisions, 0);

    if (first == NULL || json_number_value(json_object_get(first, "iteration")) != iteration ||
        strcmp(decided_of(first), decided_of(event)) == 0) {
        json_decref(log->decisions);
        log->decisions = json_array();
    }
    return log->decisions != NULL && json_array_append(log->decisions, event) == 0 ? SEP_OK : SEP_ERR_MEMORY;
}

static void keep(json_t **place, json_t *event)
{
    json_decref(*place);
    *place = json_incref(event);
}

static sep_status read_event(sep_run_log *log, json_t *event)
{
    const char *kind = json_string_value(json_object_get(event, "event"));
    const json_t *iteration = json_object_get(event, "iteration");
    if (!kind) {
        log->unreadable_lines++;
        return SEP_OK;
    }
    if (strcmp(kind, "start") == 0) {
        log->seconds_before = isnan(log->seconds) ? 0 : log->seconds;
        keep(&log->start, event);
    } else if (strcmp(kind, "finish") == 0) {
        read_seconds(log, event);
        keep(&log->finish, event);
    } else if (strcmp(kind, "decision") == 0 && json_is_number(iteration))
        return read_decision(log, event, json_number_value(iteration));
    else if (strcmp(kind, "step") == 0 && json_is_number(iteration))
        return read_step(log, event, json_number_value(iteration));
    else if (strcmp(kind, "validation") == 0 && json_is_number(iteration))
        return read_validation(log, event, json_number_value(iteration));
    else if (strcmp(kind, "pseudo_labels") == 0 && json_is_number(iteration))
        return read_pseudo_labels(log, event, json_number_value(iteration));
    return SEP_OK;
}

static sep_status read_line(sep_run_log *log, const char *line, size_t length)
{
    json_t *event;
    sep_status status = sep_json_load(line, length, 0, NULL, &event);
    if (status == SEP_ERR_MEMORY)
        return status;
    status = SEP_OK;
    log->lines++;
    if (json_is_object(event))
        status = read_event(log, event);
    else
        log->unreadable_lines++;
    json_decref(event);
    return status;
}

sep_status sep_run_log_parse(const char *text, size_t count, sep_run_log *log)
{
    *log = (sep_run_log){.last_iteration = NAN, .seconds = NAN};
    for (size_t at = 0; at < count;) {
        const char *end = memchr(text + at, '\n', count - at);
        size_t length = end ? (size_t)(end - text) - at : count - at;
        sep_status status = length ? read_line(log, text + at, length) : SEP_OK;
        if (status != SEP_OK) {
            sep_run_log_free(log);
            return status;
        }
        at += length + 1;
    }
    return SEP_OK;
}

void sep_run_log_free(sep_run_log *log)
{
    for (int group = 0; group < SEP_CURVE_GROUPS; group++) {
        for (int i = 0; i < log->group[group].count; i++) {
            sep_curve *curve = &log->group[group].curve[i];
            sep_free(curve->name);
            sep_free(curve->iteration);
            sep_free(curve->value);
        }
        sep_free(log->group[group].curve);
    }
    json_decref(log->start);
    json_decref(log->finish);
    json_decref(log->decisions);
    *log = (sep_run_log){0};
}
