/* The description that a checkpoint holds, to JSON and back. */
#include "model/description.h"

#include "base/json.h"
#include "base/settings_json.h"
#include "model/channels_json.h"
#include "model/decisions.h"

#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HASH_SIZE 17 /* 16 digits and the zero */

/* ---- writing ----------------------------------------------------------------------------------------------------- */

static json_t *spec_to_json(const sep_net_spec *spec)
{
    json_t *object = json_object();

    json_object_set_new(object, "net", json_string(spec->net->name));
    json_object_set_new(object, "classes", json_integer(spec->classes));
    json_object_set_new(object, "channels", json_integer(spec->channels));
    json_object_set_new(object, "height", json_integer(spec->height));
    json_object_set_new(object, "width", json_integer(spec->width));
    sep_settings_to_json(spec->net->settings, &spec->options, object);
    return object;
}

static json_t *scans_to_json(const sep_scan_set *set)
{
    char hash[HASH_SIZE], labels[HASH_SIZE];

    snprintf(hash, sizeof hash, "%016" PRIx64, set->hash);
    snprintf(labels, sizeof labels, "%016" PRIx64, set->labels);
    return json_pack("{s:i, s:s, s:s*}", "scans", set->scans, "hash", hash, "labels", set->labels != 0 ? labels : NULL);
}

static json_t *run_to_json(const sep_model_info *info)
{
    return json_pack("{s:I, s:o, s:o, s:o}", "seed", (json_int_t)info->seed, "labelled", scans_to_json(&info->labelled),
                     "unlabelled", scans_to_json(&info->unlabelled), "validation", scans_to_json(&info->validation));
}

static json_t *strings_to_json(const sep_strings *strings)
{
    json_t *array = json_array();

    for (int i = 0; i < strings->count; i++)
        json_array_append_new(array, json_string(strings->item[i]));
    return array;
}

/* Nine numbers, or null where it is not known. */
static json_t *orientation_to_json(const sep_orientation *orientation)
{
    json_t *numbers = orientation->known ? json_array() : json_null();

    for (int i = 0; orientation->known && i < 9; i++)
        json_array_append_new(numbers, json_real(orientation->direction[i / 3][i % 3]));
    return numbers;
}

static json_t *origin_to_json(const sep_run_origin *origin)
{
    char hash[HASH_SIZE];

    snprintf(hash, sizeof hash, "%016" PRIx64, origin->hash);
    json_t *object = json_pack("{s:s, s:I, s:b}", "hash", hash, "iteration", (json_int_t)origin->iteration, "averages",
                               origin->averages);
    if (origin->imported)
        json_object_set_new(object, "imported", json_true());
    return object;
}

static json_t *info_to_json(const sep_model_info *info)
{
    json_t *nets = json_array(), *classes = strings_to_json(&info->class_names);

    for (int i = 0; i < info->students; i++)
        json_array_append_new(nets, spec_to_json(&info->spec[i]));
    json_t *root = json_pack(
        "{s:i, s:s, s:o, s:o, s:o, s:i, s:o, s:I, s:i, s:I, s:f, s:I}", "version", 1, "method", info->method, "nets",
        nets, "class_names", classes, "intensity", sep_intensity_to_json(&info->intensity.rule[0]), "image_zoom",
        (int)info->image_zoom, "orientation", orientation_to_json(&info->orientation), "iteration",
        (json_int_t)info->iteration, "best_student", info->best.student, "best_iteration",
        (json_int_t)info->best_iteration, "best_dice", info->best_dice, "validated", (json_int_t)info->validated);
    if (root != NULL && info->slice_axis != SEP_SLICE_AXIS_Z)
        json_object_set_new(root, "slice_axis", json_string(sep_slice_axis_names[info->slice_axis]));
    if (root != NULL && info->view != SEP_PATCH_WHOLE)
        json_object_set_new(root, "view", json_integer(info->view));
    if (root != NULL && info->spacing[0] > 0.0f)
        json_object_set_new(root, "spacing", json_pack("[f, f]", (double)info->spacing[0], (double)info->spacing[1]));
    if (root != NULL && info->averages)
        json_object_set_new(root, "averages", json_pack("{s:b}", "best", info->best.average));
    if (root != NULL && info->stage > 0)
        json_object_set_new(root, "stage", json_integer(info->stage));
    if (root != NULL && info->training_scopes.count > 0)
        json_object_set_new(root, "training_scopes", strings_to_json(&info->training_scopes));
    if (root != NULL && info->knows_run)
        json_object_set_new(root, "run", run_to_json(info));
    sep_channels_to_json(info, root);
    sep_decisions_to_json(&info->decisions, root);
    if (root != NULL && info->origin.known)
        json_object_set_new(root, "origin", origin_to_json(&info->origin));
    return root;
}

