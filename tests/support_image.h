/* For the tests of images: volumes to write and read again, and failures that must say what they say. */
#ifndef SEPTUM_TESTS_SUPPORT_IMAGE_H
#define SEPTUM_TESTS_SUPPORT_IMAGE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "septum/image.h"

/* 5x4x3 voxels (x, y, z) of 0.7x1.25x5 mm, oblique and left-handed, with an origin; values with fractions, some below
 * zero. The label map has the same grid and the classes 0 to 3. */
sep_volume image_example(void);
sep_labels labels_example(void);
/* A phantom of an abdomen, 64x64x24 voxels. */
sep_volume abdomen_example(void);

/* Equal voxels, spacing and has_geometry; affines equal to `tolerance`. */
void assert_same_volume(const sep_volume *a, const sep_volume *b, double tolerance);
void assert_same_labels(const sep_labels *a, const sep_labels *b, double tolerance);

/* Reading `path` fails with that status and an error text that starts with the path and holds `text`. */
void assert_volume_fails(const char *path, sep_status status, const char *text);
void assert_labels_fail(const char *path, sep_status status, const char *text);

#endif
