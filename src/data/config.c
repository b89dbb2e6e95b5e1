/* The [data] section of an option file. */
#include "data/channels.h"

#include <stdlib.h>
#include <string.h>

static const char *const FORMATS[] = {"hdf5", "nnunet", "pairs"};
static const char *const SERIES[] = {"skip", "frames"};
static const char *const AUGMENTATIONS[] = {"none", "flips", "thesis", "strong"};
static const char *const ZOOMS[] = {"nearest", "cubic", "linear"};
static const char *const GEOMETRIES[] = {"strict", "warn"};
static const char *const ORIENTATIONS[] = {"common", "stored"};
static const char *const VIEWS[] = {"whole", "window"};

#define COUNT_OF(array) ((int)(sizeof(array) / sizeof((array)[0])))

static sep_status read_int(sep_options *options, const char *key, int fallback, int low, int high, int *value)
{
    int64_t wide;

    SEP_TRY(sep_options_int(options, key, fallback, low, high, &wide));
    *value = (int)wide;
    return SEP_OK;
}

static sep_status read_space(sep_options *options, sep_data_config *config)
{
    int geometry, orientation, axis;

    SEP_TRY(sep_options_choice(options, "data.geometry", "strict", GEOMETRIES, COUNT_OF(GEOMETRIES), &geometry));
    SEP_TRY(
        sep_options_choice(options, "data.orientation", "common", ORIENTATIONS, COUNT_OF(ORIENTATIONS), &orientation));
    config->geometry = (sep_geometry_policy)geometry;
    SEP_TRY(sep_options_choice(options, "data.slice_axis", "z", sep_slice_axis_names, SEP_SLICE_AXES, &axis));
    config->orientation = (sep_orientation_policy)orientation;
    config->slice_axis = (sep_slice_axis)axis;
    if (config->slice_axis != SEP_SLICE_AXIS_Z && config->orientation == SEP_ORIENTATION_STORED)
        return sep_fail(SEP_ERR_ARGUMENT,
                        "data.slice_axis = %s cuts scans along another axis than they are stored in, and "
                        "data.orientation = stored takes them as they are: leave one of them out",
                        sep_slice_axis_names[axis]);
    return SEP_OK;
}

/* "1.5" or "1.5, 1.25": one number is for both. */
static sep_status read_spacing(sep_options *options, float spacing[2])
{
    double value[2] = {0.0, 0.0};
    const char *text;
    char *end;

    spacing[0] = spacing[1] = 0.0f;
    SEP_TRY(sep_options_string(options, "data.spacing", NULL, &text));
    if (text == NULL)
        return SEP_OK;
    value[0] = value[1] = strtod(text, &end);
    end += strspn(end, " ");
    if (*end == ',') {
        value[1] = strtod(end + 1, &end);
        end += strspn(end, " ");
    }
    for (int i = 0; i < 2; i++)
        if (*end != '\0' || !(value[i] >= SEP_LEAST_SPACING && value[i] <= SEP_MOST_SPACING))
            return sep_fail(SEP_ERR_ARGUMENT,
                            "data.spacing is '%s': one or two numbers (x, y) from %g to %g, the size of a pixel in mm",
                            text, SEP_LEAST_SPACING, SEP_MOST_SPACING);
    spacing[0] = (float)value[0];
    spacing[1] = (float)value[1];
    return SEP_OK;
}

/* What marks voxels that nobody annotated; -1 is nothing. */
static sep_status read_ignored(sep_options *options, sep_label_reading *reading)
{
    int ignored;

    SEP_TRY(read_int(options, "data.ignore", -1, -1, UINT16_MAX, &ignored));
    reading->ignores = ignored >= 0;
    reading->ignored = reading->ignores ? (uint16_t)ignored : 0;
    return SEP_OK;
}

/* Only HDF5 files have room for several label maps. */
static sep_status read_label_names(sep_options *options, sep_data_config *config)
{
    SEP_TRY(sep_options_string(options, "data.label_name", NULL, &config->labels.dataset));
    SEP_TRY(sep_options_string(options, "data.validation_label_name", NULL, &config->validation_label_name));
    if (config->format != SEP_DATA_HDF5 && (config->labels.dataset != NULL || config->validation_label_name != NULL))
        return sep_fail(SEP_ERR_ARGUMENT, "data.label_name and data.validation_label_name are for data.format = hdf5");
    return SEP_OK;
}

static sep_status read_labels(sep_options *options, sep_label_reading *reading)
{
    const char *values, *colours;

    SEP_TRY(read_ignored(options, reading));
    SEP_TRY(read_int(options, "data.mask_threshold", 0, 0, UINT16_MAX, &reading->threshold));
    SEP_TRY(sep_options_string(options, "data.label_values", NULL, &values));
    SEP_TRY(sep_options_string(options, "data.label_colours", NULL, &colours));
    if ((reading->threshold > 0) + (values != NULL) + (colours != NULL) > 1)
        return sep_fail(SEP_ERR_ARGUMENT,
                        "data.mask_threshold, data.label_values and data.label_colours each say what the pixels of "
                        "label maps are: one of them");
    sep_status status = values != NULL ? sep_label_values_parse(values, &reading->values) : SEP_OK;
    if (status != SEP_OK)
        return sep_fail_within(status, "data.label_values");
    status = colours != NULL ? sep_label_colours_parse(colours, &reading->colours) : SEP_OK;
    return status == SEP_OK ? SEP_OK : sep_fail_within(status, "data.label_colours");
}

