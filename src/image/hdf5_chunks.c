/* Reading filtered chunks of HDF5: fetched as they are stored, unpacked to exactly their size, put where they belong.
 */
#include "config.h"

#if SEP_HAVE_HDF5

#define H5Dread_chunk_vers 1 /* HDF5 2.0 has another form of it */
#include "image/hdf5_dataset.h"

#include <string.h>

typedef struct reader {
    const sep_hdf5_dataset *dataset;
    hid_t type; /* of memory */
    size_t element;
    char *values;
    sep_hdf5_piece piece;
    void *background; /* for converting structs */
} reader;

/* The next index below `limit`, the last axis fastest; false behind the last. */
static bool advance(hsize_t *index, const hsize_t *limit, int axes)
{
    for (int axis = axes - 1; axis >= 0; axis--) {
        if (++index[axis] < limit[axis])
            return true;
        index[axis] = 0;
    }
    return false;
}

/* ---- one chunk --------------------------------------------------------------------------------------------------- */

/* Deflate makes what it can't compress a little longer; a chunk that is much longer is none of its making. */
static size_t longest_stored(const sep_hdf5_dataset *d)
{
    return d->chunk_bytes + d->chunk_bytes / 8 + 1024;
}

/* Bytes of a chunk in the file, 0 where it was never written. libhdf5 1.10 calls that a failure too, but one of the
 * call itself (two records), with nothing behind it that went wrong. */
static sep_status measure(const sep_hdf5_dataset *d, const hsize_t *origin, hsize_t *bytes)
{
    *bytes = 0;
    if (H5Dget_chunk_storage_size(d->object, origin, bytes) >= 0)
        return SEP_OK;
    if (H5Eget_num(H5E_DEFAULT) > 2)
        return sep_hdf5_fail(SEP_ERR_FORMAT, "%s: a chunk of dataset '%s' can't be found", d->path, d->name);
    *bytes = 0;
    return SEP_OK;
}

/* piece.count is 0 where the chunk was never written. */
static sep_status fetch(reader *r, const hsize_t *origin, uint32_t *skipped)
{
    const sep_hdf5_dataset *d = r->dataset;
    hsize_t bytes;

    SEP_TRY(measure(d, origin, &bytes));
    if (bytes > longest_stored(d))
        return sep_hdf5_damaged(d, "a chunk that is longer than it can be");
    if (bytes > 0 && H5Dread_chunk(d->object, H5P_DEFAULT, origin, skipped, r->piece.bytes) < 0)
        return sep_hdf5_fail(SEP_ERR_FORMAT, "%s: a chunk of dataset '%s' can't be read", d->path, d->name);
    r->piece.count = (size_t)bytes;
    return SEP_OK;
}

/* Row by row, without what lies beyond the data. */
static void put_in_place(const reader *r, const hsize_t *origin, const hsize_t *inside)
{
    const sep_hdf5_dataset *d = r->dataset;
    const int last = d->axes - 1;
    hsize_t at[SEP_HDF5_AXES] = {0};

    do {
        size_t from = 0, to = 0;

        for (int axis = 0; axis < d->axes; axis++) {
            from = from * d->chunk[axis] + at[axis];
            to = to * d->size[axis] + origin[axis] + at[axis];
        }
        memcpy(r->values + to * r->element, r->piece.bytes + from * r->element, inside[last] * r->element);
    } while (advance(at, inside, last));
}

static sep_status read_chunk(reader *r, const hsize_t *origin)
{
    const sep_hdf5_dataset *d = r->dataset;
    hsize_t inside[SEP_HDF5_AXES];
    uint32_t skipped = 0;
    bool reaches_beyond = false;

    for (int axis = 0; axis < d->axes; axis++) {
        const hsize_t left = d->size[axis] - origin[axis];

        inside[axis] = left < d->chunk[axis] ? left : d->chunk[axis];
        reaches_beyond = reaches_beyond || left < d->chunk[axis];
    }
    SEP_TRY(fetch(r, origin, &skipped));
    if (r->piece.count == 0)
        return SEP_OK;
    if (!(d->edges_as_they_are && reaches_beyond))
        SEP_TRY(sep_hdf5_unfilter(d, skipped, &r->piece));
    if (r->piece.count != d->chunk_bytes)
        return sep_hdf5_damaged(d, "a chunk of another size than it should have");
    if (H5Tconvert(d->type, r->type, d->chunk_bytes / d->element, r->piece.bytes, r->background, H5P_DEFAULT) < 0)
        return sep_hdf5_fail(SEP_ERR_FORMAT, "%s: dataset '%s' can't be converted", d->path, d->name);
    put_in_place(r, origin, inside);
    return SEP_OK;
}

/* ---- all of them ------------------------------------------------------------------------------------------------- */

static sep_status allocate(reader *r)
{
    const sep_hdf5_dataset *d = r->dataset;
    const size_t converted = d->chunk_bytes / d->element * r->element;
    sep_status status;

    r->piece.room = converted > longest_stored(d) ? converted : longest_stored(d);
    status = sep_memory_check(2 * r->piece.room + converted);
    if (status != SEP_OK)
        return sep_fail_within(status, "%s: a chunk of dataset '%s'", d->path, d->name);
    r->piece.bytes = sep_calloc(r->piece.room, 1);
    r->piece.spare = sep_calloc(r->piece.room, 1);
    r->background = sep_calloc(converted, 1);
    return r->piece.bytes && r->piece.spare && r->background ? SEP_OK : SEP_ERR_MEMORY;
}

static sep_status read_all(reader *r)
{
    const sep_hdf5_dataset *d = r->dataset;
    hsize_t index[SEP_HDF5_AXES] = {0}, chunks[SEP_HDF5_AXES], origin[SEP_HDF5_AXES];

    for (int axis = 0; axis < d->axes; axis++) {
        if (d->size[axis] == 0)
            return SEP_OK;
        chunks[axis] = (d->size[axis] - 1) / d->chunk[axis] + 1;
    }
    do {
        for (int axis = 0; axis < d->axes; axis++)
            origin[axis] = index[axis] * d->chunk[axis];
        SEP_TRY(read_chunk(r, origin));
    } while (advance(index, chunks, d->axes));
    return SEP_OK;
}

sep_status sep_hdf5_read_chunks(const sep_hdf5_dataset *d, hid_t type, void *values)
{
    reader r = {.dataset = d, .type = type, .element = H5Tget_size(type), .values = values};
    sep_status status = allocate(&r);

    if (status == SEP_OK)
        status = read_all(&r);
    sep_free(r.piece.bytes);
    sep_free(r.piece.spare);
    sep_free(r.background);
    return status;
}

#endif
