/* Checkpoints: the store's tensors and the model's description in one safetensors file. */
#include "train/checkpoint.h"

#include "base/json.h"

#include <math.h>
#include <string.h>

/* ---- the description as JSON ------------------------------------------------------------------------------------- */

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
    if (field < 0 || field > 65536)                                                                                    \
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

static json_t *info_to_json(const sep_model_info *info)
{
    json_t *nets = json_array(), *classes = json_array();

    for (int i = 0; i < info->students; i++)
        json_array_append_new(nets, spec_to_json(&info->spec[i]));
    for (int i = 0; i < info->class_names.count; i++)
        json_array_append_new(classes, json_string(info->class_names.item[i]));
    return json_pack("{s:i, s:s, s:o, s:o, s:{s:b, s:f, s:f}, s:i, s:I, s:i, s:I, s:f}", "version", 1, "method",
                     info->method, "nets", nets, "class_names", classes, "intensity", "window", info->intensity.window,
                     "low", (double)info->intensity.low, "high", (double)info->intensity.high, "image_zoom",
                     (int)info->image_zoom, "iteration", (json_int_t)info->iteration, "best_student",
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
            info->spec[i].classes != info->spec[0].classes)
            return false;
    return info->spec[0].classes >= 2;
}

static bool info_from_json(const json_t *root, sep_model_info *info)
{
    const json_t *intensity = json_object_get(root, "intensity"), *classes = json_object_get(root, "class_names");
    const char *method = json_string_value(json_object_get(root, "method"));

    if (!nets_from_json(json_object_get(root, "nets"), info) || method == NULL ||
        json_array_size(classes) != (size_t)info->spec[0].classes)
        return false;
    for (size_t i = 0; i < json_array_size(classes); i++)
        if (!json_is_string(json_array_get(classes, i)))
            return false;
    info->intensity.window = json_is_true(json_object_get(intensity, "window"));
    info->intensity.low = (float)json_number_value(json_object_get(intensity, "low"));
    info->intensity.high = (float)json_number_value(json_object_get(intensity, "high"));
    info->image_zoom =
        json_integer_value(json_object_get(root, "image_zoom")) == SEP_ZOOM_CUBIC ? SEP_ZOOM_CUBIC : SEP_ZOOM_NEAREST;
    info->iteration = json_integer_value(json_object_get(root, "iteration"));
    info->best_student = (int)json_integer_value(json_object_get(root, "best_student"));
    info->best_iteration = json_integer_value(json_object_get(root, "best_iteration"));
    info->best_dice = json_number_value(json_object_get(root, "best_dice"));
    return info->iteration >= 0 && info->best_student >= 0 && info->best_student < info->students;
}

/* The names and texts of a description that info_from_json found sound. */
static sep_status texts_from_json(const json_t *root, const char *settings, sep_model_info *info)
{
    const json_t *classes = json_object_get(root, "class_names");

    for (size_t i = 0; i < json_array_size(classes); i++)
        SEP_TRY(sep_strings_add(&info->class_names, json_string_value(json_array_get(classes, i))));
    info->method = sep_strdup(json_string_value(json_object_get(root, "method")));
    info->settings = sep_strdup(settings != NULL ? settings : "");
    return info->method != NULL && info->settings != NULL ? SEP_OK : SEP_ERR_MEMORY;
}

void sep_model_info_free(sep_model_info *info)
{
    sep_strings_free(&info->class_names);
    sep_free(info->method);
    sep_free(info->settings);
    *info = (sep_model_info){0};
}

/* ---- writing ----------------------------------------------------------------------------------------------------- */

static sep_status add_notes(sep_safetensors_writer *writer, const sep_model_info *info)
{
    char *text;
    sep_status status = sep_json_dump(info_to_json(info), JSON_COMPACT | JSON_REAL_PRECISION(17), &text);

    if (status == SEP_OK)
        status = sep_safetensors_add_note(writer, "septum", text);
    else
        status = sep_fail_within(status, "a checkpoint's description");
    sep_free(text);
    if (status == SEP_OK)
        status = sep_safetensors_add_note(writer, "settings", info->settings != NULL ? info->settings : "");
    return status;
}

/* Such values are neither saved, while the checkpoint before is whole, nor restored: there they come from damage or
 * from another program. */
static sep_status check_finite(const char *path, const sep_tensor *tensor, const float *values, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!isfinite(values[i]))
            return sep_fail(SEP_ERR_NUMERIC, "%s: tensor '%s' holds values that are not finite", path, tensor->name);
    return SEP_OK;
}

