/* Augmentation that shows scans in ways up in which none is found. */
#ifndef SEPTUM_TRAIN_WAYS_H
#define SEPTUM_TRAIN_WAYS_H

#include "septum/train.h"

/* Warns where training scans have a top (data/ways.h) and strong augmentation turns them by quarters, or mirrors them
 * as hardly any scan lies. Doesn't look at scans that lie in a file because memory is too small. */
sep_status sep_warn_ways(const sep_train_config *config, const sep_dataset *dataset) SEP_MUST_CHECK;

#endif
