/* ITK's transform files: whatever the numbers, either an error or a transform that can be used on a volume. */
#include "input_file.h"

#include "septum/registration.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void use(const sep_spatial_transform *transform, const sep_volume *volume, const sep_labels *labels)
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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *path = input_file("input.tfm", data, size);
    sep_spatial_transform transform;
    sep_volume volume;
    sep_labels labels;

    if (sep_spatial_read(path, &transform) != SEP_OK) {
        if (sep_error_text()[0] == '\0' || !sep_spatial_is_affine(&transform))
            abort();
        return 0;
    }
    if (sep_volume_create(&volume, 3, 4, 18) != SEP_OK || sep_labels_create(&labels, 3, 4, 18) != SEP_OK)
        abort();
    use(&transform, &volume, &labels);
    sep_volume_free(&volume);
    sep_labels_free(&labels);
    sep_spatial_free(&transform);
    return 0;
}
