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

/* One of the three colours of a picture, or of a series of them. */
sep_status sep_colour_read(const char *path, int channel, sep_volume *volume) SEP_MUST_CHECK;
/* All channels of an HDF5 file at once. */
sep_status sep_channels_read_whole(const char *path, int channels, sep_volume *volume) SEP_MUST_CHECK;
/* By suffix alone; of a file to be written, so a name that asks for a frame is none. */
sep_image_format sep_image_format_by_name(const char *path);
/* Whether a name asks for a frame of a series ("cine.nii.gz#12"), and where the name of its file ends. */
bool sep_image_asks_for_frame(const char *path, size_t *length, int *frame);
/* By suffix, or by the first bytes where the suffix says nothing; fails when the two disagree. */
sep_status sep_image_format_of_file(const char *path, sep_image_format *format) SEP_MUST_CHECK;

/* Frame 1, 2, ... of a series; 0: the only one. *step is 0, or how far apart whole numbers may have been stored: labels
 * are off by half of it. */
sep_status sep_nifti_read(const char *path, int frame, sep_volume *volume, double *step) SEP_MUST_CHECK;
/* Size and geometry of the same. */
sep_status sep_nifti_read_grid(const char *path, int frame, sep_volume *grid) SEP_MUST_CHECK;
sep_status sep_nifti_frames(const char *path, int *frames) SEP_MUST_CHECK;
sep_status sep_nifti_write(const char *path, const sep_volume *volume, const uint8_t *labels) SEP_MUST_CHECK;

/* What the vectors of a field are. */
typedef enum sep_field_kind {
    SEP_FIELD_LPS,      /* displacements, as ITK has them */
    SEP_FIELD_RAS,      /* displacements along the axes of NIfTI's world */
    SEP_FIELD_POSITIONS /* where the voxels go, in NIfTI's world */
} sep_field_kind;

/* What a header says of its vectors. */
typedef struct sep_field_label {
    int intent, volumes; /* intent_code; entries along the fourth of four axes, else 1 */
    double parameter;    /* intent_p1 */
    char name[17], description[81];
} sep_field_label;

/* Fields of ITK, ANTs, elastix, 3D Slicer (none, or intent 1007: LPS), of intent 1006 (NIFTI_INTENT_DISPVECT: RAS), of
 * SPM (intent_name "Mapping", or a description: positions), of NiftyReg (intent_name "NREG_TRANS", intent_p1 0:
 * positions, 1: RAS). Others are refused by their names. */
sep_status sep_field_find_kind(const char *path, const sep_field_label *label, sep_field_kind *kind) SEP_MUST_CHECK;
/* Makes displacements in RAS of what was read. Fails where displacements look like positions. */
sep_status sep_field_convert(const char *path, sep_field_kind kind, sep_field *field) SEP_MUST_CHECK;
/* Displacements between RAS and LPS, in place: both ways are one. */
void sep_field_turn(sep_field *field);

/* A field of vectors (sep_field_read): three components, each a volume, one behind the other in `data`; depth is that
 * of one. Written with intent 1007 (NIFTI_INTENT_VECTOR). */
sep_status sep_nifti_read_field(const char *path, sep_volume *components, sep_field_kind *kind) SEP_MUST_CHECK;
sep_status sep_nifti_write_field(const char *path, const sep_volume *components) SEP_MUST_CHECK;
/* Whether a name is that of one half of a pair, NAME.hdr or NAME.img; of the half with the voxels; and the path of a
 * half
 * ("hdr" or "img") of the pair that the name belongs to, from malloc. */
bool sep_nifti_is_pair(const char *path);
bool sep_nifti_is_voxels(const char *path);
sep_status sep_nifti_find_half(const char *path, const char *half, char **found) SEP_MUST_CHECK;
/* What a build without NIfTI says. */
sep_status sep_fail_without_nifti(const char *path);

/* One dataset, by its name, with so many channels. Where `same_size_as` is not NULL and is in the file, its shape must
 * be equal, but for an axis of channels. */
sep_status sep_hdf5_read(const char *path, const char *dataset, const char *same_size_as, int channels,
                         sep_volume *volume) SEP_MUST_CHECK;

