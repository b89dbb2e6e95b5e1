/* Writing NIfTI-1 files, .nii and .nii.gz. The header's layout is nifticlib's; the voxels go through zlib directly,
 * because nifticlib keeps silent about a full disk. */
#include "config.h"
#include "image/formats.h"

#if SEP_HAVE_NIFTI && SEP_HAVE_ZLIB

#include "image/nifti.h"

#include <limits.h>
#include <nifti1_io.h>
#include <string.h>
#include <strings.h>

static void write_forms(const sep_forms *forms, nifti_1_header *header)
{
    float *const row[3] = {header->srow_x, header->srow_y, header->srow_z};

    for (int i = 0; i < 4; i++)
        header->pixdim[i] = (float)forms->pixdim[i];
    for (int i = 0; i < 12; i++)
        row[i / 4][i % 4] = (float)forms->sform[i / 4][i % 4];
    header->quatern_b = (float)forms->quaternion[0];
    header->quatern_c = (float)forms->quaternion[1];
    header->quatern_d = (float)forms->quaternion[2];
    header->qoffset_x = (float)forms->offset[0];
    header->qoffset_y = (float)forms->offset[1];
    header->qoffset_z = (float)forms->offset[2];
    header->qform_code = (short)forms->qform_code;
    header->sform_code = (short)forms->sform_code;
    header->xyzt_units = (char)forms->units;
}

typedef enum content { SCALARS, LABELS, VECTORS } content;

static nifti_1_header make_header(const sep_volume *volume, content what)
{
    static const short intent[] = {NIFTI_INTENT_NONE, NIFTI_INTENT_LABEL, NIFTI_INTENT_VECTOR};
    const short width = (short)volume->width, height = (short)volume->height, depth = (short)volume->depth;

    nifti_1_header header = {.sizeof_hdr = HEADER_BYTES,
                             .regular = 'r',
                             .dim = {3, width, height, depth, 1, 1, 1, 1},
                             .datatype = what == LABELS ? NIFTI_TYPE_UINT8 : NIFTI_TYPE_FLOAT32,
                             .bitpix = what == LABELS ? 8 : 32,
                             .intent_code = intent[what],
                             .vox_offset = VOXELS_AT,
                             .scl_slope = 1.0f,
                             .magic = "n+1"};

    if (what == VECTORS) {
        header.dim[0] = 5;
        header.dim[5] = 3;
    }
    const sep_forms forms = sep_nifti_forms_of(volume);
    write_forms(&forms, &header);
    return header;
}

/* gzip of a run of bytes that may be longer than zlib's counters; the same bytes at any time of day. */
static sep_status compress_part(z_stream *stream, const void *bytes, size_t count, bool last, sep_atomic_file *file)
{
    const unsigned char *next = bytes;
    unsigned char packed[1 << 15];

    do {
        size_t part = count < (1u << 30) ? count : 1u << 30;
        stream->next_in = (unsigned char *)(uintptr_t)next; /* zlib's pointer is not const; it only reads */
        stream->avail_in = (unsigned)part;
        next += part;
        count -= part;
        do {
            stream->next_out = packed;
            stream->avail_out = sizeof packed;
            if (deflate(stream, last && count == 0 ? Z_FINISH : Z_NO_FLUSH) == Z_STREAM_ERROR)
                return sep_fail(SEP_ERR_IO, "the voxels can't be compressed");
            SEP_TRY(sep_atomic_write(file, packed, sizeof packed - stream->avail_out));
        } while (stream->avail_out == 0);
    } while (count > 0);
    return SEP_OK;
}

static sep_status write_compressed(const unsigned char start[VOXELS_AT], const void *voxels, size_t bytes,
                                   sep_atomic_file *file)
{
    z_stream stream = {0};

    if (deflateInit2(&stream, 4, Z_DEFLATED, 15 + 16 /* gzip */, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        return sep_fail(SEP_ERR_MEMORY, "no memory for compression");
    sep_status status = compress_part(&stream, start, VOXELS_AT, false, file);
    if (status == SEP_OK)
        status = compress_part(&stream, voxels, bytes, true, file);
    deflateEnd(&stream);
    return status;
}

static sep_status write_plain(const unsigned char start[VOXELS_AT], const void *voxels, size_t bytes,
                              sep_atomic_file *file)
{
    SEP_TRY(sep_atomic_write(file, start, VOXELS_AT));
    return sep_atomic_write(file, voxels, bytes);
}

static sep_status write_file(const char *path, const sep_volume *volume, content what, const void *voxels)
{
    static const size_t voxel_bytes[] = {sizeof(float), sizeof(uint8_t), 3 * sizeof(float)};
    unsigned char start[VOXELS_AT] = {0};
    size_t bytes = (size_t)volume->depth * (size_t)volume->height * (size_t)volume->width * voxel_bytes[what];
    sep_atomic_file *file;

    if (sep_nifti_is_pair(path))
        return sep_fail(SEP_ERR_UNSUPPORTED, "%s: pairs of .hdr and .img are read, not written; use .nii.gz", path);
    if (volume->width > SHRT_MAX || volume->height > SHRT_MAX || volume->depth > SHRT_MAX)
        return sep_fail(SEP_ERR_UNSUPPORTED, "%s: NIfTI holds at most %d voxels along an axis, this volume is %dx%dx%d",
                        path, SHRT_MAX, volume->width, volume->height, volume->depth);
    nifti_1_header header = make_header(volume, what);
    memcpy(start, &header, sizeof header);

    SEP_TRY(sep_atomic_begin(path, &file));
    const char *suffix = sep_image_suffix(path);
    bool compressed = suffix && strcasecmp(suffix, ".nii.gz") == 0;
    sep_status status = (compressed ? write_compressed : write_plain)(start, voxels, bytes, file);
    if (status == SEP_OK)
        return sep_atomic_commit(file);
    sep_atomic_abort(file);
    return status;
}

sep_status sep_nifti_write(const char *path, const sep_volume *volume, const uint8_t *labels)
{
    return labels ? write_file(path, volume, LABELS, labels) : write_file(path, volume, SCALARS, volume->data);
}

sep_status sep_nifti_write_field(const char *path, const sep_volume *components)
{
    return write_file(path, components, VECTORS, components->data);
}

#else

sep_status sep_nifti_write(const char *path, const sep_volume *volume, const uint8_t *labels)
{
    (void)volume;
    (void)labels;
    return sep_fail_without_nifti(path);
}

sep_status sep_nifti_write_field(const char *path, const sep_volume *components)
{
    (void)components;
    return sep_fail_without_nifti(path);
}

#endif
