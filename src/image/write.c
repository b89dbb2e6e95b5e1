/* Writing volumes and label maps: the format is chosen by suffix; a picture a slice for PNG. */
#include "image/formats.h"

#include <math.h>

/* ---- PNG --------------------------------------------------------------------------------------------------------- */

/* How voxels become samples: (v - low) * scale + 1/2, in double, cut. */
typedef struct png_scale {
    int bits;
    double low, scale;
} png_scale;

static bool all_whole(const sep_volume *volume)
{
    size_t count = (size_t)volume->depth * (size_t)volume->height * (size_t)volume->width;

    for (size_t i = 0; i < count; i++)
        if (volume->data[i] != floorf(volume->data[i]))
            return false;
    return true;
}

static png_scale choose_scale(const sep_volume *volume)
{
    float low, high;

    sep_volume_range(volume, &low, &high);
    if (low >= 0.0f && high <= 65535.0f && all_whole(volume))
        return (png_scale){.bits = high <= 255.0f ? 8 : 16, .low = 0.0, .scale = 1.0};
    double range = (double)high - (double)low;
    return (png_scale){.bits = 16, .low = (double)low, .scale = range > 0.0 ? 65535.0 / range : 0.0};
}

static void scale_slice(const float *slice, size_t pixels, const png_scale *scale, void *samples)
{
    for (size_t i = 0; i < pixels; i++) {
        double value = ((double)slice[i] - scale->low) * scale->scale + 0.5;
        if (scale->bits == 8)
            ((uint8_t *)samples)[i] = (uint8_t)value;
        else
            ((uint16_t *)samples)[i] = (uint16_t)value;
    }
}

static sep_status write_png(const char *path, const void *samples, int height, int width, int bits)
{
    void *bytes;
    size_t count;
    sep_status status = sep_png_encode(samples, height, width, 1, bits, &bytes, &count);

    if (status != SEP_OK)
        return sep_fail_within(status, "%s", path);
    status = sep_file_write_atomic(path, bytes, count);
    sep_free(bytes);
    return status;
}

/* Slice z; `samples` has room for one slice of 16 bits. */
static sep_status write_slice(const char *path, const sep_volume *grid, const uint8_t *labels, const png_scale *scale,
                              int z, void *samples)
{
    size_t pixels = (size_t)grid->height * (size_t)grid->width;

    if (labels)
        return write_png(path, labels + (size_t)z * pixels, grid->height, grid->width, 8);
    scale_slice(sep_volume_slice(grid, z), pixels, scale, samples);
    return write_png(path, samples, grid->height, grid->width, scale->bits);
}

/* A longer series of that name would be read back with its old end. */
static sep_status check_no_leftover(const char *path, int stem, int depth)
{
    char *next = sep_format("%.*s_%03d.png", stem, path, depth);

    if (!next)
        return SEP_ERR_MEMORY;
    sep_status status = SEP_OK;
    if (sep_file_exists(next))
        status = sep_fail(SEP_ERR_IO, "%s: is left from a longer series of that name; remove it first", next);
    sep_free(next);
    return status;
}

static sep_status write_slices(const char *path, const sep_volume *grid, const uint8_t *labels, const png_scale *scale,
                               void *samples)
{
    int stem = (int)(sep_image_suffix(path) - path);

    if (grid->depth == 1)
        return write_slice(path, grid, labels, scale, 0, samples);
    SEP_TRY(check_no_leftover(path, stem, grid->depth));
    for (int z = 0; z < grid->depth; z++) {
        char *name = sep_format("%.*s_%03d.png", stem, path, z);
        sep_status status = name ? write_slice(name, grid, labels, scale, z, samples) : SEP_ERR_MEMORY;
        sep_free(name);
        if (status != SEP_OK)
            return status;
    }
    return SEP_OK;
}

static sep_status write_pictures(const char *path, const sep_volume *grid, const uint8_t *labels)
{
    png_scale scale = labels ? (png_scale){.bits = 8} : choose_scale(grid);
    void *samples = sep_calloc((size_t)grid->height * (size_t)grid->width, sizeof(uint16_t));

    if (!samples)
        return SEP_ERR_MEMORY;
    sep_status status = write_slices(path, grid, labels, &scale, samples);
    sep_free(samples);
    return status;
}

/* ---- by suffix --------------------------------------------------------------------------------------------------- */

static sep_status fail_suffix(const char *path)
{
    if (sep_image_format_by_name(path) == SEP_IMAGE_JPEG)
        return sep_fail(SEP_ERR_UNSUPPORTED, "%s: JPEG is not written, it changes the voxels; use .png", path);
    return sep_fail(SEP_ERR_ARGUMENT, "%s: can't be written: give it the suffix .nii.gz, .nii, .h5, .hdf5 or .png",
                    path);
}

sep_status sep_volume_write(const char *path, const sep_volume *volume)
{
    switch (sep_image_format_by_name(path)) {
    case SEP_IMAGE_NIFTI:
        return sep_nifti_write(path, volume, NULL);
    case SEP_IMAGE_HDF5:
        return sep_hdf5_write(path, volume, NULL);
    case SEP_IMAGE_PNG:
        return write_pictures(path, volume, NULL);
    default:
        return fail_suffix(path);
    }
}

sep_status sep_labels_write(const char *path, const sep_labels *labels)
{
    sep_volume grid = sep_labels_grid(labels);

    switch (sep_image_format_by_name(path)) {
    case SEP_IMAGE_NIFTI:
        return sep_nifti_write(path, &grid, labels->data);
    case SEP_IMAGE_HDF5:
        return sep_hdf5_write(path, NULL, labels);
    case SEP_IMAGE_PNG:
        return write_pictures(path, &grid, labels->data);
    default:
        return fail_suffix(path);
    }
}
