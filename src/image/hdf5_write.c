/* Writing HDF5. The file is built in memory and goes to the disk in one atomic write: libhdf5 itself leaves half a file
 * behind when the disk is full. */
#include "config.h"
#include "image/formats.h"

#if SEP_HAVE_HDF5

#include "image/hdf5_file.h"

#include <stdio.h>
#include <string.h>

/* ---- one dataset ------------------------------------------------------------------------------------------------- */

static bool write_forms(hid_t object, const sep_forms *forms)
{
    const hsize_t count[1] = {SEP_FORMS_NUMBERS};
    double numbers[SEP_FORMS_NUMBERS];

    sep_forms_to_numbers(forms, numbers);
    return !forms->known || sep_hdf5_write_attribute(object, "nifti_forms", 1, count, H5T_NATIVE_DOUBLE, numbers);
}

static bool write_geometry(hid_t object, const sep_volume *grid)
{
    const hsize_t three[1] = {3}, matrix[2] = {3, 4};

    return !grid->has_geometry ||
           (sep_hdf5_write_attribute(object, "spacing", 1, three, H5T_NATIVE_FLOAT, grid->spacing) &&
            sep_hdf5_write_attribute(object, "affine", 2, matrix, H5T_NATIVE_DOUBLE, grid->affine) &&
            write_forms(object, &grid->forms));
}

/* The best by itself too, as readers before sources were several look for it. */
static bool write_derivation(hid_t object, const sep_derivation *from)
{
    const hsize_t one[1] = {1};
    char best[SEP_SOURCE_NAME];

    if (from == NULL)
        return true;
    snprintf(best, sizeof best, "%.*s", (int)strcspn(from->sources, "\n"), from->sources);
    return sep_hdf5_write_text(object, "source", 1, one, best) &&
           sep_hdf5_write_text(object, "sources", 1, one, from->sources) &&
           sep_hdf5_write_attribute(object, "inputs", 1, one, H5T_NATIVE_UINT64, &from->inputs) &&
           sep_hdf5_write_attribute(object, "key", 1, one, H5T_NATIVE_UINT64, &from->key);
}

static hsize_t at_most(int size, hsize_t limit)
{
    return (hsize_t)size < limit ? (hsize_t)size : limit;
}

/* A slice a chunk: loaders read slices. A chunk of a huge slice stays below libhdf5's 4 GiB. Several channels are the
 * first axis. */
static bool write_dataset(hid_t file, const char *name, const sep_volume *grid, hid_t type, const void *voxels,
                          const sep_derivation *from)
{
    const int channels = sep_volume_channels(grid), axes = channels > 1 ? 4 : 3;
    const hsize_t all_dims[4] = {(hsize_t)channels, (hsize_t)grid->depth, (hsize_t)grid->height, (hsize_t)grid->width};
    const hsize_t all_chunk[4] = {1, 1, at_most(grid->height, 4096), at_most(grid->width, 4096)};
    const hsize_t *dims = all_dims + 4 - axes, *chunk = all_chunk + 4 - axes;
    hid_t dataset =
        sep_hdf5_write_dataset(file, name, axes, dims, type, type, sep_hdf5_dataset_properties(axes, chunk, 4), voxels);
    bool written = dataset >= 0 && write_geometry(dataset, grid) && write_derivation(dataset, from);

    return dataset >= 0 && H5Dclose(dataset) >= 0 && written;
}

/* ---- the whole --------------------------------------------------------------------------------------------------- */

/* What a file holds; NULL: it does not. */
typedef struct contents {
    const sep_volume *volume;
    const sep_labels *labels, *agreement;
    const sep_derivation *from;
} contents;

static bool write_labels(hid_t file, const char *name, const sep_labels *labels, const sep_derivation *from)
{
    if (labels == NULL)
        return true;
    const sep_volume grid = sep_labels_grid(labels);
    return write_dataset(file, name, &grid, H5T_NATIVE_UINT8, labels->data, from);
}

static bool write_datasets(hid_t file, const contents *c)
{
    if (c->volume && !write_dataset(file, "image", c->volume, H5T_NATIVE_FLOAT, c->volume->data, NULL))
        return false;
    return write_labels(file, "label", c->labels, c->from) && write_labels(file, "agreement", c->agreement, NULL);
}

static sep_status build(const char *path, const contents *c, void **bytes, size_t *count)
{
    hid_t file = sep_hdf5_create_in_memory(path);
    bool built = file >= 0 && write_datasets(file, c) && sep_hdf5_take_bytes(file, bytes, count);
    sep_status status = SEP_OK;

    if (!built)
        status = sep_hdf5_fail(SEP_ERR_IO, "%s: the HDF5 file can't be built", path);
    if (file >= 0)
        H5Fclose(file);
    return status;
}

static sep_status write_file(const char *path, const contents *c)
{
    sep_hdf5_session session;
    void *bytes = NULL;
    size_t count = 0;

    sep_hdf5_enter(&session);
    sep_status status = build(path, c, &bytes, &count);
    status = sep_hdf5_leave(&session, path, status);
    if (status == SEP_OK)
        status = sep_file_write_atomic(path, bytes, count);
    sep_free(bytes);
    return status;
}

sep_status sep_hdf5_write(const char *path, const sep_volume *volume, const sep_labels *labels)
{
    if (!volume && !labels)
        return sep_fail(SEP_ERR_ARGUMENT, "%s: neither an image nor a label map to write", path);
    if (volume && labels)
        SEP_TRY(sep_check_same_size(path, volume, path, labels));
    return write_file(path, &(contents){.volume = volume, .labels = labels});
}

sep_status sep_hdf5_write_derived(const char *path, const sep_labels *labels, const sep_labels *agreement,
                                  const sep_derivation *from)
{
    if (from->sources == NULL || from->sources[0] == '\0')
        return sep_fail(SEP_ERR_ARGUMENT, "%s: a derived label map needs the names of what it was made of", path);
    if (strlen(from->sources) > SEP_MOST_SOURCES)
        return sep_fail(SEP_ERR_ARGUMENT, "%s: made of so many scans that their names take more than %d bytes", path,
                        SEP_MOST_SOURCES);
    return write_file(path, &(contents){.labels = labels, .agreement = agreement, .from = from});
}

#endif
