/* Reading volumes, label maps and masks: the format is chosen, the voxels are checked. */
#include "image/series.h"

#include <math.h>
#include <string.h>

/* ---- one reader for all formats ---------------------------------------------------------------------------------- */

static sep_status check_finite(const char *path, const sep_volume *volume)
{
    size_t width = (size_t)volume->width, height = (size_t)volume->height;
    size_t count = (size_t)volume->depth * height * width;

    for (size_t i = 0; i < count; i++)
        if (!isfinite(volume->data[i]))
            return sep_fail(SEP_ERR_NUMERIC, "%s: voxel (x %zu, y %zu, z %zu) is %s", path, i % width,
                            i / width % height, i / width / height,
                            isnan(volume->data[i]) ? "not a number" : "infinite or beyond float32");
    return SEP_OK;
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

static sep_status read_any(const char *path, const sep_pixel_use *use, sep_volume *volume)
{
    const bool labels = use->meaning != SEP_PIXELS_INTENSITIES;
    sep_image_format format = sep_image_format_by_name(path);
    bool is_series = false;

    if (format == SEP_IMAGE_PNG && !sep_file_exists(path))
        SEP_TRY(read_series(path, use, &is_series, volume));
    if (is_series)
        return SEP_OK;
    SEP_TRY(sep_image_format_of_file(path, &format));
    if (use->colours && (format == SEP_IMAGE_NIFTI || format == SEP_IMAGE_HDF5))
        return sep_fail(SEP_ERR_ARGUMENT, "%s: only PNG and JPEG have colours that could stand for classes", path);
    switch (format) {
    case SEP_IMAGE_NIFTI:
        return sep_nifti_read(path, volume);
    case SEP_IMAGE_HDF5:
        return sep_hdf5_read(path, labels ? "label" : "image", labels ? "image" : NULL, volume);
    default:
        return sep_picture_read(path, use, NULL, volume);
    }
}

static sep_status read_checked(const char *path, const sep_pixel_use *use, sep_volume *volume)
{
    memset(volume, 0, sizeof *volume);
    sep_status status = read_any(path, use, volume);
    if (status == SEP_OK)
        status = check_finite(path, volume);
    if (status != SEP_OK)
        sep_volume_free(volume);
    return status;
}

sep_status sep_volume_read(const char *path, sep_volume *volume)
{
    return read_checked(path, &(sep_pixel_use){SEP_PIXELS_INTENSITIES}, volume);
}

/* ---- labels ------------------------------------------------------------------------------------------------------ */

static sep_status take_indices(const char *path, const sep_volume *from, sep_labels *labels)
{
    size_t width = (size_t)from->width, height = (size_t)from->height;
    size_t count = (size_t)from->depth * height * width;

    for (size_t i = 0; i < count; i++) {
        float value = from->data[i];
        if (!(value >= 0.0f && value <= 255.0f) || value != floorf(value))
            return sep_fail(SEP_ERR_FORMAT,
                            "%s: voxel (x %zu, y %zu, z %zu) is %g; a label map holds whole numbers 0 to 255", path,
                            i % width, i / width % height, i / width / height, (double)value);
        labels->data[i] = (uint8_t)value;
    }
    return SEP_OK;
}

static void take_mask(int threshold, const sep_volume *from, sep_labels *labels)
{
    size_t count = (size_t)from->depth * (size_t)from->height * (size_t)from->width;

    for (size_t i = 0; i < count; i++)
        labels->data[i] = from->data[i] >= (float)threshold;
}

/* Of a threshold (0: none) and a table of colours (NULL: none) at most one is given. */
static sep_status read_labels(const char *path, int threshold, const sep_label_colours *colours, sep_labels *labels)
{
    const sep_pixel_use use = {.meaning = colours         ? SEP_PIXELS_COLOURS
                                          : threshold > 0 ? SEP_PIXELS_MASK
                                                          : SEP_PIXELS_CLASSES,
                               .colours = colours};
    sep_volume volume;

    SEP_TRY(read_checked(path, &use, &volume));
    sep_status status = sep_labels_create(labels, volume.depth, volume.height, volume.width);
    if (status == SEP_OK) {
        sep_labels_take_geometry(labels, &volume);
        if (threshold == 0)
            status = take_indices(path, &volume, labels);
        else
            take_mask(threshold, &volume, labels);
    }
    sep_volume_free(&volume);
    if (status != SEP_OK)
        sep_labels_free(labels);
    return status;
}

sep_status sep_mask_read(const char *path, int threshold, sep_labels *labels)
{
    memset(labels, 0, sizeof *labels);
    if (threshold < 0)
        return sep_fail(SEP_ERR_ARGUMENT, "%s: a threshold of %d makes no sense", path, threshold);
    return read_labels(path, threshold, NULL, labels);
}

sep_status sep_labels_read_coloured(const char *path, const sep_label_colours *colours, sep_labels *labels)
{
    memset(labels, 0, sizeof *labels);
    return read_labels(path, 0, colours, labels);
}

sep_status sep_labels_read(const char *path, sep_labels *labels)
{
    return sep_mask_read(path, 0, labels);
}
