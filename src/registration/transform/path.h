/* The way from the voxels of a grid to the voxels of another volume, a row of them at a time, in float32 kernels. */
#ifndef SEPTUM_REGISTRATION_PATH_H
#define SEPTUM_REGISTRATION_PATH_H

#include "registration/transform/matrix.h"
#include "septum/registration.h"
#include "simd/simd.h"

/* Voxels that are taken at once: whole groups of samples. */
#define SEP_PATH_CHUNK 512
/* Nodes along x up to which the lines of a row are summed beforehand. */
#define SEP_PATH_LINE 512
/* Of the inverse: rounds at most, and the step in mm that ends them. */
#define SEP_PATH_ROUNDS    50
#define SEP_PATH_TOLERANCE 1e-3f

/* Three steps: an affine map of the voxel into the coordinates of the deformation (nodes of a spline, voxels of a
 * field), where the deformation's own values are kept; the deformation, or its inverse; an affine map into the voxels
 * of the volume. Without a deformation the first map is all. */
typedef struct sep_path {
    const sep_simd *simd;
    bool deforms, inverse;
    bool along_rows; /* a row's points share their nodes along y and z */
    sep_map first;
    float first_rounded[3][4], last[3][4];
    sep_control_grid nodes; /* size 0: a field of these voxels */
    int voxels[3];
    float *memory; /* owned */
    float *value[3];
    float pitch[3]; /* mm of a step along each axis of the deformation, for judging the inverse */
} sep_path;

/* `from` is the affine of the volume that is looked up in, `grid` that of the grid. */
sep_status sep_path_create(const sep_spatial_transform *transform, const double from[3][4], const double grid[3][4],
                           bool inverse, const char *simd, sep_path *path) SEP_MUST_CHECK;
void sep_path_free(sep_path *path);

/* Where the voxels (x .. x + count - 1, y, z) of the grid land, count <= SEP_PATH_CHUNK; `at` has room for whole
 * groups, whose rest is undefined. SEP_SAMPLE_NOWHERE where the inverse was not found. */
void sep_path_row(const sep_path *path, int x, int y, int z, int count, float *const at[3]);

/* The same for any points of the grid, in voxels; `count` is whole groups, <= SEP_PATH_CHUNK. `to` may be `at`. */
void sep_path_points(const sep_path *path, const float *const at[3], int count, float *const to[3]);
/* Rows in the coordinates of the deformation, before it: for what asks the deformation itself. */
void sep_path_begin(const sep_path *path, int x, int y, int z, int count, float *const at[3]);
/* Whether the deformation does not move point k of them, which lies beyond the domain of a spline. */
bool sep_path_leaves(const sep_path *path, float *const at[3], int k);

/* What a row of the grid adds to a voxel's x in the first map, along `axis` of the deformation. */
double sep_path_start(const sep_path *path, int axis, int y, int z);

/* `count` made whole groups. */
int sep_path_padded(int count);

#endif
