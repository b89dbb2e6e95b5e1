/* Voxels in another order: along other axes, from other ends. Copies, nothing is resampled. */
#include "septum/image.h"

#include <string.h>

const sep_order sep_order_stored = {.axis = {0, 1, 2}};

bool sep_order_is_stored(const sep_order *order)
{
    for (int i = 0; i < 3; i++)
        if (order->axis[i] != i || order->flipped[i])
            return false;
    return true;
}

sep_order sep_order_inverse(const sep_order *order)
{
    sep_order inverse;

    for (int i = 0; i < 3; i++) {
        inverse.axis[order->axis[i]] = i;
        inverse.flipped[order->axis[i]] = order->flipped[i];
    }
    return inverse;
}

const char *const sep_slice_axis_names[SEP_SLICE_AXES] = {"z", "y", "x"};

sep_order sep_slice_axis_order(sep_slice_axis axis)
{
    static const sep_order exchanged[SEP_SLICE_AXES] = {{.axis = {0, 1, 2}}, {.axis = {0, 2, 1}}, {.axis = {2, 1, 0}}};

    return exchanged[axis];
}

bool sep_is_thick_along(int axis, const float spacing[3], const int size[3])
{
    return spacing[axis] >= 2 * spacing[2] && size[axis] < size[2];
}

/* ---- the grid ---------------------------------------------------------------------------------------------------- */

/* Moves the origin to the other end of an axis of `size` voxels that now runs the other way. */
static void turn_axis(double affine[3][4], int axis, int size)
{
    for (int row = 0; row < 3; row++) {
        affine[row][3] += (size - 1) * affine[row][axis];
        affine[row][axis] = 0.0 - affine[row][axis]; /* not -0, which would be another text in a file */
    }
}

/* Size and geometry alone; a grid without geometry has none to turn. */
static sep_volume reordered_grid(const sep_volume *from, const sep_order *order)
{
    const int size[3] = {from->width, from->height, from->depth};
    sep_volume grid = {.channels = from->channels,
                       .width = size[order->axis[0]],
                       .height = size[order->axis[1]],
                       .depth = size[order->axis[2]],
                       .spacing = {1.0f, 1.0f, 1.0f},
                       .affine = {{1, 0, 0, 0}, {0, 1, 0, 0}, {0, 0, 1, 0}},
                       .has_geometry = from->has_geometry};

    for (int i = 0; from->has_geometry && i < 3; i++) {
        grid.spacing[i] = from->spacing[order->axis[i]];
        for (int row = 0; row < 3; row++) {
            grid.affine[row][i] = from->affine[row][order->axis[i]];
            grid.affine[row][3] = from->affine[row][3];
        }
    }
    for (int i = 0; from->has_geometry && i < 3; i++)
        if (order->flipped[i])
            turn_axis(grid.affine, i, size[order->axis[i]]);
    return grid;
}

/* ---- the voxels -------------------------------------------------------------------------------------------------- */

/* `from` holds voxels of `bytes` bytes in the size of `stored`; `to` gets them in the order. */
static void copy_voxels(const sep_volume *stored, const sep_order *order, size_t bytes, const void *from, void *to)
{
    const int size[3] = {stored->width, stored->height, stored->depth};
    const ptrdiff_t along[3] = {1, size[0], (ptrdiff_t)size[0] * size[1]};
    ptrdiff_t start = 0, step[3];
    char *out = to;

    for (int i = 0; i < 3; i++) {
        const int axis = order->axis[i];

        step[i] = order->flipped[i] ? -along[axis] : along[axis];
        start += order->flipped[i] ? (size[axis] - 1) * along[axis] : 0;
    }
    for (int z = 0; z < size[order->axis[2]]; z++)
        for (int y = 0; y < size[order->axis[1]]; y++)
            for (int x = 0; x < size[order->axis[0]]; x++, out += bytes)
                memcpy(out, (const char *)from + (size_t)(start + z * step[2] + y * step[1] + x * step[0]) * bytes,
                       bytes);
}

sep_status sep_volume_reorder(sep_volume *volume, const sep_order *order)
{
    const sep_volume grid = reordered_grid(volume, order);
    sep_volume result;

    if (sep_order_is_stored(order))
        return SEP_OK;
    if (volume->data == NULL) {
        *volume = grid;
        return SEP_OK;
    }
    SEP_TRY(sep_volume_create_channels(&result, grid.channels, grid.depth, grid.height, grid.width));
    sep_volume_take_geometry(&result, &grid);
    for (int c = 0; c < sep_volume_channels(volume); c++)
        copy_voxels(volume, order, sizeof *volume->data, sep_volume_channel(volume, c).data,
                    sep_volume_channel(&result, c).data);
    sep_volume_free(volume);
    *volume = result;
    return SEP_OK;
}

sep_status sep_labels_reorder(sep_labels *labels, const sep_order *order)
{
    const sep_volume stored = sep_labels_grid(labels), grid = reordered_grid(&stored, order);
    sep_labels result;

    if (sep_order_is_stored(order))
        return SEP_OK;
    SEP_TRY(sep_labels_create(&result, grid.depth, grid.height, grid.width));
    sep_labels_take_geometry(&result, &grid);
    result.ignores = labels->ignores;
    copy_voxels(&stored, order, sizeof *labels->data, labels->data, result.data);
    sep_labels_free(labels);
    *labels = result;
    return SEP_OK;
}
