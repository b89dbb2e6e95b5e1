/* Private to src/data: how images come into a data set, and the cache that they lie in where memory is too small. */
#ifndef SEPTUM_DATA_IMAGES_H
#define SEPTUM_DATA_IMAGES_H

#include "data/cache/scan_file.h"

/* The image of a scan as it is stored, intensities applied; with config->grids its size and geometry alone. */
sep_status sep_image_read(const sep_data_config *config, sep_scan *scan) SEP_MUST_CHECK;

/* Whether images are read only once the size of all is known: then scans are loaded without voxels first, and brought
 * into one orientation, and sep_dataset_take_images reads them, into memory if they fit. */
bool sep_images_come_later(const sep_data_config *config);
sep_status sep_dataset_take_images(const sep_data_config *config, sep_dataset *dataset) SEP_MUST_CHECK;

#endif
