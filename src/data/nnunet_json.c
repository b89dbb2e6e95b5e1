/* Parses nnU-Net's dataset.json: labels, channels and training files, as versions 1 and 2 write them. */
#include "data/nnunet.h"

#include "base/json.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define MAX_CLASSES 256

void sep_nnunet_free(sep_nnunet_manifest *manifest)
{
    sep_strings_free(&manifest->class_names);
    sep_strings_free(&manifest->channel_names);
    sep_strings_free(&manifest->name);
    sep_strings_free(&manifest->image);
    sep_strings_free(&manifest->label);
    sep_free(manifest->file_ending);
    *manifest = (sep_nnunet_manifest){0};
}

/* ---- labels ------------------------------------------------------------------------------------------------------ */

/* Version 1 writes {"1": "liver"}, version 2 {"liver": 1}. */
static sep_status read_label(const char *path, const char *key, const json_t *value, int *number, const char **name)
{
    if (json_is_integer(value)) {
        json_int_t wide = json_integer_value(value);

        *number = wide < 0 || wide >= MAX_CLASSES ? -1 : (int)wide;
        *name = key;
    } else if (json_is_string(value)) {
        char *end;
        long wide = strtol(key, &end, 10);

        *number = *key == '\0' || *end != '\0' || wide < 0 || wide >= MAX_CLASSES ? -1 : (int)wide;
        *name = json_string_value(value);
    } else {
        return sep_fail(SEP_ERR_UNSUPPORTED, "%s: label '%s' is not one whole number (regions are not supported)", path,
                        key);
    }
    if (*number < 0)
        return sep_fail(SEP_ERR_FORMAT, "%s: label '%s' has no number from 0 to %d", path, key, MAX_CLASSES - 1);
    return SEP_OK;
}

static sep_status read_labels(const char *path, json_t *root, sep_nnunet_manifest *manifest)
{
    const char *names[MAX_CLASSES] = {NULL};
    json_t *labels = json_object_get(root, "labels"), *value;
    const char *key;

    manifest->ignored = -1;
    if (!json_is_object(labels) || json_object_size(labels) == 0)
        return sep_fail(SEP_ERR_FORMAT, "%s: has no object 'labels'", path);
    json_object_foreach(labels, key, value)
    {
        int number = -1;
        const char *name = "";

        SEP_TRY(read_label(path, key, value, &number, &name));
        if (names[number] != NULL)
            return sep_fail(SEP_ERR_FORMAT, "%s: label %d is both '%s' and '%s'", path, number, names[number], name);
        names[number] = name;
        if (strcmp(name, "ignore") == 0)
            manifest->ignored = number;
    }
    manifest->classes = (int)json_object_size(labels) - (manifest->ignored >= 0);
    for (int i = 0; i < manifest->classes; i++) {
        if (names[i] == NULL || i == manifest->ignored)
            return sep_fail(SEP_ERR_FORMAT, "%s: %d labels, but none has the number %d (they must run from 0 up)", path,
                            manifest->classes, i);
        SEP_TRY(sep_strings_add(&manifest->class_names, names[i]));
    }
    if (manifest->classes < 2)
        return sep_fail(SEP_ERR_FORMAT, "%s: names the background only", path);
    return SEP_OK;
}

/* ---- channels and counts ----------------------------------------------------------------------------------------- */

/* Version 1 calls the object 'modality'. Both count channels from "0" up; nothing said is one channel. */
static sep_status read_channels(const char *path, const json_t *root, sep_nnunet_manifest *manifest)
{
    const char *key = json_object_get(root, "channel_names") != NULL ? "channel_names" : "modality";
    const json_t *names = json_object_get(root, key);
    const size_t channels = json_object_size(names);

    manifest->channels = channels > 0 ? (int)channels : 1;
    if (channels > SEP_MOST_IMAGE_CHANNELS)
        return sep_fail(SEP_ERR_UNSUPPORTED, "%s: '%s' lists %zu channels: images have %d at most", path, key, channels,
                        SEP_MOST_IMAGE_CHANNELS);
    for (size_t c = 0; c < channels; c++) {
        char number[24];
        snprintf(number, sizeof number, "%zu", c);
        const char *name = json_string_value(json_object_get(names, number));
        if (name == NULL && channels > 1)
            return sep_fail(SEP_ERR_FORMAT,
                            "%s: '%s' lists %zu channels, but none is \"%zu\" (they must run from 0 up)", path, key,
                            channels, c);
        if (name != NULL)
            SEP_TRY(sep_strings_add(&manifest->channel_names, name));
    }
    return SEP_OK;
}

