/* Fields of displacements as deformations. */
#include "registration/transform/displacement.h"

#include "registration/transform/corners.h"
#include "registration/transform/matrix.h"
#include "registration/transform/path.h"

#include <string.h>

size_t sep_field_voxels(const sep_field *field)
{
    return (size_t)field->grid.depth * (size_t)field->grid.height * (size_t)field->grid.width;
}

sep_status sep_field_copy(const sep_field *from, sep_field *to)
{
    SEP_TRY(sep_field_create(to, &from->grid));
    memcpy(to->grid.data, from->grid.data, 3 * sep_field_voxels(from) * sizeof(float));
    return SEP_OK;
}

void sep_field_displacement(const sep_field *field, const double at[3], double displacement[3])
{
    const int size[3] = {field->grid.width, field->grid.height, field->grid.depth};
    sep_corners corners;
    sep_map to_voxel;
    double voxel[3];

    memset(displacement, 0, 3 * sizeof *displacement);
    if (!sep_map_invert(field->grid.affine, to_voxel))
        return;
    sep_map_point((const double(*)[4])to_voxel, at, voxel);
    if (!sep_find_corners(size, voxel, &corners))
        return;
    for (int i = 0; i < 3; i++)
        for (int k = 0; k < 8; k++)
            displacement[i] += corners.weight[k] * (double)sep_field_component(field, i)[corners.at[k]];
}

/* ---- any transform as a field ------------------------------------------------------------------------------------ */

/* From voxels to millimetres: the rows of the grid's affine without its origin. */
static void take_row(const sep_path *path, const double affine[3][4], int y, int z, int width, float *const to[3])
{
    float memory[3][SEP_PATH_CHUNK], *const at[3] = {memory[0], memory[1], memory[2]};

    for (int x = 0; x < width; x += SEP_PATH_CHUNK) {
        const int left = width - x, count = left < SEP_PATH_CHUNK ? left : SEP_PATH_CHUNK;

        sep_path_row(path, x, y, z, count, at);
        for (int k = 0; k < count; k++) {
            const double step[3] = {(double)at[0][k] - (x + k), (double)at[1][k] - y, (double)at[2][k] - z};

            for (int i = 0; i < 3; i++)
                to[i][x + k] = (float)(affine[i][0] * step[0] + affine[i][1] * step[1] + affine[i][2] * step[2]);
        }
    }
}

sep_status sep_spatial_field(const sep_spatial_transform *transform, const sep_volume *grid,
                             const sep_warp_options *options, sep_field *field)
{
    const int threads = sep_thread_count(options->threads);
    sep_path path;

    if (options->inverse)
        return sep_fail(SEP_ERR_UNSUPPORTED, "the inverse of a transform as a field is not made: it may have holes");
    SEP_TRY(sep_path_create(transform, grid->affine, grid->affine, false, options->simd, &path));
    sep_status status = sep_field_create(field, grid);
    if (status == SEP_OK) {
        field->grid.has_geometry = true; /* voxels as world: other programs must not take another for it */
#pragma omp parallel for collapse(2) num_threads(threads) schedule(static)
        for (int z = 0; z < grid->depth; z++)
            for (int y = 0; y < grid->height; y++) {
                const ptrdiff_t row = ((ptrdiff_t)z * grid->height + y) * grid->width;
                float *const to[3] = {sep_field_component(field, 0) + row, sep_field_component(field, 1) + row,
                                      sep_field_component(field, 2) + row};

                take_row(&path, grid->affine, y, z, grid->width, to);
            }
    }
    sep_path_free(&path);
    return status;
}