sep_status sep_description_write(const sep_model_info *info, char **text)
{
    sep_status status = sep_json_dump(info_to_json(info), JSON_COMPACT | JSON_REAL_PRECISION(17), text);

    return status == SEP_OK ? SEP_OK : sep_fail_within(status, "a checkpoint's description");
}

/* ---- reading: values --------------------------------------------------------------------------------------------- */

/* A value that is not there is `fallback`; one of another kind, or out of range, is damage. */
static sep_status read_integer(const json_t *object, const char *key, int64_t fallback, int64_t low, int64_t high,
                               int64_t *value)
{
    const json_t *found = json_object_get(object, key);

    *value = found != NULL ? json_integer_value(found) : fallback;
    if (found != NULL && !json_is_integer(found))
        return sep_fail(SEP_ERR_FORMAT, "'%s' is not a whole number", key);
    if (*value < low || *value > high)
        return sep_fail(SEP_ERR_FORMAT, "'%s' is %" PRId64 ": %" PRId64 " to %" PRId64 " are possible", key, *value,
                        low, high);
    return SEP_OK;
}

static sep_status read_size(const json_t *object, const char *key, int *value)
{
    int64_t wide;

    SEP_TRY(read_integer(object, key, 0, 0, INT_MAX, &wide));
    *value = (int)wide;
    return SEP_OK;
}

/* ---- reading: networks and classes ------------------------------------------------------------------------------- */

/* What earlier versions called otherwise. */
static sep_status rename_settings(json_t *object)
{
    json_t *blocks = json_object_get(object, "depth"), *transposed = json_object_get(object, "transposed");
    int failed = 0;

    if (blocks != NULL)
        failed = json_object_set(object, "blocks", blocks);
    if (transposed != NULL && failed == 0)
        failed = json_object_set_new(object, "upsampling",
                                     json_string(json_is_true(transposed) ? "transposed" : "bilinear"));
    return failed == 0 ? SEP_OK : sep_fail(SEP_ERR_MEMORY, "no memory for a network's settings");
}

static sep_status spec_from_json(json_t *object, sep_net_spec *spec)
{
    const char *name = json_string_value(json_object_get(object, "net"));

    SEP_TRY(sep_net_spec_read(name != NULL ? name : "", NULL, spec));
    SEP_TRY(read_size(object, "classes", &spec->classes));
    SEP_TRY(read_size(object, "channels", &spec->channels));
    SEP_TRY(read_size(object, "height", &spec->height));
    SEP_TRY(read_size(object, "width", &spec->width));
    SEP_TRY(rename_settings(object));
    SEP_TRY(sep_settings_from_json(object, spec->net->settings, &spec->options));
    return sep_net_complete(spec);
}

/* Students see the same images and tell the same classes apart: buffers are shared among them. */
static sep_status check_same(const sep_net_spec *spec, const sep_net_spec *first)
{
    if (spec->classes != first->classes)
        return sep_fail(SEP_ERR_FORMAT, "%d classes, student 0 has %d", spec->classes, first->classes);
    if (spec->channels != first->channels)
        return sep_fail(SEP_ERR_FORMAT, "images of %d channels, student 0 has %d", spec->channels, first->channels);
    if (spec->height != first->height || spec->width != first->width)
        return sep_fail(SEP_ERR_FORMAT, "images of %dx%d, student 0 has %dx%d", spec->height, spec->width,
                        first->height, first->width);
    return SEP_OK;
}

