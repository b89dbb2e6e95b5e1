/* Private to the library: reading the datasets of a file that someone else made. Calls stand between sep_hdf5_enter and
 * sep_hdf5_leave.
 *
 * All data must lie in the file itself: external links, external storage and virtual datasets would bring in whatever
 * else the user may read. What the file claims is compared with what it stores before anything is allocated. Chunks
 * that went through deflate, shuffle or fletcher32 are fetched as they are stored and unpacked here, because libhdf5
 * takes a chunk for as long as it should be and reads beyond one that unpacks to less. */
#ifndef SEPTUM_IMAGE_HDF5_DATASET_H
#define SEPTUM_IMAGE_HDF5_DATASET_H

#include "image/hdf5_file.h"

enum { SEP_HDF5_AXES = 4 }; /* of volumes, and one of channels */

typedef struct sep_hdf5_filter {
    H5Z_filter_t id;
    unsigned element; /* bytes that shuffle parts */
} sep_hdf5_filter;

typedef struct sep_hdf5_dataset {
    const char *path, *name;
    hid_t file, object, properties, type; /* `type` is the file's */
    size_t element;                       /* bytes of it */
    int axes;                             /* of any number; sizes are known of 1 to SEP_HDF5_AXES */
    hsize_t size[SEP_HDF5_AXES];
    /* Known after sep_hdf5_check_storage: */
    hsize_t stored; /* bytes in the file; 0: nothing was ever written, and all elements are the fill value */
    hsize_t chunk[SEP_HDF5_AXES];
    size_t chunk_bytes;     /* unpacked; 0: not in chunks */
    bool edges_as_they_are; /* chunks that reach beyond the data went through no filter */
    int filters;
    sep_hdf5_filter filter[H5Z_MAX_NFILTERS];
} sep_hdf5_dataset;

/* A link of that name in the root, whatever it leads to. */
bool sep_hdf5_holds(hid_t file, const char *name);
/* Path and name must stay. To be closed whether it fails or not. */
sep_status sep_hdf5_open_dataset(sep_hdf5_dataset *dataset, const char *path, hid_t file,
                                 const char *name) SEP_MUST_CHECK;
void sep_hdf5_close_dataset(sep_hdf5_dataset *dataset);

/* For 1 to SEP_HDF5_AXES axes: that the type holds together, what is stored can be what is claimed, and the filters can
 * be undone. */
sep_status sep_hdf5_check_storage(sep_hdf5_dataset *dataset) SEP_MUST_CHECK;
/* After that check, all elements as memory's `type` into `values`, which are zeros. What was never written is the
 * dataset's fill value. */
sep_status sep_hdf5_read_dataset(const sep_hdf5_dataset *dataset, hid_t type, void *values) SEP_MUST_CHECK;

/* SEP_ERR_FORMAT that says what of the dataset is wrong. */
sep_status sep_hdf5_damaged(const sep_hdf5_dataset *dataset, const char *what);

/* ---- its parts: types, filters, chunks --------------------------------------------------------------------------- */

/* Numbers, texts of a fixed length, and structs and arrays of them, each part lying within the whole. */
bool sep_hdf5_type_is_sound(hid_t type);

/* All filters are among those that sep_hdf5_unfilter knows. */
bool sep_hdf5_filters_are_known(const sep_hdf5_dataset *dataset);
/* Reads the filters of `properties`; SEP_ERR_UNSUPPORTED names one that nobody here can undo. */
sep_status sep_hdf5_take_filters(sep_hdf5_dataset *dataset) SEP_MUST_CHECK;

/* A chunk on its way through the filters. */
typedef struct sep_hdf5_piece {
    unsigned char *bytes, *spare; /* both of `room` */
    size_t count, room;
} sep_hdf5_piece;

/* Undoes all filters but those whose bits are set in `skipped`. */
sep_status sep_hdf5_unfilter(const sep_hdf5_dataset *dataset, uint32_t skipped, sep_hdf5_piece *piece) SEP_MUST_CHECK;

/* Chunks that are stored go to their places in `values`; the others' places are left as they are. */
sep_status sep_hdf5_read_chunks(const sep_hdf5_dataset *dataset, hid_t type, void *values) SEP_MUST_CHECK;

#endif
