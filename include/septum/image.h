/* septum: volumes and planar images in memory, and the file formats they come in and go out as. */
#ifndef SEPTUM_IMAGE_H
#define SEPTUM_IMAGE_H

#include "septum/base.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The two forms by which a NIfTI header places its voxels, as its fields have them, so that what is made on a volume's
 * grid is written with the same two forms and codes, and lies on the volume in every program, whichever form that
 * takes. They count where they still say what the volume's affine says, and only for writing NIfTI.
 *
 * The affine that they give is ITK's (5.3 and later): spacing is pixdim's, a negative one its magnitude, and only where
 * pixdim states none (0, NaN) the length of the sform's column. Directions and origin are the sform's where its axes
 * are orthogonal and its code is 1, or the qform has no code, or both say the same; else the qform's. A sheared sform
 * without a qform, which ITK refuses, is taken as it is. With neither code, voxel axes are those of LPS, from 0.
 * Lengths in metres or microns become mm. A sform whose voxels are of another size than pixdim's (as in ACDC's files)
 * is a warning to the log. */
typedef struct sep_forms {
    bool known;                 /* false: not from NIfTI, the rest is 0 */
    int qform_code, sform_code; /* 0: there is no such form */
    int units;                  /* NIfTI's code: 0 unknown, 1 m, 2 mm, 3 micron */
    double pixdim[4];           /* the sign of the qform's z axis, then the size of a voxel: x, y, z */
    double quaternion[3], offset[3];
    double sform[3][4];
} sep_forms;

/* Channels of an image: modalities, sequences, colours. */
enum { SEP_MOST_IMAGE_CHANNELS = 16 };

/* A volume, or a single slice of one (depth 1). Voxel (z, y, x) is at ((z * height) + y) * width + x: x runs
 * fastest, as in NIfTI's first axis, an HDF5 dataset's last axis (but for channels), a picture's columns. An image of
 * several channels has one such volume behind the other, all on one grid: what wants one channel is given
 * sep_volume_channel, and what is not told of channels takes the first. `affine` maps voxel (x, y, z, 1) to millimetres
 * in RAS+ (NIfTI's convention); when the file has no geometry, it is the spacing on the diagonal and has_geometry is
 * false (spacing 1: distances are then voxels). */
typedef struct sep_volume {
    int channels; /* 0 is 1: see sep_volume_channels */
    int depth, height, width;
    float spacing[3]; /* x, y, z in mm; 1 where unknown */
    double affine[3][4];
    bool has_geometry;
    sep_forms forms;
    float *data;   /* channels * depth * height * width voxels; NULL: size and geometry alone */
    bool borrowed; /* the voxels are somebody else's, who keeps them as long as they are used: not freed here, and not
                      written to (a file may be mapped there) */
} sep_volume;

/* What stands in a label map for a voxel that nobody annotated. It is no class, and counts nowhere. */
#define SEP_IGNORED 255

/* A label map: the same grid, one class index a voxel. */
typedef struct sep_labels {
    int depth, height, width;
    float spacing[3];
    double affine[3][4];
    bool has_geometry;
    sep_forms forms;
    bool ignores; /* SEP_IGNORED is no class here, but marks what nobody annotated */
    uint8_t *data;
} sep_labels;

static inline bool sep_labels_ignore(const sep_labels *labels, size_t voxel)
{
    return labels->ignores && labels->data[voxel] == SEP_IGNORED;
}

size_t sep_labels_count_ignored(const sep_labels *labels);

sep_status sep_volume_create(sep_volume *volume, int depth, int height, int width) SEP_MUST_CHECK;
/* Of 1 to SEP_MOST_IMAGE_CHANNELS channels. */
sep_status sep_volume_create_channels(sep_volume *volume, int channels, int depth, int height,
                                      int width) SEP_MUST_CHECK;
