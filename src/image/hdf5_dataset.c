/* HDF5 datasets: opening what lies in the file itself, comparing claims with what is stored, reading. */
#include "config.h"

#if SEP_HAVE_HDF5

#include "image/formats.h"
#include "image/hdf5_dataset.h"

#include <stdio.h>
#include <string.h>

sep_status sep_hdf5_damaged(const sep_hdf5_dataset *d, const char *what)
{
    return sep_fail(SEP_ERR_FORMAT, "%s: dataset '%s' is damaged: %s", d->path, d->name, what);
}

/* ---- opening ----------------------------------------------------------------------------------------------------- */

bool sep_hdf5_holds(hid_t file, const char *name)
{
    return H5Lexists(file, name, H5P_DEFAULT) != 0; /* where that can't be told, opening says why */
}

typedef struct other_file {
    char name[200];
} other_file;

/* Called where a path, on any of its parts, is about to leave the file. */
static herr_t refuse_to_leave(const char *parent_file, const char *parent_group, const char *file, const char *object,
                              unsigned *flags, hid_t access, void *context)
{
    other_file *other = context;

    (void)parent_file;
    (void)parent_group;
    (void)object;
    (void)flags;
    (void)access;
    snprintf(other->name, sizeof other->name, "%s", file);
    return -1;
}

/* Without a cache of chunks: libhdf5 takes a chunk into its cache at the length that the file says, and straight from
 * the file at the length that it must have. */
static hid_t access_properties(other_file *other)
{
    hid_t access = H5Pcreate(H5P_DATASET_ACCESS);

    if (access >= 0 &&
        (H5Pset_elink_cb(access, refuse_to_leave, other) < 0 || H5Pset_chunk_cache(access, 0, 0, 1.0) < 0)) {
        H5Pclose(access);
        return -1;
    }
    return access;
}

static sep_status open_object(sep_hdf5_dataset *d)
{
    other_file other = {{0}};
    H5L_info_t link;
    hid_t access;

    if (H5Lget_info(d->file, d->name, &link, H5P_DEFAULT) >= 0 && link.type != H5L_TYPE_HARD &&
        link.type != H5L_TYPE_SOFT && link.type != H5L_TYPE_EXTERNAL)
        return sep_fail(SEP_ERR_UNSUPPORTED, "%s: '%s' is a user-defined link; store the data in the file itself",
                        d->path, d->name);
    access = access_properties(&other);
    d->object = access < 0 ? -1 : H5Dopen2(d->file, d->name, access);
    sep_status status = SEP_OK;
    if (d->object < 0 && other.name[0] != '\0')
        status = sep_fail(SEP_ERR_UNSUPPORTED,
                          "%s: '%s' is an external link, to the file '%s'; store the data in the file itself", d->path,
                          d->name, other.name);
    else if (d->object < 0)
        status = sep_hdf5_fail(SEP_ERR_FORMAT, "%s: '%s' can't be opened as a dataset", d->path, d->name);
    if (access >= 0)
        H5Pclose(access);
    return status;
}

/* Looks at nothing else before it knows that the data are here: the size of a virtual dataset may be asked of others.
 */
static sep_status check_place(sep_hdf5_dataset *d)
{
    d->properties = H5Dget_create_plist(d->object);
    if (d->properties < 0)
        return sep_hdf5_fail(SEP_ERR_FORMAT, "%s: dataset '%s' can't be examined", d->path, d->name);
    if (H5Pget_layout(d->properties) == H5D_VIRTUAL)
        return sep_fail(SEP_ERR_UNSUPPORTED,
                        "%s: dataset '%s' is virtual, made of other files' data; store the data in the file itself",
                        d->path, d->name);
    if (H5Pget_external_count(d->properties) != 0)
        return sep_fail(
            SEP_ERR_UNSUPPORTED,
            "%s: dataset '%s' has its data in other files (external storage); store them in the file itself", d->path,
            d->name);
    return SEP_OK;
}

static sep_status take_shape(sep_hdf5_dataset *d)
{
    hid_t space = H5Dget_space(d->object);

    d->axes = space < 0 ? -1 : H5Sget_simple_extent_ndims(space);
    const bool known =
        d->axes >= 0 && (d->axes > SEP_HDF5_AXES || H5Sget_simple_extent_dims(space, d->size, NULL) == d->axes);
    if (space >= 0)
        H5Sclose(space);
    d->type = known ? H5Dget_type(d->object) : -1;
    d->element = d->type < 0 ? 0 : H5Tget_size(d->type);
    return d->element > 0 ? SEP_OK : sep_hdf5_damaged(d, "its shape or type can't be read");
}

