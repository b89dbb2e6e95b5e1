/* Writing HDF5. The file is built in memory and goes to the disk in one atomic write: libhdf5 itself leaves half a file
 * behind when the disk is full. */
#include "config.h"
#include "image/formats.h"

#if SEP_HAVE_HDF5

#include "image/hdf5_file.h"

#include <string.h>

/* ---- one dataset ------------------------------------------------------------------------------------------------- */

static bool write_attribute(hid_t object, const char *name, int rank, const hsize_t *dims, hid_t type,
                            const void *values)
{
    hid_t space = H5Screate_simple(rank, dims, NULL);
    hid_t attribute = space < 0 ? -1 : H5Acreate2(object, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
    bool written = attribute >= 0 && H5Awrite(attribute, type, values) >= 0;

    if (attribute >= 0)
        H5Aclose(attribute);
    if (space >= 0)
        H5Sclose(space);
    return written;
}

static bool write_geometry(hid_t object, const sep_volume *grid)
{
    const hsize_t three[1] = {3}, matrix[2] = {3, 4};

    return !grid->has_geometry || (write_attribute(object, "spacing", 1, three, H5T_NATIVE_FLOAT, grid->spacing) &&
                                   write_attribute(object, "affine", 2, matrix, H5T_NATIVE_DOUBLE, grid->affine));
}

/* A text of its own length. `source` may be NULL: none. */
static bool write_source(hid_t object, const char *source)
{
    hid_t type = source ? H5Tcopy(H5T_C_S1) : -1;
    const hsize_t one[1] = {1};

    if (!source)
        return true;
    bool written = type >= 0 && H5Tset_size(type, strlen(source) + 1) >= 0 &&
                   write_attribute(object, "source", 1, one, type, source);
    if (type >= 0)
        H5Tclose(type);
    return written;
}

static hsize_t at_most(int size, hsize_t limit)
{
    return (hsize_t)size < limit ? (hsize_t)size : limit;
}

/* A slice a chunk (loaders read slices), compressed where libhdf5 can, without times so that equal contents make equal
 * files. A chunk of a huge slice stays below libhdf5's 4 GiB. */
static hid_t dataset_properties(const sep_volume *grid)
{
    const hsize_t chunk[3] = {1, at_most(grid->height, 4096), at_most(grid->width, 4096)};
    hid_t properties = H5Pcreate(H5P_DATASET_CREATE);
    bool set =
        properties >= 0 && H5Pset_obj_track_times(properties, false) >= 0 && H5Pset_chunk(properties, 3, chunk) >= 0;

    if (set && H5Zfilter_avail(H5Z_FILTER_DEFLATE) > 0)
        set = H5Pset_deflate(properties, 4) >= 0;
    if (properties >= 0 && !set) {
        H5Pclose(properties);
        return -1;
    }
    return properties;
}

static bool write_dataset(hid_t file, const char *name, const sep_volume *grid, hid_t type, const void *voxels,
                          const char *source)
{
    const hsize_t dims[3] = {(hsize_t)grid->depth, (hsize_t)grid->height, (hsize_t)grid->width};
    hid_t space = H5Screate_simple(3, dims, NULL);
    hid_t properties = dataset_properties(grid);
    hid_t dataset = -1;
    bool written = false;

    if (space >= 0 && properties >= 0)
        dataset = H5Dcreate2(file, name, type, space, H5P_DEFAULT, properties, H5P_DEFAULT);
    if (dataset >= 0) {
        written = H5Dwrite(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, voxels) >= 0 &&
                  write_geometry(dataset, grid) && write_source(dataset, source);
        written = H5Dclose(dataset) >= 0 && written;
    }
    if (properties >= 0)
        H5Pclose(properties);
    if (space >= 0)
        H5Sclose(space);
    return written;
}

/* ---- the whole --------------------------------------------------------------------------------------------------- */

static bool write_datasets(hid_t file, const sep_volume *volume, const sep_labels *labels, const char *source)
{
    if (volume && !write_dataset(file, "image", volume, H5T_NATIVE_FLOAT, volume->data, NULL))
        return false;
    if (!labels)
        return true;
    sep_volume grid = sep_labels_grid(labels);
    return write_dataset(file, "label", &grid, H5T_NATIVE_UINT8, labels->data, source);
}

static sep_status build(const char *path, const sep_volume *volume, const sep_labels *labels, const char *source,
                        void **bytes, size_t *count)
{
    hid_t file = sep_hdf5_create_in_memory(path);
    bool built = file >= 0 && write_datasets(file, volume, labels, source) && sep_hdf5_take_bytes(file, bytes, count);
    sep_status status = SEP_OK;

    if (!built)
        status = sep_fail(SEP_ERR_IO, "%s: the HDF5 file can't be built (%s)", path, sep_hdf5_reason());
    if (file >= 0)
        H5Fclose(file);
    return status;
}

static sep_status write_file(const char *path, const sep_volume *volume, const sep_labels *labels, const char *source)
{
    sep_hdf5_session session;
    void *bytes = NULL;
    size_t count = 0;

    sep_hdf5_enter(&session);
    sep_status status = build(path, volume, labels, source, &bytes, &count);
    sep_hdf5_leave(&session);
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
    return write_file(path, volume, labels, NULL);
}

sep_status sep_hdf5_write_derived(const char *path, const sep_labels *labels, const char *source)
{
    return write_file(path, NULL, labels, source);
}

#endif