sep_status sep_labels_create(sep_labels *labels, int depth, int height, int width) SEP_MUST_CHECK;
static inline int sep_volume_channels(const sep_volume *volume)
{
    return volume->channels > 1 ? volume->channels : 1;
}
/* Voxels of the grid: those of one channel. */
static inline size_t sep_volume_voxels(const sep_volume *volume)
{
    return (size_t)volume->depth * (size_t)volume->height * (size_t)volume->width;
}
/* One channel as a volume of its own, with borrowed voxels. */
sep_volume sep_volume_channel(const sep_volume *volume, int channel);
/* From planes, one channel behind the other, to pixels with their channels side by side, as networks see them. */
void sep_interleave(const float *planes, size_t pixels, int channels, float *image);
/* Of size, affine and voxels. */
uint64_t sep_volume_hash(const sep_volume *volume);
uint64_t sep_labels_hash(const sep_labels *labels);
void sep_volume_free(sep_volume *volume); /* frees the data, unless it is borrowed, and zeroes the struct */
void sep_labels_free(sep_labels *labels);
/* Zeros on the grid of another volume: its size and geometry, one channel. */
sep_status sep_volume_create_on(const sep_volume *grid, sep_volume *volume) SEP_MUST_CHECK;
sep_status sep_labels_create_on(const sep_volume *grid, sep_labels *labels) SEP_MUST_CHECK;
/* Copies spacing, affine, has_geometry and forms. */
void sep_volume_take_geometry(sep_volume *volume, const sep_volume *from);
void sep_labels_take_geometry(sep_labels *labels, const sep_volume *from);
/* Gives the voxels another size (x, y, z in mm, all > 0): the affine keeps its directions and its origin, and so does
 * each of the forms. A grid without geometry gets the directions of a NIfTI file without a form. */
sep_status sep_volume_set_spacing(sep_volume *volume, const float spacing[3]) SEP_MUST_CHECK;
sep_status sep_labels_set_spacing(sep_labels *labels, const float spacing[3]) SEP_MUST_CHECK;

/* Slice z of a volume: height * width voxels. */
static inline float *sep_volume_slice(const sep_volume *volume, int z)
{
    return volume->data + (size_t)z * (size_t)volume->height * (size_t)volume->width;
}
static inline uint8_t *sep_labels_slice(const sep_labels *labels, int z)
{
    return labels->data + (size_t)z * (size_t)labels->height * (size_t)labels->width;
}
/* The middle of the voxels in the world. */
void sep_volume_centre(const sep_volume *volume, double centre[3]);
/* The slice with the most voxels of a class other than 0 (the first of equals; ignored ones don't count): the one to
 * show. */
int sep_labels_fullest_slice(const sep_labels *labels);
/* Of each class but 0 for which `chosen` (of 256; NULL: all) is true, only the largest component stays, of equal ones
 * the one whose first voxel comes first; its other voxels become 0. Voxels that share a face, an edge or a corner are
 * connected (26 neighbours). */
sep_status sep_labels_keep_largest(sep_labels *labels, const bool *chosen) SEP_MUST_CHECK;
/* Of each class but 0 the share of its voxels that lie in its largest component; NaN where it has none, of 0 and of
 * what is ignored. */
sep_status sep_labels_largest_share(const sep_labels *labels, double share[256]) SEP_MUST_CHECK;
/* SEP_ERR_SHAPE, with both names and both sizes in the text, unless the two have the same number of voxels along each
 * axis. The names are those of their files. */
sep_status sep_check_same_size(const char *image_name, const sep_volume *image, const char *labels_name,
                               const sep_labels *labels) SEP_MUST_CHECK;

/* ---- space ------------------------------------------------------------------------------------------------------- */

/* The size and geometry of a label map as a volume without voxels, for what compares grids. */
sep_volume sep_labels_grid(const sep_labels *labels);

/* An order of voxels: axis i (x, y, z) of what is made runs along axis `axis[i]` of what is there, from its end where
 * `flipped[i]`. Zero is not an order; sep_order_stored is the one that changes nothing. */
