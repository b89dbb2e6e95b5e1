/* What chunks of HDF5 went through: undoing deflate, shuffle and fletcher32, naming those that nobody here can undo. */
#include "config.h"

#if SEP_HAVE_HDF5

#include "image/hdf5_dataset.h"

#include <stdio.h>
#include <string.h>
#include <zlib.h>

/* ---- which ------------------------------------------------------------------------------------------------------- */

/* The HDF Group's list of registered filters, what turns up in images of it. */
static const char *filter_name(H5Z_filter_t id)
{
    static const struct {
        H5Z_filter_t id;
        const char *name;
    } known[] = {
        {H5Z_FILTER_DEFLATE, "gzip"},
        {H5Z_FILTER_SHUFFLE, "shuffle"},
        {H5Z_FILTER_FLETCHER32, "fletcher32"},
        {H5Z_FILTER_SZIP, "szip"},
        {H5Z_FILTER_NBIT, "nbit"},
        {H5Z_FILTER_SCALEOFFSET, "scaleoffset"},
        {305, "lzo"},
        {307, "bzip2"},
        {32000, "lzf"},
        {32001, "blosc"},
        {32004, "lz4"},
        {32008, "bitshuffle"},
        {32013, "zfp"},
        {32015, "zstd"},
        {32017, "sz"},
        {32026, "blosc2"},
    };

    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (known[i].id == id)
            return known[i].name;
    return "a filter without a common name";
}

static bool is_known(H5Z_filter_t id)
{
    return id == H5Z_FILTER_DEFLATE || id == H5Z_FILTER_SHUFFLE || id == H5Z_FILTER_FLETCHER32;
}

bool sep_hdf5_filters_are_known(const sep_hdf5_dataset *d)
{
    for (int i = 0; i < d->filters; i++)
        if (!is_known(d->filter[i].id))
            return false;
    return true;
}

sep_status sep_hdf5_take_filters(sep_hdf5_dataset *d)
{
    const int filters = H5Pget_nfilters(d->properties);

    if (filters < 0 || filters > H5Z_MAX_NFILTERS)
        return sep_hdf5_damaged(d, "its filters can't be read");
    for (int i = 0; i < filters; i++) {
        unsigned flags, values[1] = {0};
        size_t count = 1;
        const H5Z_filter_t id = H5Pget_filter2(d->properties, (unsigned)i, &flags, &count, values, 0, NULL, NULL);

        if (id < 0)
            return sep_hdf5_damaged(d, "its filters can't be read");
        if (!is_known(id) && H5Zfilter_avail(id) <= 0)
            return sep_fail(SEP_ERR_UNSUPPORTED,
                            "%s: dataset '%s' is compressed by %s (HDF5 filter %d), which is not installed; write the "
                            "file with compression='gzip' (h5py), or pass it through h5repack -f GZIP=4 where it is",
                            d->path, d->name, filter_name(id), (int)id);
        d->filter[i] = (sep_hdf5_filter){.id = id, .element = count > 0 ? values[0] : 0};
    }
    d->filters = filters;
    return SEP_OK;
}

/* ---- undoing ----------------------------------------------------------------------------------------------------- */

static void swap(sep_hdf5_piece *piece, size_t count)
{
    unsigned char *done = piece->spare;

    piece->spare = piece->bytes;
    piece->bytes = done;
    piece->count = count;
}

static sep_status unpack(const sep_hdf5_dataset *d, sep_hdf5_piece *piece)
{
    uLongf count = (uLongf)piece->room;
    const int code = uncompress(piece->spare, &count, piece->bytes, (uLong)piece->count);

    if (code == Z_MEM_ERROR)
        return sep_fail(SEP_ERR_MEMORY, "%s: out of memory in zlib", d->path);
    if (code != Z_OK)
        return sep_hdf5_damaged(d, "a chunk can't be unpacked");
    swap(piece, (size_t)count);
    return SEP_OK;
}

/* The first bytes of all elements, then the second ones ... back into elements. */
static void unshuffle(sep_hdf5_piece *piece, size_t element)
{
    const size_t elements = element > 1 ? piece->count / element : 0, whole = elements * element;

    if (elements == 0)
        return;
    for (size_t byte = 0; byte < element; byte++)
        for (size_t i = 0; i < elements; i++)
            piece->spare[i * element + byte] = piece->bytes[byte * elements + i];
    memcpy(piece->spare + whole, piece->bytes + whole, piece->count - whole);
    swap(piece, piece->count);
}

/* Fletcher's sums of 16-bit words, big endian, an odd last byte being the upper half of one. */
static uint32_t fletcher32(const unsigned char *bytes, size_t count)
{
    uint32_t sum = 0, sum_of_sums = 0;

    for (size_t i = 0; i < count; i += 2) {
        sum += (uint32_t)bytes[i] << 8 | (i + 1 < count ? bytes[i + 1] : 0);
        sum = (sum & 0xffff) + (sum >> 16);
        sum_of_sums += sum;
        sum_of_sums = (sum_of_sums & 0xffff) + (sum_of_sums >> 16);
    }
    return sum_of_sums << 16 | sum;
}

static sep_status check_sum(const sep_hdf5_dataset *d, sep_hdf5_piece *piece)
{
    if (piece->count < 4)
        return sep_hdf5_damaged(d, "a chunk without its check sum");
    piece->count -= 4;
    const unsigned char *kept = piece->bytes + piece->count;
    const uint32_t wanted = kept[0] | (uint32_t)kept[1] << 8 | (uint32_t)kept[2] << 16 | (uint32_t)kept[3] << 24;
    return fletcher32(piece->bytes, piece->count) == wanted ? SEP_OK
                                                            : sep_hdf5_damaged(d, "the check sum of a chunk is wrong");
}

sep_status sep_hdf5_unfilter(const sep_hdf5_dataset *d, uint32_t skipped, sep_hdf5_piece *piece)
{
    for (int i = d->filters - 1; i >= 0; i--) {
        if ((skipped >> i & 1) != 0)
            continue;
        if (d->filter[i].id == H5Z_FILTER_DEFLATE)
            SEP_TRY(unpack(d, piece));
        else if (d->filter[i].id == H5Z_FILTER_FLETCHER32)
            SEP_TRY(check_sum(d, piece));
        else
            unshuffle(piece, d->filter[i].element);
    }
    return SEP_OK;
}

#endif
