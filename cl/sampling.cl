/* Where points fall on a lattice, and the value there: linear, or of a B-spline. The definitions are those of
 * simd/generic/sampling.h and simd/generic/warping.c. */

/* ---- arrays of points -------------------------------------------------------------------------------------------- */

/* Element i of an array of points, [3][count]. */
float3 point_of(__global const float *p, long count, long i)
{
    return (float3)(p[i], p[count + i], p[2 * count + i]);
}

void put_point(__global float *p, long count, long i, float3 value)
{
    p[i] = value.x;
    p[count + i] = value.y;
    p[2 * count + i] = value.z;
}

/* ---- voxels ------------------------------------------------------------------------------------------------------ */

typedef struct axis_place {
    int low, next;
    float fraction;
    bool inside, moves; /* moves: not held at an end */
} axis_place;

float hold(float a, float low, float high)
{
    a = a > low ? a : low;
    return a < high ? a : high;
}

axis_place find(float p, int size)
{
    const float held = hold(p, 0.0f, (float)(size - 1));
    const int low = min((int)held, max(size - 2, 0));
    const bool inside = p >= -0.5f && (float)size - 0.5f >= p;
    const axis_place found = {low, size > 1, held - (float)low, inside, held == p};

    return found;
}

/* Exact at both ends. */
float blend(float fraction, float low, float high, float zero)
{
    return fma(fraction, high, fma(zero - fraction, low, low));
}

float trilinear(__global const float *volume, int3 size, float3 at, float outside, float zero)
{
    const axis_place x = find(at.x, size.x), y = find(at.y, size.y), z = find(at.z, size.z);
    const long row = (long)y.next * size.x, slice = (long)z.next * size.x * size.y;
    __global const float *p = volume + ((long)z.low * size.y + y.low) * size.x + x.low;

    if (!(x.inside && y.inside && z.inside))
        return outside;
    const float near_low = blend(x.fraction, p[0], p[x.next], zero);
    const float near_high = blend(x.fraction, p[row], p[row + x.next], zero);
    const float far_low = blend(x.fraction, p[slice], p[slice + x.next], zero);
    const float far_high = blend(x.fraction, p[slice + row], p[slice + row + x.next], zero);

    return blend(z.fraction, blend(y.fraction, near_low, near_high, zero), blend(y.fraction, far_low, far_high, zero),
                 zero);
}

/* ---- B-splines --------------------------------------------------------------------------------------------------- */

/* First node and weights along an axis of `size` nodes; u = 0 is node 1. */
int spline_weights(int size, float u, float weight[4])
{
    const float held = hold(u, 0.0f, (float)(size - 3));
    const int node = min((int)held, size - 4);

    sep_cubic_weights(held - (float)node, weight);
    return node;
}

/* The first of a point's nodes, and the weights of all axes. */
long spline_support(int3 size, float3 u, float w[3][4])
{
    const int x = spline_weights(size.x, u.x, w[0]), y = spline_weights(size.y, u.y, w[1]),
              z = spline_weights(size.z, u.z, w[2]);

    return ((long)z * size.y + y) * size.x + x;
}

/* Along x, then over z and y. */
float spline_sum(__global const float *c, int3 size, float w[3][4], float zero)
{
    float sum = zero;

    for (int z = 0; z < 4; z++)
        for (int y = 0; y < 4; y++) {
            __global const float *row = c + ((long)z * size.y + y) * size.x;
            const float along = fma(w[0][3], row[3], fma(w[0][2], row[2], fma(w[0][1], row[1], w[0][0] * row[0])));

            sum = fma(w[2][z] * w[1][y], along, sum);
        }
    return sum;
}

/* Over z and y, then along x: the order for rows whose points share y and z. */
float spline_row_sum(__global const float *c, int3 size, float w[3][4], float zero)
{
    float line[4] = {zero, zero, zero, zero};

    for (int z = 0; z < 4; z++)
        for (int y = 0; y < 4; y++) {
            __global const float *row = c + ((long)z * size.y + y) * size.x;
            const float weight = w[2][z] * w[1][y];

            for (int x = 0; x < 4; x++)
                line[x] = fma(weight, row[x], line[x]);
        }
    return fma(w[0][3], line[3], fma(w[0][2], line[2], fma(w[0][1], line[1], w[0][0] * line[0])));
}
