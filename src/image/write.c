/* Writing volumes and label maps: the format is chosen by suffix; a picture a slice for PNG. */
#include "image/series.h"

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

/* What is written as pictures: of the grid the labels, where there are any. */
typedef struct png_source {
    const sep_volume *grid;
    const uint8_t *labels;
    png_scale scale;
    void *samples; /* room for one slice of 16 bits */
} png_source;

static sep_status encode_slice(void *context, int z, const char *note, void **bytes, size_t *count)
{
    png_source *source = context;
    const sep_volume *grid = source->grid;
    size_t pixels = (size_t)grid->height * (size_t)grid->width;

    if (source->labels)
        return sep_png_encode(source->labels + (size_t)z * pixels, grid->height, grid->width, 1, 8, note, bytes, count);
    scale_slice(sep_volume_slice(grid, z), pixels, &source->scale, source->samples);
    return sep_png_encode(source->samples, grid->height, grid->width, 1, source->scale.bits, note, bytes, count);
}

static sep_status write_single(const char *path, png_source *source)
{
    void *bytes;
    size_t count;

    SEP_TRY(encode_slice(source, 0, NULL, &bytes, &count));
    sep_status status = sep_file_write_atomic(path, bytes, count);
    sep_free(bytes);
    return status;
}

/* Differs between volumes that differ. */
static uint64_t fingerprint(const sep_volume *grid, const uint8_t *labels)
{
    const int size[4] = {grid->width, grid->height, grid->depth, labels != NULL};
    const size_t voxels = (size_t)grid->depth * (size_t)grid->height * (size_t)grid->width;
    const uint64_t hash = sep_hash(SEP_HASH_START, size, sizeof size);

    return labels ? sep_hash(hash, labels, voxels) : sep_hash(hash, grid->data, voxels * sizeof *grid->data);
}

static sep_status write_pictures(const char *path, const sep_volume *grid, const uint8_t *labels)
{
    png_source source = {.grid = grid, .labels = labels};

    source.scale = labels ? (png_scale){.bits = 8} : choose_scale(grid);
    source.samples = sep_calloc((size_t)grid->height * (size_t)grid->width, sizeof(uint16_t));
    if (!source.samples)
        return SEP_ERR_MEMORY;
    sep_status status = grid->depth == 1
                            ? write_single(path, &source)
                            : sep_series_write(path, grid->depth, fingerprint(grid, labels), encode_slice, &source);
    sep_free(source.samples);
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
