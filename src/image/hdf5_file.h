/* Private to the library: one HDF5 call at a time, and in silence.
 *
 * libhdf5 is not thread safe as distributions build it, and prints its error stack to stderr unless told not to. Every
 * use of it stands between sep_hdf5_enter and sep_hdf5_leave (of a file that is read: sep_hdf5_open and
 * sep_hdf5_close), which hold one lock of the process and give the application's own error handler back. Where libhdf5
 * found no memory in any call between them, the result is SEP_ERR_MEMORY, whatever became of the rest: libhdf5 goes on
 * without a filter, or calls the file damaged. */
#ifndef SEPTUM_IMAGE_HDF5_FILE_H
#define SEPTUM_IMAGE_HDF5_FILE_H

#include "septum/base.h"
#include <hdf5.h>

typedef struct sep_hdf5_session {
    H5E_auto2_t handler;
    void *context;
    hid_t file; /* of sep_hdf5_open; negative: it could not be */
} sep_hdf5_session;

void sep_hdf5_enter(sep_hdf5_session *session);
sep_status sep_hdf5_leave(const sep_hdf5_session *session, const char *path, sep_status status) SEP_MUST_CHECK;

/* sep_fail with libhdf5's own reason, that of its last call that failed, in brackets behind the text. */
sep_status sep_hdf5_fail(sep_status status, const char *format, ...) SEP_PRINTF(2, 3);

/* Both with a file that is read. Whether it could be opened or not, sep_hdf5_close follows sep_hdf5_open. */
sep_status sep_hdf5_open(sep_hdf5_session *session, const char *path) SEP_MUST_CHECK;
sep_status sep_hdf5_close(const sep_hdf5_session *session, const char *path, sep_status status) SEP_MUST_CHECK;

/* A file that lives in memory and never touches the disk, negative on failure; and its bytes (sep_free), which are then
 * written atomically. */
hid_t sep_hdf5_create_in_memory(const char *path);
bool sep_hdf5_take_bytes(hid_t file, void **bytes, size_t *count);

/* An attribute of `rank` axes, 0: a scalar (dims NULL); the text has its own length. */
bool sep_hdf5_write_attribute(hid_t object, const char *name, int rank, const hsize_t *dims, hid_t type,
                              const void *values);
bool sep_hdf5_write_text(hid_t object, const char *name, int rank, const hsize_t *dims, const char *text);

/* How a dataset is stored: without times, so that equal contents make equal files; in chunks, compressed by `level`
 * where libhdf5 can, or in one piece where `chunk` is NULL. Negative on failure. */
hid_t sep_hdf5_dataset_properties(int rank, const hsize_t *chunk, unsigned level);
/* Writes a whole dataset, `type` being the memory's and `stored` the file's, and leaves it open for attributes; closes
 * the properties. Negative on failure. */
hid_t sep_hdf5_write_dataset(hid_t file, const char *name, int rank, const hsize_t *dims, hid_t type, hid_t stored,
                             hid_t properties, const void *data);

#endif
