/* What the kernels of registration and of warping share, on vectors: lanes hold samples. */
#ifndef SEPTUM_SIMD_VECTOR_SAMPLING_H
#define SEPTUM_SIMD_VECTOR_SAMPLING_H

#include "simd/cubic.h"
#include "simd/registration.h"
#include "simd/vector/isa.h"

VEC_INLINE vec mix(vec fraction, vec low, vec high)
{
    return vec_fma(fraction, vec_sub(high, low), low);
}

VEC_INLINE vec hold(vec a, float low, float high)
{
    return vec_min(vec_max(a, vec_set1(low)), vec_set1(high));
}

VEC_INLINE vec_int int_min(vec_int a, int32_t b)
{
    const vec_int limit = vec_int_set1(b);

    return vec_int_select(vec_int_gt(limit, a), a, limit);
}

VEC_INLINE void cubic_weights(vec t, vec weight[4])
{
    const vec rest = vec_sub(vec_set1(1.0f), t), square = vec_mul(t, t), sixth = vec_set1(SEP_SIXTH);

    weight[0] = vec_mul(vec_mul(rest, rest), vec_mul(rest, sixth));
    weight[1] = vec_fma(square, vec_fma(vec_set1(0.5f), t, vec_set1(-1.0f)), vec_set1(SEP_TWO_THIRD));
    weight[2] =
        vec_fma(t, vec_fma(t, vec_fma(vec_set1(-0.5f), t, vec_set1(0.5f)), vec_set1(0.5f)), vec_set1(SEP_SIXTH));
    weight[3] = vec_mul(square, vec_mul(t, sixth));
}

VEC_INLINE void cubic_slopes(vec t, vec slope[4])
{
    const vec rest = vec_sub(vec_set1(1.0f), t), half = vec_set1(0.5f);

    slope[0] = vec_mul(vec_set1(-0.5f), vec_mul(rest, rest));
    slope[1] = vec_mul(t, vec_fma(vec_set1(1.5f), t, vec_set1(-2.0f)));
    slope[2] = vec_fma(t, vec_fma(vec_set1(-1.5f), t, vec_set1(1.0f)), half);
    slope[3] = vec_mul(half, vec_mul(t, t));
}

typedef struct place {
    vec_int low;
    int next;
    vec fraction, moves;
    vec_mask inside;
} place;

VEC_INLINE place find(vec p, int size)
{
    const vec held = hold(p, 0.0f, (float)(size - 1)), one = vec_set1(1.0f);
    place found = {.low = int_min(vec_to_int(held), size > 1 ? size - 2 : 0), .next = size > 1};

    found.moves = vec_select(vec_eq(held, p), one, vec_zero());
    found.fraction = vec_sub(held, vec_from_int(found.low));
    found.inside = vec_mask_and(vec_ge(p, vec_set1(-0.5f)), vec_ge(vec_set1((float)size - 0.5f), p));
    return found;
}

VEC_INLINE vec_int voxel_index(vec_int x, vec_int y, vec_int z, int width, int height)
{
    const vec_int row = vec_int_add(vec_int_mul(z, vec_int_set1(height)), y);

    return vec_int_add(vec_int_mul(row, vec_int_set1(width)), x);
}

VEC_INLINE vec_int spline_weights(const sep_control_grid *grid, int axis, vec p, vec weight[4])
{
    const vec u = hold(vec_fma(p, vec_set1(grid->scale[axis]), vec_set1(grid->offset[axis])), 0.0f,
                       (float)(grid->size[axis] - 3));
    const vec_int node = int_min(vec_to_int(u), grid->size[axis] - 4);

    cubic_weights(vec_sub(u, vec_from_int(node)), weight);
    return node;
}

VEC_INLINE vec_int spline_support(const sep_control_grid *grid, const float *const at[3], int s, vec w[3][4])
{
    const vec_int x = spline_weights(grid, 0, vec_load(at[0] + s), w[0]),
                  y = spline_weights(grid, 1, vec_load(at[1] + s), w[1]),
                  z = spline_weights(grid, 2, vec_load(at[2] + s), w[2]);

    return voxel_index(x, y, z, grid->size[0], grid->size[1]);
}

/* `together`: all lanes have the same first node, at which c points; a load for all is much cheaper than a gather. */
VEC_INLINE vec spline_sum(const sep_control_grid *grid, const float *c, vec_int first, bool together, vec w[3][4])
{
    vec sum = vec_zero();

    for (int z = 0; z < 4; z++)
        for (int y = 0; y < 4; y++) {
            const float *row = c + ((ptrdiff_t)z * grid->size[1] + y) * grid->size[0];
            vec along = vec_mul(w[0][0], together ? vec_set1(row[0]) : vec_gather(row, first));

            VEC_UNROLL
            for (int x = 1; x < 4; x++)
                along = vec_fma(w[0][x], together ? vec_set1(row[x]) : vec_gather(row + x, first), along);
            sum = vec_fma(vec_mul(w[2][z], w[1][y]), along, sum);
        }
    return sum;
}

#endif