/* Size and geometry of a dataset. */
sep_status sep_hdf5_read_grid(const char *path, const char *dataset, int channels, sep_volume *grid) SEP_MUST_CHECK;
/* What the axes of the dataset 'image' say, beside those of 'label'; it may be more than can be read. */
sep_status sep_hdf5_find_channels(const char *path, int *channels) SEP_MUST_CHECK;

/* What a build without HDF5 says. */
sep_status sep_fail_without_hdf5(const char *path);
enum { SEP_MOST_SOURCES = 60000, SEP_SOURCE_NAME = 4096 }; /* bytes: of an attribute of text; of one name in it */

/* What the pixels of a picture stand for. */
typedef enum sep_pixel_meaning {
    SEP_PIXELS_INTENSITIES, /* grey; of colours their brightness */
    SEP_PIXELS_CLASSES,     /* class indices: a palette's indices, else grey; a coloured pixel is an error */
    SEP_PIXELS_MASK,    /* to be cut at a threshold: grey, a coloured pixel is an error; of a coloured palette, whose
                           indices are classes, index 0 is black and any other white */
    SEP_PIXELS_COLOURS, /* each colour of a table stands for a class, any other is an error */
    SEP_PIXELS_CHANNEL  /* intensities of one of red, green, blue */
} sep_pixel_meaning;

typedef struct sep_pixel_use {
    sep_pixel_meaning meaning;
    const sep_label_colours *colours; /* of SEP_PIXELS_COLOURS */
    const char *dataset;              /* to read of an HDF5 file */
    int channels;                     /* that it has there; 0 is one, too */
    int channel;                      /* of SEP_PIXELS_CHANNEL: 0 red, 1 green, 2 blue */
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
 * length can hold (`packed` bytes of data a byte of file: 1 for plain data, SEP_DEFLATE_RATIO when compressed;
 * voxel_bytes 0: the reader knows by itself what is stored). Memory beyond the limit is refused. */
#define SEP_DEFLATE_RATIO 1040 /* deflate can't do better than 1032 to 1 */
sep_status sep_volume_create_for_file(sep_volume *volume, const char *path, const int64_t size[3] /* x, y, z */,
                                      int voxel_bytes, int packed) SEP_MUST_CHECK;

/* The same with voxels that have no value yet, for a reader that fills them as data arrive: memory that a file claims
 * and does not fill is never touched. */
sep_status sep_volume_create_unfilled(sep_volume *volume, const char *path, const int64_t size[3] /* x, y, z */,
                                      int voxel_bytes, int packed) SEP_MUST_CHECK;
/* Zeros for several channels, of a file whose reader compares claims with what is stored. */
sep_status sep_volume_create_channels_for_file(sep_volume *volume, const char *path, int channels,
                                               const int64_t size[3]) SEP_MUST_CHECK;
/* Such sizes without voxels. */
sep_status sep_volume_create_grid(sep_volume *grid, const char *path, const int64_t size[3]) SEP_MUST_CHECK;

/* ---- geometry ---------------------------------------------------------------------------------------------------- */

/* Finite, invertible, and with voxels of a sane size (1e-9 to 1e9 mm). */
bool sep_affine_is_usable(const double affine[3][4]);
/* Sets affine, spacing and has_geometry. The spacing is the length of the affine's columns; where `stated` (may be
 * NULL) agrees with it to 0.1 %, that one, which has not been through a square root. */
void sep_volume_set_affine(sep_volume *volume, const double affine[3][4], const float *stated);
/* Of forms that are known: how many mm their unit has; another voxel size, with the directions and the origin of each
 * form. */
double sep_forms_unit(const sep_forms *forms);
/* The axes of a grid of which nothing is known but its voxels' size, 1 mm here. */
void sep_affine_unplaced(double affine[3][4]);
void sep_forms_set_spacing(sep_forms *forms, const float spacing[3]);
/* As a row of numbers, for files that keep them: both codes, units, pixdim, quaternion, offset, the sform's rows.
 * Numbers that are no forms are not known. */
enum { SEP_FORMS_NUMBERS = 25 };
void sep_forms_to_numbers(const sep_forms *forms, double numbers[SEP_FORMS_NUMBERS]);
sep_forms sep_forms_from_numbers(const double numbers[SEP_FORMS_NUMBERS]);

#endif