typedef struct sep_order {
    int axis[3];
    bool flipped[3];
} sep_order;

extern const sep_order sep_order_stored;
bool sep_order_is_stored(const sep_order *order);
/* The order that takes back what `order` did. */
sep_order sep_order_inverse(const sep_order *order);
/* The axis that slices follow each other along: z as stored, or one that changes places with it. */
typedef enum sep_slice_axis { SEP_SLICE_AXIS_Z = 0, SEP_SLICE_AXIS_Y, SEP_SLICE_AXIS_X } sep_slice_axis;

/* "z", "y", "x" */
enum { SEP_SLICE_AXES = 3 };
extern const char *const sep_slice_axis_names[SEP_SLICE_AXES];
sep_order sep_slice_axis_order(sep_slice_axis axis);
/* Whether voxels are at least twice as long along `axis` (0: x, 1: y) as along z, and fewer: thick slices lie across
 * it. Spacing and size along x, y and z. */
bool sep_is_thick_along(int axis, const float spacing[3], const int size[3]);
/* Brings the voxels into another order, and the geometry with them: each value stays at its place in the world, none is
 * changed. Of borrowed voxels a copy is made; a volume without voxels gets the size and geometry that it would have. */
sep_status sep_volume_reorder(sep_volume *volume, const sep_order *order) SEP_MUST_CHECK;
sep_status sep_labels_reorder(sep_labels *labels, const sep_order *order) SEP_MUST_CHECK;

typedef enum sep_space_relation {
    SEP_SPACE_UNKNOWN = 0, /* one of the two has no geometry */
    SEP_SPACE_SAME,        /* voxels of one index lie at one place */
    SEP_SPACE_REORDERED,   /* the same voxels, stored along other axes or from another end */
    SEP_SPACE_ELSEWHERE,   /* in no order of the axes do all voxels lie at one place */
    SEP_SPACE_OTHER_SIZE   /* in no order of the axes have both the same size */
} sep_space_relation;

/* How one grid lies in the space of another. */
typedef struct sep_space {
    sep_space_relation relation;
    sep_order order; /* REORDERED: what brings the second into the order of the first; else sep_order_stored */
    double origin;   /* mm between the first voxels of the two, as they are stored */
    double degrees;  /* the largest angle between axes of one name, as they are stored */
    char text[192];  /* ELSEWHERE: these numbers and both spacings, for a message; else "" */
} sep_space;

/* Voxels lie at one place where the centres of no two are further apart than a tenth of the first grid's shortest voxel
 * edge. Half of a voxel would do to find the same nearest neighbour for each; a tenth is five times as strict, and
 * still many times what the float32 of a NIfTI header (origins, quaternions) or four decimals of a text lose over a
 * field of view. What differs along an axis of one voxel only (thickness of a single slice, its direction) is not seen:
 * the centres don't move. */
sep_space sep_space_compare(const sep_volume *first, const sep_volume *second);
/* Compares a label map with the grid that it belongs to, and brings it into that order where it holds the same voxels
 * in another. */
sep_status sep_labels_match(const sep_volume *grid, sep_labels *labels, sep_space *space) SEP_MUST_CHECK;

/* Where the axes of a grid point: direction[i] is a unit vector in RAS+, i = x, y, z. */
typedef struct sep_orientation {
    bool known;
    double direction[3][3];
} sep_orientation;

sep_orientation sep_orientation_of(const sep_volume *grid); /* not known without geometry */
/* The same with its slices along that axis of it. */
sep_orientation sep_orientation_cut(const sep_orientation *orientation, sep_slice_axis axis);
/* "RAS", "LPI": for each axis the direction of the body that it is nearest to (R is towards the patient's right, as in
 * nibabel); "???" where not known. */
