/* Reading NIfTI files: .nii and .nii.gz, pairs of .hdr and .img; one volume, one frame of a series, or the components
 * of a field. The voxels go through zlib directly, because nifticlib replaces NaN by 0. */
#include "config.h"
#include "image/formats.h"

#if SEP_HAVE_NIFTI && SEP_HAVE_ZLIB

#include "image/nifti.h"

#include <limits.h>
#include <math.h>
#include <nifti1_io.h>
#include <string.h>

/* A file as it is read: where its halves are, and what is wanted of it. */
typedef struct nifti_file {
    const char *path;
    char *voxels_path; /* may be `path` again, as a text of its own */
    sep_nifti_header header;
    int components; /* of a vector; 1 for a volume */
    int frame;      /* from 1; 0 for the only one */
} nifti_file;

/* ---- which file, how many voxels --------------------------------------------------------------------------------- */

static sep_status read_header(const char *path, sep_nifti_header *header)
{
    char *half = NULL;

    if (!sep_nifti_is_pair(path))
        return sep_nifti_read_header(path, header);
    SEP_TRY(sep_nifti_find_half(path, "hdr", &half));
    sep_status status = sep_nifti_read_header(half, header);
    sep_free(half);
    return status;
}

static sep_status find_voxels(nifti_file *file)
{
    const bool named_so = sep_nifti_is_pair(file->path);

    if (file->header.is_pair && !named_so)
        return sep_fail(SEP_ERR_UNSUPPORTED,
                        "%s: is one half of a .hdr and .img pair; give it the suffix .hdr, with the .img beside it",
                        file->path);
    if (named_so)
        return sep_nifti_find_half(file->path, file->header.is_pair ? "img" : "hdr", &file->voxels_path);
    file->voxels_path = sep_strdup(file->path);
    return file->voxels_path ? SEP_OK : SEP_ERR_MEMORY;
}

static int64_t frames_of(const sep_nifti_header *header)
{
    return header->dim[4] > 1 ? header->dim[4] : 1;
}

static sep_status check_frame(const nifti_file *file)
{
    const long long frames = (long long)frames_of(&file->header);

    if (file->components > 1 && frames > 1)
        return sep_fail(SEP_ERR_UNSUPPORTED, "%s: has %lld entries along axis 4; one field a file is read, so split it",
                        file->path, frames);
    if (file->frame == 0 && frames > 1)
        return sep_fail(SEP_ERR_UNSUPPORTED, "%s: is a series of %lld volumes; name one: %s#1 to %s#%lld", file->path,
                        frames, sep_file_name(file->path), sep_file_name(file->path), frames);
    if (file->frame > frames)
        return sep_fail(SEP_ERR_ARGUMENT, "%s: has no volume #%d; it holds %lld, counted from #1", file->path,
                        file->frame, frames);
    return SEP_OK;
}

