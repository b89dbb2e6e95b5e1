/* The four weights of the uniform cubic B-spline at a fraction t in [0, 1] of a cell, and their derivatives by t: the
 * definition; simd/vector/registration.c repeats the steps. */
#ifndef SEPTUM_SIMD_CUBIC_H
#define SEPTUM_SIMD_CUBIC_H

#include <math.h>

#define SEP_SIXTH     0x1.555556p-3f
#define SEP_TWO_THIRD 0x1.555556p-1f

static inline void sep_cubic_weights(float t, float weight[4])
{
    const float rest = 1.0f - t, square = t * t;

    weight[0] = (rest * rest) * (rest * SEP_SIXTH);
    weight[1] = fmaf(square, fmaf(0.5f, t, -1.0f), SEP_TWO_THIRD);
    weight[2] = fmaf(t, fmaf(t, fmaf(-0.5f, t, 0.5f), 0.5f), SEP_SIXTH);
    weight[3] = square * (t * SEP_SIXTH);
}

static inline void sep_cubic_slopes(float t, float slope[4])
{
    const float rest = 1.0f - t;

    slope[0] = -0.5f * (rest * rest);
    slope[1] = t * fmaf(1.5f, t, -2.0f);
    slope[2] = fmaf(t, fmaf(-1.5f, t, 1.0f), 0.5f);
    slope[3] = 0.5f * (t * t);
}

#endif
