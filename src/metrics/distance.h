/* Distances between masks: the exact Euclidean distance transform and the surface distances that stand on it. */
#ifndef SEPTUM_METRICS_DISTANCE_H
#define SEPTUM_METRICS_DISTANCE_H

#include "septum/base.h"

/* In place on a grid of depth x height x width (x fastest): from 0 at the features and INFINITY elsewhere to each
 * voxel's squared distance to the nearest feature, with `spacing` (x, y, z) between voxel centres. */
sep_status sep_distance_transform(double *squared, int depth, int height, int width,
                                  const double spacing[3]) SEP_MUST_CHECK;

/* The same on a plane of square pixels, by the calling thread alone. */
sep_status sep_distance_transform_plane(double *squared, int height, int width) SEP_MUST_CHECK;

/* The two masks in the box that just holds both, one byte a voxel of the bits below. */
typedef struct sep_mask_pair {
    int depth, height, width;
    uint8_t *bits;
} sep_mask_pair;

enum { SEP_IN_PREDICTION = 1, SEP_IN_REFERENCE = 2, SEP_ON_PREDICTION_SURFACE = 4, SEP_ON_REFERENCE_SURFACE = 8 };

/* Sets the two surface bits: voxels of a mask with a face neighbour outside it. What lies outside the box is outside
 * the mask. Along the axes (x, y, z) of which the grid has one voxel only (`flat`) no neighbour counts: a single slice
 * is a plane, whichever way it is stored. */
void sep_mark_surfaces(sep_mask_pair *pair, const bool flat[3]);

/* Hausdorff distance, its 95th percentile and the average symmetric surface distance, as metrics.h defines them. */
typedef struct sep_surface_distances {
    double hd, hd95, assd;
} sep_surface_distances;

/* Both masks have voxels and their surfaces are marked. */
sep_status sep_measure_surfaces(const sep_mask_pair *pair, const double spacing[3],
                                sep_surface_distances *distances) SEP_MUST_CHECK;

#endif
