/* The scans that septum features looks at: files, folders, or those that a configuration keeps for the test. */
#include "cli/feature_scans.h"

#include "cli/evaluate_pairs.h"
#include "cli/options.h"
#include "cli/space.h"
#include "cli/targets.h"
#include "data/label_names.h"

#include <string.h>

/* ---- files and folders ------------------------------------------------------------------------------------------- */

static sep_status add_image(sep_feature_scans *scans, const char *path)
{
    char *name = sep_case_name(path);
    sep_status status = name != NULL ? sep_strings_add(&scans->name, name) : SEP_ERR_MEMORY;

    sep_free(name);
    SEP_TRY(status);
    return sep_strings_add(&scans->image, path);
}

static sep_status add_folder(sep_feature_scans *scans, const char *folder)
{
    sep_strings files = {0}, inputs = {0}, images = {0};
    sep_status status = sep_image_list(folder, &files);

    if (status == SEP_OK)
        status = sep_take_images(folder, &files, &inputs);
    if (status == SEP_OK)
        status = sep_take_first_channels(folder, &inputs, scans->channels, &images);
    if (status == SEP_OK && images.count == 0)
        status = sep_fail(SEP_ERR_ARGUMENT, "%s: no image in this folder", folder);
    for (int i = 0; i < images.count && status == SEP_OK; i++) {
        char *path = sep_format("%s/%s", folder, images.item[i]);
        status = path != NULL ? add_image(scans, path) : SEP_ERR_MEMORY;
        sep_free(path);
    }
    sep_strings_free(&images);
    sep_strings_free(&inputs);
    sep_strings_free(&files);
    return status;
}

/* For each scan the label map of its name. */
static sep_status add_label_folder(sep_feature_scans *scans, const char *folder)
{
    sep_strings files = {0};
    sep_status status = sep_list_label_maps(folder, &files);

    for (int i = 0; i < scans->name.count && status == SEP_OK; i++) {
        char *path = NULL;
        status = sep_find_case_file(folder, &files, scans->name.item[i], &path);
        if (status == SEP_OK)
            status = sep_strings_add(&scans->label, path);
        sep_free(path);
    }
    sep_strings_free(&files);
    return status;
}

static sep_status add_labels(sep_feature_scans *scans, const char *labels)
{
    if (strcmp(labels, "prediction") == 0)
        return SEP_OK;
    if (sep_folder_exists(labels))
        return add_label_folder(scans, labels);
    if (scans->image.count > 1)
        return sep_usage_error("--labels %s: is one label map for %d scans; give their folder", labels,
                               scans->image.count);
    return sep_strings_add(&scans->label, labels);
}

static sep_status find_files(char **data, int count, const char *labels, sep_feature_scans *scans)
{
    if (labels == NULL)
        return sep_usage_error("--labels is missing: the label map of the scan, the folder of those of several, or "
                               "'prediction' to colour by what the network says");
    for (int i = 0; i < count; i++)
        SEP_TRY(sep_folder_exists(data[i]) ? add_folder(scans, data[i]) : add_image(scans, data[i]));
    return add_labels(scans, labels);
}

/* ---- a configuration --------------------------------------------------------------------------------------------- */

static sep_status find_configured(const char *labels, sep_feature_scans *scans)
{
    int64_t seed;

    scans->given = sep_options_create();
    if (scans->given == NULL)
        return SEP_ERR_MEMORY;
    SEP_TRY(sep_options_load(scans->given, scans->configuration));
    SEP_TRY(sep_options_int(scans->given, "train.seed", 1337, 0, INT64_C(1) << 31, &seed));
    SEP_TRY(sep_data_config_read(scans->given, (uint64_t)seed, &scans->config));
    SEP_TRY(sep_test_set_find(&scans->config, &scans->set));
    for (int i = 0; i < scans->set.name.count; i++) {
        SEP_TRY(sep_strings_add(&scans->name, scans->set.name.item[i]));
        SEP_TRY(sep_strings_add(&scans->image, scans->set.image_path.item[i]));
        if (labels == NULL)
            SEP_TRY(sep_strings_add(&scans->label, scans->set.label_path.item[i]));
    }
    return SEP_OK;
}

