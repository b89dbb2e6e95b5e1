/* The training scans of a configuration by name, before any is read. */
#ifndef SEPTUM_DATA_TRAINING_SET_H
#define SEPTUM_DATA_TRAINING_SET_H

#include "septum/data.h"

/* In training order. */
typedef struct sep_training_set {
    int count, labelled_scans;
    sep_strings name, case_name, image_path;
    sep_strings class_names; /* with the background's */
    int *group;              /* of each scan: a number of its case */
    bool *labelled;
} sep_training_set;

/* No scan is read. The caller frees in any case. */
sep_status sep_training_set_find(const sep_data_config *config, sep_training_set *set) SEP_MUST_CHECK;
void sep_training_set_free(sep_training_set *set);

#endif
