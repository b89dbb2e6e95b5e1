/* The eight voxels around a point, for what is interpolated voxel by voxel in double. */
#ifndef SEPTUM_REGISTRATION_CORNERS_H
#define SEPTUM_REGISTRATION_CORNERS_H

#include <stdbool.h>
#include <stddef.h>

typedef struct sep_corners {
    ptrdiff_t at[8];
    double weight[8];
    double part[3]; /* how far the point is on the way from the first to the last of them, along x, y, z */
} sep_corners;

/* size: voxels along x, y, z. False outside: more than half a voxel beyond the first or the last. */
static inline bool sep_find_corners(const int size[3], const double p[3], sep_corners *c)
{
    int low[3], next[3];
    double *const part = c->part;

    for (int i = 0; i < 3; i++) {
        if (!(p[i] >= -0.5 && p[i] <= size[i] - 0.5))
            return false;
        const double held = p[i] < 0.0 ? 0.0 : p[i] > size[i] - 1 ? size[i] - 1 : p[i];
        low[i] = (int)held;
        next[i] = low[i] + 1 < size[i] ? low[i] + 1 : low[i];
        part[i] = held - low[i];
    }
    for (int k = 0; k < 8; k++) {
        const int x = k & 1 ? next[0] : low[0], y = k & 2 ? next[1] : low[1], z = k & 4 ? next[2] : low[2];

        c->at[k] = ((ptrdiff_t)z * size[1] + y) * size[0] + x;
        c->weight[k] =
            (k & 1 ? part[0] : 1.0 - part[0]) * (k & 2 ? part[1] : 1.0 - part[1]) * (k & 4 ? part[2] : 1.0 - part[2]);
    }
    return true;
}

#endif
