/* A path in the words of a device. */
#include "registration/transform/warp_device.h"

#include <string.h>

/* The products of the first map for every x, and its sums for every row: on the device one addition is left. */
static void fill_tables(const sep_path *path, const sep_warp_call *call, int height, double *along, double *across)
{
    const int padded = sep_path_padded(call->width);

    for (int i = 0; i < 3; i++) {
        for (int x = 0; x < padded; x++)
            along[i * padded + x] = path->first[i][0] * x;
        for (int r = 0; r < call->rows; r++)
            across[(ptrdiff_t)i * call->rows + r] = sep_path_start(path, i, r % height, r / height);
    }
}

static sep_deformation deformation_of(const sep_path *path)
{
    if (!path->deforms)
        return SEP_NO_DEFORMATION;
    if (path->nodes.size[0] == 0)
        return SEP_DEFORM_FIELD;
    return path->along_rows ? SEP_DEFORM_SPLINE_ROWS : SEP_DEFORM_SPLINE;
}

static void fill_deformation(const sep_path *path, sep_warp_call *call)
{
    call->deformation = deformation_of(path);
    if (call->deformation == SEP_NO_DEFORMATION)
        return;
    memcpy(call->size, call->deformation == SEP_DEFORM_FIELD ? path->voxels : path->nodes.size, sizeof call->size);
    call->value = path->memory;
    call->chunk = SEP_PATH_CHUNK;
    memcpy(call->last, path->last, sizeof call->last);
    call->inverse = path->inverse;
    call->rounds = SEP_PATH_ROUNDS;
    call->tolerance = SEP_PATH_TOLERANCE;
    memcpy(call->mm, path->pitch, sizeof call->mm);
    call->nowhere = SEP_SAMPLE_NOWHERE;
}

sep_status sep_warp_on_device(sep_device *device, const sep_path *path, int depth, int height, int width,
                              sep_warp_call *call)
{
    call->width = width;
    call->rows = depth * height;
    const size_t columns = 3 * (size_t)sep_path_padded(width), rows = 3 * (size_t)call->rows;
    double *along = sep_calloc(columns + rows, sizeof *along);

    if (along == NULL)
        return SEP_ERR_MEMORY;
    fill_tables(path, call, height, along, along + columns);
    call->along = along;
    call->across = along + columns;
    fill_deformation(path, call);
    const sep_status status = device->backend->warp(device, call);
    sep_free(along);
    return status;
}
