/* Squared Euclidean distances between points. */
#ifndef SEPTUM_FEATURES_DISTANCES_H
#define SEPTUM_FEATURES_DISTANCES_H

#include "septum/base.h"

#define SEP_POINT_LANES 8 /* rows of as many numbers as there are points are rounded up to this */

/* The points by channel: [channels, room], zeros behind the last point. */
typedef struct sep_distances {
    int count, room, channels;
    float *column;
} sep_distances;

/* Of features [count, channels]; with `unit` each brought to length 1 first (one of length 0 stays). */
sep_status sep_distances_create(const float *feature, int count, int channels, bool unit,
                                sep_distances *distances) SEP_MUST_CHECK;
void sep_distances_free(sep_distances *distances);
/* From point `index` to each: [room], of which what lies behind the last point is nobody's. float32, summed over the
 * channels in their order. */
void sep_distances_row(const sep_distances *distances, int index, float *row);

#endif
