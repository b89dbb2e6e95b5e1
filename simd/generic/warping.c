/* The inner loops of warping in plain C: the definition. */
#include "simd/warping.h"

#include "simd/generic/sampling.h"

#include <stdbool.h>
#include <string.h>

/* ---- voxels ------------------------------------------------------------------------------------------------------ */

/* Exact at both ends. */
static float blend(float fraction, float low, float high)
{
    return fmaf(fraction, high, fmaf(0.0f - fraction, low, low));
}

static float interpolate(const sep_lattice *v, place x, place y, place z)
{
    const ptrdiff_t row = (ptrdiff_t)y.next * v->width, slice = (ptrdiff_t)z.next * v->width * v->height;
    const float *p = v->data + ((ptrdiff_t)z.low * v->height + y.low) * v->width + x.low;
    float c[2][2];

    for (int k = 0; k < 2; k++)
        for (int j = 0; j < 2; j++)
            c[k][j] = blend(x.fraction, p[k * slice + j * row], p[k * slice + j * row + x.next]);
    return blend(z.fraction, blend(y.fraction, c[0][0], c[0][1]), blend(y.fraction, c[1][0], c[1][1]));
}

static void linear(const sep_lattice *volume, const float *const at[3], int count, float outside, float *value)
{
    for (int s = 0; s < count; s++) {
        const place x = find(at[0][s], volume->width), y = find(at[1][s], volume->height),
                    z = find(at[2][s], volume->depth);
        const bool inside = x.inside * y.inside * z.inside > 0.0f;

        value[s] = inside ? interpolate(volume, x, y, z) : outside;
    }
}

static void nearest(const int size[3], const float *const at[3], int count, int32_t *index)
{
    for (int s = 0; s < count; s++) {
        const float x = at[0][s] + 0.5f, y = at[1][s] + 0.5f, z = at[2][s] + 0.5f;
        const bool inside =
            x >= 0.0f && (float)size[0] > x && y >= 0.0f && (float)size[1] > y && z >= 0.0f && (float)size[2] > z;

        index[s] = inside ? ((int)z * size[1] + (int)y) * size[0] + (int)x : -1;
    }
}

/* ---- B-splines --------------------------------------------------------------------------------------------------- */

static void cubic(const int size[3], const float *coefficient, const float *const at[3], int count, float outside,
                  float *value)
{
    const sep_control_grid grid = {
        .size = {sep_cubic_nodes(size[0]), sep_cubic_nodes(size[1]), sep_cubic_nodes(size[2])},
        .scale = {1.0f, 1.0f, 1.0f}};

    for (int s = 0; s < count; s++) {
        const float inside =
            find(at[0][s], size[0]).inside * find(at[1][s], size[1]).inside * find(at[2][s], size[2]).inside;
        float w[3][4];
        const ptrdiff_t first = spline_support(&grid, at, s, w);

        value[s] = inside > 0.0f ? spline_sum(&grid, coefficient + first, w) : outside;
    }
}

/* Sums the 16 lines of nodes around a row of points. */
static void sum_lines(const sep_control_grid *grid, const float *c, const float wy[4], const float wz[4], float *line)
{
    memset(line, 0, (size_t)grid->size[0] * sizeof *line);
    for (int z = 0; z < 4; z++)
        for (int y = 0; y < 4; y++) {
            const float *row = c + ((ptrdiff_t)z * grid->size[1] + y) * grid->size[0];
            const float weight = wz[z] * wy[y];

            for (int n = 0; n < grid->size[0]; n++)
                line[n] = fmaf(weight, row[n], line[n]);
        }
}

static void spline_row(const sep_control_grid *grid, const float *const coefficient[3], const float *const at[3],
                       int count, float *line, float *const to[3])
{
    float w[3][4];
    const ptrdiff_t y = spline_weights(grid, 1, at[1][0], w[1]), z = spline_weights(grid, 2, at[2][0], w[2]),
                    first = (z * grid->size[1] + y) * grid->size[0];

    for (int i = 0; i < 3; i++)
        sum_lines(grid, coefficient[i] + first, w[1], w[2], line + (ptrdiff_t)i * grid->size[0]);
    for (int s = 0; s < count; s++) {
        const int node = spline_weights(grid, 0, at[0][s], w[0]);

        for (int i = 0; i < 3; i++) {
            const float *c = line + (ptrdiff_t)i * grid->size[0] + node;
            float along = w[0][0] * c[0];

            for (int x = 1; x < 4; x++)
                along = fmaf(w[0][x], c[x], along);
            to[i][s] = at[i][s] + along;
        }
    }
}

/* ---- their derivatives ------------------------------------------------------------------------------------------- */

/* Slopes by the point's coordinate, times the grid's scale; 0 where the spline goes on as a constant. */
static void spline_slopes(const sep_control_grid *grid, int axis, float p, float slope[4])
{
    const float u = fmaf(p, grid->scale[axis], grid->offset[axis]), held = hold(u, 0.0f, (float)(grid->size[axis] - 3));
    const int last = grid->size[axis] - 4, node = (int)held < last ? (int)held : last;

    sep_cubic_slopes(held - (float)node, slope);
    for (int k = 0; k < 4; k++)
        slope[k] *= held == u ? grid->scale[axis] : 0.0f;
}

/* The derivative of one component by x, y and z. */
static void derive(const sep_control_grid *grid, const float *c, float w[3][4], float d[3][4], float derivative[3])
{
    float sum[3] = {0.0f};

    for (int z = 0; z < 4; z++)
        for (int y = 0; y < 4; y++) {
            const float *row = c + ((ptrdiff_t)z * grid->size[1] + y) * grid->size[0];
            float along = w[0][0] * row[0], rise = d[0][0] * row[0];

            for (int x = 1; x < 4; x++) {
                along = fmaf(w[0][x], row[x], along);
                rise = fmaf(d[0][x], row[x], rise);
            }
            sum[0] = fmaf(w[2][z] * w[1][y], rise, sum[0]);
            sum[1] = fmaf(w[2][z] * d[1][y], along, sum[1]);
            sum[2] = fmaf(d[2][z] * w[1][y], along, sum[2]);
        }
    memcpy(derivative, sum, sizeof sum);
}

static float determinant_of(float j[3][3])
{
    const float c0 = j[1][1] * j[2][2] - j[1][2] * j[2][1], c1 = j[1][2] * j[2][0] - j[1][0] * j[2][2],
                c2 = j[1][0] * j[2][1] - j[1][1] * j[2][0];

    return fmaf(j[0][2], c2, fmaf(j[0][1], c1, j[0][0] * c0));
}

static void spline_determinant(const sep_control_grid *grid, const float *const coefficient[3],
                               const float *const at[3], int count, float *determinant)
{
    for (int s = 0; s < count; s++) {
        float w[3][4], d[3][4], j[3][3];
        const ptrdiff_t first = spline_support(grid, at, s, w);

        for (int axis = 0; axis < 3; axis++)
            spline_slopes(grid, axis, at[axis][s], d[axis]);
        for (int i = 0; i < 3; i++) {
            derive(grid, coefficient[i] + first, w, d, j[i]);
            j[i][i] += 1.0f;
        }
        determinant[s] = determinant_of(j);
    }
}

const sep_simd_warping sep_warping_generic = {
    .linear = linear,
    .cubic = cubic,
    .nearest = nearest,
    .spline_row = spline_row,
    .spline_determinant = spline_determinant,
};
