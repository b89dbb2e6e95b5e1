/* The inner loops of warping on vectors: lanes hold points. */
#include "simd/warping.h"

#include "simd/vector/sampling.h"

/* ---- voxels ------------------------------------------------------------------------------------------------------ */

VEC_INLINE vec blend(vec fraction, vec low, vec high)
{
    return vec_fma(fraction, high, vec_fma(vec_sub(vec_zero(), fraction), low, low));
}

VEC_INLINE vec interpolate(const sep_lattice *v, place x, place y, place z)
{
    const ptrdiff_t row = (ptrdiff_t)y.next * v->width, slice = (ptrdiff_t)z.next * v->width * v->height;
    const vec_int at = voxel_index(x.low, y.low, z.low, v->width, v->height);
    vec c[2][2];

    VEC_UNROLL
    for (int k = 0; k < 2; k++)
        for (int j = 0; j < 2; j++) {
            const float *p = v->data + k * slice + j * row;

            c[k][j] = blend(x.fraction, vec_gather(p, at), vec_gather(p + x.next, at));
        }
    return blend(z.fraction, blend(y.fraction, c[0][0], c[0][1]), blend(y.fraction, c[1][0], c[1][1]));
}

VEC_INLINE vec_mask all_inside(place x, place y, place z)
{
    return vec_mask_and(vec_mask_and(x.inside, y.inside), z.inside);
}

static void linear(const sep_lattice *volume, const float *const at[3], int count, float outside, float *value)
{
    for (int s = 0; s < count; s += VEC_LANES) {
        const place x = find(vec_load(at[0] + s), volume->width), y = find(vec_load(at[1] + s), volume->height),
                    z = find(vec_load(at[2] + s), volume->depth);

        vec_store(value + s, vec_select(all_inside(x, y, z), interpolate(volume, x, y, z), vec_set1(outside)));
    }
}

/* The whole part of p + 0.5, which is meaningless outside the axis. */
VEC_INLINE vec_int round_up(vec p, int size, vec_mask *inside)
{
    const vec q = vec_add(p, vec_set1(0.5f));

    *inside = vec_mask_and(vec_ge(q, vec_zero()), vec_gt(vec_set1((float)size), q));
    return vec_to_int(q);
}

static void nearest(const int size[3], const float *const at[3], int count, int32_t *index)
{
    for (int s = 0; s < count; s += VEC_LANES) {
        vec_mask in[3];
        const vec_int x = round_up(vec_load(at[0] + s), size[0], &in[0]),
                      y = round_up(vec_load(at[1] + s), size[1], &in[1]),
                      z = round_up(vec_load(at[2] + s), size[2], &in[2]);
        const vec_mask all = vec_mask_and(vec_mask_and(in[0], in[1]), in[2]);

        vec_int_store(index + s, vec_int_select(all, voxel_index(x, y, z, size[0], size[1]), vec_int_set1(-1)));
    }
}

/* ---- B-splines --------------------------------------------------------------------------------------------------- */

static void cubic(const int size[3], const float *coefficient, const float *const at[3], int count, float outside,
                  float *value)
{
    const sep_control_grid grid = {
        .size = {sep_cubic_nodes(size[0]), sep_cubic_nodes(size[1]), sep_cubic_nodes(size[2])},
        .scale = {1.0f, 1.0f, 1.0f}};

    for (int s = 0; s < count; s += VEC_LANES) {
        const vec_mask inside = all_inside(find(vec_load(at[0] + s), size[0]), find(vec_load(at[1] + s), size[1]),
                                           find(vec_load(at[2] + s), size[2]));
        vec w[3][4];
        const vec_int first = spline_support(&grid, at, s, w);

        vec_store(value + s, vec_select(inside, spline_sum(&grid, coefficient, first, false, w), vec_set1(outside)));
    }
}

VEC_INLINE vec sum_nodes(const sep_control_grid *grid, const float *c, vec weight[16], int n)
{
    vec sum = vec_zero();

    VEC_UNROLL
    for (int k = 0; k < 16; k++) {
        const float *row = c + ((ptrdiff_t)(k / 4) * grid->size[1] + k % 4) * grid->size[0];

        sum = vec_fma(weight[k], vec_load_up_to(row, n), sum);
    }
    return sum;
}

static void sum_lines(const sep_control_grid *grid, const float *c, vec wy[4], vec wz[4], float *line)
{
    vec weight[16];

    for (int k = 0; k < 16; k++)
        weight[k] = vec_mul(wz[k / 4], wy[k % 4]);
    for (int n = 0; n < grid->size[0]; n += VEC_LANES) {
        const int left = grid->size[0] - n;

        vec_store_up_to(line + n, sum_nodes(grid, c + n, weight, left), left);
    }
}

