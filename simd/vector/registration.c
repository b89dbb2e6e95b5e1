/* The inner loops of registration on vectors: lanes hold samples. */
#include "simd/registration.h"

#include "simd/vector/sampling.h"

#include <string.h>

/* ---- affine maps ------------------------------------------------------------------------------------------------- */

static void affine(const float matrix[3][4], const float *const at[3], int count, float *const to[3])
{
    for (int s = 0; s < count; s += VEC_LANES) {
        const vec x = vec_load(at[0] + s), y = vec_load(at[1] + s), z = vec_load(at[2] + s);

        for (int i = 0; i < 3; i++) {
            const float *m = matrix[i];
            const vec sum = vec_fma(vec_set1(m[0]), x, vec_set1(m[3]));

            vec_store(to[i] + s, vec_fma(vec_set1(m[2]), z, vec_fma(vec_set1(m[1]), y, sum)));
        }
    }
}

static void affine_adjoint(const float *force, const float *const gradient[3], const float *const at[3], int count,
                           float sum[3][4])
{
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 4; j++) {
            lanes16 lanes = lanes16_zero();

            for (int s = 0; s < count; s += VEC_LANES) {
                const int part = s % 16 / VEC_LANES;
                const vec push = vec_mul(vec_load(force + s), vec_load(gradient[i] + s));

                lanes.part[part] = vec_fma(push, j < 3 ? vec_load(at[j] + s) : vec_set1(1.0f), lanes.part[part]);
            }
            sum[i][j] = lanes16_sum(lanes);
        }
}

/* ---- interpolation ----------------------------------------------------------------------------------------------- */

VEC_INLINE void interpolate(const sep_lattice *v, place x, place y, place z, vec out[4])
{
    const ptrdiff_t row = (ptrdiff_t)y.next * v->width, slice = (ptrdiff_t)z.next * v->width * v->height;
    const vec_int at = voxel_index(x.low, y.low, z.low, v->width, v->height);
    vec c[2][2], d[2][2];

    VEC_UNROLL
    for (int k = 0; k < 2; k++)
        for (int j = 0; j < 2; j++) {
            const float *p = v->data + k * slice + j * row;
            const vec low = vec_gather(p, at), high = vec_gather(p + x.next, at);

            c[k][j] = mix(x.fraction, low, high);
            d[k][j] = vec_sub(high, low);
        }
    const vec low = mix(y.fraction, c[0][0], c[0][1]), high = mix(y.fraction, c[1][0], c[1][1]);
    out[0] = mix(z.fraction, low, high);
    out[1] = mix(z.fraction, mix(y.fraction, d[0][0], d[0][1]), mix(y.fraction, d[1][0], d[1][1]));
    out[2] = mix(z.fraction, vec_sub(c[0][1], c[0][0]), vec_sub(c[1][1], c[1][0]));
    out[3] = vec_sub(high, low);
}

static void linear(const sep_lattice *volume, const float *const at[3], int count, float *value,
                   float *const gradient[3], float *inside)
{
    for (int s = 0; s < count; s += VEC_LANES) {
        const place x = find(vec_load(at[0] + s), volume->width), y = find(vec_load(at[1] + s), volume->height),
                    z = find(vec_load(at[2] + s), volume->depth);
        const vec_mask all = vec_mask_and(vec_mask_and(x.inside, y.inside), z.inside);
        const vec in = vec_select(all, vec_set1(1.0f), vec_zero());
        vec out[4];

        interpolate(volume, x, y, z, out);
        vec_store(inside + s, in);
        vec_store(value + s, vec_mul(out[0], in));
        vec_store(gradient[0] + s, vec_mul(out[1], vec_mul(in, x.moves)));
        vec_store(gradient[1] + s, vec_mul(out[2], vec_mul(in, y.moves)));
        vec_store(gradient[2] + s, vec_mul(out[3], vec_mul(in, z.moves)));
    }
}

/* ---- B-splines --------------------------------------------------------------------------------------------------- */

static bool all_equal(const int32_t first[VEC_LANES])
{
    bool equal = true;

    for (int l = 1; l < VEC_LANES; l++)
        equal = equal && first[l] == first[0];
    return equal;
}

static void spline(const sep_control_grid *grid, const float *const coefficient[3], const float *const at[3], int count,
                   float *const to[3])
{
    for (int s = 0; s < count; s += VEC_LANES) {
        int32_t node[VEC_LANES];
        vec w[3][4];
        const vec_int first = spline_support(grid, at, s, w);

        vec_int_store(node, first);
        const bool together = all_equal(node);
        for (int i = 0; i < 3; i++) {
            const vec u = together ? spline_sum(grid, coefficient[i] + node[0], first, true, w)
                                   : spline_sum(grid, coefficient[i], first, false, w);

            vec_store(to[i] + s, vec_add(vec_load(at[i] + s), u));
        }
    }
}

/* The sums of the 64 nodes that a sample takes part in, x fastest: those of one cell stay here while samples are of it.
 */
enum { CELL_NODES = 64 };

typedef struct cell {
    int32_t node; /* the first; -1: none */
    float sum[3][CELL_NODES];
} cell;

VEC_INLINE ptrdiff_t row_of(const sep_control_grid *grid, int row)
{
    return ((ptrdiff_t)(row / 4) * grid->size[1] + row % 4) * grid->size[0];
}

static void leave_cell(const sep_control_grid *grid, const cell *c, float *const sum[3])
{
    for (int k = 0; k < 48 && c->node >= 0; k++)
        memcpy(sum[k / 16] + c->node + row_of(grid, k % 16), c->sum[k / 16] + 4 * (k % 16), 4 * sizeof(float));
}

