/* HDF5: the lock around the library, its reasons as one line of text, opening files, files in memory. */
#include "config.h"

#if SEP_HAVE_HDF5

#include "image/hdf5_file.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* Under the lock: of this session. */
static struct {
    char reason[200]; /* of the last call that failed, the innermost */
    bool no_memory;   /* in any call */
} failure;

static herr_t note_record(unsigned depth, const H5E_error2_t *error, void *unused)
{
    (void)unused;
    if (depth == 0)
        snprintf(failure.reason, sizeof failure.reason, "%s", error->desc ? error->desc : "no reason given");
    failure.no_memory = failure.no_memory || (error->maj_num == H5E_RESOURCE && error->min_num == H5E_NOSPACE);
    return 0;
}

/* libhdf5 calls this when a call of ours fails; the next call wipes out what it says here. */
static herr_t note_failure(hid_t stack, void *unused)
{
    (void)unused;
    return H5Ewalk2(stack, H5E_WALK_UPWARD, note_record, NULL);
}

void sep_hdf5_enter(sep_hdf5_session *session)
{
    pthread_mutex_lock(&lock);
    *session = (sep_hdf5_session){0};
    memset(&failure, 0, sizeof failure);
    failure.no_memory = H5open() < 0; /* nothing else keeps it from starting, and it can't say so yet */
    H5Eget_auto2(H5E_DEFAULT, &session->handler, &session->context);
    H5Eset_auto2(H5E_DEFAULT, note_failure, NULL);
}

sep_status sep_hdf5_leave(const sep_hdf5_session *session, const char *path, sep_status status)
{
    const bool no_memory = failure.no_memory;

    H5Eclear2(H5E_DEFAULT);
    H5Eset_auto2(H5E_DEFAULT, session->handler, session->context);
    pthread_mutex_unlock(&lock);
    if (no_memory)
        return sep_fail(SEP_ERR_MEMORY, "%s: out of memory in libhdf5, or a damaged file asks for more than there is",
                        path);
    return status;
}

sep_status sep_hdf5_fail(sep_status status, const char *format, ...)
{
    char text[600];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return sep_fail(status, "%s (%s)", text, failure.reason);
}

sep_status sep_hdf5_open(sep_hdf5_session *session, const char *path)
{
    sep_hdf5_enter(session);
    session->file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    return session->file >= 0 ? SEP_OK : sep_hdf5_fail(SEP_ERR_FORMAT, "%s: can't be opened as HDF5", path);
}

sep_status sep_hdf5_close(const sep_hdf5_session *session, const char *path, sep_status status)
{
    if (session->file >= 0)
        H5Fclose(session->file);
    return sep_hdf5_leave(session, path, status);
}

/* In the form of HDF5 1.8, whose headers have check sums: libhdf5 reads beyond a damaged header that has none. Without
 * times, so that equal contents make equal files. */
hid_t sep_hdf5_create_in_memory(const char *path)
{
    hid_t access = H5Pcreate(H5P_FILE_ACCESS), creation = H5Pcreate(H5P_FILE_CREATE);
    hid_t file = -1;

    if (access >= 0 && H5Pset_fapl_core(access, 1 << 20, false) >= 0 &&
        H5Pset_libver_bounds(access, H5F_LIBVER_V18, H5F_LIBVER_V18) >= 0 && creation >= 0 &&
        H5Pset_obj_track_times(creation, false) >= 0)
        file = H5Fcreate(path, H5F_ACC_TRUNC, creation, access);
    if (creation >= 0)
        H5Pclose(creation);
    if (access >= 0)
        H5Pclose(access);
    return file;
}

/* From the driver's memory: H5Fget_file_image clears a flag in the file's first header and leaves its check sum wrong.
 */
bool sep_hdf5_take_bytes(hid_t file, void **bytes, size_t *count)
{
    ssize_t size = H5Fflush(file, H5F_SCOPE_GLOBAL) < 0 ? -1 : H5Fget_file_image(file, NULL, 0);
    void *handle = NULL;

    if (size <= 0 || H5Fget_vfd_handle(file, H5P_DEFAULT, &handle) < 0)
        return false;
    *count = (size_t)size;
    *bytes = sep_calloc(*count, 1);
    if (*bytes)
        memcpy(*bytes, *(void **)handle, *count);
    return *bytes != NULL;
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
