/* What the header of a NIfTI file says. NIfTI-1: the layout and its byte order are nifticlib's. NIfTI-2: fields at the
 * bytes that the standard gives them (nifti2.h of 2011), for not every nifticlib has its header file. */
#include "config.h"

#if SEP_HAVE_NIFTI && SEP_HAVE_ZLIB

#include "image/nifti.h"

#include <limits.h>
#include <math.h>
#include <nifti1_io.h>
#include <string.h>

static int swap_int(int value)
{
    nifti_swap_Nbytes(1, sizeof value, &value);
    return value;
}

/* A form's code; one below 0 is none. */
static int form_code(int code)
{
    return code > 0 && code <= SHRT_MAX ? code : NIFTI_XFORM_UNKNOWN;
}

/* ---- NIfTI-1 ----------------------------------------------------------------------------------------------------- */

static sep_forms forms_1(const nifti_1_header *h)
{
    const float *const row[3] = {h->srow_x, h->srow_y, h->srow_z};
    sep_forms forms = {.known = true,
                       .qform_code = form_code(h->qform_code),
                       .sform_code = form_code(h->sform_code),
                       .units = XYZT_TO_SPACE(h->xyzt_units),
                       .quaternion = {(double)h->quatern_b, (double)h->quatern_c, (double)h->quatern_d},
                       .offset = {(double)h->qoffset_x, (double)h->qoffset_y, (double)h->qoffset_z}};

    for (int i = 0; i < 4; i++)
        forms.pixdim[i] = (double)h->pixdim[i];
    for (int i = 0; i < 12; i++)
        forms.sform[i / 4][i % 4] = (double)row[i / 4][i % 4];
    return forms;
}

static void take_1(const nifti_1_header *h, sep_nifti_header *header, double *voxels_at)
{
    header->is_pair = h->magic[1] == 'i';
    header->datatype = h->datatype;
    header->slope = (double)h->scl_slope;
    header->inter = (double)h->scl_inter;
    header->forms = forms_1(h);
    header->label = (sep_field_label){.intent = h->intent_code, .parameter = (double)h->intent_p1};
    memcpy(header->label.name, h->intent_name, sizeof h->intent_name);
    memcpy(header->label.description, h->descrip, sizeof h->descrip);
    for (int i = 0; i < 8; i++)
        header->dim[i] = h->dim[i];
    *voxels_at = (double)h->vox_offset;
}

/* `start` is the field that both versions begin with and that has been read already. */
static sep_status read_1(sep_nifti_stream *stream, int start, sep_nifti_header *header, double *voxels_at)
{
    nifti_1_header h = {.sizeof_hdr = start};

    SEP_TRY(sep_nifti_get(stream, (char *)&h + sizeof start, HEADER_BYTES - sizeof start, "the header"));
    if (memcmp(h.magic, "ni1", 4) != 0 && memcmp(h.magic, "n+1", 4) != 0)
        return sep_fail(SEP_ERR_FORMAT,
                        "%s: is no NIfTI file (no magic 'n+1' or 'ni1'); Analyze 7.5 doesn't say which side is left: "
                        "convert it to NIfTI with a program that knows where it is from",
                        stream->path);
    if (header->swapped)
        swap_nifti_header(&h, 1);
    take_1(&h, header, voxels_at);
    return SEP_OK;
}

/* ---- NIfTI-2 ----------------------------------------------------------------------------------------------------- */

typedef struct bytes_2 {
    unsigned char byte[HEADER_2_BYTES];
    bool swapped;
} bytes_2;

static void take_field(const bytes_2 *h, int at, int size, void *value)
{
    memcpy(value, h->byte + at, (size_t)size);
    if (h->swapped)
        nifti_swap_Nbytes(1, size, value);
}

/* field_TYPE: the value at a byte of the header. */
#define DEFINE_FIELD(name, type)                                                                                       \
    static type field_##name(const bytes_2 *h, int at)                                                                 \
    {                                                                                                                  \
        type value;                                                                                                    \
        take_field(h, at, sizeof value, &value);                                                                       \
        return value;                                                                                                  \
    }
DEFINE_FIELD(i16, int16_t)
DEFINE_FIELD(i32, int32_t)
DEFINE_FIELD(i64, int64_t)
DEFINE_FIELD(f64, double)

static sep_forms forms_2(const bytes_2 *h)
{
    sep_forms forms = {.known = true,
                       .qform_code = form_code(field_i32(h, 344)),
                       .sform_code = form_code(field_i32(h, 348)),
                       .units = XYZT_TO_SPACE(field_i32(h, 500))};

    for (int i = 0; i < 4; i++)
        forms.pixdim[i] = field_f64(h, 104 + 8 * i);
    for (int i = 0; i < 3; i++) {
        forms.quaternion[i] = field_f64(h, 352 + 8 * i);
        forms.offset[i] = field_f64(h, 376 + 8 * i);
    }
    for (int i = 0; i < 12; i++)
        forms.sform[i / 4][i % 4] = field_f64(h, 400 + 8 * i);
    return forms;
}

