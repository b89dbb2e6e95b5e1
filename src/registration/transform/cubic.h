/* The coefficients of the cubic B-spline that interpolates a volume. */
#ifndef SEPTUM_REGISTRATION_CUBIC_H
#define SEPTUM_REGISTRATION_CUBIC_H

#include "septum/image.h"

/* Laid out for the kernel warping->cubic: one node more at both ends of each axis, the volume mirrored about its border
 * voxels; an axis of one voxel has four equal nodes. float32 products and sums, one recursion forwards and one
 * backwards along z, then y, then x (Unser, Aldroubi and Eden 1993). Freed with sep_free. */
sep_status sep_cubic_coefficients(const sep_volume *volume, int threads, float **coefficients) SEP_MUST_CHECK;

#endif