static sep_status nets_from_json(const json_t *nets, sep_model_info *info)
{
    size_t count = json_array_size(nets);

    if (count < 1 || count > SEP_MAX_STUDENTS)
        return sep_fail(SEP_ERR_FORMAT, "%zu networks: 1 to %d are possible", count, SEP_MAX_STUDENTS);
    info->students = (int)count;
    for (int i = 0; i < info->students; i++) {
        sep_status status = spec_from_json(json_array_get(nets, (size_t)i), &info->spec[i]);
        if (status == SEP_OK)
            status = check_same(&info->spec[i], &info->spec[0]);
        if (status != SEP_OK)
            return sep_fail_within(status, "student %d", i);
    }
    return SEP_OK;
}

static sep_status strings_from_json(const json_t *array, const char *what, sep_strings *strings)
{
    for (size_t i = 0; i < json_array_size(array); i++) {
        const char *text = json_string_value(json_array_get(array, i));
        if (text == NULL)
            return sep_fail(SEP_ERR_FORMAT, "%s %zu is not text", what, i);
        SEP_TRY(sep_strings_add(strings, text));
    }
    return SEP_OK;
}

static sep_status class_names_from_json(const json_t *names, sep_model_info *info)
{
    if (json_array_size(names) != (size_t)info->spec[0].classes)
        return sep_fail(SEP_ERR_FORMAT, "%zu class names for %d classes", json_array_size(names),
                        info->spec[0].classes);
    return strings_from_json(names, "class name", &info->class_names);
}

/* ---- reading: the run -------------------------------------------------------------------------------------------- */

/* Not known where there is none, as in checkpoints of earlier versions. */
static sep_status orientation_from_json(const json_t *numbers, sep_orientation *orientation)
{
    orientation->known = json_is_array(numbers);
    for (int axis = 0; orientation->known && axis < 3; axis++) {
        double length = 0.0;
        for (int row = 0; row < 3; row++) {
            const double value = json_number_value(json_array_get(numbers, (size_t)(3 * axis + row)));
            orientation->direction[axis][row] = value;
            length += value * value;
        }
        if (!(fabs(length - 1.0) < 1e-3))
            return sep_fail(SEP_ERR_FORMAT, "the orientation's directions are not of length 1");
    }
    return SEP_OK;
}

/* Along z where nothing is said. */
static sep_status slice_axis_from_json(const json_t *name, sep_slice_axis *slice_axis)
{
    int axis = 0;

    *slice_axis = SEP_SLICE_AXIS_Z;
    if (name == NULL)
        return SEP_OK;
    while (axis < SEP_SLICE_AXES &&
           (!json_is_string(name) || strcmp(json_string_value(name), sep_slice_axis_names[axis]) != 0))
        axis++;
    if (axis == SEP_SLICE_AXES)
        return sep_fail(SEP_ERR_FORMAT, "'slice_axis' is none of x, y, z");
    *slice_axis = (sep_slice_axis)axis;
    return SEP_OK;
}

/* Whole slices as they are stored where nothing is said. */
static sep_status slices_from_json(const json_t *root, sep_model_info *info)
{
    const json_t *spacing = json_object_get(root, "spacing");
    int64_t view;

    SEP_TRY(slice_axis_from_json(json_object_get(root, "slice_axis"), &info->slice_axis));
    SEP_TRY(read_integer(root, "view", SEP_PATCH_WHOLE, SEP_PATCH_WHOLE, SEP_PATCH_WINDOW, &view));
    info->view = (sep_patch_view)view;
    for (size_t axis = 0; spacing != NULL && axis < 2; axis++) {
        const double value = json_number_value(json_array_get(spacing, axis));
        if (!(value >= SEP_LEAST_SPACING && value <= SEP_MOST_SPACING))
            return sep_fail(SEP_ERR_FORMAT, "the spacing of slices is not two numbers from %g to %g", SEP_LEAST_SPACING,
                            SEP_MOST_SPACING);
        info->spacing[axis] = (float)value;
    }
    return SEP_OK;
}

