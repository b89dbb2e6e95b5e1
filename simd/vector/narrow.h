/* Rows of few channels (class scores: 2 to 16), VEC_LANES rows at a time: they are turned so that a vector holds one
 * channel of many rows, and sums along a row are the tree of the lane sum over 16 such vectors. */
#ifndef SEPTUM_SIMD_VECTOR_NARROW_H
#define SEPTUM_SIMD_VECTOR_NARROW_H

#include "simd/vector/isa.h"

#define NARROW_MOST 16 /* channels: one for each lane of the lane sum */

/* channel[c] holds channel c of the rows (there is at least one); unused lanes are 0. */
typedef struct narrow {
    float channel[NARROW_MOST][VEC_LANES];
} narrow;

VEC_INLINE void narrow_load(narrow *group, const float *x, int rows, int channels)
{
    int c = 0;

    if (rows < VEC_LANES)
        do
            vec_store(group->channel[c], vec_zero());
        while (++c < channels);
    turn(x, channels, rows, channels, group->channel[0], VEC_LANES);
}

VEC_INLINE void narrow_store(const narrow *group, int rows, int channels, float *y)
{
    turn(group->channel[0], VEC_LANES, channels, rows, y, channels);
}

static inline vec_int narrow_labels(const int32_t *labels, int rows)
{
    int32_t lane[VEC_LANES] = {0};

    for (int r = 0; r < rows; r++)
        lane[r] = labels[r];
    return vec_int_load(lane);
}

static inline vec narrow_max(const narrow *group, int channels)
{
    vec best = vec_load(group->channel[0]);

    for (int c = 1; c < channels; c++)
        best = vec_max(vec_load(group->channel[c]), best);
    return best;
}

/* The lane sum of each row when lane c holds channel c of `group`; absent lanes are +0. */
static inline vec narrow_sum(const narrow *group, int channels)
{
    vec lane[NARROW_MOST];

    VEC_UNROLL
    for (int c = 0; c < NARROW_MOST; c++)
        lane[c] = c < channels ? vec_load(group->channel[c]) : vec_zero();
    VEC_UNROLL
    for (int half = NARROW_MOST / 2; half > 0; half /= 2)
        VEC_UNROLL
    for (int c = 0; c < half; c++)
        lane[c] = vec_add(lane[c], lane[c + half]);
    return lane[0];
}

#endif