VEC_INLINE ptrdiff_t row_weights(const sep_control_grid *grid, int axis, float p, vec weight[4])
{
    int32_t node[VEC_LANES];

    vec_int_store(node, spline_weights(grid, axis, vec_set1(p), weight));
    return node[0];
}

static void spline_row(const sep_control_grid *grid, const float *const coefficient[3], const float *const at[3],
                       int count, float *line, float *const to[3])
{
    vec wx[4], wy[4], wz[4];
    const ptrdiff_t y = row_weights(grid, 1, at[1][0], wy), z = row_weights(grid, 2, at[2][0], wz),
                    first = (z * grid->size[1] + y) * grid->size[0];

    for (int i = 0; i < 3; i++)
        sum_lines(grid, coefficient[i] + first, wy, wz, line + (ptrdiff_t)i * grid->size[0]);
    for (int s = 0; s < count; s += VEC_LANES) {
        const vec_int node = spline_weights(grid, 0, vec_load(at[0] + s), wx);

        for (int i = 0; i < 3; i++) {
            const float *c = line + (ptrdiff_t)i * grid->size[0];
            vec along = vec_mul(wx[0], vec_gather(c, node));

            VEC_UNROLL
            for (int x = 1; x < 4; x++)
                along = vec_fma(wx[x], vec_gather(c + x, node), along);
            vec_store(to[i] + s, vec_add(vec_load(at[i] + s), along));
        }
    }
}

/* ---- their derivatives ------------------------------------------------------------------------------------------- */

VEC_INLINE void spline_slopes(const sep_control_grid *grid, int axis, vec p, vec slope[4])
{
    const vec scale = vec_set1(grid->scale[axis]), u = vec_fma(p, scale, vec_set1(grid->offset[axis])),
              held = hold(u, 0.0f, (float)(grid->size[axis] - 3));
    const vec_int node = int_min(vec_to_int(held), grid->size[axis] - 4);
    const vec factor = vec_select(vec_eq(held, u), scale, vec_zero());

    cubic_slopes(vec_sub(held, vec_from_int(node)), slope);
    for (int k = 0; k < 4; k++)
        slope[k] = vec_mul(slope[k], factor);
}

VEC_INLINE void derive(const sep_control_grid *grid, const float *c, vec_int first, vec w[3][4], vec d[3][4],
                       vec sum[3])
{
    sum[0] = sum[1] = sum[2] = vec_zero();
    for (int z = 0; z < 4; z++)
        for (int y = 0; y < 4; y++) {
            const float *row = c + ((ptrdiff_t)z * grid->size[1] + y) * grid->size[0];
            vec node = vec_gather(row, first), along = vec_mul(w[0][0], node), rise = vec_mul(d[0][0], node);

            VEC_UNROLL
            for (int x = 1; x < 4; x++) {
                node = vec_gather(row + x, first);
                along = vec_fma(w[0][x], node, along);
                rise = vec_fma(d[0][x], node, rise);
            }
            sum[0] = vec_fma(vec_mul(w[2][z], w[1][y]), rise, sum[0]);
            sum[1] = vec_fma(vec_mul(w[2][z], d[1][y]), along, sum[1]);
            sum[2] = vec_fma(vec_mul(d[2][z], w[1][y]), along, sum[2]);
        }
}

VEC_INLINE vec cross(vec a, vec b, vec c, vec d)
{
    return vec_sub(vec_mul(a, b), vec_mul(c, d));
}

VEC_INLINE vec determinant_of(vec j[3][3])
{
    const vec c0 = cross(j[1][1], j[2][2], j[1][2], j[2][1]), c1 = cross(j[1][2], j[2][0], j[1][0], j[2][2]),
              c2 = cross(j[1][0], j[2][1], j[1][1], j[2][0]);

    return vec_fma(j[0][2], c2, vec_fma(j[0][1], c1, vec_mul(j[0][0], c0)));
}

static void spline_determinant(const sep_control_grid *grid, const float *const coefficient[3],
                               const float *const at[3], int count, float *determinant)
{
    for (int s = 0; s < count; s += VEC_LANES) {
        vec w[3][4], d[3][4], j[3][3];
        const vec_int first = spline_support(grid, at, s, w);

        for (int axis = 0; axis < 3; axis++)
            spline_slopes(grid, axis, vec_load(at[axis] + s), d[axis]);
        for (int i = 0; i < 3; i++) {
            derive(grid, coefficient[i], first, w, d, j[i]);
            j[i][i] = vec_add(j[i][i], vec_set1(1.0f));
        }
        vec_store(determinant + s, determinant_of(j));
    }
}

const sep_simd_warping SEP_ISA_NAME(sep_warping) = {
    .linear = linear,
    .cubic = cubic,
    .nearest = nearest,
    .spline_row = spline_row,
    .spline_determinant = spline_determinant,
};