void sep_orientation_code(const sep_orientation *orientation, char code[4]);
/* The order that brings a grid's axes along those of `wanted`: sep_order_stored where either has no orientation. Each
 * axis must come within 30 degrees of the wanted one, since at 45 two orders are as good. Where only z does, and was
 * not the slicing axis, slices come right and the plane as near as it can. A single slice is not cut across. Else the
 * order is as stored, and where another would have been nearer, false comes back. */
bool sep_orientation_order(const sep_orientation *wanted, const sep_volume *grid, sep_order *order);
/* Of 1 or more grids, all with geometry, that in which most are stored: the direction of z that most share, then, of
 * those that have it, the directions of x and y that most share; as many: the direction along which voxels are longer,
 * then the first grid's. The mean of the grids that share it. */
sep_status sep_orientation_of_most(const sep_volume *const *grid, int count, sep_orientation *most) SEP_MUST_CHECK;

/* ---- files ------------------------------------------------------------------------------------------------------- */

/* The suffix of a format that this library knows (".nii.gz", ".nii", ".hdr", ".img", ".hdr.gz", ".img.gz", ".npy.h5",
 * ".h5", ".hdf5", ".png", ".jpg", ".jpeg", upper or lower case, after NIfTI's perhaps "#12": see below): a pointer into
 * `path`, so that what lies before it is the case's name; NULL for any other file. */
const char *sep_image_suffix(const char *path);
/* The name of the file without folder and such a suffix; from malloc, NULL without memory. Frame 3 of a series has
 * "_frame03" behind it: of "patient001_4d.nii.gz#3" and "patient001.nii.gz#3", "patient001_frame03". */
char *sep_image_stem(const char *path);
/* The names in a folder that have such a suffix, sorted: a name a volume, so of a pair NAME.hdr and NAME.img the first.
 */
sep_status sep_image_list(const char *folder, sep_strings *names) SEP_MUST_CHECK;
/* How many volumes a file holds: 1, or the frames of a NIfTI series, of which the header only is read. */
sep_status sep_image_frames(const char *path, int *frames) SEP_MUST_CHECK;

/* The case that a line of a list means, which may name it by its file: without a suffix as above, and without ".npy",
 * which some packages keep in the names of their HDF5 files; from malloc, NULL without memory. */
char *sep_listed_stem(const char *line);

/* Reading goes by suffix, and by content where the suffix says nothing; a content that is another format than the
 * suffix is an error.
 *
 * NIfTI: .nii, .nii.gz, NAME.hdr with NAME.img beside it (either name, each perhaps with .gz), NIfTI-1 and NIfTI-2 in
 * both byte orders; scl_slope and scl_inter applied; geometry as sep_forms says. Of a 4-D file (a cine series) one
 * frame is read, by the name NAME.nii.gz#k with k from 1, as ACDC counts its frames; a file that is there under the
 * whole name is read as any other. Whole numbers that were stored through a slope come back beside themselves
 * (2.99997): in a label map, what is within half a step of the slope of a whole number, and within 0.25, is that
 * number.
 *
 * HDF5: .h5, .hdf5 (dataset 'image' and 'label', or another of label maps; axes slice, row, column, or 2-D). Pictures:
 * .png, .jpg, .jpeg (grey; 8 or 16 bit; colour becomes grey with weights 77, 150, 29 of 256; turned as Exif's
 * orientation says; NAME.png that is not there but NAME_000.png is: a slice a file). As labels pictures are grey, or
 * have a palette, of which the indices are the classes. Transparency is not looked at, and that is said in the log.
 *
 * Voxels that are NaN or infinite, sizes beyond 2^31 - 1 voxels or the memory limit, and label values outside 0..255 or
 * not whole numbers are errors that name the file. On failure the struct is zeroed. */
