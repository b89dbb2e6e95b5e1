/* Volumes smoothed and shrunk. */
#ifndef SEPTUM_REGISTRATION_PYRAMID_H
#define SEPTUM_REGISTRATION_PYRAMID_H

#include "septum/image.h"
#include "simd/simd.h"

/* By how much each axis (x, y, z) is shrunk on a level of factor 8, 4, 2 or 1: by the largest power of two that leaves
 * the voxel no longer than factor times the shortest axis's, and the axis no fewer than 16 voxels. An axis of fewer
 * than 32 voxels (a thin stack's z) is therefore never shrunk. */
void sep_pyramid_shrink(const sep_volume *volume, int factor, int shrink[3]);

/* Voxel o of an axis shrunk by s > 1 is centred on o * s + (s - 1) / 2 and is a Gaussian mean with sigma s / 2 voxels,
 * cut at 3 sigma and beyond the ends continued by the last voxel; float32 sums over rising taps, x, then y, then z. */
sep_status sep_pyramid_level(const sep_volume *volume, const int shrink[3], const sep_simd *simd, int threads,
                             sep_volume *level) SEP_MUST_CHECK;

#endif
