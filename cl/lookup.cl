/* What a volume holds where the voxels of a grid landed: a work-item a voxel. The definitions are
 * simd/generic/warping.c and, for label maps interpolated linearly, src/registration/transform/warp.c. */

#define BYTES(name)      __global uchar *name##_buffer, const ulong name##_offset
#define OPEN_BYTES(name) __global uchar *const name = name##_buffer + name##_offset * 4

#define LOOKUP(OUT)                                                                                                    \
    TENSOR(points), const long stride, const int pitch, const int size_x, const int size_y, const int size_z,          \
        OUT(out), const int width
#define OPEN_LOOKUP                                                                                                    \
    OPEN(points);                                                                                                      \
    const int3 size = (int3)(size_x, size_y, size_z);                                                                  \
    const int x = get_global_id(0), row = get_global_id(1);                                                            \
    const long i = (long)row * pitch + x, to = (long)row * width + x;                                                  \
    if (x >= width)                                                                                                    \
        return;                                                                                                        \
    const float3 at = point_of(points, stride, i)

__kernel void look_up_linear(LOOKUP(TENSOR), TENSOR(volume), const float outside)
{
    OPEN_LOOKUP;
    OPEN(volume);
    OPEN(out);

    out[to] = trilinear(volume, size, at, outside, ZERO(points));
}

/* `coefficient`: one node more at both ends of each axis, an axis of one voxel has four. */
__kernel void look_up_cubic(LOOKUP(TENSOR), TENSOR(coefficient), const float outside)
{
    OPEN_LOOKUP;
    OPEN(coefficient);
    OPEN(out);
    const int3 nodes = (int3)(max(size.x, 2), max(size.y, 2), max(size.z, 2)) + 2;
    float w[3][4];

    if (find(at.x, size.x).inside && find(at.y, size.y).inside && find(at.z, size.z).inside)
        out[to] = spline_sum(coefficient + spline_support(nodes, at, w), nodes, w, ZERO(points));
    else
        out[to] = outside;
}

__kernel void look_up_nearest(LOOKUP(BYTES), BYTES(label))
{
    OPEN_LOOKUP;
    OPEN_BYTES(label);
    OPEN_BYTES(out);
    const float3 p = at + 0.5f;
    const bool inside = p.x >= 0.0f && (float)size.x > p.x && p.y >= 0.0f && (float)size.y > p.y && p.z >= 0.0f &&
                        (float)size.z > p.z;

    out[to] = inside ? label[((long)(int)p.z * size.y + (int)p.y) * size.x + (int)p.x] : 0;
}

/* The class with the largest sum of weights, the lowest of equals. */
__kernel void look_up_class(LOOKUP(BYTES), BYTES(label))
{
    OPEN_LOOKUP;
    OPEN_BYTES(label);
    OPEN_BYTES(out);
    const axis_place px = find(at.x, size.x), py = find(at.y, size.y), pz = find(at.z, size.z);
    const long first = ((long)pz.low * size.y + py.low) * size.x + px.low;
    float weight[8], most = 0.0f;
    uchar corner[8], best = 0;

    for (int k = 0; k < 8; k++) {
        const float wx = k & 1 ? px.fraction : 1.0f - px.fraction, wy = k & 2 ? py.fraction : 1.0f - py.fraction;

        weight[k] = (wx * wy) * (k & 4 ? pz.fraction : 1.0f - pz.fraction);
        corner[k] = label[first + (k & 1 ? px.next : 0) + (k & 2 ? (long)py.next * size.x : 0) +
                          (k & 4 ? (long)pz.next * size.x * size.y : 0)];
    }
    for (int k = 0; k < 8; k++) {
        float sum = 0.0f;

        for (int j = 0; j < 8; j++)
            sum += corner[j] == corner[k] ? weight[j] : 0.0f;
        if (sum > most || (sum == most && corner[k] < best)) {
            most = sum;
            best = corner[k];
        }
    }
    out[to] = px.inside && py.inside && pz.inside ? best : 0;
}
