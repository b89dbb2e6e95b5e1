/* Where the voxels of a grid land, a work-item a voxel. Rows are padded to whole groups of 16 voxels, which the inverse
 * needs. The definitions are simd/generic/registration.c, simd/generic/warping.c and, for the way as a whole,
 * src/registration/transform/path.c. */

#define TABLE(name)      __global const ulong *name##_buffer, const ulong name##_offset
#define OPEN_TABLE(name) __global const ulong *const name = name##_buffer + name##_offset / 2

/* ---- the first map ----------------------------------------------------------------------------------------------- */

#define HIDDEN (1UL << 52)

/* The sum of two doubles, rounded to double and then to float, in whole numbers: many GPUs have no doubles, or slow
 * ones. What is not finite gives NaN; sums below float's normal range may be flushed. */
float sum_of_doubles(ulong a, ulong b)
{
    const ulong large = max(a << 1, b << 1) == a << 1 ? a : b, small = a ^ b ^ large;
    const int exponent = (int)(large >> 52 & 2047), other = (int)(small >> 52 & 2047);
    const int apart = max(exponent, 1) - max(other, 1);
    const ulong high = (large % HIDDEN | (exponent > 0 ? HIDDEN : 0)) << 9;
    const ulong low = (small % HIDDEN | (other > 0 ? HIDDEN : 0)) << 9;
    const ulong moved = apart < 63 ? low >> apart | (ulong)((low & ((1UL << apart) - 1)) > 0) : (ulong)(low > 0);
    ulong sum = (a ^ b) >> 63 ? high - moved : high + moved;
    const int excess = max(11 - (int)clz(sum), 0); /* bits beyond the 53 of a double */
    const ulong rest = sum & ((1UL << excess) - 1), half_way = (1UL << excess) / 2;

    sum >>= excess;
    sum += (ulong)(excess > 0 && (rest > half_way || (rest == half_way && sum % 2 > 0)));
    const float size = ldexp(convert_float_rte(sum), max(exponent, 1) - 1075 - 9 + excess);

    return exponent == 2047 ? NAN : large >> 63 ? -size : size;
}

/* ---- the way ----------------------------------------------------------------------------------------------------- */

#define NO_DEFORMATION 0 /* sep_deformation of septum/device.h */
#define SPLINE         1
#define SPLINE_ROWS    2
#define FIELD          3

/* Whether a spline does not move a point, in nodes: sep_spline_covers of src/registration/transform/spline.h. */
bool leaves(int kind, int3 size, float3 at)
{
    const float slack = 1e-5f, low = 1.0f - slack;
    const bool covered = at.x >= low && (float)(size.x - 2) + slack >= at.x && at.y >= low &&
                         (float)(size.y - 2) + slack >= at.y && at.z >= low && (float)(size.z - 2) + slack >= at.z;

    return kind != FIELD && !covered;
}

/* x + u(x), where u goes on beyond a spline as at its border; `first` is the point of the row whose y and z count for
 * SPLINE_ROWS. */
float3 deformed(int kind, __global const float *value, int3 size, float3 at, float3 first, float zero)
{
    const long count = (long)size.x * size.y * size.z;
    float u[3], w[3][4];

    if (kind == FIELD) {
        for (int i = 0; i < 3; i++)
            u[i] = trilinear(value + i * count, size, at, zero, zero);
    } else {
        const float3 from = kind == SPLINE_ROWS ? (float3)(at.x, first.y, first.z) : at;
        const long node = spline_support(size, from - 1.0f, w);

        for (int i = 0; i < 3; i++)
            u[i] = kind == SPLINE_ROWS ? spline_row_sum(value + i * count + node, size, w, zero)
                                       : spline_sum(value + i * count + node, size, w, zero);
    }
    return at + (float3)(u[0], u[1], u[2]);
}

float mapped(__global const float *m, float3 at)
{
    return fma(m[2], at.z, fma(m[1], at.y, fma(m[0], at.x, m[3])));
}

/* points[3][stride]: row `row` of the slab starts at row * pitch, and is row `first_row` + row of the grid. along[3]
 * [pitch], across[3][grid_rows]; value[3][size.z][size.y][size.x]; last[3][4]. */
#define WAY                                                                                                            \
    TENSOR(points), const long stride, const int pitch, TABLE(along), TABLE(across), const int first_row,              \
        const int grid_rows, const int kind, TENSOR(value), const int size_x, const int size_y, const int size_z,      \
        TENSOR(last)
#define OPEN_WAY                                                                                                       \
    OPEN(points);                                                                                                      \
    OPEN(value);                                                                                                       \
    OPEN(last);                                                                                                        \
    OPEN_TABLE(along);                                                                                                 \
    OPEN_TABLE(across);                                                                                                \
    const int3 size = (int3)(size_x, size_y, size_z);                                                                  \
    const int x = get_global_id(0), row = get_global_id(1);                                                            \
    const float zero = ZERO(points)
#define START(x)                                                                                                       \
    (float3)(sum_of_doubles(along[x], across[first_row + row]),                                                        \
             sum_of_doubles(along[pitch + (x)], across[grid_rows + first_row + row]),                                  \
             sum_of_doubles(along[2 * pitch + (x)], across[2 * grid_rows + first_row + row]))

/* Points of SPLINE_ROWS take y and z from the first of their `chunk` points. */
__kernel void way(WAY, const int chunk)
{
    OPEN_WAY;
    if (x >= pitch)
        return;
    float3 at = START(x);

    if (kind != NO_DEFORMATION) {
        const float3 first = kind == SPLINE_ROWS ? START(x / chunk * chunk) : at;

        if (!leaves(kind, size, at))
            at = deformed(kind, value, size, at, first, zero);
        at = (float3)(mapped(last, at), mapped(last + 4, at), mapped(last + 8, at));
    }
    put_point(points, stride, (long)row * pitch + x, at);
}

/* The deformation's inverse, by a fixed point that 16 work-items go towards until the farthest of them is there. `mm`:
 * of a step along each axis. Groups of 16. */
__kernel void way_back(WAY, const float mm_x, const float mm_y, const float mm_z, const float tolerance,
                       const int rounds, const float nowhere)
{
    OPEN_WAY;
    const int lane = get_local_id(0);
    const float3 aim = START(x);
    __local float length[16];
    float3 at = aim;
    float square = 1.0f, left = 1.0f;

    for (int round = 0; round < rounds && left > tolerance; round++) {
        const float3 error = aim - deformed(kind, value, size, at, at, zero), step = error * (float3)(mm_x, mm_y, mm_z);

        at += error;
        square = (step.x * step.x + step.y * step.y) + step.z * step.z;
        length[lane] = square > 0.0f ? square : 0.0f;
        for (int half_way = 8; half_way > 0; half_way /= 2) {
            barrier(CLK_LOCAL_MEM_FENCE);
            if (lane < half_way)
                length[lane] = max(length[lane], length[lane + half_way]);
        }
        barrier(CLK_LOCAL_MEM_FENCE);
        left = ROOT(length[0]);
        barrier(CLK_LOCAL_MEM_FENCE); /* before anyone writes there again */
    }
    const bool reached = square <= tolerance * tolerance;

    if (leaves(kind, size, aim) && !(reached && !leaves(kind, size, at)))
        at = aim;
    else if (!reached)
        at = (float3)(nowhere, nowhere, nowhere);
    at = (float3)(mapped(last, at), mapped(last + 4, at), mapped(last + 8, at));
    put_point(points, stride, (long)row * pitch + x, at);
}
