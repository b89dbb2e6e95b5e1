/* In-plane resampling of slices to a pixel size, and sampling of a plane along its axes. */
#include "septum/image.h"

#include <math.h>

/* ---- planes ------------------------------------------------------------------------------------------------------ */

/* The place of output pixel o, kept within the axis: beyond the border its value goes on. */
static double place_of(sep_axis_map map, int o, int size)
{
    const double place = map.first + (double)o * map.step, last = (double)(size - 1);

    return place > 0.0 ? place < last ? place : last : 0.0;
}

void sep_resample_linear_f32(const float *in, int in_height, int in_width, sep_axis_map rows, sep_axis_map columns,
                             float *out, int out_height, int out_width)
{
    for (int y = 0; y < out_height; y++) {
        const double row = place_of(rows, y, in_height), fy = row - floor(row);
        const float *upper = in + (size_t)row * (size_t)in_width;
        const float *lower = (int)row + 1 < in_height ? upper + in_width : upper;
        for (int x = 0; x < out_width; x++) {
            const double column = place_of(columns, x, in_width), fx = column - floor(column);
            const int left = (int)column, right = left + 1 < in_width ? left + 1 : left;
            const double above = (double)upper[left] * (1.0 - fx) + (double)upper[right] * fx;
            const double below = (double)lower[left] * (1.0 - fx) + (double)lower[right] * fx;
            *out++ = (float)(above * (1.0 - fy) + below * fy);
        }
    }
}

void sep_resample_nearest_u8(const uint8_t *in, int in_height, int in_width, sep_axis_map rows, sep_axis_map columns,
                             uint8_t *out, int out_height, int out_width)
{
    for (int y = 0; y < out_height; y++) {
        const uint8_t *row = in + (size_t)(place_of(rows, y, in_height) + 0.5) * (size_t)in_width;
        for (int x = 0; x < out_width; x++)
            *out++ = row[(size_t)(place_of(columns, x, in_width) + 0.5)];
    }
}

/* ---- grids ------------------------------------------------------------------------------------------------------- */

/* As many pixels as come nearest to the length of `size` of another size, and the map from these to those. */
static double resample_axis(int size, double step, sep_axis_map *map)
{
    const double count = fmax(1.0, floor((double)size / step + 0.5));

    *map = (sep_axis_map){.first = 0.5 * (double)(size - 1) - 0.5 * (count - 1.0) * step, .step = step};
    return count;
}

sep_status sep_resampling_of(const sep_volume *grid, const float spacing[2], sep_resampling *resampling)
{
    const double most = 65536.0;

    if (!grid->has_geometry)
        return sep_fail(SEP_ERR_FORMAT,
                        "does not say how large its pixels are, and can't be resampled to %g x %g mm: septum convert "
                        "--spacing gives them a size",
                        (double)spacing[0], (double)spacing[1]);
    const double columns =
                     resample_axis(grid->width, (double)spacing[0] / (double)grid->spacing[0], &resampling->columns),
                 rows = resample_axis(grid->height, (double)spacing[1] / (double)grid->spacing[1], &resampling->rows);
    if (!(rows <= most && columns <= most))
        return sep_fail(SEP_ERR_FORMAT, "resampled to %g x %g mm a slice would have %.0f x %.0f pixels",
                        (double)spacing[0], (double)spacing[1], rows, columns);
    resampling->height = (int)rows;
    resampling->width = (int)columns;
    return SEP_OK;
}

bool sep_resampling_is_none(const sep_resampling *resampling)
{
    return resampling->rows.step == 1.0 && resampling->columns.step == 1.0;
}

static void take_grid(const sep_resampling *r, const sep_volume *from, sep_volume *to)
{
    for (int row = 0; row < 3; row++) {
        const double *was = from->affine[row];
        to->affine[row][0] = was[0] * r->columns.step;
        to->affine[row][1] = was[1] * r->rows.step;
        to->affine[row][2] = was[2];
        to->affine[row][3] = was[3] + was[0] * r->columns.first + was[1] * r->rows.first;
    }
    to->spacing[0] = (float)((double)from->spacing[0] * r->columns.step);
    to->spacing[1] = (float)((double)from->spacing[1] * r->rows.step);
    to->spacing[2] = from->spacing[2];
    to->has_geometry = from->has_geometry;
}

sep_status sep_volume_resample(const sep_resampling *r, sep_volume *volume)
{
    sep_volume result = {.channels = volume->channels, .depth = volume->depth, .height = r->height, .width = r->width};
    const int planes = sep_volume_channels(volume) * volume->depth;

    if (volume->data != NULL)
        SEP_TRY(sep_volume_create_channels(&result, volume->channels, volume->depth, r->height, r->width));
    take_grid(r, volume, &result);
    if (volume->data == NULL) {
        *volume = result;
        return SEP_OK;
    }
    for (int i = 0; i < planes; i++) /* of all channels, as they lie one behind the other */
        sep_resample_linear_f32(sep_volume_slice(volume, i), volume->height, volume->width, r->rows, r->columns,
                                sep_volume_slice(&result, i), r->height, r->width);
    sep_volume_free(volume);
    *volume = result;
    return SEP_OK;
}

sep_status sep_labels_resample(const sep_resampling *r, sep_labels *labels)
{
    const sep_volume stored = sep_labels_grid(labels);
    sep_volume grid = {0};
    sep_labels result;

    SEP_TRY(sep_labels_create(&result, labels->depth, r->height, r->width));
    take_grid(r, &stored, &grid);
    sep_labels_take_geometry(&result, &grid);
    result.ignores = labels->ignores;
    for (int z = 0; z < labels->depth; z++)
        sep_resample_nearest_u8(sep_labels_slice(labels, z), labels->height, labels->width, r->rows, r->columns,
                                sep_labels_slice(&result, z), r->height, r->width);
    sep_labels_free(labels);
    *labels = result;
    return SEP_OK;
}
