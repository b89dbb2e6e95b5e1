/* Private to src/image: what each file format offers to read.c and write.c, and the checks that the formats share.
 *
 * A reader fills an empty sep_volume; label maps are read as volumes and converted in one place (read.c). A writer
 * takes a volume and, optionally, labels: when `labels` is not NULL, it writes those, on the grid that `volume`
 * describes. */
#ifndef SEPTUM_IMAGE_FORMATS_H
#define SEPTUM_IMAGE_FORMATS_H

#include "septum/image.h"

typedef enum sep_image_format {
    SEP_IMAGE_UNKNOWN,
    SEP_IMAGE_NIFTI,
    SEP_IMAGE_HDF5,
    SEP_IMAGE_PNG,
    SEP_IMAGE_JPEG
} sep_image_format;

/* By suffix alone. */
sep_image_format sep_image_format_by_name(const char *path);
/* By suffix, or by the first bytes where the suffix says nothing; fails when the two disagree. */
sep_status sep_image_format_of_file(const char *path, sep_image_format *format) SEP_MUST_CHECK;

sep_status sep_nifti_read(const char *path, sep_volume *volume) SEP_MUST_CHECK;
sep_status sep_nifti_write(const char *path, const sep_volume *volume, const uint8_t *labels) SEP_MUST_CHECK;

/* A field of vectors (sep_field_read): three components, each a volume, one behind the other in `data`; depth is that
 * of one. LPS, unless the file's intent is 1006 (NIFTI_INTENT_DISPVECT), whose vectors are RAS as NIfTI's world is.
 * Written with intent 1007 (NIFTI_INTENT_VECTOR). */
sep_status sep_nifti_read_field(const char *path, sep_volume *components, bool *is_lps) SEP_MUST_CHECK;
sep_status sep_nifti_write_field(const char *path, const sep_volume *components) SEP_MUST_CHECK;
/* What a build without NIfTI says. */
sep_status sep_fail_without_nifti(const char *path);

/* One dataset, "image" or "label". Where `same_size_as` is not NULL and is in the file, its shape must be equal. */
sep_status sep_hdf5_read(const char *path, const char *dataset, const char *same_size_as,
                         sep_volume *volume) SEP_MUST_CHECK;

/* What a build without HDF5 says. */
sep_status sep_fail_without_hdf5(const char *path);

/* What the pixels of a picture stand for. */
typedef enum sep_pixel_meaning {
    SEP_PIXELS_INTENSITIES, /* grey; of colours their brightness */
    SEP_PIXELS_CLASSES,     /* class indices: a palette's indices, else grey; a coloured pixel is an error */
    SEP_PIXELS_MASK,   /* to be cut at a threshold: grey, a coloured pixel is an error; of a coloured palette, whose
                          indices are classes, index 0 is black and any other white */
    SEP_PIXELS_COLOURS /* each colour of a table stands for a class, any other is an error */
} sep_pixel_meaning;

typedef struct sep_pixel_use {
    sep_pixel_meaning meaning;
    const sep_label_colours *colours; /* of SEP_PIXELS_COLOURS */
} sep_pixel_use;

/* PNG or JPEG as one slice, turned as its Exif orientation says. `note` (may be NULL): the text that septum put into
 * the PNG, "" where there is none. */
#define SEP_NOTE_BYTES 96
sep_status sep_picture_read(const char *path, const sep_pixel_use *use, char note[SEP_NOTE_BYTES],
                            sep_volume *volume) SEP_MUST_CHECK;

/* PNG bytes of pixels[height][width][channels]; 1 or 3 channels of 8 or 16 bits (uint16_t in the machine's order).
 * `note` (NULL: none) becomes a text chunk with the keyword below. Freed with sep_free. */
#define SEP_PNG_KEYWORD "Septum"
sep_status sep_png_encode(const void *pixels, int height, int width, int channels, int bits, const char *note,
                          void **bytes, size_t *count) SEP_MUST_CHECK;

/* ---- sizes from files -------------------------------------------------------------------------------------------- */

/* Creates a volume from sizes that a file claims: positive, at most 2^31 - 1 voxels, and no more bytes than the file's
 * length can hold (`packed` bytes of data a byte of file: 1 for plain data, SEP_DEFLATE_RATIO when compressed). */
#define SEP_DEFLATE_RATIO 1040 /* deflate can't do better than 1032 to 1 */
sep_status sep_volume_create_for_file(sep_volume *volume, const char *path, const int64_t size[3] /* x, y, z */,
                                      int voxel_bytes, int packed) SEP_MUST_CHECK;

/* ---- geometry ---------------------------------------------------------------------------------------------------- */

/* Finite, invertible, and with voxels of a sane size (1e-9 to 1e9 mm). */
bool sep_affine_is_usable(const double affine[3][4]);
/* Sets affine, spacing and has_geometry. The spacing is the length of the affine's columns; where `stated` (may be
 * NULL) agrees with it to 0.1 %, that one, which has not been through a square root. */
void sep_volume_set_affine(sep_volume *volume, const double affine[3][4], const float *stated);

#endif
