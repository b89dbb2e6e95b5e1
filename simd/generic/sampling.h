/* What the kernels of registration and of warping share: where a point falls on a lattice, and the value of a B-spline.
 */
#ifndef SEPTUM_SIMD_GENERIC_SAMPLING_H
#define SEPTUM_SIMD_GENERIC_SAMPLING_H

#include "simd/cubic.h"
#include "simd/registration.h"

#include <math.h>
#include <stddef.h>

static inline float mix(float fraction, float low, float high)
{
    return fmaf(fraction, high - low, low);
}

static inline float hold(float a, float low, float high)
{
    a = a > low ? a : low;
    return a < high ? a : high;
}

/* Where a coordinate falls on an axis of `size` voxels. */
typedef struct place {
    int low, next; /* next: 0 on an axis of one voxel, else 1 */
    float fraction;
    float moves;  /* 0 where the coordinate was held at an end */
    float inside; /* 1 or 0 */
} place;

static inline place find(float p, int size)
{
    const int last = size > 1 ? size - 2 : 0;
    const float held = hold(p, 0.0f, (float)(size - 1));
    place found = {.low = (int)held, .next = size > 1, .moves = held == p, .inside = 0.0f};

    found.low = found.low < last ? found.low : last;
    found.fraction = held - (float)found.low;
    found.inside = p >= -0.5f && (float)size - 0.5f >= p;
    return found;
}

/* First node and weights of a point along one axis. */
static inline int spline_weights(const sep_control_grid *grid, int axis, float p, float weight[4])
{
    const float u = hold(fmaf(p, grid->scale[axis], grid->offset[axis]), 0.0f, (float)(grid->size[axis] - 3));
    const int last = grid->size[axis] - 4, node = (int)u < last ? (int)u : last;

    sep_cubic_weights(u - (float)node, weight);
    return node;
}

/* The first of a point's 4 x 4 x 4 nodes, and the weights of all axes. */
static inline ptrdiff_t spline_support(const sep_control_grid *grid, const float *const at[3], int s, float w[3][4])
{
    const int x = spline_weights(grid, 0, at[0][s], w[0]), y = spline_weights(grid, 1, at[1][s], w[1]),
              z = spline_weights(grid, 2, at[2][s], w[2]);

    return ((ptrdiff_t)z * grid->size[1] + y) * grid->size[0] + x;
}

static inline float spline_sum(const sep_control_grid *grid, const float *c, float w[3][4])
{
    float sum = 0.0f;

    for (int z = 0; z < 4; z++)
        for (int y = 0; y < 4; y++) {
            const float *row = c + ((ptrdiff_t)z * grid->size[1] + y) * grid->size[0];
            float along = w[0][0] * row[0];

            for (int x = 1; x < 4; x++)
                along = fmaf(w[0][x], row[x], along);
            sum = fmaf(w[2][z] * w[1][y], along, sum);
        }
    return sum;
}

#endif