sep_status sep_volume_read(const char *path, sep_volume *volume) SEP_MUST_CHECK;
/* SEP_ERR_NUMERIC with `name` and the first voxel that is NaN or infinite. */
sep_status sep_volume_check_finite(const char *name, const sep_volume *volume) SEP_MUST_CHECK;
sep_status sep_labels_read(const char *path, sep_labels *labels) SEP_MUST_CHECK;
/* Size and geometry as sep_volume_read has them, without voxels: of NIfTI and HDF5 the header alone is read. */
sep_status sep_volume_read_grid(const char *path, sep_volume *grid) SEP_MUST_CHECK;
/* Of what an image of that many channels is read from: the bytes of its file, or of all of its files; of HDF5, whose
 * files hold other things too, the image in it. It is another once the volume may be another. */
sep_status sep_image_fingerprint(const char *path, int channels, uint64_t *fingerprint) SEP_MUST_CHECK;
/* Images of 1 to SEP_MOST_IMAGE_CHANNELS channels; of one (and 0) as sep_volume_read has them. Of more:
 * - NIfTI or grey PNG as nnU-Net has it: `path` is NAME_0000.nii.gz, and the others lie beside it as NAME_0001.nii.gz,
 *   ...;
 * - else NIfTI of four axes, a channel a frame, as the Medical Segmentation Decathlon has them;
 * - else PNG or JPEG of three channels: red, green, blue;
 * - HDF5, whose dataset 'image' has one axis more: (slice, row, column, channel) where the last has as many entries as
 *   there are channels, else (channel, slice, row, column); without the slice's, one slice.
 * All channels lie on one grid, to a tenth of a voxel. An error names the file of a channel that is missing, is of
 * another size, or says how many channels there are instead. */
sep_status sep_image_read(const char *path, int channels, sep_volume *volume) SEP_MUST_CHECK;
/* One of them. */
sep_status sep_image_read_channel(const char *path, int channel, int channels, sep_volume *volume) SEP_MUST_CHECK;
/* Size and geometry; and whether the files of all channels are there. */
sep_status sep_image_read_grid(const char *path, int channels, sep_volume *grid) SEP_MUST_CHECK;
sep_status sep_image_check_channels(const char *path, int channels) SEP_MUST_CHECK;
/* How many channels the axes of an HDF5 file say that its image has, which may be more than can be read; 1 of all other
 * formats, where nothing says which axis or colour is one. Four axes are of a volume with channels, three of a slice
 * with channels where the label map in the file has two; theirs is the axis that the label map lacks, without one the
 * last if it is of SEP_MOST_IMAGE_CHANNELS or less, else the first. */
sep_status sep_image_find_channels(const char *path, int *channels) SEP_MUST_CHECK;
/* PNG or JPEG, by its suffix. */
bool sep_image_is_picture(const char *path);
/* Whether the header of a PNG or JPEG speaks of colours, in its pixels or in its palette; no for all other files. */
bool sep_picture_has_colours(const char *path);
/* Whether an image's channels lie in files of their own, of which `path` is the first: NAME_0000.nii.gz. A picture that
 * has colours holds its channels itself, whatever its name, as nnU-Net has it. */
bool sep_channels_are_files(const char *path);
/* The file of a channel, from malloc: `path` itself where it holds all of them. */
char *sep_channel_path(const char *path, int channel);
/* A picture used as a mask: soft edges from JPEG are cut at `threshold` (pixel >= threshold is class 1); 0 keeps the
 * values as class indices. A threshold cuts grey: a coloured pixel is an error, and of a palette of colours, whose
 * indices are classes, index 0 is class 0 and any other class 1. (A palette of greys is cut by the greys.) */
sep_status sep_mask_read(const char *path, int threshold, sep_labels *labels) SEP_MUST_CHECK;

/* Which value of a file stands for which class, where it does not hold class indices: value[n] is class n. No values
 * (count 0) stand for class indices. */
enum { SEP_MOST_LABEL_VALUES = 256 };
typedef struct sep_label_values {
    int count;
    uint16_t value[SEP_MOST_LABEL_VALUES];
} sep_label_values;