/* Host copies of all tensors; values[i] is freed by the caller. */
static sep_status add_tensors(sep_safetensors_writer *writer, const char *path, const sep_store *store, float **values)
{
    for (int i = 0; i < sep_store_count(store); i++) {
        const sep_tensor *tensor = sep_store_tensor(store, i);
        size_t count = (size_t)sep_shape_count(&tensor->shape);
        values[i] = sep_calloc(count, sizeof(float));
        if (values[i] == NULL)
            return SEP_ERR_MEMORY;
        SEP_TRY(sep_tensor_read(store, tensor, values[i]));
        SEP_TRY(check_finite(path, tensor, values[i], count));
        SEP_TRY(sep_safetensors_add(writer, tensor->name, SEP_STORED_F32, &tensor->shape, values[i]));
    }
    return SEP_OK;
}

sep_status sep_checkpoint_write(const char *path, const sep_store *store, const sep_model_info *info)
{
    sep_safetensors_writer *writer = sep_safetensors_writer_create();
    int count = sep_store_count(store);
    float **values = sep_calloc((size_t)count + 1, sizeof *values);
    sep_status status = writer != NULL && values != NULL ? SEP_OK : SEP_ERR_MEMORY;

    if (status == SEP_OK)
        status = add_notes(writer, info);
    if (status == SEP_OK)
        status = add_tensors(writer, path, store, values);
    if (status == SEP_ERR_NUMERIC)
        status = sep_fail_within(status, "not saved");
    if (status == SEP_OK)
        status = sep_safetensors_write(writer, path);
    for (int i = 0; values != NULL && i < count; i++)
        sep_free(values[i]);
    sep_free(values);
    sep_safetensors_writer_destroy(writer);
    return status;
}

/* ---- reading ----------------------------------------------------------------------------------------------------- */

sep_status sep_checkpoint_open(const char *path, sep_safetensors **file, sep_model_info *info)
{
    *info = (sep_model_info){0};
    SEP_TRY(sep_safetensors_open(path, file));
    const char *note = sep_safetensors_note(*file, "septum"), *settings = sep_safetensors_note(*file, "settings");
    json_t *root = NULL;
    sep_status status = note != NULL ? sep_json_load(note, strlen(note), 0, NULL, &root) : SEP_ERR_FORMAT;

    if (status == SEP_OK && !info_from_json(root, info))
        status = SEP_ERR_FORMAT;
    if (status == SEP_OK)
        status = texts_from_json(root, settings, info);
    json_decref(root);
    if (status == SEP_OK)
        return SEP_OK;
    sep_model_info_free(info);
    sep_safetensors_close(*file);
    *file = NULL;
    if (status == SEP_ERR_MEMORY)
        return sep_fail_within(status, "%s", path);
    return sep_fail(SEP_ERR_FORMAT, "%s: %s", path,
                    note == NULL ? "a safetensors file, but not a checkpoint of septum (it has no note 'septum')"
                                 : "the checkpoint's description is damaged");
}

static sep_status restore_tensor(const char *path, const sep_safetensors *file, sep_store *store, sep_tensor *tensor)
{
    size_t count = (size_t)sep_shape_count(&tensor->shape);
    float *values = sep_calloc(count, sizeof *values);

    if (values == NULL)
        return SEP_ERR_MEMORY;
    sep_status status = sep_safetensors_read_f32(file, tensor->name, &tensor->shape, values);
    if (status == SEP_ERR_FORMAT || status == SEP_ERR_SHAPE)
        status = sep_fail_within(status, "%s is a checkpoint of another network", path);
    if (status == SEP_OK)
        status = check_finite(path, tensor, values, count);
    if (status == SEP_OK)
        status = sep_tensor_write(store, tensor, values);
    sep_free(values);
    return status;
}

sep_status sep_checkpoint_restore(const char *path, const sep_safetensors *file, sep_store *store, bool with_optimiser)
{
    for (int i = 0; i < sep_store_count(store); i++) {
        sep_tensor *tensor = sep_store_tensor(store, i);
        if (tensor->role == SEP_ROLE_OPTIMISER && !with_optimiser)
            continue;
        SEP_TRY(restore_tensor(path, file, store, tensor));
    }
    return SEP_OK;
}

sep_status sep_model_describe(const char *path, sep_model_info *info)
{
    sep_safetensors *file;

    SEP_TRY(sep_checkpoint_open(path, &file, info));
    sep_safetensors_close(file);
    return SEP_OK;
}