/* Sizes of x, y, z; the fifth axis must have as many entries as there are components, all further ones one. */
static sep_status read_size(const nifti_file *file, int64_t size[3])
{
    const int64_t *dim = file->header.dim;

    memcpy(size, dim + 1, 3 * sizeof *size);
    if (file->components > 1 && dim[5] != file->components)
        return sep_fail(SEP_ERR_FORMAT, "%s: is no displacement field (five axes, the last of %d components)",
                        file->path, file->components);
    for (int axis = 5; axis <= 7; axis++)
        if (dim[axis] > (axis == 5 ? file->components : 1))
            return sep_fail(SEP_ERR_UNSUPPORTED,
                            "%s: has %lld entries along axis %d; one volume a file is read, so split it", file->path,
                            (long long)dim[axis], axis);
    return check_frame(file);
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

static sep_status read_voxels(const nifti_file *file, sep_nifti_stream *stream, const voxel_type *type,
                              sep_volume *volume)
{
    uint64_t block[4096]; /* aligned for every type */
    size_t in_block = sizeof block / (size_t)type->bytes;
    size_t left = (size_t)volume->depth * (size_t)volume->height * (size_t)volume->width;

    for (float *out = volume->data; left > 0;) {
        size_t count = left < in_block ? left : in_block;
        SEP_TRY(sep_nifti_get(stream, block, count * (size_t)type->bytes, "the voxels"));
        if (file->header.swapped && type->bytes > 1)
            nifti_swap_Nbytes(count, type->bytes, block);
        type->convert(block, count, file->header.slope, file->header.inter, out);
        out += count;
        left -= count;
    }
    const bool is_last = file->frame == 0 || file->frame == frames_of(&file->header);
    return is_last ? sep_nifti_check_end(stream) : SEP_OK;
}

/* Where the frame's voxels begin. A header may claim more frames than there are, but no place that has no number. */
static sep_status find_start(const nifti_file *file, const voxel_type *type, const sep_volume *volume, int64_t *start)
{
    const int64_t bytes = (int64_t)volume->depth * volume->height * volume->width * type->bytes;
    const int64_t before = file->frame > 1 ? file->frame - 1 : 0;

    if (before > (INT64_MAX - file->header.voxels_at) / bytes)
        return sep_fail(SEP_ERR_FORMAT, "%s: claims more voxels than a file can hold", file->path);
    *start = file->header.voxels_at + before * bytes;
    return SEP_OK;
}

/* The components lie one behind the other, as more slices: volume->depth is components times the file's. */
static sep_status read_stream(const nifti_file *file, sep_nifti_stream *stream, sep_volume *volume)
{
    const voxel_type *type = NULL;
    int64_t size[3], start = 0;
    bool is_packed;

    SEP_TRY(read_size(file, size));
    SEP_TRY(find_voxel_type(file, &type));
    if (size[2] <= INT_MAX) /* what is more is refused in the next line */
        size[2] *= file->components;
    SEP_TRY(sep_nifti_is_packed(stream, &is_packed));
    SEP_TRY(sep_volume_create_unfilled(volume, stream->path, size, type->bytes, is_packed ? SEP_DEFLATE_RATIO : 1));
    SEP_TRY(find_start(file, type, volume, &start));
    SEP_TRY(sep_nifti_skip_to(stream, start, "the header's extensions"));
    return read_voxels(file, stream, type, volume);
}

/* Labels that were stored in steps of the slope are off by half of one, as is each integer times a slope; floats are
 * off by what the slope's rounding does to 255 of them. */
static double label_step(const sep_nifti_header *header)
{
    const bool is_float = header->datatype == NIFTI_TYPE_FLOAT32 || header->datatype == NIFTI_TYPE_FLOAT64;

    if (!header->scaled)
        return 0.0;
    return is_float ? fmin(fabs(header->slope), 2e-3) : fabs(header->slope);
}

static sep_status read_voxels_file(const nifti_file *file, sep_volume *volume)
{
    sep_nifti_stream stream;

    SEP_TRY(sep_nifti_open(file->voxels_path, &stream));
    sep_status status = read_stream(file, &stream, volume);
    sep_nifti_close(&stream);
    return status;
}

/* `file` with its path, components and frame. */
static sep_status read_file(nifti_file *file, sep_volume *volume)
{
    SEP_TRY(find_voxels(file));
    sep_status status = read_voxels_file(file, volume);
    sep_free(file->voxels_path);
    if (status == SEP_OK) {
        sep_nifti_place(&file->header.forms, volume);
        sep_nifti_warn_of_scale(file->path, &file->header.forms);
    }
    return status;
}

sep_status sep_nifti_read(const char *path, int frame, sep_volume *volume, double *step)
{
    nifti_file file = {.path = path, .components = 1, .frame = frame};

    SEP_TRY(read_header(path, &file.header));
    *step = label_step(&file.header);
    return read_file(&file, volume);
}

sep_status sep_nifti_read_grid(const char *path, int frame, sep_volume *grid)
{
    nifti_file file = {.path = path, .components = 1, .frame = frame};
    int64_t size[3];

    SEP_TRY(read_header(path, &file.header));
    SEP_TRY(read_size(&file, size));
    SEP_TRY(sep_volume_create_grid(grid, path, size));
    sep_nifti_place(&file.header.forms, grid);
    return SEP_OK;
}

sep_status sep_nifti_frames(const char *path, int *frames)
{
    sep_nifti_header header;

    SEP_TRY(read_header(path, &header));
    if (frames_of(&header) > INT_MAX)
        return sep_fail(SEP_ERR_FORMAT, "%s: claims %lld volumes", path, (long long)frames_of(&header));
    *frames = (int)frames_of(&header);
    return SEP_OK;
}

sep_status sep_nifti_read_field(const char *path, sep_volume *components, sep_field_kind *kind)
{
    nifti_file file = {.path = path, .components = 3};

    SEP_TRY(read_header(path, &file.header));
    SEP_TRY(sep_field_find_kind(path, &file.header.label, kind));
    SEP_TRY(read_file(&file, components));
    components->depth /= 3;
    return SEP_OK;
}

#else

sep_status sep_nifti_read(const char *path, int frame, sep_volume *volume, double *step)
{
    (void)frame;
    (void)volume;
    (void)step;
    return sep_fail_without_nifti(path);
}

sep_status sep_nifti_read_grid(const char *path, int frame, sep_volume *grid)
{
    (void)frame;
    (void)grid;
    return sep_fail_without_nifti(path);
}

sep_status sep_nifti_frames(const char *path, int *frames)
{
    (void)frames;
    return sep_fail_without_nifti(path);
}

sep_status sep_nifti_read_field(const char *path, sep_volume *components, sep_field_kind *kind)
{
    (void)components;
    (void)kind;
    return sep_fail_without_nifti(path);
}

#endif
