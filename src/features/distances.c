/* Squared distances, a row at a time. */
#include "features/distances.h"

#include <math.h>
#include <string.h>

static float scale_of(const float *feature, int channels, bool unit)
{
    double squares = 0.0;

    for (int c = 0; unit && c < channels; c++)
        squares += (double)feature[c] * (double)feature[c];
    return squares > 0.0 ? (float)(1.0 / sqrt(squares)) : 1.0f;
}

sep_status sep_distances_create(const float *feature, int count, int channels, bool unit, sep_distances *d)
{
    const int room = (count + SEP_POINT_LANES - 1) / SEP_POINT_LANES * SEP_POINT_LANES;

    *d = (sep_distances){.count = count, .room = room, .channels = channels};
    d->column = sep_calloc((size_t)room * (size_t)channels, sizeof *d->column);
    if (d->column == NULL)
        return SEP_ERR_MEMORY;
    for (int i = 0; i < count; i++) {
        const float *from = feature + (size_t)i * (size_t)channels, scale = scale_of(from, channels, unit);
        for (int c = 0; c < channels; c++)
            d->column[(size_t)c * (size_t)room + (size_t)i] = from[c] * scale;
    }
    return SEP_OK;
}

void sep_distances_free(sep_distances *distances)
{
    sep_free(distances->column);
    *distances = (sep_distances){0};
}

void sep_distances_row(const sep_distances *d, int index, float *row)
{
    memset(row, 0, (size_t)d->room * sizeof *row);
    for (int c = 0; c < d->channels; c++) {
        const float *column = d->column + (size_t)c * (size_t)d->room, here = column[index];
        for (int j = 0; j < d->room; j++) {
            const float step = column[j] - here;
            row[j] += step * step;
        }
    }
}