/* "0,85,170", values 0 to 65535 in the order of the classes, no value twice; "0-255" is short for all between. */
sep_status sep_label_values_parse(const char *text, sep_label_values *values) SEP_MUST_CHECK;
/* Which colour of a picture stands for which class: colour[n], 0xRRGGBB, is class n. */
enum { SEP_MOST_LABEL_COLOURS = 256 };
typedef struct sep_label_colours {
    int count;
    uint32_t colour[SEP_MOST_LABEL_COLOURS];
} sep_label_colours;

/* "000000,ff0000,00ff00" in the order of the classes, no colour twice; a # before each and a space behind the comma may
 * be there. */
sep_status sep_label_colours_parse(const char *text, sep_label_colours *colours) SEP_MUST_CHECK;

/* What the voxels of a label map stand for: at most one of the first three is given; without any they are class
 * indices. */
typedef struct sep_label_reading {
    int threshold;             /* a mask: values from here on are class 1; 0: none */
    sep_label_values values;   /* one that is not among them is an error that names the voxel */
    sep_label_colours colours; /* of a PNG or JPEG, or a series of PNG; another colour is an error that names it */
    bool ignores;        /* `ignored` marks what nobody annotated: SEP_IGNORED in the map, which then ignores it */
    uint16_t ignored;    /* a value of the file; not with colours */
    const char *dataset; /* that holds the label map in an HDF5 file; NULL: 'label' */
} sep_label_reading;
sep_status sep_labels_read_as(const char *path, const sep_label_reading *reading, sep_labels *labels) SEP_MUST_CHECK;

/* How often each value occurs in one or several label maps; what they ignore is no value. */
typedef struct sep_label_counts {
    int64_t voxels[256];
} sep_label_counts;
void sep_label_counts_add(sep_label_counts *counts, const sep_labels *labels);
/* SEP_ERR_FORMAT, with `name` and what to do in the text, where the values are grey levels and not class indices, which
 * would make up to 256 classes of which most are empty:
 * - up to 16 values, 16 or more apart, the largest 118 or more: more than the largest set of classes in common use
 *   (TotalSegmentator's 117) has; or evenly spread, two at least besides 0, up to 64 or more (0, 40, 80);
 * - more values, but most of those above 8 within 8 of 255 and some between: a mask with soft edges, as JPEG makes.
 * Sparse indices (0, 1, 5; 0, 17, 53; 0, 1, 2, 255) are none of these. */
sep_status sep_label_counts_check(const sep_label_counts *counts, const char *name) SEP_MUST_CHECK;

/* Writing chooses by suffix and is atomic.
 *
 * NIfTI-1, .nii or .nii.gz: float32, or uint8 and intent NIFTI_INTENT_LABEL for labels; the volume's forms, or where it
 * has none sform and qform from the affine (codes 1), mm. A qform can't hold shear: there it is the nearest rotation,
 * which ITK takes, and the sform is exact. A volume without geometry gets codes 0 and unknown units, so that nobody
 * takes its voxels for millimetres.
 *
 * HDF5: datasets 'image' (float32) and 'label' (uint8), geometry as their attributes 'spacing' and 'affine', and
 * the forms as 'nifti_forms', 25 numbers in the order of sep_forms.
 *
 * PNG: one file for a single slice, NAME_000.png, ... for many. All are written before
 * the first is put in place; a series that was cut short in between is known by a note in each slice, and is not read.
 * Labels and volumes of
 * whole numbers 0..255 keep their values in 8 bits, whole numbers up to 65535 in 16 bits; any other volume is stretched
 * so that its minimum and maximum span 16 bits. Geometry has no place in a PNG. */
sep_status sep_volume_write(const char *path, const sep_volume *volume) SEP_MUST_CHECK;
sep_status sep_labels_write(const char *path, const sep_labels *labels) SEP_MUST_CHECK;
/* Both in one file; either may be NULL. */
sep_status sep_hdf5_write(const char *path, const sep_volume *volume, const sep_labels *labels) SEP_MUST_CHECK;
/* A label map that nobody drew, of HDF5: what it was made of, in attributes of 'label'. */
typedef struct sep_derivation {
    char *sources;   /* names of scans, a line each, the best first: 60,000 bytes at most; SEP_NO_SOURCE: of none */
    uint64_t inputs; /* a hash of their label maps and of the image that it belongs to; 0: not known */
    uint64_t key;    /* a hash of all that could have changed it; 0: not known */
} sep_derivation;
#define SEP_NO_SOURCE "(none)"

