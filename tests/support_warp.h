/* For the tests of warping: a volume, a label map and transforms that reach beyond them. */
#ifndef SEPTUM_TESTS_SUPPORT_WARP_H
#define SEPTUM_TESTS_SUPPORT_WARP_H

#include "support_image.h"

#include "septum/registration.h"

/* Voxels of 0.8 x 0.75 x 2.5 mm somewhere in the world, turned by 30 degrees about z if asked to. */
void warp_example_place(sep_volume *v, bool turned);
/* So placed, not turned; values in [0, 1) that jump from voxel to voxel. */
sep_volume warp_example_volume(int depth, int height, int width);
/* Balls of three classes, some of them in touch. */
sep_labels warp_example_labels(const sep_volume *over);
/* Turns, shears and shifts a little about the volume's centre; with `cells` > 0 and bends it by `amplitude` mm. */
sep_spatial_transform warp_example_transform(const sep_volume *v, int cells, double amplitude);

#endif
