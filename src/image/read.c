/* Reading volumes, label maps and masks: the format is chosen, the voxels are checked. */
#include "image/formats.h"
#include "image/values.h"

#include <math.h>
#include <string.h>

/* ---- a picture a slice ------------------------------------------------------------------------------------------- */

/* "case_007.png" for "case.png"; NULL when there is no memory. */
static char *slice_path(const char *path, int z)
{
    const char *suffix = sep_image_suffix(path);

    return sep_format("%.*s_%03d%s", (int)(suffix - path), path, z, suffix);
}

/* How many files NAME_000.png, NAME_001.png, ... there are without a gap; -1 when there is no memory. */
static int count_slices(const char *path)
{
    for (int z = 0;; z++) {
        char *name = slice_path(path, z);
        if (!name)
            return -1;
        bool exists = sep_file_exists(name);
        sep_free(name);
        if (!exists)
            return z;
    }
}

static sep_status check_slice(const char *path, const sep_volume *slice, const sep_volume *first)
{
    if (slice->height == first->height && slice->width == first->width)
        return SEP_OK;
    return sep_fail(SEP_ERR_SHAPE, "%s: is %dx%d pixels, slice 0 is %dx%d", path, slice->width, slice->height,
                    first->width, first->height);
}

/* Slice z into its place; slice 0 says how large all are. */
static sep_status read_slice(const char *path, int z, int depth, bool indices, sep_volume *volume)
{
    sep_volume slice = {0};
    char *name = slice_path(path, z);
    sep_status status = name ? sep_picture_read(name, indices, &slice) : SEP_ERR_MEMORY;

    if (status == SEP_OK && z == 0)
        status = sep_volume_create(volume, depth, slice.height, slice.width);
    if (status == SEP_OK)
        status = check_slice(name, &slice, volume);
    if (status == SEP_OK)
        memcpy(sep_volume_slice(volume, z), slice.data,
               (size_t)slice.height * (size_t)slice.width * sizeof *slice.data);
    sep_volume_free(&slice);
    sep_free(name);
    return status;
}

static sep_status read_slices(const char *path, int depth, bool indices, sep_volume *volume)
{
    for (int z = 0; z < depth; z++)
        SEP_TRY(read_slice(path, z, depth, indices, volume));
    return SEP_OK;
}

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

/* *step: see sep_nifti_read; 0 for all other formats. */
static sep_status read_any(const char *path, bool labels, sep_volume *volume, double *step)
{
    sep_image_format format = sep_image_format_by_name(path);
    size_t length;
    int frame;

    if (is_frame(path, &length, &frame))
        return read_frame(path, length, frame, volume, step);
    if (format == SEP_IMAGE_PNG && !sep_file_exists(path)) {
        int slices = count_slices(path);
        if (slices != 0)
            return slices < 0 ? SEP_ERR_MEMORY : read_slices(path, slices, labels, volume);
    }
    SEP_TRY(sep_image_format_of_file(path, &format));
    switch (format) {
    case SEP_IMAGE_NIFTI:
        return sep_nifti_read(path, 0, volume, step);
    case SEP_IMAGE_HDF5:
        return sep_hdf5_read(path, labels ? "label" : "image", labels ? "image" : NULL, volume);
    default:
        return sep_picture_read(path, labels, volume);
    }
}

static sep_status read_checked(const char *path, bool labels, sep_volume *volume, double *step)
{
    memset(volume, 0, sizeof *volume);
    *step = 0.0;
    sep_status status = read_any(path, labels, volume, step);
    if (status == SEP_OK)
        status = check_finite(path, volume);
    if (status != SEP_OK)
        sep_volume_free(volume);
    return status;
}

sep_status sep_volume_read(const char *path, sep_volume *volume)
{
    double step;

    return read_checked(path, false, volume, &step);
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

static sep_status take_indices(const char *path, const sep_volume *from, double step, sep_labels *labels)
{
    size_t width = (size_t)from->width, height = (size_t)from->height;
    size_t count = (size_t)from->depth * height * width;

    for (size_t i = 0; i < count; i++) {
        float value = whole_beside(from->data[i], step);
        if (!(value >= 0.0f && value <= 255.0f) || value != floorf(value))
            return sep_fail(SEP_ERR_FORMAT,
                            "%s: voxel (x %zu, y %zu, z %zu) is %g; a label map holds whole numbers 0 to 255%s", path,
                            i % width, i / width % height, i / width / height, (double)value,
                            is_other_index(value) ? ", unless --values 0,... (label_values in [data]) says which value "
                                                    "stands for which class"
                                                  : "");
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

static sep_status take_classes(const char *path, int threshold, const sep_label_values *values, const sep_volume *from,
                               double step, sep_labels *labels)
{
    if (threshold > 0) {
        take_mask(threshold, from, labels);
        return SEP_OK;
    }
    return values->count > 0 ? sep_label_values_apply(values, path, from, labels)
                             : take_indices(path, from, step, labels);
}

sep_status sep_labels_read_as(const char *path, int threshold, const sep_label_values *values, sep_labels *labels)
{
    sep_volume volume;
    double step;

    memset(labels, 0, sizeof *labels);
    if (threshold < 0)
        return sep_fail(SEP_ERR_ARGUMENT, "%s: a threshold of %d makes no sense", path, threshold);
    SEP_TRY(read_checked(path, threshold == 0, &volume, &step));
    sep_status status = sep_labels_create(labels, volume.depth, volume.height, volume.width);
    if (status == SEP_OK) {
        sep_labels_take_geometry(labels, &volume);
        status = take_classes(path, threshold, values, &volume, step, labels);
    }
    sep_volume_free(&volume);
    if (status != SEP_OK)
        sep_labels_free(labels);
    return status;
}

sep_status sep_mask_read(const char *path, int threshold, sep_labels *labels)
{
    return sep_labels_read_as(path, threshold, &(sep_label_values){0}, labels);
}

sep_status sep_labels_read(const char *path, sep_labels *labels)
{
    return sep_mask_read(path, 0, labels);
}
