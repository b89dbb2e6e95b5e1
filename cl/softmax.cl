/* Softmax and its relatives. Rows of few channels go one to a work-item, others (`_wide`) one to 16 neighbours. */

#define GROUP  64
#define INLINE static inline __attribute__((always_inline)) /* in such a function `lanes` (below) is a constant */

/* What a work-item has of a row: `lanes` of its 16 lanes, 16 or 1, from `first` on. A row behind the last has no
 * channels: its work-items come along to the barriers. */
typedef struct share {
    int channels, first, lanes;
    float zero;
    __local float *room; /* a float for each work-item of the group; NULL with 16 lanes */
} share;

/* The elements c of a share in any order. */
#define EACH_OF_SHARE(c, s) for (int c = s.first; c < s.channels; c += 16 / s.lanes)

/* The lane sum of a row. `added`: partial sum l with element c. */
#define SUM_LANES(part, l, c, s, added)                                                                                \
    do {                                                                                                               \
        for (int i = 0; i < 16; i++)                                                                                   \
            part[i] = s.zero;                                                                                          \
        EACH_OF_LANES(c, l, s.first, s.lanes, s.channels, part[l] = added);                                            \
        part[0] = s.lanes == 16 ? join_own_lanes(part) : join_lanes(part[0], s.room);                                  \
    } while (0)

INLINE float maximum(__global const float *x, share s)
{
    float best = -INFINITY;

    EACH_OF_SHARE (c, s)
        best = x[c] > best ? x[c] : best;
    if (s.lanes == 16)
        return best;
    const int id = get_local_id(0);

    s.room[id] = best;
    barrier(CLK_LOCAL_MEM_FENCE);
    for (int i = id - id % 16; i < id - id % 16 + 16; i++)
        best = max(best, s.room[i]);
    barrier(CLK_LOCAL_MEM_FENCE);
    return best;
}

INLINE float exponential_sum(__global const float *x, float best, share s)
{
    float part[16];

    SUM_LANES(part, l, c, s, part[l] + sep_expf(x[c] - best));
    return part[0];
}

/* ---- rows -------------------------------------------------------------------------------------------------------- */

INLINE void softmax_row(__global const float *x, __global const float *unused, __global float *p, share s)
{
    const float best = maximum(x, s), factor = QUOTIENT(1.0f, exponential_sum(x, best, s));

    EACH_OF_SHARE (c, s)
        p[c] = sep_expf(x[c] - best) * factor;
}

INLINE void softmax_dx_row(__global const float *p, __global const float *dp, __global float *dx, share s)
{
    float part[16];

    SUM_LANES(part, l, c, s, fma(p[c], dp[c], part[l]));
    EACH_OF_SHARE (c, s)
        dx[c] = p[c] * (dp[c] - part[0]);
}

INLINE void log_softmax_row(__global const float *x, __global const float *unused, __global float *y, share s)
{
    const float best = maximum(x, s), log_sum = sep_logf(exponential_sum(x, best, s));

    EACH_OF_SHARE (c, s)
        y[c] = (x[c] - best) - log_sum;
}

INLINE void log_softmax_dx_row(__global const float *y, __global const float *dy, __global float *dx, share s)
{
    float part[16];

    SUM_LANES(part, l, c, s, part[l] + dy[c]);
    EACH_OF_SHARE (c, s)
        dx[c] = dy[c] - sep_expf(y[c]) * part[0];
}

/* ---- kernels: a, b, y[rows, channels] ---------------------------------------------------------------------------- */

#define RUN_ROW(name, row, first_lane, lanes, room)                                                                    \
    OPEN(a);                                                                                                           \
    OPEN(b);                                                                                                           \
    OPEN(y);                                                                                                           \
    const long r = row, at = r * channels;                                                                             \
    const share s = {r < rows ? channels : 0, first_lane, lanes, ZERO(y), room};                                       \
    name##_row(a + at, b + at, y + at, s)

#define ROW_KERNELS(name)                                                                                              \
    __kernel void name(TENSOR(a), TENSOR(b), TENSOR(y), const long rows, const int channels)                           \
    {                                                                                                                  \
        RUN_ROW(name, get_global_id(0), 0, 16, 0);                                                                     \
    }                                                                                                                  \
    __kernel __attribute__((reqd_work_group_size(GROUP, 1, 1))) void name##_wide(                                      \
        TENSOR(a), TENSOR(b), TENSOR(y), const long rows, const int channels)                                          \
    {                                                                                                                  \
        __local float room[GROUP];                                                                                     \
        RUN_ROW(name, get_global_id(0) / 16, get_local_id(0) % 16, 1, room);                                           \
    }

ROW_KERNELS(softmax)
ROW_KERNELS(softmax_dx)
ROW_KERNELS(log_softmax)
ROW_KERNELS(log_softmax_dx)

/* index[row]: the first of the row's maxima. A row has as many channels as there are classes: few. */
__kernel void argmax(TENSOR(x), INDICES(index), const long rows, const int channels)
{
    EACH(r, rows);
    OPEN(x);
    OPEN_INDICES(index);
    float value = x[r * channels];
    int best = 0;

    for (int c = 1; c < channels; c++)
        if (x[r * channels + c] > value) {
            best = c;
            value = x[r * channels + c];
        }
    index[r] = best;
}
