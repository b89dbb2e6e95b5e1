/* septum: registration of volumes: transforms, the search for one, warping, and the files that transforms are kept in.
 *
 * A transform maps points of the FIXED volume's world to points of the MOVING volume's world: the moving volume is
 * resampled on the fixed grid by looking up T(x). The world is the one of sep_volume.affine, millimetres in RAS+; a
 * volume without geometry has its voxels (x, y, z) as world. Files in ITK's formats hold the same transform in LPS,
 * where the first two axes point the other way; reading and writing convert. */
#ifndef SEPTUM_REGISTRATION_H
#define SEPTUM_REGISTRATION_H

#include "septum/device.h"
#include "septum/image.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- transforms -------------------------------------------------------------------------------------------------- */

/* A cubic B-spline displacement u(x) in world millimetres. Node (i, j, k) of the control grid lies at the world point
 * to_world * (i, j, k, 1). The spline is defined over [1, size - 2] on each axis (and a hundred-thousandth of a node
 * more, for rounding); a point beyond is not moved, as in ITK and elastix. One coefficient array per component, i
 * fastest. */
typedef struct sep_spline {
    int size[3]; /* nodes along x, y, z: cells + 3 */
    double to_world[3][4];
    double *coefficient[3]; /* size[0] * size[1] * size[2] each; owned */
} sep_spline;

/* T(x) = A (x + u(x)) + b: the deformation acts in the fixed world, where its grid lies, and the affine part, found
 * first, takes the deformed point to the moving world. u is a B-spline, or a field of displacements that is
 * interpolated linearly and is zero beyond half a voxel around it, as ITK takes it; not both. */
typedef struct sep_spatial_transform {
    double matrix[3][4]; /* A and b */
    double centre[3];    /* what A turns about, for files and for reading its parameters; T does not depend on it */
    sep_spline spline;   /* size 0: none */
    sep_field field;     /* grid.data NULL: none */
} sep_spatial_transform;

void sep_spatial_identity(sep_spatial_transform *transform);
void sep_spatial_free(sep_spatial_transform *transform); /* frees the deformation and leaves the identity */
sep_status sep_spatial_copy(const sep_spatial_transform *from, sep_spatial_transform *to) SEP_MUST_CHECK;
bool sep_spatial_is_affine(const sep_spatial_transform *transform); /* no deformation */

/* T(x); in and out may be one. */
void sep_spatial_point(const sep_spatial_transform *transform, const double in[3], double out[3]);
/* The x with T(x) = y, by the fixed point x <- A^-1 (y - b) - u(x), which converges where the deformation does not fold
 * (Chen et al. 2008); exact at once without a deformation. Beyond a spline's domain x is y's own place before A.
 * Between that and the domain a border that is moved leaves a gap, where the spline is taken to go on as at its border.
 * SEP_ERR_NUMERIC when 50 rounds leave more than 1e-4 mm, or A is singular. */
sep_status sep_spatial_inverse_point(const sep_spatial_transform *transform, const double in[3],
                                     double out[3]) SEP_MUST_CHECK;
/* second(first(x)) of affine transforms, and the exact inverse of one; SEP_ERR_UNSUPPORTED with a deformation. `out`
 * may be an argument. */
sep_status sep_spatial_compose(const sep_spatial_transform *second, const sep_spatial_transform *first,
                               sep_spatial_transform *out) SEP_MUST_CHECK;
sep_status sep_spatial_invert(const sep_spatial_transform *transform, sep_spatial_transform *out) SEP_MUST_CHECK;

/* ---- finding one ------------------------------------------------------------------------------------------------- */

typedef enum sep_transform_kind {
    SEP_RIGID,      /* 6 parameters: three of a rotation (Gibbs vector), a translation */
    SEP_SIMILARITY, /* 7: and a scale */
    SEP_AFFINE,     /* 12 */
    SEP_DEFORMABLE  /* affine first, then a B-spline */
} sep_transform_kind;
#define SEP_TRANSFORM_KINDS "rigid|similarity|affine|bspline" /* what users call them, in this order */

typedef enum sep_registration_metric {
    SEP_CORRELATION,        /* normalised cross correlation over all samples: for two images of one modality */
    SEP_MUTUAL_INFORMATION, /* Mattes et al. 2003: box window on the fixed, cubic Parzen window on the moving values */
    SEP_LOCAL_CORRELATION,  /* mean squared correlation of patches of 4 x 4 voxels in plane */
    SEP_MEAN_SQUARES
} sep_registration_metric;
#define SEP_REGISTRATION_METRICS "ncc|mi|lncc|msq"

