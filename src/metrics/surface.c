/* Surfaces of masks and the distances between two of them. */
#include "metrics/distance.h"

#include <math.h>

static bool has_neighbours(const uint8_t *at, uint8_t mask, bool inside, ptrdiff_t stride)
{
    return inside && (at[-stride] & mask) && (at[stride] & mask);
}

static uint8_t surface_bit(const sep_mask_pair *pair, const bool flat[3], int z, int y, int x, uint8_t mask,
                           uint8_t surface)
{
    ptrdiff_t row = pair->width, plane = row * pair->height;
    const uint8_t *at = pair->bits + z * plane + y * row + x;
    if (!(*at & mask))
        return 0;
    bool interior = (flat[0] || has_neighbours(at, mask, x > 0 && x + 1 < pair->width, 1)) &&
                    (flat[1] || has_neighbours(at, mask, y > 0 && y + 1 < pair->height, row)) &&
                    (flat[2] || has_neighbours(at, mask, z > 0 && z + 1 < pair->depth, plane));
    return interior && !(flat[0] && flat[1] && flat[2]) ? 0 : surface;
}

void sep_mark_surfaces(sep_mask_pair *pair, const bool flat[3])
{
    uint8_t *at = pair->bits;
    for (int z = 0; z < pair->depth; z++)
        for (int y = 0; y < pair->height; y++)
            for (int x = 0; x < pair->width; x++, at++) {
                *at |= surface_bit(pair, flat, z, y, x, SEP_IN_PREDICTION, SEP_ON_PREDICTION_SURFACE);
                *at |= surface_bit(pair, flat, z, y, x, SEP_IN_REFERENCE, SEP_ON_REFERENCE_SURFACE);
            }
}

/* From each voxel with the bit `from`, in memory order, the distance to the nearest voxel with the bit `to`. Returns
 * how many through *count; `squared` is room for the whole box. */
static sep_status directed_distances(const sep_mask_pair *pair, uint8_t from, uint8_t to, const double spacing[3],
                                     double *squared, double *distances, size_t *count)
{
    size_t voxels = (size_t)pair->depth * (size_t)pair->height * (size_t)pair->width;
    for (size_t i = 0; i < voxels; i++)
        squared[i] = pair->bits[i] & to ? 0.0 : INFINITY;
    SEP_TRY(sep_distance_transform(squared, pair->depth, pair->height, pair->width, spacing));

    *count = 0;
    for (size_t i = 0; i < voxels; i++)
        if (pair->bits[i] & from)
            distances[(*count)++] = sqrt(squared[i]);
    return SEP_OK;
}

static double mean_of(const double *values, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += values[i];
    return sum / (double)count;
}

/* Linear interpolation between the two nearest ranks, rounded as numpy.percentile rounds it. */
static double percentile_of_sorted(const double *values, size_t count, double fraction)
{
    double rank = fraction * (double)(count - 1), below = floor(rank), part = rank - below;
    size_t i = (size_t)below, j = i + 1 < count ? i + 1 : i;
    double step = values[j] - values[i];
    return part < 0.5 ? values[i] + step * part : values[j] - step * (1 - part);
}

static size_t count_bit(const sep_mask_pair *pair, uint8_t bit)
{
    size_t count = 0, voxels = (size_t)pair->depth * (size_t)pair->height * (size_t)pair->width;
    for (size_t i = 0; i < voxels; i++)
        count += (pair->bits[i] & bit) != 0;
    return count;
}

static sep_status measure(const sep_mask_pair *pair, const double spacing[3], double *squared, double *distances,
                          sep_surface_distances *result)
{
    size_t there, back;
    SEP_TRY(directed_distances(pair, SEP_ON_PREDICTION_SURFACE, SEP_ON_REFERENCE_SURFACE, spacing, squared, distances,
                               &there));
    SEP_TRY(directed_distances(pair, SEP_ON_REFERENCE_SURFACE, SEP_ON_PREDICTION_SURFACE, spacing, squared,
                               distances + there, &back));
    result->assd = mean_of(distances, there + back);
    sep_sort_doubles(distances, there + back);
    result->hd = distances[there + back - 1];
    result->hd95 = percentile_of_sorted(distances, there + back, 0.95);
    return SEP_OK;
}

sep_status sep_measure_surfaces(const sep_mask_pair *pair, const double spacing[3], sep_surface_distances *distances)
{
    size_t surface = count_bit(pair, SEP_ON_PREDICTION_SURFACE) + count_bit(pair, SEP_ON_REFERENCE_SURFACE);
    size_t voxels = (size_t)pair->depth * (size_t)pair->height * (size_t)pair->width;
    double *squared = sep_calloc(voxels, sizeof(double)), *list = sep_calloc(surface, sizeof(double));
    sep_status status = squared && list ? measure(pair, spacing, squared, list, distances) : SEP_ERR_MEMORY;
    sep_free(squared);
    sep_free(list);
    return status;
}
