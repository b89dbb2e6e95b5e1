/* The inner loops of registration: samples side by side in lanes. A sample is a point of the fixed volume in voxels
 * (x, y, z along its axes); arrays of samples are one array per coordinate, and `count` is a multiple of
 * SEP_SAMPLE_GROUP: what fills up the last group lies outside (a coordinate of SEP_SAMPLE_NOWHERE).
 *
 * Interpolation, mixing of a pair (low, high) by a fraction: fma(fraction, high - low, low). */
#ifndef SEPTUM_SIMD_REGISTRATION_H
#define SEPTUM_SIMD_REGISTRATION_H

#include <stdint.h>

#define SEP_SAMPLE_GROUP   16
#define SEP_SAMPLE_NOWHERE (-1e9f)

/* A scalar volume, x fastest. */
typedef struct sep_lattice {
    const float *data;
    int width, height, depth;
} sep_lattice;

/* Control points of a cubic B-spline, x fastest, one array of size[0] * size[1] * size[2] per component. A point at
 * voxel p lies in the cell that starts at node floor(u) of each axis, u = fma(p, scale, offset), and takes the nodes
 * floor(u) .. floor(u) + 3: u is held to [0, size - 3], the domain of the spline, for the weights too. */
typedef struct sep_control_grid {
    int size[3];
    float scale[3], offset[3];
} sep_control_grid;

/* A joint histogram: row = bin of the fixed value, column = bin of the moving value, which spreads over the columns
 * floor(u) - 1 .. floor(u) + 2 by cubic Parzen weights, u = fma(value, scale, offset) held to [2, bins - 2]. */
typedef struct sep_parzen {
    int bins;
    float scale, offset;
} sep_parzen;

typedef struct sep_simd_registration {
    /* to[i] = fma(m[i][2], z, fma(m[i][1], y, fma(m[i][0], x, m[i][3]))); `to` may be `at`. */
    void (*affine)(const float matrix[3][4], const float *const at[3], int count, float *const to[3]);
    /* Trilinear interpolation and its derivative by x, y and z in voxels. Inside (1, else 0) is -0.5 <= p <= size - 0.5
     * on each axis; p is held to [0, size - 1], and the derivative is 0 along an axis where that moved it. Value and
     * derivative are 0 outside. Mixed along x, then y, then z. */
    void (*linear)(const sep_lattice *volume, const float *const at[3], int count, float *value,
                   float *const gradient[3], float *inside);
    /* to[i] = at[i] + the spline's value: over z, then y, of fma(wz * wy, row, sum) from +0, where row is
     * fma(w3, c3, fma(w2, c2, fma(w1, c1, w0 * c0))) along x. */
    void (*spline)(const sep_control_grid *grid, const float *const coefficient[3], const float *const at[3], int count,
                   float *const to[3]);
    /* Its adjoint: sum[i][node] = fma((wz * wy) * wx, force[i], sum[i][node]), samples in rising order. */
    void (*spline_adjoint)(const sep_control_grid *grid, const float *const at[3], const float *const force[3],
                           int count, float *const sum[3]);
    /* histogram[row + column] += weight * inside, samples in rising order; row[] is bins * the fixed value's bin. */
    void (*parzen_add)(const sep_parzen *parzen, const int32_t *row, const float *value, const float *inside, int count,
                       float *histogram);
    /* Derivative of the sum over `table` (as large as the histogram) by the moving value: the Parzen weights'
     * derivatives times the table's elements as one chain over rising columns, times scale * inside. */
    void (*parzen_force)(const sep_parzen *parzen, const float *table, const int32_t *row, const float *value,
                         const float *inside, int count, float *force);
    /* A filter's taps: to[o] = fma(weight[k], tap[k][o * stride], to[o]) over rising k from +0; any count. */
    void (*filter)(const float *const *tap, const float *weight, int taps, int stride, int count, float *to);
    /* sum[i][j]: lane sums (docs/arithmetic.md, rule 4) of fma(force * gradient[i], at[j], lane); at[3] is 1. */
    void (*affine_adjoint)(const float *force, const float *const gradient[3], const float *const at[3], int count,
                           float sum[3][4]);
} sep_simd_registration;

extern const sep_simd_registration sep_registration_generic, sep_registration_avx2, sep_registration_avx512,
    sep_registration_neon;

#endif