typedef enum sep_registration_optimiser {
    SEP_LBFGS, /* limited-memory BFGS (Nocedal 1980), one set of samples a level */
    SEP_ASGD   /* adaptive stochastic gradient descent (Klein et al. 2009), new samples each iteration */
} sep_registration_optimiser;
#define SEP_REGISTRATION_OPTIMISERS "lbfgs|asgd"

/* Where the search for the affine map starts. */
typedef enum sep_registration_start {
    SEP_START_CENTRE,   /* the fixed volume's centre on the moving volume's */
    SEP_START_MASS,     /* centre of mass on centre of mass, weighted by the value above the volume's smallest */
    SEP_START_MOMENTS,  /* and, where the kind has scales, the ratio of the masses' spreads along the world's axes (one
                           for all of a similarity), held to [2/3, 3/2] */
    SEP_START_IDENTITY, /* nothing is moved: volumes of one scanner's world */
    SEP_START_BEST      /* the most similar of these on the coarsest level; the identity where both have geometry */
} sep_registration_start;
#define SEP_REGISTRATION_STARTS "centre|mass|moments|identity|best"

/* Whether the search for the affine map may tilt slices: turn or shear their normal into their plane, or the other way.
 * A stack of few slices says little about that, and a metric that likes the made-up border better finds it anyway.
 * Slices lie across z, or across the axis that sep_is_thick_along. */
typedef enum sep_tilt {
    SEP_TILT_BY_DEPTH, /* where both volumes have 32 slices or more, or a B-spline follows */
    SEP_TILT_YES,
    SEP_TILT_NO /* slices stay as parallel as they were at the start; along the normal they may move and be scaled */
} sep_tilt;
#define SEP_TILTS "auto|yes|no"

/* Zero stands for the default, which is given behind each. */
typedef struct sep_registration_options {
    sep_transform_kind kind;
    sep_registration_metric metric;
    sep_registration_optimiser optimiser;
    sep_registration_start start;
    sep_tilt tilt;
    int bins;   /* 32: of mutual information, 8 to 128 */
    int levels; /* 5, of mutual information 4: in plane shrunk by 16, 8, 4, 2, 1; along z only where there are 32 slices
                   or more */
    int iterations;        /* 250 a level (affine and less), at most; */
    int spline_iterations; /* 100 a level of the B-spline */
    int samples;           /* 4096: of the affine part */
    int spline_samples;    /* 32768: of the B-spline */
    double max_step;       /* mean voxel size of the fixed volume: what the first step moves points by, in mm */
    double grid;           /* 16: mm between control points of the last level, halved from level to level (3 levels) */
    double strain;         /* 0.003: weight of |A^T A - I|^2, what the affine part stretches and shears; < 0 for none */
    double bending;        /* 0.05: weight of the bending energy, < 0 for none */
    double jacobian;       /* 0.05: weight of the penalty on how the B-spline changes volumes, < 0 for none: the mean of
                              (log det(I + du/dx))^2; below a determinant of 0.1 a straight line, so that folds come apart */
    uint64_t seed;
    int threads;        /* 0: all; never changes a result */
    const char *simd;   /* NULL: the best table of kernels; never changes a result */
    bool quiet;         /* no progress */
    sep_device *device; /* NULL, or one that has the search's kernels (septum/device.h), else the processor; never
                           changes a result where it keeps to IEEE 754. In use by one search at a time */
} sep_registration_options;

/* The defaults that are numbers and do not depend on the volumes, filled in: what the commands ask for. */
sep_registration_options sep_registration_defaults(void);
/* What tilt comes to: SEP_TILT_BY_DEPTH is SEP_TILT_YES where a B-spline follows. */
sep_tilt sep_registration_tilt(const sep_registration_options *options);

#define SEP_REASON 160 /* bytes of a reason, with the zero behind it */

/* Determinants of dT/dx over voxels: how many times as large a small volume of the fixed world is in the moving one. */
typedef struct sep_jacobian {
    double low, mean, high;
    double folded; /* share of voxels where the deformation alone, I + du/dx, has a determinant of 0 or less */
} sep_jacobian;

