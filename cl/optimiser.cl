/* Parameter updates, in place: one work-item an element. The step's numbers come from tensors. */

/* ---- the norm of the gradient ------------------------------------------------------------------------------------ */

#define NORM_BLOCK 4096 /* elements */
#define GROUP      64   /* work-items, 16 a block */

/* partial[b]: the lane sum of the squares of block b. */
__kernel __attribute__((reqd_work_group_size(GROUP, 1, 1))) void
squared_norm_blocks(TENSOR(x), const long count, TENSOR(partial))
{
    OPEN(x);
    OPEN(partial);
    __local float room[GROUP];
    const int lane = get_local_id(0) % 16;
    const long block = get_global_id(0) / 16, first = block * NORM_BLOCK;
    const int here = clamp(count - first, 0L, (long)NORM_BLOCK);
    float part = ZERO(partial);

    for (int i = lane; i < here; i += 16)
        part = fma(x[first + i], x[first + i], part);
    part = join_lanes(part, room);
    if (lane == 0 && here > 0)
        partial[block] = part;
}

/* One work-item. */
__kernel void clip_factor(TENSOR(total), TENSOR(y), const long count, const float limit)
{
    EACH(i, count);
    OPEN(total);
    OPEN(y);
    const float factor = QUOTIENT(limit, ROOT(total[i]) + 1e-6f);

    y[i] = factor > 1.0f ? 1.0f : factor;
}

/* ---- updates ----------------------------------------------------------------------------------------------------- */

/* What an update reads and writes; the gradient is multiplied by clip[0] where `clips`. */
#define UPDATE(p, g, m)                                                                                                \
    TENSOR(p), TENSOR(g), TENSOR(m), TENSOR(hyper), TENSOR(clip), const long count, const int clips, const float decay
#define OPEN_UPDATE(i, p, g, m)                                                                                        \
    EACH(i, count);                                                                                                    \
    OPEN(p);                                                                                                           \
    OPEN(g);                                                                                                           \
    OPEN(m);                                                                                                           \
    OPEN(hyper);                                                                                                       \
    OPEN(clip);                                                                                                        \
    const float clipped = g[i] * (clips ? clip[0] : 1.0f)

/* hyper: rate, whether this is the first step. */
__kernel void sgd(UPDATE(p, g, m), const float momentum)
{
    OPEN_UPDATE(i, p, g, m);
    const float gradient = fma(decay, p[i], clipped);
    const float moved = hyper[1] != 0.0f ? gradient : fma(momentum, m[i], gradient);

    m[i] = moved;
    p[i] = fma(-hyper[0], moved, p[i]);
}

/* m[2][count]: both moments. hyper: rate and the corrections of the moments. */
__kernel void adam(UPDATE(p, g, m), const float beta1, const float beta2, const float epsilon, const int decoupled)
{
    OPEN_UPDATE(i, p, g, m);
    __global float *const v = m + count;
    const float rate = hyper[0];
    const float parameter = p[i] * (decoupled ? 1.0f - rate * decay : 1.0f);
    const float gradient = fma(decoupled ? 0.0f : decay, parameter, clipped);
    const float first = fma(beta1, m[i], (1.0f - beta1) * gradient);
    const float second = fma(beta2, v[i], (1.0f - beta2) * (gradient * gradient));

    m[i] = first;
    v[i] = second;
    p[i] = parameter - QUOTIENT(rate * QUOTIENT(first, hyper[1]), ROOT(QUOTIENT(second, hyper[2])) + epsilon);
}

/* hyper: how much of the average stays. */
__kernel void ema(TENSOR(average), TENSOR(p), TENSOR(hyper), const long count)
{
    EACH(i, count);
    OPEN(average);
    OPEN(p);
    OPEN(hyper);

    average[i] = fma(hyper[0], average[i] - p[i], p[i]);
}
