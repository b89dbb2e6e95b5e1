/* The lane sum of a row in plain C: 16 partial sums, element i to lane i % 16, joined by a fixed tree. */
#ifndef SEPTUM_SIMD_GENERIC_LANE_SUM_H
#define SEPTUM_SIMD_GENERIC_LANE_SUM_H

#include <math.h>
#include <stdint.h>

static inline float join_lanes(float lane[16])
{
    for (int half = 8; half > 0; half /= 2)
        for (int j = 0; j < half; j++)
            lane[j] += lane[j + half];
    return lane[0];
}

static inline float lane_sum(const float *row, int count)
{
    float lane[16] = {0.0f};

    for (int i = 0; i < count; i++)
        lane[i % 16] += row[i];
    return join_lanes(lane);
}

static inline float lane_sum_of_products(const float *a, const float *b, int count)
{
    float lane[16] = {0.0f};

    for (int i = 0; i < count; i++)
        lane[i % 16] = fmaf(a[i], b[i], lane[i % 16]);
    return join_lanes(lane);
}

/* Of (a - b)^2. */
static inline float lane_sum_of_squared_differences(const float *a, const float *b, int count)
{
    float lane[16] = {0.0f};

    for (int i = 0; i < count; i++)
        lane[i % 16] = fmaf(a[i] - b[i], a[i] - b[i], lane[i % 16]);
    return join_lanes(lane);
}

static inline float lane_sum_of_squared_distances(const float *a, float centre, int count)
{
    float lane[16] = {0.0f};

    for (int i = 0; i < count; i++)
        lane[i % 16] = fmaf(a[i] - centre, a[i] - centre, lane[i % 16]);
    return join_lanes(lane);
}

#endif
