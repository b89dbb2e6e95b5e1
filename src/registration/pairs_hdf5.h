/* Rows of structs as HDF5 datasets. Calls stand between sep_hdf5_enter and sep_hdf5_leave. */
#ifndef SEPTUM_REGISTRATION_PAIRS_HDF5_H
#define SEPTUM_REGISTRATION_PAIRS_HDF5_H

#include "registration/pairs_file.h"

#include <hdf5.h>

/* The compound type of a table's struct in memory; packed it is the one of the file. Negative on failure. */
hid_t sep_table_type(const sep_table *table);

#endif
