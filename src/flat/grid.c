/* Volumes and label maps over a caller's arrays. */
#include "flat/grid.h"

#include <math.h>

enum { MOST_SIDE = 65536 };

static sep_status check_size(const int32_t size[3])
{
    for (int axis = 0; axis < 3; axis++)
        if (size[axis] < 1 || size[axis] > MOST_SIDE)
            return sep_fail(SEP_ERR_SHAPE, "an array of %d x %d x %d voxels: 1 to %d are possible along each axis",
                            (int)size[0], (int)size[1], (int)size[2], MOST_SIDE);
    return SEP_OK;
}

/* Voxel edges are the lengths of the affine's columns. */
static sep_status take_affine(const double *affine, sep_volume *grid)
{
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 4; j++)
            grid->affine[i][j] = affine != NULL ? affine[4 * i + j] : i == j ? 1.0 : 0.0;
    for (int j = 0; j < 3; j++) {
        const double edge = sqrt(grid->affine[0][j] * grid->affine[0][j] + grid->affine[1][j] * grid->affine[1][j] +
                                 grid->affine[2][j] * grid->affine[2][j]);
        if (!(edge > 0.0) || !isfinite(edge))
            return sep_fail(SEP_ERR_ARGUMENT, "the affine has no voxels: its column %d is %g mm long", j, edge);
        grid->spacing[j] = (float)edge;
    }
    grid->has_geometry = affine != NULL;
    return SEP_OK;
}

sep_status sep_flat_volume(const float *data, int channels, const int32_t size[3], const double *affine,
                           sep_volume *volume)
{
    *volume = (sep_volume){.channels = channels, .data = (float *)(uintptr_t)data, .borrowed = true};
    SEP_TRY(check_size(size));
    if (channels < 1 || channels > SEP_MOST_IMAGE_CHANNELS)
        return sep_fail(SEP_ERR_SHAPE, "an image of %d channels: 1 to %d are possible", channels,
                        SEP_MOST_IMAGE_CHANNELS);
    volume->depth = size[0];
    volume->height = size[1];
    volume->width = size[2];
    return take_affine(affine, volume);
}

sep_status sep_flat_labels(const uint8_t *data, const int32_t size[3], const double *affine, sep_labels *labels)
{
    sep_volume grid;

    SEP_TRY(sep_flat_volume(NULL, 1, size, affine, &grid));
    *labels = (sep_labels){.depth = grid.depth, .height = grid.height, .width = grid.width};
    sep_labels_take_geometry(labels, &grid);
    labels->data = (uint8_t *)(uintptr_t)data;
    return SEP_OK;
}
