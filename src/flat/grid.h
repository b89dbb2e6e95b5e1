/* Volumes and label maps over a caller's arrays. */
#ifndef SEPTUM_FLAT_GRID_H
#define SEPTUM_FLAT_GRID_H

#include "septum/image.h"

/* Borrows `data`, which nobody writes to; NULL: size and geometry alone. Sizes below 1, and more voxels than memory
 * could hold, are SEP_ERR_SHAPE, an affine that is no grid is SEP_ERR_ARGUMENT. */
sep_status sep_flat_volume(const float *data, int channels, const int32_t size[3], const double *affine,
                           sep_volume *volume) SEP_MUST_CHECK;
sep_status sep_flat_labels(const uint8_t *data, const int32_t size[3], const double *affine,
                           sep_labels *labels) SEP_MUST_CHECK;

#endif