static sep_status read_count(const char *path, const json_t *root, sep_nnunet_manifest *manifest)
{
    const json_t *count = json_object_get(root, "numTraining");

    manifest->training_count = -1;
    if (count == NULL)
        return SEP_OK;
    if (!json_is_integer(count) || json_integer_value(count) < 1 || json_integer_value(count) > INT_MAX)
        return sep_fail(SEP_ERR_FORMAT, "%s: 'numTraining' is not a number of cases", path);
    manifest->training_count = (int)json_integer_value(count);
    return SEP_OK;
}

static sep_status read_ending(const char *path, const json_t *root, sep_nnunet_manifest *manifest)
{
    const char *const known[] = {".nii.gz", ".nii", ".png"};
    const json_t *value = json_object_get(root, "file_ending");
    const char *ending = value == NULL ? known[0] : json_string_value(value);

    for (size_t i = 0; ending != NULL && i < sizeof known / sizeof known[0]; i++) {
        if (strcasecmp(ending, known[i]) == 0) {
            manifest->file_ending = sep_strdup(ending);
            return manifest->file_ending == NULL ? SEP_ERR_MEMORY : SEP_OK;
        }
    }
    return sep_fail(SEP_ERR_UNSUPPORTED, "%s: 'file_ending' is '%s', but only .nii.gz, .nii and .png are supported",
                    path, ending == NULL ? "not a string" : ending);
}

/* ---- training files ---------------------------------------------------------------------------------------------- */

static sep_status add_files(sep_nnunet_manifest *manifest, const char *name, const char *image, const char *label)
{
    SEP_TRY(sep_strings_add(&manifest->name, name));
    SEP_TRY(sep_strings_add(&manifest->image, image));
    return sep_strings_add(&manifest->label, label == NULL ? "" : label);
}

/* Version 1: "training": [{"image": "./imagesTr/a.nii.gz", "label": "./labelsTr/a.nii.gz"}, ...]. */
static sep_status read_training_list(const char *path, json_t *training, sep_nnunet_manifest *manifest)
{
    size_t i;
    json_t *item;

    json_array_foreach(training, i, item)
    {
        const char *image = json_string_value(json_object_get(item, "image"));

        if (image == NULL)
            return sep_fail(SEP_ERR_FORMAT, "%s: training case %zu has no 'image'", path, i);
        SEP_TRY(add_files(manifest, "", image, json_string_value(json_object_get(item, "label"))));
    }
    return SEP_OK;
}

