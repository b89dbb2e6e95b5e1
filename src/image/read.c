/* Reading volumes, label maps and masks: the format is chosen, the voxels are checked. */
#include "image/series.h"
#include "image/values.h"

#include <math.h>
#include <string.h>

/* ---- one reader for all formats ---------------------------------------------------------------------------------- */

sep_status sep_volume_check_finite(const char *name, const sep_volume *volume)
{
    size_t width = (size_t)volume->width, height = (size_t)volume->height, voxels = sep_volume_voxels(volume);
    size_t count = (size_t)sep_volume_channels(volume) * voxels;

    for (size_t i = 0; i < count; i++)
        if (!isfinite(volume->data[i]))
            return sep_fail(SEP_ERR_NUMERIC, "%s: voxel (x %zu, y %zu, z %zu) is %s", name, i % width,
                            i / width % height, i % voxels / width / height,
                            isnan(volume->data[i]) ? "not a number" : "infinite or beyond float32");
    return SEP_OK;
}

/* "cine.nii.gz#12", where there is no file of that whole name. */
static bool is_frame(const char *path, size_t *length, int *frame)
{
    return sep_image_asks_for_frame(path, length, frame) && !sep_file_exists(path);
}

static sep_status read_frame(const char *path, size_t length, int frame, sep_volume *volume, double *step)
{
    if (frame == 0)
        return sep_fail(SEP_ERR_ARGUMENT, "%s: frames are counted from #1", path);
    char *file = sep_format("%.*s", (int)length, path);
    sep_image_format format;

    if (!file)
        return SEP_ERR_MEMORY;
    sep_status status = sep_image_format_of_file(file, &format);
    if (status == SEP_OK)
        status = sep_nifti_read(file, frame, volume, step);
    sep_free(file);
    return status;
}

sep_status sep_image_frames(const char *path, int *frames)
{
    sep_image_format format;

    SEP_TRY(sep_image_format_of_file(path, &format));
    *frames = 1;
    return format == SEP_IMAGE_NIFTI ? sep_nifti_frames(path, frames) : SEP_OK;
}

/* NAME.png that is not there, but NAME_000.png is: a slice a file. */
static sep_status read_series(const char *path, const sep_pixel_use *use, bool *is_series, sep_volume *volume)
{
    sep_strings names = {0};
    sep_status status = sep_series_find(path, &names);

    *is_series = names.count > 0;
    if (status == SEP_OK && *is_series)
        status = sep_series_read(path, &names, use, volume);
    sep_strings_free(&names);
    return status;
}

/* *step: see sep_nifti_read; 0 for all other formats. */
static sep_status read_any(const char *path, const sep_pixel_use *use, sep_volume *volume, double *step)
{
    const bool labels = use->meaning != SEP_PIXELS_INTENSITIES;
    sep_image_format format = sep_image_format_by_name(path);
    bool is_series = false;
    size_t length;
    int frame;

    if (is_frame(path, &length, &frame))
        return read_frame(path, length, frame, volume, step);
    if (format == SEP_IMAGE_PNG && !sep_file_exists(path))
        SEP_TRY(read_series(path, use, &is_series, volume));
    if (is_series)
        return SEP_OK;
    SEP_TRY(sep_image_format_of_file(path, &format));
    if (use->colours && (format == SEP_IMAGE_NIFTI || format == SEP_IMAGE_HDF5))
        return sep_fail(SEP_ERR_ARGUMENT, "%s: only PNG and JPEG have colours that could stand for classes", path);
    switch (format) {
    case SEP_IMAGE_NIFTI:
        return sep_nifti_read(path, 0, volume, step);
    case SEP_IMAGE_HDF5:
        return sep_hdf5_read(path, use->dataset, labels ? "image" : NULL, use->channels > 1 ? use->channels : 1,
                             volume);
    default:
        return sep_picture_read(path, use, NULL, volume);
    }
}

static sep_status read_checked(const char *path, const sep_pixel_use *use, sep_volume *volume, double *step)
{
    memset(volume, 0, sizeof *volume);
    *step = 0.0;
    sep_status status = read_any(path, use, volume, step);
    if (status == SEP_OK)
        status = sep_volume_check_finite(path, volume);
    if (status != SEP_OK)
        sep_volume_free(volume);
    return status;
}

sep_status sep_volume_read(const char *path, sep_volume *volume)
{
    double step;

    return read_checked(path, &(sep_pixel_use){SEP_PIXELS_INTENSITIES, .dataset = "image"}, volume, &step);
}

sep_status sep_colour_read(const char *path, int channel, sep_volume *volume)
{
    double step;

    return read_checked(path, &(sep_pixel_use){SEP_PIXELS_CHANNEL, .dataset = "image", .channel = channel}, volume,
                        &step);
}

sep_status sep_channels_read_whole(const char *path, int channels, sep_volume *volume)
{
    double step;

    return read_checked(path, &(sep_pixel_use){SEP_PIXELS_INTENSITIES, .dataset = "image", .channels = channels},
                        volume, &step);
}

/* ---- labels ------------------------------------------------------------------------------------------------------ */

