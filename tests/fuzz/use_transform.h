/* What every target does with a transform that it read: whatever the numbers, it can be used on a volume. */
#ifndef SEPTUM_TESTS_FUZZ_USE_TRANSFORM_H
#define SEPTUM_TESTS_FUZZ_USE_TRANSFORM_H

#include "septum/registration.h"

#include <stdlib.h>

static void warp_in_all_ways(const sep_spatial_transform *transform, const sep_volume *volume, const sep_labels *labels)
{
    for (int k = 0; k < 4; k++) {
        const sep_warp_options how = {.inverse = k & 1, .cubic = k & 2, .linear = k & 2, .threads = 1};
        sep_volume image;
        sep_labels map;
        sep_jacobian summary;

        if (sep_warp_volume(volume, transform, volume, &how, &image) == SEP_OK)
            sep_volume_free(&image);
        if (sep_warp_labels(labels, transform, volume, &how, &map) == SEP_OK)
            sep_labels_free(&map);
        if (k == 0 && sep_spatial_jacobian(transform, volume, &how, &image, &summary) == SEP_OK)
            sep_volume_free(&image);
    }
}

static void use_transform(const sep_spatial_transform *transform)
{
    sep_volume volume;
    sep_labels labels;

    if (sep_volume_create(&volume, 2, 2, 18) != SEP_OK || sep_labels_create(&labels, 2, 2, 18) != SEP_OK)
        abort();
    warp_in_all_ways(transform, &volume, &labels);
    sep_volume_free(&volume);
    sep_labels_free(&labels);
}

/* Reads a file as a transform and uses it; where it is refused there is a text, and nothing is left behind. */
static void read_and_use_transform(const char *path)
{
    sep_spatial_transform transform;

    if (sep_spatial_read(path, &transform) != SEP_OK) {
        if (sep_error_text()[0] == '\0' || !sep_spatial_is_affine(&transform))
            abort();
        return;
    }
    use_transform(&transform);
    sep_spatial_free(&transform);
}

#endif
