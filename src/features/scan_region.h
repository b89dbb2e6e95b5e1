/* Where a scan is looked at to say how much its labels would teach, and what is found there. */
#ifndef SEPTUM_FEATURES_SCAN_REGION_H
#define SEPTUM_FEATURES_SCAN_REGION_H

#include "septum/model.h"

enum { SEP_TELLING_SLICES = 3 };

/* The region of a scan is its predicted foreground with a border of one voxel (26 neighbours, so that it reaches into
 * the slices beside); of a scan without foreground the hundredth of its voxels that is most uncertain, equally
 * uncertain ones included. */
typedef struct sep_scan_region {
    uint8_t *inside; /* 1 in the region, 2 of it in the foreground */
    bool empty;      /* there is no foreground */
    size_t voxels;
} sep_scan_region;

/* Both of one size; `uncertainty` from 0 to 1. The caller frees in any case. */
sep_status sep_scan_region_find(const sep_labels *labels, const sep_volume *uncertainty,
                                sep_scan_region *region) SEP_MUST_CHECK;
void sep_scan_region_free(sep_scan_region *region);

/* The mean uncertainty over the region. */
double sep_region_uncertainty(const sep_scan_region *region, const sep_volume *uncertainty);
/* The slices along an axis in which the uncertainties of the region add up to most, the most telling first (of equals
 * the lower), up to SEP_TELLING_SLICES of those in which they are not 0; returns how many. A slice that the network
 * left empty counts by what its neighbours' border has of it, and one with a few doubtful voxels by these few. */
int sep_region_telling_slices(const sep_scan_region *region, const sep_volume *uncertainty, sep_slice_axis axis,
                              int slice[SEP_TELLING_SLICES]);
/* The mean of a network's features over the foreground (without any, the region), of which voxels evenly apart in
 * memory are looked at. `feature` has the channels of the map. */
sep_status sep_region_features(const sep_scan_region *region, const sep_volume *volume, sep_features *features,
                               float *feature) SEP_MUST_CHECK;

#endif
