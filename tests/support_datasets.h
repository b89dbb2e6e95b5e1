/* Folders of scans in the three formats, and what loading them comes to. */
#ifndef SEPTUM_TESTS_SUPPORT_DATASETS_H
#define SEPTUM_TESTS_SUPPORT_DATASETS_H

#include "septum/data.h"

/* A build without HDF5 or NIfTI has nothing to test there. */
void need_library(int have, const char *what);

void write_text_file(const char *folder, const char *name, const char *text);
/* A fresh folder of the scratch space with these inside; the caller frees its path. */
char *make_folder(const char *name, const char *const *inner, int count);
/* An image and a label map of depth x 6 x 5 voxels with labels up to 2. The paths are relative to the folder; either
 * may be NULL. */
void write_pair(const char *folder, const char *image_path, const char *label_path, int depth);
/* volumes/NAME.h5 with labels up to `highest`, of depth x 6 x 5 voxels. */
void write_hdf5_scan(const char *folder, const char *name, int depth, uint8_t highest);
/* Five patients of two frames each, with as many slices as the patient's number. */
char *make_hdf5_folder(const char *name);

sep_dataset *load_dataset(const sep_data_config *config);
void assert_dataset_fails(const sep_data_config *config, const char *text);

#endif
