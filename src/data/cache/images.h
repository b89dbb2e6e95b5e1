/* Private to src/data: how images come into a data set, and the cache that they lie in where memory is too small. */
#ifndef SEPTUM_DATA_IMAGES_H
#define SEPTUM_DATA_IMAGES_H

#include "data/cache/scan_file.h"

/* The image of a scan as it is stored (sep_image_cut), intensities applied; with config->grids its size and geometry
 * alone. */
sep_status sep_scan_read_image(const sep_data_config *config, sep_scan *scan) SEP_MUST_CHECK;

/* The grid of a scan without voxels at the end of loading: with a spacing, training scans are resampled. */
sep_status sep_image_last_grid(const sep_data_config *config, const sep_dataset *dataset, int scan,
                               sep_volume *grid) SEP_MUST_CHECK;
/* An image in the orientation of the data set, and with `last` (NULL: as the scan's grid is) brought to that. `hash` is
 * of the image as it is stored. */
sep_status sep_image_prepare(const sep_data_config *config, const sep_dataset *dataset, int scan,
                             const sep_volume *last, uint64_t *hash, sep_volume *image) SEP_MUST_CHECK;
/* A hash of all besides the image's files that could change its voxels. */
uint64_t sep_image_settings(const sep_data_config *config, const sep_volume *last);

/* Whether images are read only once the size of all is known. Then scans are loaded without voxels and brought into one
 * orientation, and sep_dataset_make_images reads the images: into memory if they fit, as far as they have been brought;
 * else into the cache, as they will be at the end of loading, where the scans get their hashes. At the end
 * sep_dataset_map_images gives these their voxels. */
bool sep_images_come_later(const sep_data_config *config);
sep_status sep_dataset_make_images(const sep_data_config *config, sep_dataset *dataset) SEP_MUST_CHECK;
void sep_dataset_map_images(sep_dataset *dataset);

#endif
