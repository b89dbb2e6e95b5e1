/* What septum info says of a data set: its cases, the size of its slices, what loading changed or doubts. */
#ifndef SEPTUM_CLI_INFO_DATASET_H
#define SEPTUM_CLI_INFO_DATASET_H

#include "septum/data.h"

#include <jansson.h>

json_t *sep_dataset_to_json(const sep_dataset *dataset); /* NULL without memory */
sep_status sep_print_dataset(const sep_dataset *dataset) SEP_MUST_CHECK;

#endif
