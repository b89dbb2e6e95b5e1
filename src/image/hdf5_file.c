/* HDF5: the lock around the library, its reasons as one line of text, files in memory. */
#include "config.h"

#if SEP_HAVE_HDF5

#include "image/hdf5_file.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char reason[200]; /* under the lock */

void sep_hdf5_enter(sep_hdf5_session *session)
{
    pthread_mutex_lock(&lock);
    *session = (sep_hdf5_session){0};
    H5Eget_auto2(H5E_DEFAULT, &session->handler, &session->context);
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
}

void sep_hdf5_leave(const sep_hdf5_session *session)
{
    H5Eclear2(H5E_DEFAULT);
    H5Eset_auto2(H5E_DEFAULT, session->handler, session->context);
    pthread_mutex_unlock(&lock);
}

static herr_t keep_first(unsigned depth, const H5E_error2_t *error, void *unused)
{
    (void)unused;
    if (depth == 0 && error->desc)
        snprintf(reason, sizeof reason, "%s", error->desc);
    return 0;
}

const char *sep_hdf5_reason(void)
{
    reason[0] = '\0';
    H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, keep_first, NULL);
    return reason;
}

hid_t sep_hdf5_create_in_memory(const char *path)
{
    hid_t access = H5Pcreate(H5P_FILE_ACCESS);
    hid_t file = -1;

    if (access >= 0 && H5Pset_fapl_core(access, 1 << 20, false) >= 0)
        file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, access);
    if (access >= 0)
        H5Pclose(access);
    return file;
}

bool sep_hdf5_take_bytes(hid_t file, void **bytes, size_t *count)
{
    ssize_t size = H5Fflush(file, H5F_SCOPE_GLOBAL) < 0 ? -1 : H5Fget_file_image(file, NULL, 0);

    if (size <= 0)
        return false;
    *count = (size_t)size;
    *bytes = sep_calloc(*count, 1);
    return *bytes && H5Fget_file_image(file, *bytes, *count) == size;
}

bool sep_hdf5_write_attribute(hid_t object, const char *name, int rank, const hsize_t *dims, hid_t type,
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

bool sep_hdf5_write_text(hid_t object, const char *name, int rank, const hsize_t *dims, const char *text)
{
    hid_t type = H5Tcopy(H5T_C_S1);
    bool written = type >= 0 && H5Tset_size(type, strlen(text) + 1) >= 0 &&
                   sep_hdf5_write_attribute(object, name, rank, dims, type, text);

    if (type >= 0)
        H5Tclose(type);
    return written;
}

hid_t sep_hdf5_dataset_properties(int rank, const hsize_t *chunk, unsigned level)
{
    hid_t properties = H5Pcreate(H5P_DATASET_CREATE);
    bool set = properties >= 0 && H5Pset_obj_track_times(properties, false) >= 0;

    if (set && chunk)
        set = H5Pset_chunk(properties, rank, chunk) >= 0;
    if (set && chunk && H5Zfilter_avail(H5Z_FILTER_DEFLATE) > 0)
        set = H5Pset_deflate(properties, level) >= 0;
    if (properties >= 0 && !set) {
        H5Pclose(properties);
        return -1;
    }
    return properties;
}

hid_t sep_hdf5_write_dataset(hid_t file, const char *name, int rank, const hsize_t *dims, hid_t type, hid_t stored,
                             hid_t properties, const void *data)
{
    hid_t space = H5Screate_simple(rank, dims, NULL), dataset = -1;

    if (space >= 0 && properties >= 0)
        dataset = H5Dcreate2(file, name, stored, space, H5P_DEFAULT, properties, H5P_DEFAULT);
    if (dataset >= 0 && H5Dwrite(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, data) < 0) {
        H5Dclose(dataset);
        dataset = -1;
    }
    if (properties >= 0)
        H5Pclose(properties);
    if (space >= 0)
        H5Sclose(space);
    return dataset;
}

#endif
