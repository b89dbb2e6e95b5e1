/* Which voxels of labelled scans become points. */
#ifndef SEPTUM_FEATURES_SAMPLE_H
#define SEPTUM_FEATURES_SAMPLE_H

#include "septum/model.h"

typedef struct sep_point {
    int scan;
    sep_voxel voxel;
    uint8_t label, predicted;
} sep_point;

/* Draws up to `wanted` voxels of `scans` label maps: as many of each class that occurs, or all that a class has where
 * that is fewer. Those of a class are spread evenly over the scans and, in each, over its slices, as far as these have
 * voxels of it; in a slice each voxel is as likely. What is not annotated is not drawn. A function of label maps and
 * seed. The points come in the order of scans and voxels, without predictions; the array, freed with sep_free, has
 * *count of them. SEP_ERR_ARGUMENT where there is no voxel to draw, or no room for a point of each class. */
sep_status sep_sample_points(const sep_labels *labels, int scans, int classes, int wanted, uint64_t seed,
                             sep_point **point, int *count) SEP_MUST_CHECK;

/* Shares `wanted` among `count` that have so many each: the same for all, as far as they have it. Where that does not
 * come out even, the first in `order` (a permutation) get one more. Returns what could be shared. */
int64_t sep_share_evenly(const int64_t *have, const int *order, int count, int64_t wanted, int64_t *share);

#endif
