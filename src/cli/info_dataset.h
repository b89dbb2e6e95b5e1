/* What septum info says of a data set: its cases, the size of its slices, what loading changed or doubts. */
#ifndef SEPTUM_CLI_INFO_DATASET_H
#define SEPTUM_CLI_INFO_DATASET_H

#include "septum/data.h"

#include <jansson.h>

/* `config` is what the dataset was loaded by. */
json_t *sep_dataset_to_json(const sep_data_config *config, const sep_dataset *dataset); /* NULL without memory */
sep_status sep_print_dataset(const sep_data_config *config, const sep_dataset *dataset) SEP_MUST_CHECK;

/* The dataset without voxels: of images the headers alone are read, so that none is too large. */
sep_status sep_load_grids(const sep_data_config *config, sep_dataset **dataset) SEP_MUST_CHECK;

/* What the images take while a run trains, in memory or on the disk. */
json_t *sep_images_to_json(const sep_data_config *config, const sep_dataset *dataset);
void sep_print_images(const sep_data_config *config, const sep_dataset *dataset);

#endif