static void enter_cell(const sep_control_grid *grid, float *const sum[3], int32_t node, cell *c)
{
    leave_cell(grid, c, sum);
    for (int k = 0; k < 48; k++)
        memcpy(c->sum[k / 16] + 4 * (k % 16), sum[k / 16] + node + row_of(grid, k % 16), 4 * sizeof(float));
    c->node = node;
}

/* Adds one sample's force to the nodes. */
VEC_INLINE void splat(const float wx[4], const float wy[4], const float wz[4], const float force[3], cell *c)
{
    float weight[CELL_NODES];

    for (int row = 0; row < 16; row++)
        for (int x = 0; x < 4; x++)
            weight[4 * row + x] = (wz[row / 4] * wy[row % 4]) * wx[x];
    for (int i = 0; i < 3; i++)
        for (int k = 0; k < CELL_NODES; k += VEC_LANES)
            vec_store(c->sum[i] + k, vec_fma(vec_load(weight + k), vec_set1(force[i]), vec_load(c->sum[i] + k)));
}

static void spline_adjoint(const sep_control_grid *grid, const float *const at[3], const float *const force[3],
                           int count, float *const sum[3])
{
    cell here = {.node = -1};

    for (int s = 0; s < count; s += VEC_LANES) {
        float lane[VEC_LANES][3][4];
        int32_t first[VEC_LANES];
        vec w[3][4];

        vec_int_store(first, spline_support(grid, at, s, w));
        for (int axis = 0; axis < 3; axis++)
            for (int k = 0; k < 4; k++) {
                float column[VEC_LANES];

                vec_store(column, w[axis][k]);
                for (int l = 0; l < VEC_LANES; l++)
                    lane[l][axis][k] = column[l];
            }
        for (int l = 0; l < VEC_LANES; l++) {
            const float pull[3] = {force[0][s + l], force[1][s + l], force[2][s + l]};

            if (first[l] != here.node)
                enter_cell(grid, sum, first[l], &here);
            splat(lane[l][0], lane[l][1], lane[l][2], pull, &here);
        }
    }
    leave_cell(grid, &here, sum);
}

/* ---- joint histograms -------------------------------------------------------------------------------------------- */

VEC_INLINE vec_int parzen_element(const sep_parzen *parzen, const int32_t *row, const float *value, vec *fraction)
{
    const vec u = hold(vec_fma(vec_load(value), vec_set1(parzen->scale), vec_set1(parzen->offset)), 2.0f,
                       (float)(parzen->bins - 2));
    const vec_int bin = int_min(vec_to_int(u), parzen->bins - 3);

    *fraction = vec_sub(u, vec_from_int(bin));
    return vec_int_add(vec_int_sub(bin, vec_int_set1(1)), vec_int_load(row));
}

static void parzen_add(const sep_parzen *parzen, const int32_t *row, const float *value, const float *inside, int count,
                       float *histogram)
{
    for (int s = 0; s < count; s += VEC_LANES) {
        float lane[4][VEC_LANES];
        int32_t element[VEC_LANES];
        vec fraction, weight[4];

        vec_int_store(element, parzen_element(parzen, row + s, value + s, &fraction));
        cubic_weights(fraction, weight);
        for (int k = 0; k < 4; k++)
            vec_store(lane[k], vec_mul(weight[k], vec_load(inside + s)));
        for (int l = 0; l < VEC_LANES; l++)
            for (int k = 0; k < 4; k++)
                histogram[element[l] + k] += lane[k][l];
    }
}

static void parzen_force(const sep_parzen *parzen, const float *table, const int32_t *row, const float *value,
                         const float *inside, int count, float *force)
{
    for (int s = 0; s < count; s += VEC_LANES) {
        vec fraction, slope[4];
        const vec_int element = parzen_element(parzen, row + s, value + s, &fraction);

        cubic_slopes(fraction, slope);
        vec sum = vec_mul(slope[0], vec_gather(table, element));
        for (int k = 1; k < 4; k++)
            sum = vec_fma(slope[k], vec_gather(table + k, element), sum);
        vec_store(force + s, vec_mul(sum, vec_mul(vec_set1(parzen->scale), vec_load(inside + s))));
    }
}

/* ---- pyramids ---------------------------------------------------------------------------------------------------- */

static void filter(const float *const *tap, const float *weight, int taps, int stride, int count, float *to)
{
    int32_t step[VEC_LANES];
    int o = 0;

    for (int l = 0; l < VEC_LANES; l++)
        step[l] = l * stride;
    const vec_int at = vec_int_load(step);
    for (; o + VEC_LANES <= count; o += VEC_LANES) {
        const ptrdiff_t first = (ptrdiff_t)o * stride;
        vec sum = vec_zero();

        for (int k = 0; k < taps; k++)
            sum = vec_fma(vec_set1(weight[k]), stride == 1 ? vec_load(tap[k] + first) : vec_gather(tap[k] + first, at),
                          sum);
        vec_store(to + o, sum);
    }
    for (; o < count; o++) {
        to[o] = 0.0f;
        for (int k = 0; k < taps; k++)
            to[o] = __builtin_fmaf(weight[k], tap[k][(ptrdiff_t)o * stride], to[o]);
    }
}

const sep_simd_registration SEP_ISA_NAME(sep_registration) = {
    .affine = affine,
    .linear = linear,
    .spline = spline,
    .spline_adjoint = spline_adjoint,
    .parzen_add = parzen_add,
    .parzen_force = parzen_force,
    .filter = filter,
    .affine_adjoint = affine_adjoint,
};