sep_status sep_hdf5_open_dataset(sep_hdf5_dataset *d, const char *path, hid_t file, const char *name)
{
    *d = (sep_hdf5_dataset){.path = path, .name = name, .file = file, .object = -1, .properties = -1, .type = -1};
    SEP_TRY(open_object(d));
    SEP_TRY(check_place(d));
    return take_shape(d);
}

void sep_hdf5_close_dataset(sep_hdf5_dataset *d)
{
    if (d->type >= 0)
        H5Tclose(d->type);
    if (d->properties >= 0)
        H5Pclose(d->properties);
    if (d->object >= 0)
        H5Dclose(d->object);
}

/* ---- what is stored ---------------------------------------------------------------------------------------------- */

/* In floating point: a file may claim more than 64 bits count. */
static double count_elements(const sep_hdf5_dataset *d)
{
    double count = 1;

    for (int axis = 0; axis < d->axes; axis++)
        count *= (double)d->size[axis];
    return count;
}

/* A stored chunk takes some bytes of the file, so that one cut into more chunks than it can list was made to waste time
 * on those that are not there. */
static sep_status check_chunks(sep_hdf5_dataset *d)
{
    hsize_t file_bytes = 0;
    unsigned options = 0;
    double chunks = 1, bytes = (double)d->element;

    if (H5Pget_chunk(d->properties, SEP_HDF5_AXES, d->chunk) != d->axes || H5Fget_filesize(d->file, &file_bytes) < 0 ||
        H5Pget_chunk_opts(d->properties, &options) < 0)
        return sep_hdf5_damaged(d, "its chunks can't be examined");
    d->edges_as_they_are = (options & H5D_CHUNK_DONT_FILTER_PARTIAL_CHUNKS) != 0;
    for (int axis = 0; axis < d->axes; axis++) {
        if (d->chunk[axis] == 0)
            return sep_hdf5_damaged(d, "chunks of no size");
        chunks *= (double)(d->size[axis] / d->chunk[axis] + 1);
        bytes *= (double)d->chunk[axis];
    }
    if (chunks > 1 << 20 && chunks > (double)file_bytes / 8)
        return sep_fail(SEP_ERR_FORMAT, "%s: dataset '%s' is cut into %.0f chunks, more than %llu bytes can hold",
                        d->path, d->name, chunks, (unsigned long long)file_bytes);
    SEP_TRY(sep_hdf5_take_filters(d));
    if (bytes > (double)UINT32_MAX || (sep_hdf5_filters_are_known(d) && bytes > (double)file_bytes * SEP_DEFLATE_RATIO))
        return sep_hdf5_damaged(d, "chunks that are larger than the file can hold");
    d->chunk_bytes = (size_t)bytes;
    return SEP_OK;
}

sep_status sep_hdf5_check_storage(sep_hdf5_dataset *d)
{
    const double claimed = count_elements(d) * (double)d->element;

    if (!sep_hdf5_type_is_sound(d->type))
        return sep_hdf5_damaged(d, "its type makes no sense");
    d->stored = H5Dget_storage_size(d->object);
    if (d->stored == 0)
        return SEP_OK;
    if (H5Pget_layout(d->properties) == H5D_CHUNKED)
        return check_chunks(d);
    if (claimed > (double)d->stored)
        return sep_fail(SEP_ERR_FORMAT, "%s: dataset '%s' is damaged: it claims %.0f bytes and stores %llu", d->path,
                        d->name, claimed, (unsigned long long)d->stored);
    return SEP_OK;
}

/* ---- reading ----------------------------------------------------------------------------------------------------- */

static sep_status fill(const sep_hdf5_dataset *d, hid_t type, char *values)
{
    const size_t element = H5Tget_size(type), count = (size_t)count_elements(d);
    H5D_fill_value_t kind;

    if (H5Pfill_value_defined(d->properties, &kind) < 0)
        return sep_hdf5_damaged(d, "its fill value can't be read");
    if (count == 0 || kind != H5D_FILL_VALUE_USER_DEFINED) /* zeros, or anything */
        return SEP_OK;
    if (H5Pget_fill_value(d->properties, type, values) < 0)
        return sep_hdf5_fail(SEP_ERR_FORMAT, "%s: the fill value of dataset '%s' can't be read", d->path, d->name);
    for (size_t i = 1; i < count; i++)
        memcpy(values + i * element, values, element);
    return SEP_OK;
}

sep_status sep_hdf5_read_dataset(const sep_hdf5_dataset *d, hid_t type, void *values)
{
    if (d->stored == 0)
        return fill(d, type, values);
    if (d->filters > 0 && sep_hdf5_filters_are_known(d)) {
        SEP_TRY(fill(d, type, values));
        return sep_hdf5_read_chunks(d, type, values);
    }
    if (H5Dread(d->object, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) < 0)
        return sep_hdf5_fail(SEP_ERR_FORMAT, "%s: dataset '%s' can't be read", d->path, d->name);
    return SEP_OK;
}

#endif
