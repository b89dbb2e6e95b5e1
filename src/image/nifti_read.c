/* Reading NIfTI-1 files, .nii and .nii.gz. The header's layout, its byte order and the quaternion arithmetic are
 * nifticlib's; the voxels go through zlib directly, because nifticlib replaces NaN by 0. */
#include "config.h"
#include "image/formats.h"

#if SEP_HAVE_NIFTI && SEP_HAVE_ZLIB

#include "image/nifti.h"

#include <errno.h>
#include <math.h>
#include <nifti1_io.h>
#include <string.h>
#include <zlib.h>

/* ---- the header -------------------------------------------------------------------------------------------------- */

typedef struct nifti_file {
    const char *path;
    gzFile stream; /* reads plain files as well */
    nifti_1_header header;
    bool swapped;        /* written in the other byte order */
    sep_field_kind kind; /* of a field of vectors */
} nifti_file;

static int swap_int(int value)
{
    nifti_swap_Nbytes(1, sizeof value, &value);
    return value;
}

static sep_status fail_read(nifti_file *file, const char *what)
{
    int code;
    const char *reason = gzerror(file->stream, &code);

    if (code == Z_ERRNO)
        return sep_fail(SEP_ERR_IO, "%s: can't be read: %s", file->path, strerror(errno));
    if (code == Z_MEM_ERROR)
        return sep_fail(SEP_ERR_MEMORY, "%s: out of memory to read it", file->path);
    if (code == Z_DATA_ERROR)
        return sep_fail(SEP_ERR_FORMAT, "%s: the compressed data are damaged (%s)", file->path, reason);
    return sep_fail(SEP_ERR_FORMAT, "%s: ends within %s; the file is truncated", file->path, what);
}

/* The first 348 bytes, brought into this machine's byte order. */
static sep_status read_header(nifti_file *file)
{
    nifti_1_header *header = &file->header;

    if (gzread(file->stream, header, HEADER_BYTES) != HEADER_BYTES)
        return fail_read(file, "the header");
    file->swapped = header->sizeof_hdr == swap_int(HEADER_BYTES);
    if (header->sizeof_hdr == 540 || header->sizeof_hdr == swap_int(540))
        return sep_fail(SEP_ERR_UNSUPPORTED, "%s: is NIfTI-2; save it as NIfTI-1", file->path);
    if (header->sizeof_hdr != HEADER_BYTES && !file->swapped)
        return sep_fail(SEP_ERR_FORMAT, "%s: is no NIfTI file", file->path);
    if (memcmp(header->magic, "ni1", 4) == 0)
        return sep_fail(SEP_ERR_UNSUPPORTED, "%s: is one half of a .hdr and .img pair; save it as a single .nii",
                        file->path);
    if (memcmp(header->magic, "n+1", 4) != 0)
        return sep_fail(SEP_ERR_FORMAT, "%s: is no NIfTI file (no magic 'n+1'; Analyze 7.5?)", file->path);
    if (file->swapped)
        swap_nifti_header(header, 1);
    return SEP_OK;
}

/* Entries along the axis of time or of vector components that the caller reads. */
static int wanted_entries(int axis, int components)
{
    return axis == 5 ? components : 1;
}

/* Sizes of x, y, z; the fifth axis must have `components` elements, all further ones one. */
static sep_status read_size(const nifti_file *file, int components, int64_t size[3])
{
    const short *dim = file->header.dim;

    if (dim[0] < 1 || dim[0] > 7)
        return sep_fail(SEP_ERR_FORMAT, "%s: the header claims %d axes", file->path, dim[0]);
    for (int axis = 0; axis < 3; axis++)
        size[axis] = axis < dim[0] ? dim[axis + 1] : 1;
    if (components > 1 && (dim[0] < 5 || dim[5] != components))
        return sep_fail(SEP_ERR_FORMAT, "%s: is no displacement field (five axes, the last of %d components)",
                        file->path, components);
    for (int axis = 4; axis <= dim[0]; axis++)
        if (dim[axis] > wanted_entries(axis, components))
            return sep_fail(SEP_ERR_UNSUPPORTED,
                            "%s: has %d entries along axis %d; one volume a file is read, so split it", file->path,
                            dim[axis], axis);
    return SEP_OK;
}

static sep_status seek_voxels(nifti_file *file)
{
    float offset = file->header.vox_offset;

    if (offset == 0.0f)
        offset = VOXELS_AT;
    if (!(offset >= (float)HEADER_BYTES && offset <= 1e9f))
        return sep_fail(SEP_ERR_FORMAT, "%s: the header says that the voxels start at byte %g", file->path,
                        (double)offset);
    if (gzseek(file->stream, (z_off_t)offset, SEEK_SET) < 0)
        return fail_read(file, "the header's extensions");
    return SEP_OK;
}