/* A value that may be off by half a step, and for sure is by less than a quarter, is the whole number beside it. */
static float whole_beside(float value, double step)
{
    const double whole = floor((double)value + 0.5), off = fabs((double)value - whole);

    return off <= 0.5 * step && off < 0.25 ? (float)whole : value;
}

/* Whole, but too large for an index: 205 or 820 of a set that numbers its classes so. */
static bool is_other_index(float value)
{
    return value > 255.0f && value <= (float)UINT16_MAX && value == floorf(value);
}

/* What stands in a label map is whole; a slope may have left it beside that. */
static void round_to_whole(sep_volume *volume, double step)
{
    size_t count = (size_t)volume->depth * (size_t)volume->height * (size_t)volume->width;

    for (size_t i = 0; step > 0.0 && i < count; i++)
        volume->data[i] = whole_beside(volume->data[i], step);
}

static sep_status take_indices(const char *path, const sep_label_reading *reading, const sep_volume *from,
                               sep_labels *labels)
{
    const float most = reading->ignores ? SEP_IGNORED - 1.0f : 255.0f;
    size_t width = (size_t)from->width, height = (size_t)from->height;
    size_t count = (size_t)from->depth * height * width;

    for (size_t i = 0; i < count; i++) {
        float value = from->data[i];
        if (sep_is_unannotated(reading, value)) {
            labels->data[i] = SEP_IGNORED;
            continue;
        }
        if (!(value >= 0.0f && value <= most) || value != floorf(value))
            return sep_fail(SEP_ERR_FORMAT,
                            "%s: voxel (x %zu, y %zu, z %zu) is %g; a label map holds whole numbers 0 to %g%s", path,
                            i % width, i / width % height, i / width / height, (double)value, (double)most,
                            is_other_index(value) ? ", unless --values 0,... (label_values in [data]) says which value "
                                                    "stands for which class"
                                                  : "");
        labels->data[i] = (uint8_t)value;
    }
    return SEP_OK;
}

static void take_mask(const sep_label_reading *reading, const sep_volume *from, sep_labels *labels)
{
    size_t count = (size_t)from->depth * (size_t)from->height * (size_t)from->width;

    for (size_t i = 0; i < count; i++)
        labels->data[i] =
            sep_is_unannotated(reading, from->data[i]) ? SEP_IGNORED : from->data[i] >= (float)reading->threshold;
}

static sep_status take_classes(const char *path, const sep_label_reading *reading, double step, sep_volume *from,
                               sep_labels *labels)
{
    if (reading->threshold > 0) {
        take_mask(reading, from, labels);
        return SEP_OK;
    }
    round_to_whole(from, step);
    return reading->values.count > 0 ? sep_label_values_apply(reading, path, from, labels)
                                     : take_indices(path, reading, from, labels);
}

static sep_status check_reading(const char *path, const sep_label_reading *reading)
{
    if (reading->threshold < 0)
        return sep_fail(SEP_ERR_ARGUMENT, "%s: a threshold of %d makes no sense", path, reading->threshold);
    if ((reading->threshold > 0) + (reading->values.count > 0) + (reading->colours.count > 0) > 1)
        return sep_fail(SEP_ERR_ARGUMENT, "%s: a threshold, values and colours each say what voxels are: one of them",
                        path);
    if (reading->ignores && reading->colours.count > 0)
        return sep_fail(SEP_ERR_UNSUPPORTED, "%s: of colours none can stand for what is ignored", path);
    if (reading->ignores && reading->values.count > SEP_IGNORED)
        return sep_fail(SEP_ERR_UNSUPPORTED, "%s: with a value to ignore, there can be %d classes at most", path,
                        SEP_IGNORED);
    return SEP_OK;
}

static sep_pixel_use use_of_pixels(const sep_label_reading *reading)
{
    sep_pixel_use use = {.meaning = reading->threshold > 0 ? SEP_PIXELS_MASK : SEP_PIXELS_CLASSES,
                         .dataset = reading->dataset != NULL ? reading->dataset : "label"};

    if (reading->colours.count > 0) {
        use.meaning = SEP_PIXELS_COLOURS;
        use.colours = &reading->colours;
    }
    return use;
}

sep_status sep_labels_read_as(const char *path, const sep_label_reading *reading, sep_labels *labels)
{
    const sep_pixel_use use = use_of_pixels(reading);
    sep_volume volume;
    double step;

    memset(labels, 0, sizeof *labels);
    SEP_TRY(check_reading(path, reading));
    SEP_TRY(read_checked(path, &use, &volume, &step));
    sep_status status = sep_labels_create(labels, volume.depth, volume.height, volume.width);
    if (status == SEP_OK) {
        sep_labels_take_geometry(labels, &volume);
        labels->ignores = reading->ignores;
        status = take_classes(path, reading, step, &volume, labels);
    }
    sep_volume_free(&volume);
    if (status != SEP_OK)
        sep_labels_free(labels);
    return status;
}

sep_status sep_mask_read(const char *path, int threshold, sep_labels *labels)
{
    return sep_labels_read_as(path, &(sep_label_reading){.threshold = threshold}, labels);
}

sep_status sep_labels_read(const char *path, sep_labels *labels)
{
    return sep_mask_read(path, 0, labels);
}
