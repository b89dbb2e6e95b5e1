/* The evaluations of registration's search: samples of the fixed volume, the moving volume's values where they land,
 * and sums over them. The definitions are simd/generic/registration.c; arrays and blocks are those of
 * sep_search_kernels (septum/device.h). A sum takes its samples from a list that the host made when they were drawn, in
 * rising order. */

#define MAP const float4 map_x, const float4 map_y, const float4 map_z

float3 mapped(float4 map_x, float4 map_y, float4 map_z, float3 at)
{
    return (float3)(fma(map_x.z, at.z, fma(map_x.y, at.y, fma(map_x.x, at.x, map_x.w))),
                    fma(map_y.z, at.z, fma(map_y.y, at.y, fma(map_y.x, at.x, map_y.w))),
                    fma(map_z.z, at.z, fma(map_z.y, at.y, fma(map_z.x, at.x, map_z.w))));
}

/* ---- values ------------------------------------------------------------------------------------------------------ */

/* weight[3][4][count]: those of the four nodes along each axis; the first node of all axes is node[i]. */
float3 deformation(__global const float *coefficient, int3 size, long node, __global const float *weight, long count,
                   long i, float zero)
{
    const long nodes = (long)size.x * size.y * size.z;
    float w[3][4], u[3];

    for (int k = 0; k < 12; k++)
        w[k / 4][k % 4] = weight[k * count + i];
    for (int c = 0; c < 3; c++)
        u[c] = spline_sum(coefficient + c * nodes + node, size, w, zero);
    return (float3)(u[0], u[1], u[2]);
}

float mix_of(float fraction, float low, float high)
{
    return fma(fraction, high - low, low);
}

/* 1, and 0 where the coordinate was held at an end. */
float moves(float p, int size)
{
    return hold(p, 0.0f, (float)(size - 1)) == p ? 1.0f : 0.0f;
}

/* Value, then its derivatives by x, y and z. */
float4 value_and_slopes(__global const float *volume, int3 size, axis_place x, axis_place y, axis_place z)
{
    const long row = (long)y.next * size.x, slice = (long)z.next * size.x * size.y;
    __global const float *p = volume + ((long)z.low * size.y + y.low) * size.x + x.low;
    float c[2][2], d[2][2]; /* mixed along x, and the difference along x: [z][y] */

    for (int k = 0; k < 2; k++)
        for (int j = 0; j < 2; j++) {
            const float low = p[k * slice + j * row], high = p[k * slice + j * row + x.next];

            c[k][j] = mix_of(x.fraction, low, high);
            d[k][j] = high - low;
        }
    const float low = mix_of(y.fraction, c[0][0], c[0][1]), high = mix_of(y.fraction, c[1][0], c[1][1]);
    return (float4)(mix_of(z.fraction, low, high),
                    mix_of(z.fraction, mix_of(y.fraction, d[0][0], d[0][1]), mix_of(y.fraction, d[1][0], d[1][1])),
                    mix_of(z.fraction, c[0][1] - c[0][0], c[1][1] - c[1][0]), high - low);
}

#define LOWEST 1 /* sep_border */
#define HELD   2

float3 hold_point(float3 p, int3 size)
{
    return (float3)(hold(p.x, -0.5f, (float)size.x - 0.5f), hold(p.y, -0.5f, (float)size.y - 0.5f),
                    hold(p.z, -0.5f, (float)size.z - 0.5f));
}

/* found[2][count]: value and inside; beyond[3][count], where the border holds points; gradient[3][count]. nodes_x 0: no
 * deformation. */
__kernel void look_up_samples(TENSOR(at), const int count, const int drawn, const int nodes_x, const int nodes_y,
                              const int nodes_z, TENSOR(coefficient), INDICES(node), TENSOR(weight), MAP,
                              TENSOR(volume), const int size_x, const int size_y, const int size_z, const int border,
                              const float lowest, TENSOR(found), TENSOR(beyond), TENSOR(gradient))
{
    EACH(i, count);
    OPEN(at);
    OPEN(coefficient);
    OPEN_INDICES(node);
    OPEN(weight);
    OPEN(volume);
    OPEN(found);
    OPEN(beyond);
    OPEN(gradient);
    const int3 size = (int3)(size_x, size_y, size_z), nodes = (int3)(nodes_x, nodes_y, nodes_z);
    float3 p = point_of(at, count, i);

    if (nodes_x > 0)
        p += deformation(coefficient, nodes, node[i], weight, count, i, ZERO(found));
    const float3 landed = mapped(map_x, map_y, map_z, p);
    p = border == HELD ? hold_point(landed, size) : landed;
    const axis_place x = find(p.x, size.x), y = find(p.y, size.y), z = find(p.z, size.z);
    const float seen = x.inside && y.inside && z.inside ? 1.0f : 0.0f;
    const float4 v = value_and_slopes(volume, size, x, y, z);
    const float3 counts = seen * (float3)(moves(p.x, size.x), moves(p.y, size.y), moves(p.z, size.z));

    const float3 away = landed - p;
    const bool inside = seen > 0.0f && away.x == 0.0f && away.y == 0.0f && away.z == 0.0f;
    const float value = border == LOWEST && !inside ? lowest : v.x * seen;

    found[i] = i < drawn ? value : 0.0f;
    found[count + i] = i < drawn && inside ? 1.0f : 0.0f;
    put_point(beyond, count, i, i < drawn ? away : (float3)(0.0f));
    put_point(gradient, count, i, v.yzw * counts);
}