/* ---- geometry in ------------------------------------------------------------------------------------------------- */

/* Factor from the header's unit of length to mm. */
static double unit_in_mm(const nifti_1_header *header)
{
    switch (XYZT_TO_SPACE(header->xyzt_units)) {
    case NIFTI_UNITS_METER:
        return 1000.0;
    case NIFTI_UNITS_MICRON:
        return 0.001;
    default:
        return 1.0;
    }
}

static void affine_from_rows(const float *const row[3], double unit, double affine[3][4])
{
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 4; j++)
            affine[i][j] = (double)row[i][j] * unit;
}

static bool affine_from_sform(const nifti_1_header *header, double unit, double affine[3][4])
{
    const float *const row[3] = {header->srow_x, header->srow_y, header->srow_z};

    if (header->sform_code <= 0)
        return false;
    affine_from_rows(row, unit, affine);
    return sep_affine_is_usable((const double(*)[4])affine);
}

static bool affine_from_qform(const nifti_1_header *header, double unit, double affine[3][4])
{
    if (header->qform_code <= 0)
        return false;
    mat44 q = nifti_quatern_to_mat44(header->quatern_b, header->quatern_c, header->quatern_d, header->qoffset_x,
                                     header->qoffset_y, header->qoffset_z, header->pixdim[1], header->pixdim[2],
                                     header->pixdim[3], header->pixdim[0] < 0.0f ? -1.0f : 1.0f);
    const float *const row[3] = {q.m[0], q.m[1], q.m[2]};
    affine_from_rows(row, unit, affine);
    return sep_affine_is_usable((const double(*)[4])affine);
}

/* False where all that the header says is what a volume without geometry has anyway: 1, of no unit. */
static bool affine_from_pixdim(const nifti_1_header *header, double unit, double affine[3][4])
{
    bool says_something = XYZT_TO_SPACE(header->xyzt_units) != NIFTI_UNITS_UNKNOWN;

    memset(affine, 0, 3 * sizeof *affine);
    for (int axis = 0; axis < 3; axis++) {
        float size = fabsf(header->pixdim[axis + 1]);
        bool known = size > 0.0f && isfinite(size);
        affine[axis][axis] = known ? (double)size * unit : 1.0;
        says_something = says_something || (known && size != 1.0f);
    }
    return says_something && sep_affine_is_usable((const double(*)[4])affine);
}

static void read_geometry(const nifti_1_header *header, sep_volume *volume)
{
    double affine[3][4], unit = unit_in_mm(header);
    float stated[3];

    for (int axis = 0; axis < 3; axis++)
        stated[axis] = (float)((double)header->pixdim[axis + 1] * unit);
    if (affine_from_sform(header, unit, affine) || affine_from_qform(header, unit, affine) ||
        affine_from_pixdim(header, unit, affine))
        sep_volume_set_affine(volume, (const double(*)[4])affine, stated);
}

/* ---- voxels in --------------------------------------------------------------------------------------------------- */

#define VOXEL_TYPES(X)                                                                                                 \
    X(NIFTI_TYPE_UINT8, uint8_t)                                                                                       \
    X(NIFTI_TYPE_INT8, int8_t)                                                                                         \
    X(NIFTI_TYPE_UINT16, uint16_t)                                                                                     \
    X(NIFTI_TYPE_INT16, int16_t)                                                                                       \
    X(NIFTI_TYPE_UINT32, uint32_t)                                                                                     \
    X(NIFTI_TYPE_INT32, int32_t)                                                                                       \
    X(NIFTI_TYPE_UINT64, uint64_t)                                                                                     \
    X(NIFTI_TYPE_INT64, int64_t)                                                                                       \
    X(NIFTI_TYPE_FLOAT32, float)                                                                                       \
    X(NIFTI_TYPE_FLOAT64, double)

/* slope * raw + inter in double, rounded to float once. */
#define DEFINE_CONVERT(code, type)                                                                                     \
    static void convert_##type(const void *raw, size_t count, double slope, double inter, float *out)                  \
    {                                                                                                                  \
        const type *in = raw;                                                                                          \
        for (size_t i = 0; i < count; i++)                                                                             \
            out[i] = (float)((double)in[i] * slope + inter);                                                           \
    }
VOXEL_TYPES(DEFINE_CONVERT)

typedef struct voxel_type {
    int code, bytes;
    void (*convert)(const void *raw, size_t count, double slope, double inter, float *out);
} voxel_type;

#define VOXEL_TYPE_ROW(code, type) {code, (int)sizeof(type), convert_##type},
static const voxel_type voxel_types[] = {VOXEL_TYPES(VOXEL_TYPE_ROW)};

