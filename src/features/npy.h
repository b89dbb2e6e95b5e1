/* Arrays as NumPy's files (.npy, format 1.0). */
#ifndef SEPTUM_FEATURES_NPY_H
#define SEPTUM_FEATURES_NPY_H

#include "septum/base.h"

typedef enum sep_npy_type { SEP_NPY_F32, SEP_NPY_U8 } sep_npy_type;

/* The bytes that numpy.save writes. `columns` 0: an array of one axis. */
sep_status sep_npy_write(const char *path, sep_npy_type type, const void *values, int64_t rows,
                         int64_t columns) SEP_MUST_CHECK;

#endif
