/* A data set of phantoms in memory, for what trains or is timed without files. */
#ifndef SEPTUM_DATA_PHANTOM_DATASET_H
#define SEPTUM_DATA_PHANTOM_DATASET_H

#include "septum/data.h"

typedef struct sep_phantom_dataset {
    sep_phantom_config phantom;
    int classes;                        /* labels beyond them begin again at 0 */
    int labelled, training, validation; /* scans; the labelled are the first of the training ones */
} sep_phantom_dataset;

/* Cardiac phantoms in end diastole. */
sep_status sep_phantom_dataset_create(const sep_phantom_dataset *asked, sep_dataset **dataset) SEP_MUST_CHECK;
/* Acts as if its training scans were registered with each other: the place of a voxel in another scan is the same, one
 * voxel to the right; unlabelled scan i has the labels of the (i mod L)-th of the L labelled ones. */
sep_status sep_phantom_dataset_register(sep_dataset *dataset) SEP_MUST_CHECK;

#endif
