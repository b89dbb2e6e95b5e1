/* The Dice loss. p[rows, channels], a label a row. */

#define GROUP    64
#define BLOCK    256 /* rows: SEP_BLOCK_ROWS */
#define CHANNELS 16  /* at most, of one work-group */
#define ROWS     128 /* of which a work-group has p in local memory */

/* partial[b][3][channels]: overlap, sum of squares and count of each class over the rows of block b. Work-group (b, k)
 * has channels k * CHANNELS on: all its work-items fetch rows, one a channel goes through them. */
__kernel __attribute__((reqd_work_group_size(GROUP, 1, 1))) void
dice_sums_blocks(TENSOR(p), INDICES(labels), const long rows, const int channels, TENSOR(partial))
{
    OPEN(p);
    OPEN_INDICES(labels);
    OPEN(partial);
    __local float value[ROWS * CHANNELS];
    __local int label[ROWS];
    const int id = get_local_id(0), from = get_group_id(1) * CHANNELS, across = min(CHANNELS, channels - from);
    const long block = get_group_id(0), end = min(rows, (block + 1) * BLOCK);
    float overlap = ZERO(partial), squares = overlap, total = overlap;

    for (long first = block * BLOCK; first < end; first += ROWS) {
        const int here = min((long)ROWS, end - first);

        barrier(CLK_LOCAL_MEM_FENCE);
        for (int i = id; i < here * across; i += GROUP)
            value[i] = p[(first + i / across) * channels + from + i % across];
        for (int i = id; i < here; i += GROUP)
            label[i] = labels[first + i];
        barrier(CLK_LOCAL_MEM_FENCE);
        for (int i = 0; i < here && id < across; i++) {
            const float v = value[i * across + id], g = label[i] == from + id ? 1.0f : 0.0f;
            if (!has_label(label[i], channels))
                continue;
            overlap = fma(v, g, overlap);
            squares = fma(v, v, squares);
            total += g;
        }
    }
    if (id < across) {
        __global float *sums = partial + block * 3 * channels + from + id;
        sums[0] = overlap;
        sums[channels] = squares;
        sums[2 * channels] = total;
    }
}

float numerator(__global const float *sums, int c, float smooth)
{
    return 2.0f * sums[c] + smooth;
}

float denominator(__global const float *sums, int c, int channels, float smooth)
{
    return sums[channels + c] + sums[2 * channels + c] + smooth;
}

/* One work-item, a few classes: sums[3, channels] -> y[1]. */
__kernel void dice(TENSOR(sums), TENSOR(y), const long count, const int channels, const float smooth)
{
    EACH(i, count);
    OPEN(sums);
    OPEN(y);
    float loss = ZERO(y);

    for (int c = 0; c < channels; c++)
        loss += 1.0f - QUOTIENT(numerator(sums, c, smooth), denominator(sums, c, channels, smooth));
    y[i] = QUOTIENT(loss, (float)channels);
}

/* What dice_dx divides out once for all rows: terms[channels, 2], of p and of the label. */
__kernel void dice_terms(TENSOR(sums), TENSOR(terms), const long channels, const float smooth)
{
    EACH(c, channels);
    OPEN(sums);
    OPEN(terms);
    const float below = denominator(sums, c, channels, smooth);

    terms[2 * c] = QUOTIENT(2.0f * numerator(sums, c, smooth), below * below);
    terms[2 * c + 1] = QUOTIENT(2.0f, below);
}

/* A work-item an element. */
__kernel void dice_dx(TENSOR(p), INDICES(labels), TENSOR(terms), TENSOR(dloss), TENSOR(dp), const long count,
                      const int channels)
{
    EACH(i, count);
    OPEN(p);
    OPEN_INDICES(labels);
    OPEN(terms);
    OPEN(dloss);
    OPEN(dp);
    const long row = index_quotient(i, channels);
    const int c = i - row * channels;
    const float factor = QUOTIENT(dloss[0], (float)channels);

    dp[i] = has_label(labels[row], channels)
                ? factor * (p[i] * terms[2 * c] - (labels[row] == c ? terms[2 * c + 1] : 0.0f))
                : 0.0f;
}
