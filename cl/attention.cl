/* Window attention: a work-group computes one head of one window, a work-item a row of scores at a time (a query), then
 * elements of the results. qkv is [windows][tokens][3 * width] with q, k and v side by side; scores, their gradients and
 * the rows of q that many work-items read lie in local memory, or, where a device has too little, in a workspace. */

#define LANES   16
#define PENALTY (-100.0f) /* between regions of a rolled map */

/* The band of a rolled axis of `size` cells. */
int band_of(int position, int size, int window, int shift)
{
    return position < size - window ? 0 : position < size - shift ? 1 : 2;
}

/* The region of a window's token; 0 where the map is not rolled. */
int region_of(int token, int window_number, int window, int shift, int height, int width)
{
    const int across = width / window, down = height / window;
    const int y = window_number / across % down * window + token / window;
    const int x = window_number % across * window + token % window;

    return shift == 0 ? 0 : 3 * band_of(y, height, window, shift) + band_of(x, width, window, shift);
}

/* Where the bias of query i and key j stands in a table of `heads` columns. */
int offset_of(int i, int j, int window)
{
    return (i / window - j / window + window - 1) * (2 * window - 1) + i % window - j % window + window - 1;
}

float join_sixteen(const float *lane)
{
    const float a = (lane[0] + lane[8]) + (lane[4] + lane[12]), b = (lane[2] + lane[10]) + (lane[6] + lane[14]);
    const float c = (lane[1] + lane[9]) + (lane[5] + lane[13]), d = (lane[3] + lane[11]) + (lane[7] + lane[15]);

    return (a + b) + (c + d);
}

#define PARAMETERS                                                                                                     \
    TENSOR(qkv), TENSOR(table), const int has_table, const int window, const int heads, const int dim,                 \
        const int height, const int width, const int shift, const float factor
#define SETUP                                                                                                          \
    OPEN(qkv);                                                                                                         \
    OPEN(table);                                                                                                       \
    const int id = get_local_id(0), head = get_group_id(0), number = get_group_id(1), tokens = window * window;        \
    const int channels = heads * dim, stride = 3 * channels;                                                           \
    const float zero = ZERO(qkv);                                                                                      \
    __global const float *const q = qkv + (long)number * tokens * stride + head * dim;                                 \
    __global const float *const k = q + channels, *const v = k + channels;                                             \
    const long group = (long)number * heads + head

/* Rows of q or dout turned, so that neighbouring queries lie side by side: turned[d][i] = from[i * step + d] * by, by the whole group. */
#define TURN(from, step, by)                                                                                           \
    for (int e = id; e < tokens * dim; e += GROUP)                                                                     \
        turned[e % dim * tokens + e / dim] = (from)[(long)(e / dim) * (step) + e % dim] * (by)

/* Rows of p: softmax of the scores of query i over all keys. */
#define PROBABILITIES                                                                                                  \
    TURN(q, stride, factor);                                                                                           \
    barrier(CLK_LOCAL_MEM_FENCE | CLK_GLOBAL_MEM_FENCE);                                                               \
    for (int i = id; i < tokens; i += GROUP) {                                                                         \
        const int region = region_of(i, number, window, shift, height, width);                                         \
        float best = -INFINITY, lane[LANES];                                                                           \
        for (int j = 0; j < tokens; j++) {                                                                             \
            float s = zero;                                                                                            \
            for (int d = 0; d < dim; d++)                                                                              \
                s = fma(turned[d * tokens + i], k[(long)j * stride + d], s);                                           \
            if (has_table)                                                                                             \
                s = s + table[offset_of(i, j, window) * heads + head];                                                 \
            if (region != region_of(j, number, window, shift, height, width))                                          \
                s = s + PENALTY;                                                                                       \
            p[i * tokens + j] = s;                                                                                     \
            best = s > best ? s : best;                                                                                \
        }                                                                                                              \
        for (int l = 0; l < LANES; l++) {                                                                              \
            lane[l] = zero;                                                                                            \
            for (int j = l; j < tokens; j += LANES) {                                                                  \
                const float e = sep_expf(p[i * tokens + j] - best);                                                    \
                p[i * tokens + j] = e;                                                                                 \
                lane[l] = lane[l] + e;                                                                                 \
            }                                                                                                          \
        }                                                                                                              \
        const float share = QUOTIENT(1.0f, join_sixteen(lane));                                                        \
        for (int j = 0; j < tokens; j++)                                                                               \
            p[i * tokens + j] = p[i * tokens + j] * share;                                                             \
    }                                                                                                                  \
    barrier(CLK_LOCAL_MEM_FENCE | CLK_GLOBAL_MEM_FENCE)

#define FORWARD                                                                                                        \
    PROBABILITIES;                                                                                                     \
    for (int e = id; e < tokens * dim; e += GROUP) {                                                                   \
        const int i = e / dim, d = e % dim;                                                                            \
        float sum = zero;                                                                                              \
        for (int j = 0; j < tokens; j++)                                                                               \
            sum = fma(p[i * tokens + j], v[(long)j * stride + d], sum);                                                \
        out[((long)number * tokens + i) * channels + head * dim + d] = sum;                                            \
    }