typedef struct sep_registration_report {
    bool failed; /* the transform must not be used; `reason` says why */
    char reason[SEP_REASON];
    double before, after; /* the metric at the start and at the end, over one set of samples: larger is better */
    double nmi_before, nmi_after; /* normalised mutual information (H(f) + H(m)) / H(f, m), from 1 to 2 */
    double valid;                 /* share of the fixed samples that land inside the moving volume */
    double determinant;           /* of A: how the affine part changes volumes */
    sep_jacobian jacobian;        /* of the whole, over the fixed volume's voxels */
    int iterations;
    double seconds;
} sep_registration_report;

/* Finds the transform. Samples that land outside the moving volume:
 * in the affine part they take its smallest value; on the finest level, where 80 % or more lie inside, the search goes
 * on with voxels that lie inside alone, which keep the border's value when they leave, and drops an end that is less
 * similar than the start by the first rule. Samples of the deformation are drawn where the affine map lands inside; one
 * that is taken beyond the border keeps the border's value, and the mean square of how many voxels they are beyond is
 * added to the cost.
 * An affine search looks for a similarity on the coarser half of the levels, and takes no step that leaves fewer than
 * 40 % of the samples inside; one that fails begins again two levels finer, where it sees less far, until none is left.
 * An error says that it can't be tried (constant or non-finite volumes, one slice against many, bad options); a search
 * that goes wrong (too little overlap: fewer than a quarter of the samples inside; an affine part that mirrors, or
 * grows or shrinks volumes by more than 10; an end less similar than the start) returns SEP_OK with report->failed. The
 * transform is then what was found, or the start where nothing was: not to be used. */
sep_status sep_register(const sep_volume *fixed, const sep_volume *moving, const sep_registration_options *options,
                        sep_spatial_transform *transform, sep_registration_report *report) SEP_MUST_CHECK;

/* A volume made ready for many registrations: checked once, and its pyramid of `levels` levels (0: 5), beside `volume`
 * itself, which must outlive it. Any number of threads may register it at a time. `name` stands for it in the text of
 * an error ("the fixed volume"): constant, a voxel that is no number, no place in the world. */
typedef struct sep_prepared_volume sep_prepared_volume;
sep_status sep_prepare_volume(const sep_volume *volume, const char *name, int levels, int threads,
                              sep_prepared_volume **prepared) SEP_MUST_CHECK;
void sep_prepared_free(sep_prepared_volume *prepared); /* NULL is fine */
/* The same search as sep_register's; options->levels must not be more than was prepared. */
sep_status sep_register_prepared(const sep_prepared_volume *fixed, const sep_prepared_volume *moving,
                                 const sep_registration_options *options, sep_spatial_transform *transform,
                                 sep_registration_report *report) SEP_MUST_CHECK;

/* ---- warping ----------------------------------------------------------------------------------------------------- */

typedef struct sep_warp_options {
    bool inverse;  /* by T^-1 (the roles change: a volume of the fixed world on a grid of the moving); what the
                      fixed point of sep_spatial_inverse_point does not reach counts as outside */
    bool linear;   /* labels: the class whose one-hot map, interpolated linearly, is largest (the lowest of equals);
                      weights in float32; else the nearest voxel */
    bool cubic;    /* volumes: the interpolating cubic B-spline, mirrored about the border voxels (that of ITK, and of
                      scipy's map_coordinates with order 3 and mode mirror); else linear */
    float outside; /* volumes: the value outside; labels get 0 */
    int threads;   /* 0: all; never changes a result */
    const char *simd;   /* NULL: the best table of kernels; never changes a result */
    sep_device *device; /* volumes and label maps: NULL, or one that warps (septum/device.h), else the processor; never
                           changes a result where it keeps to IEEE 754 */
} sep_warp_options;

/* `out` gets the size and geometry of `grid` (its voxels are not read). A voxel that lands more than half a voxel
 * beyond the first or the last one is outside; between, the value of the border. Where it lands is computed in float32,
 * in voxels: the error stays below 0.001 voxel for grids of 512 voxels along an axis, and below 0.005 by the
 * inverse of a deformation, whose fixed point ends with a step of 0.001 mm. */
sep_status sep_warp_volume(const sep_volume *moving, const sep_spatial_transform *transform, const sep_volume *grid,
                           const sep_warp_options *options, sep_volume *out) SEP_MUST_CHECK;