/* The label map, and how far its sources agree (NULL: not said), as dataset 'agreement': see sep_labels_vote. */
sep_status sep_hdf5_write_derived(const char *path, const sep_labels *labels, const sep_labels *agreement,
                                  const sep_derivation *from) SEP_MUST_CHECK;
/* SEP_ERR_FORMAT where a label map doesn't say what it was made of. */
sep_status sep_hdf5_read_derivation(const char *path, sep_derivation *from) SEP_MUST_CHECK;
void sep_derivation_free(sep_derivation *from);
/* Whether an HDF5 file has a dataset of that name at its root. */
sep_status sep_hdf5_has(const char *path, const char *dataset, bool *has) SEP_MUST_CHECK;

/* ---- displacement fields ----------------------------------------------------------------------------------------- */

/* A vector a voxel, in millimetres along the axes of RAS+: where the point at the voxel goes. `grid` has the size and
 * geometry; grid.data holds all x components, then all y, then all z, each laid out as a volume. */
typedef struct sep_field {
    sep_volume grid;
} sep_field;

/* Zero vectors on the grid of a volume (its voxels are not read). */
sep_status sep_field_create(sep_field *field, const sep_volume *grid) SEP_MUST_CHECK;
void sep_field_free(sep_field *field);
/* Component 0 (x), 1 or 2. */
static inline float *sep_field_component(const sep_field *field, int component)
{
    return sep_volume_slice(&field->grid, component * field->grid.depth);
}
/* NIfTI as ITK, ANTs and 3D Slicer read it: five axes, intent 1007, vectors in LPS. Read: the same, and what a header
 * says to be otherwise: intent 1006, whose vectors are in RAS (so ITK 5.4 takes them), SPM's deformations (intent_name
 * "Mapping", or a description that names one) and NiftyReg's deformations and displacements (intent_name "NREG_TRANS",
 * intent_p1 0 and 1). Fields of FSL, velocities and grids of NiftyReg and SPM are refused by name, and vectors that
 * look like positions and are not said to be. A value that is NaN or infinite is an error. */
sep_status sep_field_read(const char *path, sep_field *field) SEP_MUST_CHECK;
sep_status sep_field_write(const char *path, const sep_field *field) SEP_MUST_CHECK;

/* ---- intensities ------------------------------------------------------------------------------------------------- */

/* Smallest and largest voxel. */
void sep_volume_range(const sep_volume *volume, float *low, float *high);
/* Min-max normalisation of the whole volume to [0, 1]; a constant volume becomes 0. */
void sep_volume_normalise(sep_volume *volume);
/* The value that `share` (0 to 1) of the voxels don't exceed: number share * (voxels - 1), rounded, of the sorted. */
float sep_volume_percentile(const sep_volume *volume, double share);
/* Percentiles 0.5 and 99.5: the range without the few darkest and brightest voxels. */
void sep_volume_usual_range(const sep_volume *volume, float *low, float *high);
/* Clips to [low, high], then maps that interval to [0, 1] (CT windows): (v - low) / (high - low), in double, rounded
 * once. */
void sep_volume_window(sep_volume *volume, float low, float high);

/* ---- planar resampling ------------------------------------------------------------------------------------------- */

/* scipy.ndimage.zoom's rule (grid_mode off): output pixel o of an axis lies at source = o * (n_in - 1) / (n_out - 1).
 * All in double in a fixed order, rounded to float once: the same bits everywhere. `in` and `out` must not overlap. */

