/* For the tests of HDF5: files of one volume, made with libhdf5 itself in whatever way a test is about. */
#ifndef SEPTUM_TESTS_SUPPORT_HDF5_H
#define SEPTUM_TESTS_SUPPORT_HDF5_H

#include "config.h"

#if SEP_HAVE_HDF5

#include <hdf5.h>
#include <stdbool.h>
#include <stdint.h>

enum { DEPTH = 3, HEIGHT = 5, WIDTH = 7, VOXELS = DEPTH * HEIGHT * WIDTH };

extern const hsize_t volume_size[3];

/* What a voxel holds: nowhere zero, and different in both bytes. */
uint16_t value_at(int voxel);

hid_t new_file(const char *path);
/* Of 16-bit numbers; the caller closes it. `properties` are closed. */
hid_t new_dataset(hid_t file, const char *name, const hsize_t dims[3], hid_t properties);
void write_all(hid_t dataset);
/* Properties for chunks that don't divide the volume. */
hid_t in_chunks(void);
/* A file whose 'image' is stored by the properties, which are closed; its path. */
const char *file_stored_by(hid_t properties, bool written);
/* septum reads the values of write_all. */
void assert_written(const char *path);

#endif

#endif
