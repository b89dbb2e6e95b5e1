/* What a checkpoint says of itself, as JSON. */
#include "train/description.h"

#include "base/json.h"

#include <math.h>
#include <string.h>

/* X(field, type): what a network's description holds, named as in sep_net_spec. */
#define SPEC_INTEGERS(X) X(classes) X(height) X(width) X(base) X(depth) X(window) X(head_channels)
#define SPEC_FLAGS(X)    X(transposed) X(no_dropout)

static json_t *spec_to_json(const sep_net_spec *spec)
{
    json_t *object = json_object();

    json_object_set_new(object, "net", json_string(sep_net_name(spec->kind)));
#define SET(field) json_object_set_new(object, #field, json_integer(spec->field));
    SPEC_INTEGERS(SET)
#undef SET
#define SET(field) json_object_set_new(object, #field, json_boolean(spec->field));
    SPEC_FLAGS(SET)
#undef SET
    json_object_set_new(object, "layer_scale", json_real((double)spec->layer_scale));
    return object;
}

static bool spec_from_json(const json_t *object, sep_net_spec *spec)
{
    const char *name = json_string_value(json_object_get(object, "net"));

    *spec = (sep_net_spec){.kind = name != NULL ? sep_net_find(name) : SEP_NET_KINDS};
    if (spec->kind == SEP_NET_KINDS)
        return false;
#define GET(field)                                                                                                     \
    json_int_t field = json_integer_value(json_object_get(object, #field));                                            \
    if (field < 0 || field > SEP_NET_LARGEST_SIZE)                                                                     \
        return false;                                                                                                  \
    spec->field = (int)field;
    SPEC_INTEGERS(GET)
#undef GET
#define GET(field) spec->field = json_is_true(json_object_get(object, #field));
    SPEC_FLAGS(GET)
#undef GET
    spec->layer_scale = (float)json_number_value(json_object_get(object, "layer_scale"));
    return true;
}

/* Nine numbers, or null where it is not known. */
static json_t *orientation_to_json(const sep_orientation *orientation)
{
    json_t *numbers = orientation->known ? json_array() : json_null();

    for (int i = 0; orientation->known && i < 9; i++)
        json_array_append_new(numbers, json_real(orientation->direction[i / 3][i % 3]));
    return numbers;
}

/* Not known where there is none, as in checkpoints of older versions; false where it is damaged. */
static bool orientation_from_json(const json_t *numbers, sep_orientation *orientation)
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
            return false;
    }
    return true;
}

static json_t *info_to_json(const sep_model_info *info)
{
    json_t *nets = json_array(), *classes = json_array();

    for (int i = 0; i < info->students; i++)
        json_array_append_new(nets, spec_to_json(&info->spec[i]));
    for (int i = 0; i < info->class_names.count; i++)
        json_array_append_new(classes, json_string(info->class_names.item[i]));
    return json_pack("{s:i, s:s, s:o, s:o, s:{s:b, s:f, s:f}, s:i, s:o, s:I, s:b, s:i, s:I, s:f}", "version", 1,
                     "method", info->method, "nets", nets, "class_names", classes, "intensity", "window",
                     info->intensity.window, "low", (double)info->intensity.low, "high", (double)info->intensity.high,
                     "image_zoom", (int)info->image_zoom, "orientation", orientation_to_json(&info->orientation),
                     "iteration", (json_int_t)info->iteration, "validation_due", info->validation_due, "best_student",
                     info->best_student, "best_iteration", (json_int_t)info->best_iteration, "best_dice",
                     info->best_dice);
}

static bool nets_from_json(const json_t *nets, sep_model_info *info)
{
    info->students = (int)json_array_size(nets);
    if (info->students < 1 || info->students > SEP_MAX_STUDENTS)
        return false;
    for (int i = 0; i < info->students; i++)
        if (!spec_from_json(json_array_get(nets, (size_t)i), &info->spec[i]) ||
            info->spec[i].classes != info->spec[0].classes || info->spec[i].height != info->spec[0].height ||
            info->spec[i].width != info->spec[0].width)
            return false;
    return true;
}