static void take_2(const bytes_2 *h, sep_nifti_header *header, double *voxels_at)
{
    header->is_pair = h->byte[5] == 'i';
    header->datatype = field_i16(h, 12);
    header->slope = field_f64(h, 176);
    header->inter = field_f64(h, 184);
    header->forms = forms_2(h);
    header->label = (sep_field_label){.intent = field_i32(h, 504), .parameter = field_f64(h, 80)};
    memcpy(header->label.name, h->byte + 508, sizeof header->label.name - 1);
    memcpy(header->label.description, h->byte + 240, sizeof header->label.description - 1);
    for (int i = 0; i < 8; i++)
        header->dim[i] = field_i64(h, 16 + 8 * i);
    *voxels_at = (double)field_i64(h, 168);
}

static sep_status read_2(sep_nifti_stream *stream, int start, sep_nifti_header *header, double *voxels_at)
{
    bytes_2 h = {.swapped = header->swapped};

    memcpy(h.byte, &start, sizeof start);
    SEP_TRY(sep_nifti_get(stream, h.byte + sizeof start, HEADER_2_BYTES - sizeof start, "the header"));
    /* The line ends show a file that went through a transfer as text. */
    if (memcmp(h.byte + 4, "n+2\0\r\n\x1a\n", 8) != 0 && memcmp(h.byte + 4, "ni2\0\r\n\x1a\n", 8) != 0)
        return sep_fail(SEP_ERR_FORMAT, "%s: is no NIfTI-2 file (no magic 'n+2' or 'ni2'), or damaged", stream->path);
    take_2(&h, header, voxels_at);
    return SEP_OK;
}

/* ---- both -------------------------------------------------------------------------------------------------------- */

static sep_status take_axes(const char *path, sep_nifti_header *header)
{
    int64_t *dim = header->dim;

    if (dim[0] < 1 || dim[0] > 7)
        return sep_fail(SEP_ERR_FORMAT, "%s: the header claims %lld axes", path, (long long)dim[0]);
    for (int64_t axis = dim[0] + 1; axis < 8; axis++)
        dim[axis] = 1;
    header->label.volumes = dim[0] == 4 && dim[4] <= INT_MAX ? (int)dim[4] : 1;
    return SEP_OK;
}

/* Some writers leave 0 for where voxels begin. */
static sep_status take_start(const char *path, bool version_2, double voxels_at, sep_nifti_header *header)
{
    const double usual = version_2 ? VOXELS_2_AT : VOXELS_AT;
    const double least = header->is_pair ? 0.0 : version_2 ? HEADER_2_BYTES : HEADER_BYTES;
    const double at = voxels_at == 0.0 && !header->is_pair ? usual : voxels_at;

    if (!(at >= least && at <= 1e9))
        return sep_fail(SEP_ERR_FORMAT, "%s: the header says that the voxels start at byte %g", path, at);
    header->voxels_at = (int64_t)at;
    return SEP_OK;
}

/* A slope of 0 means no scaling; some writers leave NaN there to say the same. */
static sep_status take_scaling(const char *path, sep_nifti_header *header)
{
    header->scaled = isfinite(header->slope) && header->slope != 0.0;
    header->slope = header->scaled ? header->slope : 1.0;
    header->inter = header->scaled ? header->inter : 0.0;
    if (!isfinite(header->inter))
        return sep_fail(SEP_ERR_FORMAT, "%s: the header's scl_inter is not a number", path);
    return SEP_OK;
}

static sep_status read_fields(sep_nifti_stream *stream, sep_nifti_header *header)
{
    double voxels_at = 0.0;
    int start;

    SEP_TRY(sep_nifti_get(stream, &start, sizeof start, "the header"));
    const bool version_2 = start == HEADER_2_BYTES || start == swap_int(HEADER_2_BYTES);
    header->swapped = start == swap_int(HEADER_BYTES) || start == swap_int(HEADER_2_BYTES);
    if (!version_2 && !header->swapped && start != HEADER_BYTES)
        return sep_fail(SEP_ERR_FORMAT, "%s: is no NIfTI file", stream->path);
    SEP_TRY((version_2 ? read_2 : read_1)(stream, start, header, &voxels_at));
    SEP_TRY(take_axes(stream->path, header));
    SEP_TRY(take_start(stream->path, version_2, voxels_at, header));
    return take_scaling(stream->path, header);
}

sep_status sep_nifti_read_header(const char *path, sep_nifti_header *header)
{
    sep_nifti_stream stream;

    *header = (sep_nifti_header){0};
    SEP_TRY(sep_nifti_open(path, &stream));
    sep_status status = read_fields(&stream, header);
    sep_nifti_close(&stream);
    return status;
}

#endif