/* The length of the variable's name that `at` (behind a '$') starts with. */
static size_t variable_length(const char *at)
{
    return strspn(at, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_");
}

/* The value of the variable that a '$' at `at` speaks of, and in *length how long "$NAME" or "${NAME}" is; *value is
 * NULL, *length 1 where it speaks of none. */
static sep_status look_up_variable(const char *path, const char *at, const char **value, size_t *length)
{
    const bool braces = at[1] == '{';
    const char *name = at + 1 + braces;
    const size_t letters = variable_length(name);

    *value = NULL;
    *length = 1;
    if (letters == 0 || (braces && name[letters] != '}'))
        return SEP_OK;
    char *copy = sep_format("%.*s", (int)letters, name);
    if (copy == NULL)
        return SEP_ERR_MEMORY;
    *value = getenv(copy);
    *length = 1 + letters + (braces ? 2 : 0);
    sep_status status = *value != NULL
                            ? SEP_OK
                            : sep_fail(SEP_ERR_FORMAT,
                                       "%s: '%s' stands in the name of a file, but the variable %s is not set: "
                                       "export it",
                                       path, at, copy);
    sep_free(copy);
    return status;
}

/* `text` with the values of the environment's variables in place of $NAME and ${NAME}, as nnU-Net has them. */
static sep_status expand_variables(const char *path, const char *text, char **expanded)
{
    sep_status status = SEP_OK;

    *expanded = sep_strdup("");
    while (status == SEP_OK && *expanded != NULL && *text != '\0') {
        const char *value = NULL;
        size_t length = strcspn(text, "$");

        if (length == 0)
            status = look_up_variable(path, text, &value, &length);
        char *longer =
            value != NULL ? sep_format("%s%s", *expanded, value) : sep_format("%s%.*s", *expanded, (int)length, text);
        sep_free(*expanded);
        *expanded = longer;
        text += length;
    }
    if (status == SEP_OK && *expanded == NULL)
        status = SEP_ERR_MEMORY;
    return status;
}

static sep_status add_case(const char *path, const char *name, const char *image, const char *label,
                           sep_nnunet_manifest *manifest)
{
    char *image_path = NULL, *label_path = NULL;

    if (name[0] == '\0' || strchr(name, '/') != NULL)
        return sep_fail(SEP_ERR_FORMAT,
                        "%s: case '%s': the name of a case names its files, so it can't be empty or hold "
                        "a '/'",
                        path, name);
    sep_status status = expand_variables(path, image, &image_path);
    if (status == SEP_OK)
        status = expand_variables(path, label == NULL ? "" : label, &label_path);
    if (status == SEP_OK)
        status = add_files(manifest, name, image_path, label_path);
    sep_free(image_path);
    sep_free(label_path);
    return status;
}

/* Whoever reads a case goes from the first channel's file to the others by their numbers. */
static sep_status check_images(const char *path, const char *name, const json_t *images, int channels)
{
    if (json_array_size(images) != (size_t)channels)
        return sep_fail(SEP_ERR_FORMAT, "%s: case '%s' lists %zu images, but there are %d channels", path, name,
                        json_array_size(images), channels);
    for (int c = 1; c < channels; c++) {
        const char *image = json_string_value(json_array_get(images, (size_t)c));
        char *expected = sep_channel_path(json_string_value(json_array_get(images, 0)), c);
        const bool is_next = image != NULL && expected != NULL && strcmp(image, expected) == 0;
        sep_free(expected);
        if (!is_next)
            return sep_fail(SEP_ERR_UNSUPPORTED,
                            "%s: case '%s', image %d: the files of a case must differ in the number of the channel "
                            "alone: NAME_0000, NAME_0001, ...",
                            path, name, c);
    }
    return SEP_OK;
}

/* Version 2, optional: "dataset": {"a": {"images": ["imagesTr/a_0000.nii.gz"], "label": "labelsTr/a.nii.gz"}, ...}. */
static sep_status read_case_table(const char *path, json_t *table, sep_nnunet_manifest *manifest)
{
    const char *key;
    json_t *item;

    json_object_foreach(table, key, item)
    {
        const json_t *images = json_object_get(item, "images");
        const char *image = json_string_value(json_array_get(images, 0));

        if (image == NULL)
            return sep_fail(SEP_ERR_FORMAT, "%s: case '%s' has no 'images'", path, key);
        SEP_TRY(check_images(path, key, images, manifest->channels));
        SEP_TRY(add_case(path, key, image, json_string_value(json_object_get(item, "label")), manifest));
    }
    return SEP_OK;
}

static sep_status read_root(const char *path, json_t *root, sep_nnunet_manifest *manifest)
{
    SEP_TRY(read_labels(path, root, manifest));
    SEP_TRY(read_channels(path, root, manifest));
    SEP_TRY(read_count(path, root, manifest));
    SEP_TRY(read_ending(path, root, manifest));
    SEP_TRY(read_training_list(path, json_object_get(root, "training"), manifest));
    return manifest->image.count > 0 ? SEP_OK : read_case_table(path, json_object_get(root, "dataset"), manifest);
}

static sep_status parse(const char *text, size_t size, const char *path,
                        sep_status (*read)(const char *path, json_t *root, sep_nnunet_manifest *manifest),
                        sep_nnunet_manifest *manifest)
{
    size_t mark = sep_mark_length(text, size);
    json_t *root;
    sep_status status = sep_json_load(text + mark, size - mark, 0, NULL, &root);

    *manifest = (sep_nnunet_manifest){0};
    if (status != SEP_OK)
        return sep_fail_within(status, "%s", path);
    status =
        json_is_object(root) ? read(path, root, manifest) : sep_fail(SEP_ERR_FORMAT, "%s: is not a JSON object", path);
    json_decref(root);
    return status;
}

sep_status sep_nnunet_parse(const char *text, size_t size, const char *path, sep_nnunet_manifest *manifest)
{
    return parse(text, size, path, read_root, manifest);
}

sep_status sep_nnunet_parse_classes(const char *text, size_t size, const char *path, sep_nnunet_manifest *manifest)
{
    return parse(text, size, path, read_labels, manifest);
}