sep_status sep_warp_labels(const sep_labels *moving, const sep_spatial_transform *transform, const sep_volume *grid,
                           const sep_warp_options *options, sep_labels *out) SEP_MUST_CHECK;

/* What T does to the voxels of a grid: T(x) - x in world millimetres, as a field on it. Another reader of the field
 * gets T back at these voxels, and linear interpolation between them. */
sep_status sep_spatial_field(const sep_spatial_transform *transform, const sep_volume *grid,
                             const sep_warp_options *options, sep_field *field) SEP_MUST_CHECK;

/* ---- corresponding points ---------------------------------------------------------------------------------------- */

/* Where points of one volume lie in many others: T_v for each volume v, from registrations with the one volume fixed.
 */
typedef struct sep_correspondence sep_correspondence;

/* Of `volumes` transforms and the grids that they lead to; neither they nor the voxels are needed afterwards. simd
 * NULL: the best table of kernels, which changes no result. */
sep_status sep_correspondence_create(const sep_volume *fixed, int volumes,
                                     const sep_spatial_transform *const *transform, const sep_volume *const *grid,
                                     const char *simd, sep_correspondence **correspondence) SEP_MUST_CHECK;
void sep_correspondence_destroy(sep_correspondence *correspondence);

/* voxel[v * points + p]: the index (x fastest) of the voxel of volume v nearest to where T_v takes point p of the fixed
 * volume; -1 where it lands outside. Points in voxels, x, y and z each in its own array; float32, within 0.001 voxel.
 */
void sep_correspondence_find(const sep_correspondence *correspondence, const float *const at[3], int points,
                             int threads, int32_t *voxel);

/* ---- what a transform does to space ------------------------------------------------------------------------------ */

/* Over the voxels of a grid: analytic of an affine map and of a B-spline (1 beyond its domain), of a field by
 * differences of its interpolation half a voxel to either side. Sums over a row in rising x, then rows, then slices, in
 * double. `map` gets a determinant a voxel, in float32; NULL: only the summary. Of `options` threads and simd count. */
sep_status sep_spatial_jacobian(const sep_spatial_transform *transform, const sep_volume *grid,
                                const sep_warp_options *options, sep_volume *map, sep_jacobian *summary) SEP_MUST_CHECK;

/* A picture of a registration in slice z of the fixed volume, four parts: above, a checkerboard of both volumes before
 * and after (before: the two as their worlds lie, or centre on centre where one has no geometry); below, the fixed
 * volume under the lines of a regular grid of the moving side, and the determinants of dT/dx on a scale of powers of
 * two from 1/2 (blue) over 1 (white) to 2 (red), folds in yellow. Greys span the middle 98 % of each volume's voxels
 * there. Pixels are square in mm and stand as a radiologist holds them: the patient's right and front to the left and
 * above. */
sep_status sep_registration_picture(const sep_volume *fixed, const sep_volume *moving,
                                    const sep_spatial_transform *transform, int z, const sep_warp_options *options,
                                    sep_picture *picture) SEP_MUST_CHECK;

/* ---- files ------------------------------------------------------------------------------------------------------- */

/* ITK's transform text ("#Insight Transform File V1.0", .tfm or .txt). Written: AffineTransform_double_3_3, and with a
 * spline a CompositeTransform_double_3_3 of it and a BSplineTransform_double_3_3, which ITK applies first. Read: these,
 * and MatrixOffsetTransformBase, Euler3DTransform, VersorRigid3D, Similarity3D, TranslationTransform,
 * IdentityTransform and composites of them, in double or float; a B-spline must be the last of a composite. Several
 * transforms without a composite are refused (SimpleITK takes the first of them), and by name other kinds of ITK,
 * B-splines of other orders than 3, and the files of other programs. A file that is called .nii or .nii.gz is read as a
 * field of displacements (septum/image.h), which sep_spatial_field makes of any transform. */
sep_status sep_spatial_read(const char *path, sep_spatial_transform *transform) SEP_MUST_CHECK;
sep_status sep_spatial_write(const char *path, const sep_spatial_transform *transform) SEP_MUST_CHECK;
/* SEP_ERR_ARGUMENT unless the name ends in .tfm or .txt, as sep_spatial_write wants it. */
sep_status sep_spatial_check_name(const char *path) SEP_MUST_CHECK;

#ifdef __cplusplus
}
#endif
#endif
