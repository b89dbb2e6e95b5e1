/* Rows of structs as HDF5 datasets. Calls stand between sep_hdf5_enter and sep_hdf5_leave. */
#ifndef SEPTUM_REGISTRATION_PAIRS_HDF5_H
#define SEPTUM_REGISTRATION_PAIRS_HDF5_H

#include "registration/pairs/pairs_file.h"

#include <hdf5.h>

/* One row or more; no rows are no dataset. */
bool sep_table_write(hid_t file, const sep_table *table, int rows, const void *row);
bool sep_numbers_write(hid_t file, const char *name, size_t count, const double *number);

typedef struct sep_pairs_source {
    const char *path;
    hid_t file;
} sep_pairs_source;

/* All rows (sep_free), none where the dataset is not there; more than `most` are damage, and are not read. Texts end
 * with a zero, flags are 0 or 1; members of the struct that are no columns are undefined. */
sep_status sep_table_read(const sep_pairs_source *source, const sep_table *table, int64_t most, void **row,
                          int64_t *rows) SEP_MUST_CHECK;
sep_status sep_numbers_read(const sep_pairs_source *source, const char *name, double **number,
                            int64_t *count) SEP_MUST_CHECK;
/* SEP_ERR_FORMAT that names the part. */
sep_status sep_pairs_damaged(const sep_pairs_source *source, const char *what);

#endif
