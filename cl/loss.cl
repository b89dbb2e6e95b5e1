/* Losses. A row has as many channels as there are classes, few, and goes to one work-item. */

#define GROUP 64

/* ---- rows -------------------------------------------------------------------------------------------------------- */

float maximum(__global const float *x, int channels)
{
    float best = x[0];

    for (int c = 1; c < channels; c++)
        best = x[c] > best ? x[c] : best;
    return best;
}

/* The lane sum of exp(x - best). */
float exponential_sum(__global const float *x, float best, int channels)
{
    float part[16] = {0.0f};

    EACH_OF_LANES(c, l, 0, 16, channels, part[l] += sep_expf(x[c] - best));
    return join_own_lanes(part);
}

/* What a row adds to the cross entropy; 0 without a label. */
float cross_entropy_row(__global const float *logits, int label, int channels)
{
    if (!has_label(label, channels))
        return 0.0f;
    const float best = maximum(logits, channels);

    return -((logits[label] - best) - sep_logf(exponential_sum(logits, best, channels)));
}

/* The lane sum of (a - b)^2. */
float mse_row(__global const float *a, __global const float *b, int channels)
{
    float part[16] = {0.0f};

    EACH_OF_LANES(c, l, 0, 16, channels, part[l] = fma(a[c] - b[c], a[c] - b[c], part[l]));
    return join_own_lanes(part);
}

/* ---- sums of rows: partial[b], a work-group for each block ------------------------------------------------------- */

#define BLOCK 256 /* rows: SEP_BLOCK_ROWS */

/* `of_row` is what row r adds: each work-item computes it for rows of its own, one then adds them up in order. */
#define SUM_BLOCK(r, of_row)                                                                                           \
    __local float room[BLOCK];                                                                                         \
    const int id = get_local_id(0);                                                                                    \
    const long first = get_group_id(0) * (long)BLOCK;                                                                  \
    const int here = min((long)BLOCK, rows - first);                                                                   \
    for (int i = id; i < here; i += GROUP) {                                                                           \
        const long r = first + i;                                                                                      \
        room[i] = of_row;                                                                                              \
    }                                                                                                                  \
    barrier(CLK_LOCAL_MEM_FENCE);                                                                                      \
    if (id == 0)                                                                                                       \
        partial[get_group_id(0)] = sum_in_order(room, here, ZERO(partial))

float sum_in_order(__local const float *value, int count, float zero)
{
    float sum = zero;

    for (int i = 0; i < count; i++)
        sum += value[i];
    return sum;
}

__kernel __attribute__((reqd_work_group_size(GROUP, 1, 1))) void
cross_entropy_blocks(TENSOR(logits), INDICES(labels), const long rows, const int channels, TENSOR(partial))
{
    OPEN(logits);
    OPEN_INDICES(labels);
    OPEN(partial);
    SUM_BLOCK(r, cross_entropy_row(logits + r * channels, labels[r], channels));
}

__kernel __attribute__((reqd_work_group_size(GROUP, 1, 1))) void
mse_blocks(TENSOR(a), TENSOR(b), const long rows, const int channels, TENSOR(partial))
{
    OPEN(a);
    OPEN(b);
    OPEN(partial);
    SUM_BLOCK(r, mse_row(a + r * channels, b + r * channels, channels));
}

/* Work-group b counts the labels of block b. The sum is of whole numbers: no order changes it. */
__kernel __attribute__((reqd_work_group_size(GROUP, 1, 1))) void
count_labels(INDICES(labels), const long rows, const int channels, INDICES(count))
{
    OPEN_INDICES(labels);
    OPEN_INDICES(count);
    __local int here;
    const long first = get_group_id(0) * (long)BLOCK, end = min(rows, first + BLOCK);

    if (get_local_id(0) == 0)
        here = 0;
    barrier(CLK_LOCAL_MEM_FENCE);
    for (long r = first + get_local_id(0); r < end; r += GROUP)
        if (has_label(labels[r], channels))
            atomic_inc(&here);
    barrier(CLK_LOCAL_MEM_FENCE);
    if (get_local_id(0) == 0)
        atomic_add(count, here);
}

/* One work-item: nothing counted yet. */
__kernel void begin_count(INDICES(count), const long one)
{
    EACH(i, one);
    OPEN_INDICES(count);

    count[i] = 0;
}

float at_least_one(int count)
{
    return count > 0 ? (float)count : 1.0f;
}

/* One work-item: the mean over rows with a label, from a sum. */
__kernel void divide_by_count(TENSOR(y), const long one, INDICES(count))
{
    EACH(i, one);
    OPEN(y);
    OPEN_INDICES(count);

    y[i] = QUOTIENT(y[i], at_least_one(count[i]));
}

/* One work-item: a mean from a sum. */
__kernel void divide(TENSOR(y), const long count, const float divisor)
{
    EACH(i, count);
    OPEN(y);

    y[i] = QUOTIENT(y[i], divisor);
}

/* ---- gradients of cross entropy and mean squared error ----------------------------------------------------------- */

/* A work-item a row. */
__kernel void cross_entropy_dx(TENSOR(logits), INDICES(labels), TENSOR(dloss), TENSOR(dx), const long rows,
                               const int channels, INDICES(count))
{
    EACH(r, rows);
    OPEN(logits);
    OPEN_INDICES(labels);
    OPEN(dloss);
    OPEN(dx);
    OPEN_INDICES(count);
    __global const float *row = logits + r * channels;
    const int label = labels[r];
    const float factor = QUOTIENT(dloss[0], at_least_one(count[0])), best = maximum(row, channels);
    const float share = QUOTIENT(1.0f, exponential_sum(row, best, channels));

    for (int c = 0; c < channels; c++) {
        const float p = sep_expf(row[c] - best) * share;
        dx[r * channels + c] = has_label(label, channels) ? factor * (p - (c == label ? 1.0f : 0.0f)) : 0.0f;
    }
}

/* A work-item an element. */
__kernel void mse_dx(TENSOR(a), TENSOR(b), TENSOR(dloss), TENSOR(dx), const long count, const float how_many)
{
    EACH(i, count);
    OPEN(a);
    OPEN(b);
    OPEN(dloss);
    OPEN(dx);

    dx[i] = QUOTIENT(2.0f * dloss[0], how_many) * (a[i] - b[i]);
}

/* ---- labels as numbers: a work-item an element ------------------------------------------------------------------- */

__kernel void one_hot(INDICES(labels), TENSOR(y), const long count, const int channels)
{
    EACH(i, count);
    OPEN_INDICES(labels);
    OPEN(y);
    const long row = index_quotient(i, channels);

    y[i] = labels[row] == i - row * channels ? 1.0f : 0.0f;
}
