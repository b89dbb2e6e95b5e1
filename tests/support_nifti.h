/* For the tests of NIfTI: a small file in memory, whose header a test changes before it writes it. For builds that have
 * nifticlib. */
#ifndef SEPTUM_TESTS_SUPPORT_NIFTI_H
#define SEPTUM_TESTS_SUPPORT_NIFTI_H

#include "support_image.h"
#include "support_scratch.h"

#include <nifti1_io.h>

#define VOXELS_AT 352

/* 3x2x2 voxels and room for the widest type. */
typedef struct file_image {
    nifti_1_header header;
    char no_extensions[4];
    uint8_t voxels[12 * 8];
} file_image;

_Static_assert(offsetof(file_image, voxels) == VOXELS_AT, "the voxels follow the header without a gap");

static inline file_image plain_file(short type, short bits)
{
    file_image file = {.header = {.sizeof_hdr = 348,
                                  .dim = {3, 3, 2, 2, 1, 1, 1, 1},
                                  .datatype = type,
                                  .bitpix = bits,
                                  .pixdim = {1, 1, 1, 1},
                                  .vox_offset = VOXELS_AT,
                                  .magic = "n+1"}};
    return file;
}

static inline size_t file_bytes(const file_image *file)
{
    return VOXELS_AT + 12 * (size_t)file->header.bitpix / 8;
}

static inline const char *put_file(const char *name, const file_image *file)
{
    return scratch_file(name, file, file_bytes(file));
}

#endif