static sep_status find_voxel_type(const nifti_file *file, const voxel_type **type)
{
    for (size_t i = 0; i < sizeof voxel_types / sizeof *voxel_types; i++)
        if (voxel_types[i].code == file->header.datatype) {
            *type = &voxel_types[i];
            return SEP_OK;
        }
    return sep_fail(SEP_ERR_UNSUPPORTED, "%s: voxels of type %s (code %d); integers and floats up to 64 bits are read",
                    file->path, nifti_datatype_string(file->header.datatype), file->header.datatype);
}

/* A slope of 0 means no scaling; some writers leave NaN there to say the same. */
static sep_status read_scaling(const nifti_file *file, double *slope, double *inter)
{
    bool scaled = isfinite(file->header.scl_slope) && file->header.scl_slope != 0.0f;

    *slope = scaled ? (double)file->header.scl_slope : 1.0;
    *inter = scaled ? (double)file->header.scl_inter : 0.0;
    if (!isfinite(*inter))
        return sep_fail(SEP_ERR_FORMAT, "%s: the header's scl_inter is not a number", file->path);
    return SEP_OK;
}

/* Asking for one byte more makes zlib compare the checksum. */
static sep_status check_end(nifti_file *file)
{
    unsigned char extra;
    int code;

    gzread(file->stream, &extra, 1);
    gzerror(file->stream, &code);
    return code == Z_OK || code == Z_STREAM_END ? SEP_OK : fail_read(file, "the checksum");
}

static sep_status read_voxels(nifti_file *file, const voxel_type *type, sep_volume *volume)
{
    uint64_t block[4096]; /* aligned for every type */
    size_t in_block = sizeof block / (size_t)type->bytes;
    size_t left = (size_t)volume->depth * (size_t)volume->height * (size_t)volume->width;
    double slope, inter;

    SEP_TRY(read_scaling(file, &slope, &inter));
    for (float *out = volume->data; left > 0;) {
        size_t count = left < in_block ? left : in_block;
        int bytes = (int)count * type->bytes;
        if (gzread(file->stream, block, (unsigned)bytes) != bytes)
            return fail_read(file, "the voxels");
        if (file->swapped && type->bytes > 1)
            nifti_swap_Nbytes(count, type->bytes, block);
        type->convert(block, count, slope, inter, out);
        out += count;
        left -= count;
    }
    return check_end(file);
}

/* What the vectors of a field are. */
static sep_status read_kind(nifti_file *file)
{
    const nifti_1_header *header = &file->header;
    sep_field_label label = {.intent = header->intent_code,
                             .volumes = header->dim[0] == 4 ? header->dim[4] : 1,
                             .parameter = (double)header->intent_p1};

    memcpy(label.name, header->intent_name, sizeof header->intent_name);
    memcpy(label.description, header->descrip, sizeof header->descrip);
    return sep_field_find_kind(file->path, &label, &file->kind);
}

/* The components lie one behind the other, as more slices: volume->depth is components times the file's. */
static sep_status read_stream(nifti_file *file, int components, sep_volume *volume)
{
    const voxel_type *type = NULL;
    int64_t size[3];

    SEP_TRY(read_header(file));
    if (components > 1)
        SEP_TRY(read_kind(file));
    SEP_TRY(read_size(file, components, size));
    SEP_TRY(find_voxel_type(file, &type));
    size[2] *= components;
    int packed = gzdirect(file->stream) ? 1 : SEP_DEFLATE_RATIO;
    SEP_TRY(sep_volume_create_for_file(volume, file->path, size, type->bytes, packed));
    read_geometry(&file->header, volume);
    SEP_TRY(seek_voxels(file));
    return read_voxels(file, type, volume);
}

static sep_status read_file(const char *path, int components, sep_volume *volume, sep_field_kind *kind)
{
    nifti_file file = {.path = path, .stream = gzopen(path, "rb")};

    if (!file.stream)
        return sep_fail(SEP_ERR_IO, "%s: can't be opened: %s", path, strerror(errno));
    gzbuffer(file.stream, 1 << 17);
    sep_status status = read_stream(&file, components, volume);
    *kind = file.kind;
    gzclose(file.stream);
    return status;
}

sep_status sep_nifti_read(const char *path, sep_volume *volume)
{
    sep_field_kind none;

    return read_file(path, 1, volume, &none);
}

sep_status sep_nifti_read_field(const char *path, sep_volume *components, sep_field_kind *kind)
{
    SEP_TRY(read_file(path, 3, components, kind));
    components->depth /= 3;
    return SEP_OK;
}

#else

sep_status sep_nifti_read(const char *path, sep_volume *volume)
{
    (void)volume;
    return sep_fail_without_nifti(path);
}

sep_status sep_nifti_read_field(const char *path, sep_volume *components, sep_field_kind *kind)
{
    (void)components;
    (void)kind;
    return sep_fail_without_nifti(path);
}

#endif