/* ---- joint histograms -------------------------------------------------------------------------------------------- */

/* Where in its row a sample counts, and how much: column[count], share[4][count], in the order of the lists. */
__kernel void weigh_samples(TENSOR(found), const int count, const int drawn, INDICES(order), const int bins,
                            const float scale, const float offset, const int outside_counts, INDICES(column),
                            TENSOR(share))
{
    EACH(e, count);
    OPEN(found);
    OPEN_INDICES(order);
    OPEN_INDICES(column);
    OPEN(share);
    const int s = order[e];
    const bool inside = found[count + s] > 0.0f;
    const float u = hold(fma(found[s], scale, offset), 2.0f, (float)(bins - 2));
    const int bin = min((int)u, bins - 3);
    const float whole = s < drawn && (inside || outside_counts) ? 1.0f : 0.0f;
    float weight[4];

    sep_cubic_weights(u - (float)bin, weight);
    column[e] = bin - 1;
    for (int k = 0; k < 4; k++)
        share[(long)k * count + e] = weight[k] * whole;
}

/* partial[blocks][bins][bins], a work-item an element: row r of block b has list b * bins + r. */
__kernel void count_pairs(INDICES(start), INDICES(column), TENSOR(share), const int count, const int bins,
                          TENSOR(partial))
{
    EACH(i, bins * bins);
    OPEN_INDICES(start);
    OPEN_INDICES(column);
    OPEN(share);
    OPEN(partial);
    const long block = get_global_id(1), list = block * bins + i / bins;
    const int bin = (int)i % bins, end = start[list + 1];
    float sum = ZERO(partial);

    for (int e = start[list]; e < end; e++) {
        const int k = bin - column[e];

        if (k >= 0 && k < 4)
            sum += share[(long)k * count + e];
    }
    partial[block * bins * bins + i] = sum;
}

/* ---- derivatives ------------------------------------------------------------------------------------------------- */

/* pull[3][count]: what pulls at the points before the map. */
__kernel void pull_back(TENSOR(force), TENSOR(gradient), TENSOR(beyond), const int count, const float spring, MAP,
                        TENSOR(pull))
{
    EACH(i, count);
    OPEN(force);
    OPEN(gradient);
    OPEN(beyond);
    OPEN(pull);
    const float3 at_moving = point_of(gradient, count, i) * force[i] + point_of(beyond, count, i) * spring;

    put_point(pull, count, i, mapped(map_x, map_y, map_z, at_moving));
}

/* sum[blocks][3][nodes], a work-item a node: block b has list b * nodes + node, of entries 64 * sample + tap. */
__kernel void spread_to_nodes(INDICES(start), INDICES(entry), TENSOR(weight), TENSOR(pull), const int count,
                              const int nodes, TENSOR(sum))
{
    EACH(node, nodes);
    OPEN_INDICES(start);
    OPEN_INDICES(entry);
    OPEN(weight);
    OPEN(pull);
    OPEN(sum);
    const long block = get_global_id(1), list = block * nodes + node;
    const int end = start[list + 1];
    float3 total = (float3)(ZERO(sum), ZERO(sum), ZERO(sum));

    for (int e = start[list]; e < end; e++) {
        const int s = entry[e] / 64, tap = entry[e] % 64;
        const float x = weight[(long)(tap % 4) * count + s], y = weight[(long)(4 + tap / 4 % 4) * count + s],
                    z = weight[(long)(8 + tap / 16) * count + s], w = (z * y) * x;
        const float3 p = point_of(pull, count, s);

        total = (float3)(fma(w, p.x, total.x), fma(w, p.y, total.y), fma(w, p.z, total.z));
    }
    put_point(sum + block * 3 * nodes, nodes, node, total);
}

/* sum[blocks][3][4]. A group has four columns of 16 lanes each, for a row of a block. */
__kernel void sum_by_map(TENSOR(force), TENSOR(gradient), TENSOR(at), const int count, const int block_size,
                         TENSOR(sum))
{
    OPEN(force);
    OPEN(gradient);
    OPEN(at);
    OPEN(sum);
    __local float room[64];
    const int id = get_local_id(0), column = id / 16, block = get_group_id(0), row = get_group_id(1);
    const int first = block * block_size, end = min(first + block_size, count);
    float part = ZERO(sum);

    for (int s = first + id % 16; s < end; s += 16)
        part = fma(force[s] * gradient[(long)row * count + s], column < 3 ? at[(long)column * count + s] : 1.0f, part);
    part = join_lanes(part, room);
    if (id % 16 == 0)
        sum[(block * 3 + row) * 4 + column] = part;
}
