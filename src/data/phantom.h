/* What phantoms are made of: draws, deformed ellipsoids, smooth texture. Only + - * / and square roots, in float32, so
 * a phantom has the same bits on every machine. Lengths are millimetres; the axes are x (columns), y (rows), z
 * (slices). */
#ifndef SEP_DATA_PHANTOM_H
#define SEP_DATA_PHANTOM_H

#include "septum/data.h"

/* ---- draws, one after the other, of one case --------------------------------------------------------------------- */

typedef struct sep_dice {
    sep_random random;
    uint64_t next;
} sep_dice;

sep_dice sep_dice_make(const char *stream, uint64_t seed, int index);
float sep_dice_uniform(sep_dice *dice, float low, float high);
float sep_dice_about(sep_dice *dice, float mean, float spread); /* normal, cut at 2.5 spreads */

/* ---- deformed ellipsoids ----------------------------------------------------------------------------------------- */

#define SEP_HARMONICS 8

typedef struct sep_point {
    float x, y, z;
} sep_point;

/* The surface is an ellipsoid whose radius varies with the direction by smooth harmonics. */
typedef struct sep_blob {
    sep_point centre, axes; /* half lengths */
    float rotation[3][3];   /* from the scan's axes to the blob's */
    float harmonic[SEP_HARMONICS];
    float bend; /* the long axis x curves towards -y by bend * x^2: a banana, in 1 / mm */
} sep_blob;

sep_blob sep_blob_make(sep_point centre, sep_point axes);
/* Turns the blob about axis 0 (x), 1 (y) or 2 (z) by the angle whose half has this tangent. */
void sep_blob_turn(sep_blob *blob, int axis, float half_tangent);
void sep_blob_deform(sep_blob *blob, sep_dice *dice, float spread);
/* About how far the point is from the surface (exact along the ray from the centre), negative inside. Points clearly
 * outside may get any distance above 2 * the largest axis. */
float sep_blob_distance(const sep_blob *blob, sep_point point);

/* How much of a voxel a thing fills whose surface is `distance` away: from 1 at -width to 0 at +width, smoothly. */
float sep_cover(float distance, float width);
/* Lays `tissue` over `value` with that cover. */
float sep_paint(float value, float tissue, float cover);

/* ---- texture ----------------------------------------------------------------------------------------------------- */

#define SEP_TEXTURE_SIZE 32

/* A periodic lattice of numbers in [-1, 1), smoothly interpolated. */
typedef struct sep_texture {
    float lattice[SEP_TEXTURE_SIZE][SEP_TEXTURE_SIZE][SEP_TEXTURE_SIZE];
} sep_texture;

sep_texture *sep_texture_create(uint64_t seed, int index); /* freed with sep_free; NULL: no memory */
/* At a point, with features of about `grain` mm. */
float sep_texture_at(const sep_texture *texture, sep_point point, float grain);

/* ---- scans ------------------------------------------------------------------------------------------------------- */

/* Where voxel (0, 0, 0) is, and how far apart voxels are. */
typedef struct sep_grid {
    int size, slices;
    float pixel, slice; /* spacing */
    float first_slice;  /* z of plane 0; in plane, the origin is the centre of the image */
} sep_grid;

sep_point sep_grid_point(const sep_grid *grid, int z, int y, int x);
sep_status sep_phantom_check(const sep_phantom_config *config, int index) SEP_MUST_CHECK;
/* Allocates both with the grid's size and geometry. On failure both are freed. */
sep_status sep_phantom_allocate(const sep_grid *grid, sep_volume *volume, sep_labels *labels) SEP_MUST_CHECK;

#endif
