/* Private to the NIfTI files: bytes through zlib, what the headers of both versions say, and how forms place voxels. */
#ifndef SEPTUM_IMAGE_NIFTI_H
#define SEPTUM_IMAGE_NIFTI_H

#include "image/formats.h"

#include <zlib.h>

#define HEADER_BYTES   348
#define VOXELS_AT      352 /* after the header and the four bytes that say "no extensions" */
#define HEADER_2_BYTES 540
#define VOXELS_2_AT    544

/* ---- bytes ------------------------------------------------------------------------------------------------------- */

/* A file, plain or in gzip. */
typedef struct sep_nifti_stream {
    const char *path;
    gzFile file;
} sep_nifti_stream;

sep_status sep_nifti_open(const char *path, sep_nifti_stream *stream) SEP_MUST_CHECK;
void sep_nifti_close(sep_nifti_stream *stream);
sep_status sep_nifti_is_packed(sep_nifti_stream *stream, bool *is_packed) SEP_MUST_CHECK;
/* `what` is being read: for the text of a truncated file. */
sep_status sep_nifti_get(sep_nifti_stream *stream, void *bytes, size_t count, const char *what) SEP_MUST_CHECK;
sep_status sep_nifti_skip_to(sep_nifti_stream *stream, int64_t offset, const char *what) SEP_MUST_CHECK;
/* Compares the checksum of a file that was read to its end. */
sep_status sep_nifti_check_end(sep_nifti_stream *stream) SEP_MUST_CHECK;

/* ---- the header -------------------------------------------------------------------------------------------------- */

typedef struct sep_nifti_header {
    bool swapped;      /* written in the other byte order */
    bool is_pair;      /* the voxels are in a file of their own */
    int64_t dim[8];    /* dim[0] axes, 1 to 7; the sizes of axes that aren't there are 1 */
    int64_t voxels_at; /* the byte at which they begin */
    int datatype;
    double slope, inter; /* value = slope * stored + inter; 1 and 0 where there is no scaling */
    bool scaled;
    sep_forms forms;
    sep_field_label label;
} sep_nifti_header;

/* NIfTI-1 or NIfTI-2, in either byte order. */
sep_status sep_nifti_read_header(const char *path, sep_nifti_header *header) SEP_MUST_CHECK;

/* ---- geometry ---------------------------------------------------------------------------------------------------- */

/* Gives the grid the place that the forms say (sep_forms has the rule); it stays without where they say nothing. */
void sep_nifti_place(const sep_forms *forms, sep_volume *grid);
/* Warns where the sform's voxels are of another size than pixdim's. */
void sep_nifti_warn_of_scale(const char *path, const sep_forms *forms);
/* The forms to write for a grid: its own, where they say what its affine says, else both from the affine. */
sep_forms sep_nifti_forms_of(const sep_volume *grid);

#endif