/* Order 0: the pixel at floor(source + 0.5). */
void sep_zoom_nearest_f32(const float *in, int in_height, int in_width, float *out, int out_height, int out_width);
void sep_zoom_nearest_u8(const uint8_t *in, int in_height, int in_width, uint8_t *out, int out_height, int out_width);
/* Which of `in` pixels of an axis output pixel o of `out` shows there. */
int sep_zoom_nearest_pixel(int o, int in, int out);
/* Order 3 with the cubic B-spline prefilter (mirror boundary), as scipy does it. */
sep_status sep_zoom_cubic_f32(const float *in, int in_height, int in_width, float *out, int out_height,
                              int out_width) SEP_MUST_CHECK;
/* Order 1: bilinear. */
void sep_zoom_linear_f32(const float *in, int in_height, int in_width, float *out, int out_height, int out_width);

/* Where the pixels of an axis lie along another, in pixels of that: pixel o at first + o * step. */
typedef struct sep_axis_map {
    double first, step;
} sep_axis_map;

/* Any places of the axes, beyond the border its value: linear; and the nearest pixel. In double in a fixed order,
 * rounded to float once. */
void sep_resample_linear_f32(const float *in, int in_height, int in_width, sep_axis_map rows, sep_axis_map columns,
                             float *out, int out_height, int out_width);
void sep_resample_nearest_u8(const uint8_t *in, int in_height, int in_width, sep_axis_map rows, sep_axis_map columns,
                             uint8_t *out, int out_height, int out_width);

/* The slices of a grid with pixels of another size: as many as come nearest to the slice's height and width, 1 at
 * least, and the two have one middle. */
typedef struct sep_resampling {
    int height, width;          /* of the result */
    sep_axis_map rows, columns; /* of its pixels, in those of the grid */
} sep_resampling;

/* `spacing`: mm along x and y, both > 0. SEP_ERR_FORMAT where the grid has no geometry, or a slice would be larger than
 * 65,536 pixels along a side; the text begins in the middle of a sentence about the grid. */
sep_status sep_resampling_of(const sep_volume *grid, const float spacing[2], sep_resampling *resampling) SEP_MUST_CHECK;
/* The pixels have that size already. */
bool sep_resampling_is_none(const sep_resampling *resampling);
/* Volumes that lie on the grid: images linearly, label maps by the nearest pixel. The geometry goes along; a volume
 * without voxels gets the size and geometry alone. */
sep_status sep_volume_resample(const sep_resampling *resampling, sep_volume *volume) SEP_MUST_CHECK;
sep_status sep_labels_resample(const sep_resampling *resampling, sep_labels *labels) SEP_MUST_CHECK;

/* ---- pictures ---------------------------------------------------------------------------------------------------- */

/* An RGB picture, 8 bits a channel, rows top to bottom. */
typedef struct sep_picture {
    int height, width;
    uint8_t *rgb;
} sep_picture;

/* A slice in grey, scaled so that [low, high] spans black to white, with the classes of `labels` (may be NULL) laid
 * over it: filled with opacity `alpha` (0..1) and outlined by one pixel of the enlarged picture (zoom / 4 of them from
 * zoom 8 on). `zoom` (1..32) repeats pixels. */
sep_status sep_picture_overlay(const float *slice, const uint8_t *labels, int height, int width, float low, float high,
                               float alpha, int zoom, sep_picture *picture) SEP_MUST_CHECK;
sep_status sep_picture_write_png(const char *path, const sep_picture *picture) SEP_MUST_CHECK;
/* PNG bytes in memory (for the HTML report). Freed with sep_free. */
sep_status sep_picture_encode_png(const sep_picture *picture, void **bytes, size_t *count) SEP_MUST_CHECK;
void sep_picture_free(sep_picture *picture);
/* The red, green and blue of a class: a fixed, colour-blind-safe table of 16, repeating from class 17 on; NULL for
 * class 0, which has none. */
const uint8_t *sep_class_colour(int label);

#ifdef __cplusplus
}
#endif
#endif