static sep_status progress_from_json(const json_t *root, sep_model_info *info)
{
    const json_t *averages = json_object_get(root, "averages");
    const int lowest = info->students > 1 ? SEP_ALL_STUDENTS : 0;
    int64_t best, zoom, stage;

    SEP_TRY(read_integer(root, "image_zoom", 0, SEP_ZOOM_NEAREST, SEP_ZOOM_LINEAR, &zoom));
    SEP_TRY(read_integer(root, "iteration", 0, 0, INT64_MAX, &info->iteration));
    SEP_TRY(read_integer(root, "best_student", 0, lowest, info->students - 1, &best));
    SEP_TRY(read_integer(root, "best_iteration", 0, 0, INT64_MAX, &info->best_iteration));
    /* Earlier versions left no validation open. */
    SEP_TRY(read_integer(root, "validated", info->iteration, -1, INT64_MAX, &info->validated));
    SEP_TRY(read_integer(root, "stage", 0, 0, SEP_MAX_STAGES - 1, &stage));
    info->stage = (int)stage;
    info->image_zoom = (sep_zoom)zoom;
    info->averages = averages != NULL;
    info->best = (sep_answer){.student = (int)best, .average = json_is_true(json_object_get(averages, "best"))};
    info->best_dice = json_number_value(json_object_get(root, "best_dice"));
    return SEP_OK;
}

static sep_status read_hash(const json_t *object, const char *key, const char *of, uint64_t *value)
{
    const char *hash = json_string_value(json_object_get(object, key));

    if (hash == NULL || sscanf(hash, "%16" SCNx64, value) != 1)
        return sep_fail(SEP_ERR_FORMAT, "'%s' of the %s is no number", key, of);
    return SEP_OK;
}

static sep_status scans_from_json(const json_t *run, const char *key, sep_scan_set *set)
{
    const json_t *object = json_object_get(run, key);
    char of[32];

    snprintf(of, sizeof of, "%s scans", key);
    SEP_TRY(read_size(object, "scans", &set->scans));
    if (json_object_get(object, "labels") != NULL) /* not of earlier versions */
        SEP_TRY(read_hash(object, "labels", of, &set->labels));
    return read_hash(object, "hash", of, &set->hash);
}

static sep_status origin_from_json(const json_t *object, sep_run_origin *origin)
{
    origin->known = object != NULL;
    if (object == NULL)
        return SEP_OK;
    origin->averages = json_is_true(json_object_get(object, "averages"));
    origin->imported = json_is_true(json_object_get(object, "imported"));
    SEP_TRY(read_integer(object, "iteration", 0, 0, INT64_MAX, &origin->iteration));
    return read_hash(object, "hash", "checkpoint that it started from", &origin->hash);
}

static sep_status run_from_json(const json_t *run, sep_model_info *info)
{
    info->knows_run = run != NULL;
    if (run == NULL)
        return SEP_OK;
    info->seed = (uint64_t)json_integer_value(json_object_get(run, "seed"));
    SEP_TRY(scans_from_json(run, "labelled", &info->labelled));
    SEP_TRY(scans_from_json(run, "unlabelled", &info->unlabelled));
    return scans_from_json(run, "validation", &info->validation);
}

static sep_status info_from_json(const json_t *root, sep_model_info *info)
{
    const char *method = json_string_value(json_object_get(root, "method"));

    if (method == NULL)
        return sep_fail(SEP_ERR_FORMAT, "it names no method");
    info->method = sep_strdup(method);
    if (info->method == NULL)
        return SEP_ERR_MEMORY;
    SEP_TRY(nets_from_json(json_object_get(root, "nets"), info));
    SEP_TRY(class_names_from_json(json_object_get(root, "class_names"), info));
    SEP_TRY(sep_channels_from_json(root, info));
    SEP_TRY(orientation_from_json(json_object_get(root, "orientation"), &info->orientation));
    SEP_TRY(slices_from_json(root, info));
    SEP_TRY(progress_from_json(root, info));
    SEP_TRY(strings_from_json(json_object_get(root, "training_scopes"), "training scope", &info->training_scopes));
    SEP_TRY(sep_decisions_from_json(root, info->spec[0].classes, info->spec[0].height == info->spec[0].width,
                                    &info->decisions));
    SEP_TRY(origin_from_json(json_object_get(root, "origin"), &info->origin));
    return run_from_json(json_object_get(root, "run"), info);
}

sep_status sep_description_read(const char *text, sep_model_info *info)
{
    json_t *root;
    sep_status status = sep_json_load(text, strlen(text), 0, NULL, &root);

    if (status == SEP_OK)
        status = info_from_json(root, info);
    json_decref(root);
    if (status == SEP_OK || status == SEP_ERR_MEMORY)
        return status;
    return sep_fail_within(SEP_ERR_FORMAT, "the checkpoint's description is damaged");
}
