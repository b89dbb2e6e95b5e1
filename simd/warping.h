/* The inner loops of warping: what becomes of rows of points once a transform is known. Points, their groups, volumes,
 * control grids are those of simd/registration.h. */
#ifndef SEPTUM_SIMD_WARPING_H
#define SEPTUM_SIMD_WARPING_H

#include "simd/registration.h"

/* Nodes along an axis of so many voxels, for `cubic`. */
static inline int sep_cubic_nodes(int voxels)
{
    return (voxels > 1 ? voxels : 2) + 2;
}

typedef struct sep_simd_warping {
    /* Trilinear interpolation along x, then y, then z; `outside` where a point lies outside. Held and inside as in
     * registration->linear, but a pair is mixed as fma(fraction, high, fma(0 - fraction, low, low)): exact at both
     * voxels, so that the identity changes nothing. */
    void (*linear)(const sep_lattice *volume, const float *const at[3], int count, float outside, float *value);
    /* Cubic B-spline interpolation in a volume of size[0] x size[1] x size[2] voxels. `coefficient` has one node more
     * at both ends of each axis (an axis of one voxel: four equal nodes). The point is held to [0, size - 1]; inside is
     * as above. The sum is that of registration->spline. */
    void (*cubic)(const int size[3], const float *coefficient, const float *const at[3], int count, float outside,
                  float *value);
    /* The index of the voxel at floor(p + 0.5), x fastest; -1 where there is none. */
    void (*nearest)(const int size[3], const float *const at[3], int count, int32_t *index);
    /* to[i] = at[i] + the spline's value for points that share y and z (those of the first): the nodes of each line
     * along x are summed over z, then y, as fma(wz * wy, c, sum) from +0 into `line`, 3 * size[0] floats of scratch;
     * then fma(w3, c3, fma(w2, c2, fma(w1, c1, w0 * c0))) along x. */
    void (*spline_row)(const sep_control_grid *grid, const float *const coefficient[3], const float *const at[3],
                       int count, float *line, float *const to[3]);
    /* The determinant of the derivative of at + the spline's value by the point, J = I + D. Derivatives along x, y and
     * z are sums like registration->spline's with the slopes of one axis in the place of its weights, times its scale;
     * 0 where the point was held. d = fma(J02, c2, fma(J01, c1, J00 * c0)) with the cofactors c of the first row, each
     * a difference of two products. */
    void (*spline_determinant)(const sep_control_grid *grid, const float *const coefficient[3],
                               const float *const at[3], int count, float *determinant);
} sep_simd_warping;

extern const sep_simd_warping sep_warping_generic, sep_warping_avx2, sep_warping_avx512, sep_warping_neon;

#endif