/* Rows of ds from those of p. */
#define SCORE_GRADIENT                                                                                                 \
    TURN(grad, channels, 1.0f);                                                                                        \
    barrier(CLK_LOCAL_MEM_FENCE | CLK_GLOBAL_MEM_FENCE);                                                               \
    for (int i = id; i < tokens; i += GROUP) {                                                                         \
        float lane[LANES];                                                                                             \
        for (int l = 0; l < LANES; l++) {                                                                              \
            lane[l] = zero;                                                                                            \
            for (int j = l; j < tokens; j += LANES) {                                                                  \
                float dp = zero;                                                                                       \
                for (int d = 0; d < dim; d++)                                                                          \
                    dp = fma(turned[d * tokens + i], v[(long)j * stride + d], dp);                                     \
                ds[i * tokens + j] = dp;                                                                               \
                lane[l] = fma(p[i * tokens + j], dp, lane[l]);                                                         \
            }                                                                                                          \
        }                                                                                                              \
        const float sum = join_sixteen(lane);                                                                          \
        for (int j = 0; j < tokens; j++)                                                                               \
            ds[i * tokens + j] = p[i * tokens + j] * (ds[i * tokens + j] - sum);                                       \
    }                                                                                                                  \
    barrier(CLK_LOCAL_MEM_FENCE | CLK_GLOBAL_MEM_FENCE)

/* Chains over the other token, in rising order. */
#define OPERAND_GRADIENTS                                                                                              \
    for (int e = id; e < tokens * dim; e += GROUP) {                                                                   \
        const int token = e / dim, d = e % dim;                                                                        \
        const long at = ((long)number * tokens + token) * stride + head * dim + d;                                     \
        float dq = zero, dk = zero, dv = zero;                                                                         \
        for (int other = 0; other < tokens; other++) {                                                                 \
            dq = fma(ds[token * tokens + other], k[(long)other * stride + d], dq);                                     \
            dk = fma(ds[other * tokens + token], q[(long)other * stride + d] * factor, dk);                            \
            dv = fma(p[other * tokens + token], grad[(long)other * channels + d], dv);                                 \
        }                                                                                                              \
        dqkv[at] = factor * dq;                                                                                        \
        dqkv[at + channels] = dk;                                                                                      \
        dqkv[at + 2 * channels] = dv;                                                                                  \
    }

/* sums[window][offset][head]: ds over the pairs of each offset, in rising (i, j). */
#define OFFSET_SUMS                                                                                                    \
    const int side = 2 * window - 1;                                                                                   \
    for (int o = id; has_table && o < side * side; o += GROUP) {                                                       \
        const int dy = o / side - window + 1, dx = o % side - window + 1;                                              \
        float sum = zero;                                                                                              \
        for (int i = 0; i < tokens; i++) {                                                                             \
            const int y = i / window - dy, x = i % window - dx;                                                        \
            if (y >= 0 && y < window && x >= 0 && x < window)                                                          \
                sum = sum + ds[i * tokens + y * window + x];                                                           \
        }                                                                                                              \
        sums[((long)number * side * side + o) * heads + head] = sum;                                                   \
    }

#define BACKWARD                                                                                                       \
    __global const float *const grad = dout + (long)number * tokens * channels + head * dim;                           \
    PROBABILITIES;                                                                                                     \
    SCORE_GRADIENT;                                                                                                    \
    OPERAND_GRADIENTS                                                                                                  \
    OFFSET_SUMS

#define ATTENTION_KERNEL __kernel __attribute__((reqd_work_group_size(GROUP, 1, 1))) void

/* ---- scores in local memory -------------------------------------------------------------------------------------- */

ATTENTION_KERNEL attention(PARAMETERS, TENSOR(out), __local float *turned, __local float *p)
{
    SETUP;
    OPEN(out);
    FORWARD
}

ATTENTION_KERNEL attention_dx(PARAMETERS, TENSOR(dout), TENSOR(dqkv), TENSOR(sums), __local float *turned,
                              __local float *p, __local float *ds)
{
    SETUP;
    OPEN(dout);
    OPEN(dqkv);
    OPEN(sums);
    BACKWARD
}

/* ---- scores in the workspace: turned, p and ds of each group one behind the other -------------------------------- */

ATTENTION_KERNEL large_attention(PARAMETERS, TENSOR(out), TENSOR(room))
{
    SETUP;
    OPEN(out);
    __global float *const turned = room_buffer + room_offset + group * tokens * (dim + tokens);
    __global float *const p = turned + tokens * dim;
    FORWARD
}

ATTENTION_KERNEL large_attention_dx(PARAMETERS, TENSOR(dout), TENSOR(dqkv), TENSOR(sums), TENSOR(room))
{
    SETUP;
    OPEN(dout);
    OPEN(dqkv);
    OPEN(sums);
    __global float *const turned = room_buffer + room_offset + group * tokens * (dim + 2 * tokens);
    __global float *const p = turned + tokens * dim, *const ds = p + tokens * tokens;
    BACKWARD
}

/* ---- the table's gradient ---------------------------------------------------------------------------------------- */

/* partial[block][e] = plain sum of sums[window][e] over the `size` windows of a block. */
__kernel void attention_window_sums(TENSOR(sums), const int windows, const int elements, const int size,
                                    TENSOR(partial))
{
    const int e = get_global_id(0), block = get_global_id(1);

    if (e >= elements)
        return;
    OPEN(sums);
    OPEN(partial);
    float sum = ZERO(sums);

    for (int w = block * size; w < min(windows, (block + 1) * size); w++)
        sum = sum + sums[(long)w * elements + e];
    partial[(long)block * elements + e] = sum;
}
