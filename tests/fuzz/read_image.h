/* What every image target does with its input, and what must hold whatever the bytes: an error with a text and nothing
 * left behind, or a volume whose every voxel is a number. */
#ifndef SEPTUM_TESTS_FUZZ_READ_IMAGE_H
#define SEPTUM_TESTS_FUZZ_READ_IMAGE_H

#include "input_file.h"
#include "septum/image.h"

#include <math.h>

static void expect(bool holds)
{
    if (!holds)
        abort();
}

static void read_as_image(const char *path, int channels)
{
    sep_volume volume;

    if (sep_image_read(path, channels, &volume) != SEP_OK) {
        expect(!volume.data && sep_error_text()[0] != '\0');
        return;
    }
    size_t count = (size_t)sep_volume_channels(&volume) * sep_volume_voxels(&volume);
    for (size_t i = 0; i < count; i++)
        expect(isfinite(volume.data[i]));
    for (int axis = 0; axis < 3; axis++)
        expect(volume.spacing[axis] > 0.0f && isfinite(volume.spacing[axis]));
    sep_volume_free(&volume);
}

static void read_as_labels(const char *path)
{
    sep_labels labels;

    if (sep_labels_read(path, &labels) != SEP_OK) {
        expect(!labels.data && sep_error_text()[0] != '\0');
        return;
    }
    sep_hash(SEP_HASH_START, labels.data, (size_t)labels.depth * (size_t)labels.height * (size_t)labels.width);
    sep_labels_free(&labels);
}

static int read_image(const char *name, const uint8_t *data, size_t size)
{
    const char *path = input_file(name, data, size);

    int channels = 1;

    read_as_image(path, 1);
    if (sep_image_find_channels(path, &channels) != SEP_OK)
        expect(channels == 1);
    read_as_image(path, channels > 1 ? channels : 3);
    read_as_labels(path);
    return 0;
}

#endif