static sep_status read_registered(sep_options *options, sep_data_config *config)
{
    SEP_TRY(sep_options_string(options, "data.registered", NULL, &config->registered));
    config->registers = config->registered != NULL && strcmp(config->registered, "auto") == 0;
    if (config->registers || (config->registered != NULL && strcmp(config->registered, "no") == 0))
        config->registered = NULL;
    SEP_TRY(sep_options_string(options, "data.registrations", NULL, &config->registrations));
    config->hashes = config->registers || config->registrations != NULL;
    return SEP_OK;
}

sep_status sep_data_config_read(sep_options *options, uint64_t seed, sep_data_config *config)
{
    int format, series;

    *config = (sep_data_config){.seed = seed};
    SEP_TRY(sep_options_choice(options, "data.format", "hdf5", FORMATS, COUNT_OF(FORMATS), &format));
    config->format = (sep_data_format)format;
    SEP_TRY(sep_options_string(options, "data.folder", NULL, &config->folder));
    if (config->folder == NULL)
        return sep_fail(SEP_ERR_ARGUMENT, "data.folder is not set: give the folder of the dataset");
    SEP_TRY(read_int(options, "data.classes", 0, 0, 256, &config->classes));
    SEP_TRY(sep_options_string(options, "data.train_list", NULL, &config->train_list));
    SEP_TRY(sep_options_string(options, "data.validation_list", NULL, &config->validation_list));
    SEP_TRY(sep_options_string(options, "data.test_list", NULL, &config->test_list));
    SEP_TRY(read_int(options, "data.validation_count", 0, 0, INT32_MAX, &config->validation_count));
    SEP_TRY(sep_options_float(options, "data.validation_fraction", 0.0, 0.0, 1.0, &config->validation_fraction));
    SEP_TRY(read_int(options, "data.labelled_cases", 0, 0, INT32_MAX, &config->labelled_cases));
    SEP_TRY(sep_options_string(options, "data.labelled_list", NULL, &config->labelled_list));
    SEP_TRY(sep_options_string(options, "data.group_separator", "_frame", &config->group_separator));
    SEP_TRY(sep_options_choice(options, "data.series", "skip", SERIES, COUNT_OF(SERIES), &series));
    config->series = series == 1;
    SEP_TRY(read_registered(options, config));
    SEP_TRY(read_labels(options, &config->labels));
    SEP_TRY(read_label_names(options, config));
    SEP_TRY(read_space(options, config));
    SEP_TRY(read_spacing(options, config->spacing));
    SEP_TRY(read_int(options, "data.memory", 0, 0, INT32_MAX, &config->memory));
    return sep_channels_read(options, config);
}

/* By its table, from nothing. */
static sep_status take_defaults(sep_strong_settings *strong)
{
    sep_options *none = sep_options_create();
    sep_status status =
        none != NULL ? sep_settings_read(none, "augmentation", sep_strong_table, strong) : SEP_ERR_MEMORY;

    sep_options_destroy(none);
    return status;
}

/* A run that nothing of it happens in shall not record how it would; `foreground` is of windows too. */
static sep_status read_strong(sep_options *options, sep_batch_config *config)
{
    const char *key, *value;

    for (const void *place = NULL; sep_options_next(options, &place, &key, &value);)
        config->strong_given = config->strong_given || strncmp(key, "augmentation.", 13) == 0;
    if (config->augmentation != SEP_AUGMENT_STRONG && config->view != SEP_PATCH_WINDOW && !config->strong_given)
        return take_defaults(&config->strong);
    return sep_settings_read(options, "augmentation", sep_strong_table, &config->strong);
}

sep_status sep_batch_config_read(sep_options *options, uint64_t seed, sep_batch_config *config)
{
    int size, view, augmentation, zoom;

    *config = (sep_batch_config){.seed = seed};
    SEP_TRY(read_int(options, "data.patch_size", 224, 1, 4096, &size));
    SEP_TRY(read_int(options, "data.patch_height", size, 1, 4096, &config->height));
    SEP_TRY(read_int(options, "data.patch_width", size, 1, 4096, &config->width));
    SEP_TRY(sep_options_choice(options, "data.view", "whole", VIEWS, COUNT_OF(VIEWS), &view));
    config->view = (sep_patch_view)view;
    SEP_TRY(sep_options_choice(options, "data.augmentation", "thesis", AUGMENTATIONS, COUNT_OF(AUGMENTATIONS),
                               &augmentation));
    config->augmentation = (sep_augmentation)augmentation;
    bool strong = config->augmentation == SEP_AUGMENT_STRONG;
    SEP_TRY(
        sep_options_choice(options, "data.image_zoom", strong ? "linear" : "nearest", ZOOMS, COUNT_OF(ZOOMS), &zoom));
    config->image_zoom = (sep_zoom)zoom;
    if (config->view == SEP_PATCH_WINDOW && config->image_zoom != (strong ? SEP_ZOOM_LINEAR : SEP_ZOOM_NEAREST))
        return sep_fail(SEP_ERR_ARGUMENT,
                        "data.image_zoom is how whole slices are resized, and data.view = window resizes "
                        "none: leave it out");
    SEP_TRY(read_strong(options, config));
    return read_int(options, "data.loader_threads", 1, 0, 64, &config->threads);
}
