/* septum: kept registrations as what a data set knows of its scans: where a voxel of one lies in another. */
#ifndef SEPTUM_MATCHER_H
#define SEPTUM_MATCHER_H

#include "septum/data.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Gives the data set the registrations in `path` (septum register --all, or those that septum propagate keeps), which
 * are of the same scans by name. Scans that the file does not know have no matches; SEP_ERR_ARGUMENT where a scan of a
 * name was another one when it was registered (by the scans' hashes, where the data set has them), or no two training
 * scans are registered. They take the place of others; freed with the data set. */
sep_status sep_dataset_take_registrations(sep_dataset *dataset, const char *path) SEP_MUST_CHECK;

#ifdef __cplusplus
}
#endif
#endif