/* ---- together ---------------------------------------------------------------------------------------------------- */

sep_status sep_feature_scans_find(char **data, int count, const char *labels, const sep_label_reading *reading,
                                  int channels, sep_feature_scans *scans)
{
    *scans = (sep_feature_scans){.reading = *reading, .channels = channels};
    if (!sep_has_suffix(data[0], ".ini"))
        return find_files(data, count, labels, scans);
    if (count > 1)
        return sep_usage_error("%s is a configuration: it stands alone", data[0]);
    if (labels != NULL && strcmp(labels, "prediction") != 0)
        return sep_usage_error("--labels %s: %s says itself where its label maps are; 'prediction' is the other choice",
                               labels, data[0]);
    scans->configuration = data[0];
    return find_configured(labels, scans);
}

void sep_feature_scans_free(sep_feature_scans *scans)
{
    sep_strings_free(&scans->name);
    sep_strings_free(&scans->image);
    sep_strings_free(&scans->label);
    sep_test_set_free(&scans->set);
    sep_options_destroy(scans->given);
    *scans = (sep_feature_scans){0};
}

void sep_feature_scans_declare(const sep_feature_scans *scans, sep_outputs *files)
{
    sep_reads(files, scans->configuration);
    for (int i = 0; i < scans->image.count; i++)
        sep_reads(files, scans->image.item[i]);
    for (int i = 0; i < scans->label.count; i++)
        sep_reads(files, scans->label.item[i]);
}

/* ---- loading ----------------------------------------------------------------------------------------------------- */

sep_status sep_feature_scan_image(const sep_feature_scans *scans, int index, sep_volume *image)
{
    return sep_image_read(scans->image.item[index], scans->channels, image);
}

static sep_status check_classes(const char *path, const sep_labels *labels, int classes)
{
    const size_t voxels = (size_t)labels->depth * (size_t)labels->height * (size_t)labels->width;

    for (size_t i = 0; i < voxels; i++)
        if (labels->data[i] >= classes && !sep_labels_ignore(labels, i))
            return sep_fail(SEP_ERR_FORMAT, "%s: holds class %d, and the model has classes 0 to %d", path,
                            labels->data[i], classes - 1);
    return SEP_OK;
}

static sep_status read_labels(const sep_feature_scans *scans, int index, int classes, sep_labels *labels)
{
    const char *path = scans->label.item[index];
    sep_volume image;

    SEP_TRY(sep_labels_read_as(path, &scans->reading, labels));
    SEP_TRY(sep_feature_scan_image(scans, index, &image));
    sep_status status = sep_match_in_space(scans->name.item[index], "the label map", labels, "the scan", &image);
    if (status == SEP_OK)
        status = sep_check_same_size(scans->image.item[index], &image, path, labels);
    sep_volume_free(&image);
    return status == SEP_OK ? check_classes(path, labels, classes) : status;
}

static sep_status load_configured(const sep_feature_scans *scans, int index, int classes, sep_labels *labels)
{
    sep_volume image;

    if (scans->set.classes != classes)
        return sep_fail(SEP_ERR_ARGUMENT, "%s has %d classes, and the model has %d", scans->configuration,
                        scans->set.classes, classes);
    SEP_TRY(sep_test_set_load(&scans->config, &scans->set, index, &image, labels));
    sep_volume_free(&image);
    return SEP_OK;
}

sep_status sep_feature_scan_labels(const sep_feature_scans *scans, int index, int classes, sep_labels *labels)
{
    *labels = (sep_labels){0};
    sep_status status = scans->configuration != NULL ? load_configured(scans, index, classes, labels)
                                                     : read_labels(scans, index, classes, labels);

    if (status != SEP_OK)
        sep_labels_free(labels);
    return status;
}