/* A window without a width shows nothing, one without an end makes voxels NaN. */
static bool intensity_from_json(const json_t *object, sep_intensity *intensity)
{
    intensity->window = json_is_true(json_object_get(object, "window"));
    intensity->low = (float)json_number_value(json_object_get(object, "low"));
    intensity->high = (float)json_number_value(json_object_get(object, "high"));
    return !intensity->window ||
           (intensity->low < intensity->high && isfinite(intensity->low) && isfinite(intensity->high));
}

static bool best_from_json(const json_t *root, sep_model_info *info)
{
    const json_int_t student = json_integer_value(json_object_get(root, "best_student"));

    if (student < 0 || student >= info->students)
        return false;
    info->best_student = (int)student;
    info->best_iteration = json_integer_value(json_object_get(root, "best_iteration"));
    info->best_dice = json_number_value(json_object_get(root, "best_dice"));
    return true;
}

static bool info_from_json(const json_t *root, sep_model_info *info)
{
    const json_t *classes = json_object_get(root, "class_names");
    const char *method = json_string_value(json_object_get(root, "method"));

    if (!nets_from_json(json_object_get(root, "nets"), info) || method == NULL ||
        !orientation_from_json(json_object_get(root, "orientation"), &info->orientation) ||
        !intensity_from_json(json_object_get(root, "intensity"), &info->intensity) || !best_from_json(root, info) ||
        json_array_size(classes) != (size_t)info->spec[0].classes)
        return false;
    for (size_t i = 0; i < json_array_size(classes); i++)
        if (!json_is_string(json_array_get(classes, i)))
            return false;
    int64_t zoom = json_integer_value(json_object_get(root, "image_zoom"));
    info->image_zoom = zoom >= SEP_ZOOM_NEAREST && zoom <= SEP_ZOOM_LINEAR ? (sep_zoom)zoom : SEP_ZOOM_NEAREST;
    info->iteration = json_integer_value(json_object_get(root, "iteration"));
    info->validation_due = json_is_true(json_object_get(root, "validation_due"));
    return info->iteration >= 0;
}

/* The names and texts of a description that info_from_json found sound. */
static sep_status texts_from_json(const json_t *root, sep_model_info *info)
{
    const json_t *classes = json_object_get(root, "class_names");

    for (size_t i = 0; i < json_array_size(classes); i++)
        SEP_TRY(sep_strings_add(&info->class_names, json_string_value(json_array_get(classes, i))));
    info->method = sep_strdup(json_string_value(json_object_get(root, "method")));
    return info->method != NULL ? SEP_OK : SEP_ERR_MEMORY;
}

void sep_model_info_free(sep_model_info *info)
{
    sep_strings_free(&info->class_names);
    sep_free(info->method);
    sep_free(info->settings);
    *info = (sep_model_info){0};
}

sep_status sep_description_write(const sep_model_info *info, char **text)
{
    sep_status status = sep_json_dump(info_to_json(info), JSON_COMPACT | JSON_REAL_PRECISION(17), text);

    return status == SEP_OK ? SEP_OK : sep_fail_within(status, "a checkpoint's description");
}

sep_status sep_description_read(const char *path, const char *text, sep_model_info *info)
{
    json_t *root;
    sep_status status = sep_json_load(text, strlen(text), 0, NULL, &root);

    if (status == SEP_OK && !info_from_json(root, info))
        status = SEP_ERR_FORMAT;
    if (status == SEP_OK)
        status = texts_from_json(root, info);
    json_decref(root);
    if (status == SEP_ERR_FORMAT)
        return sep_fail(status, "%s: the checkpoint's description is damaged", path);
    return status == SEP_OK ? SEP_OK : sep_fail_within(status, "%s", path);
}
