/* Phantoms as if they were registered with each other, for runs that learn from registration. */
#ifndef SEPTUM_VERIFY_REGISTERED_H
#define SEPTUM_VERIFY_REGISTERED_H

#include "septum/data.h"

/* Of training scans of one size: the place of a voxel in another scan is the same, one voxel to the right; unlabelled
 * scan i has the labels of the (i mod L)-th of the L labelled ones. */
sep_status sep_phantoms_register(sep_dataset *dataset) SEP_MUST_CHECK;

#endif
