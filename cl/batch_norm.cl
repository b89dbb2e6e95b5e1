/* Batch normalisation: statistics and gradient sums in blocks of rows, joined by trees; the rest elementwise. Maps are
 * [rows][channels]; neighbouring work-items take neighbouring channels. */

#define CHUNK 256 /* blocks that one work-group joins: eight levels of the tree */
#define GROUP 64

/* ---- statistics -------------------------------------------------------------------------------------------------- */

/* partial[block][2][channels]: mean, and the sum of squared distances from it, of the `size` rows of a block. */
__kernel void batch_stats_blocks(TENSOR(x), const long rows, const int channels, const int size, TENSOR(partial))
{
    const int c = get_global_id(0);
    const long block = get_global_id(1), first = block * size, end = min(rows, first + size);

    if (c >= channels)
        return;
    OPEN(x);
    OPEN(partial);
    float sum = ZERO(x), squares = ZERO(x);

    for (long r = first; r < end; r++)
        sum = sum + x[r * channels + c];
    const float mean = QUOTIENT(sum, (float)(end - first));
    for (long r = first; r < end; r++) {
        const float d = x[r * channels + c] - mean;
        squares = fma(d, d, squares);
    }
    partial[2 * block * channels + c] = mean;
    partial[(2 * block + 1) * channels + c] = squares;
}

/* Joins neighbours by the rule of Chan, Golub and LeVeque. Block b, of `size` rows, lies at partial + 2 * b * stride;
 * work-group (chunk, channel) joins CHUNK of them and writes the first one's place at stats + chunk * stats_stride. `last`: the
 * sum becomes a variance. */
__kernel __attribute__((reqd_work_group_size(GROUP, 1, 1))) void
batch_stats_tree(TENSOR(partial), const int blocks, const long stride, const long rows, const long size,
                 const int channels, TENSOR(stats), const long stats_stride, const int last)
{
    OPEN(partial);
    OPEN(stats);
    __local float mean[CHUNK], squares[CHUNK];
    const int chunk = get_group_id(0), c = get_group_id(1), id = get_local_id(0);
    const int here = min(CHUNK, blocks - chunk * CHUNK);
    const long first_row = chunk * CHUNK * size, end_row = min(rows, first_row + here * size);

    for (int b = id; b < here; b += GROUP) {
        mean[b] = partial[(long)(chunk * CHUNK + b) * stride + c];
        squares[b] = partial[(long)(chunk * CHUNK + b) * stride + channels + c];
    }
    for (int gap = 1; gap < CHUNK; gap *= 2) {
        barrier(CLK_LOCAL_MEM_FENCE);
        for (int b = 2 * gap * id; b + gap < here; b += 2 * gap * GROUP) {
            const long middle = first_row + (b + gap) * size, end = min(end_row, middle + gap * size);
            const float rows_a = (float)(gap * size), rows_b = (float)(end - middle);
            const float both = (float)(gap * size + end - middle), share = QUOTIENT(rows_b, both);
            const float weight = QUOTIENT(rows_a * rows_b, both), d = mean[b + gap] - mean[b];

            mean[b] = fma(d, share, mean[b]);
            squares[b] = (squares[b] + squares[b + gap]) + d * d * weight;
        }
    }
    barrier(CLK_LOCAL_MEM_FENCE);
    if (id == 0) {
        stats[chunk * stats_stride + c] = mean[0];
        stats[chunk * stats_stride + channels + c] = last ? QUOTIENT(squares[0], (float)rows) : squares[0];
    }
}

/* ---- what all others compute of an element ----------------------------------------------------------------------- */

#define NORM_PARAMETERS                                                                                                \
    TENSOR(x), TENSOR(stats), TENSOR(gamma), TENSOR(beta), INDICES(keep), const int has_keep, const float keep_scale,  \
        const long rows, const int channels, const float epsilon, const int activation, const float slope
#define OPEN_NORM                                                                                                      \
    OPEN(x);                                                                                                           \
    OPEN(stats);                                                                                                       \
    OPEN(gamma);                                                                                                       \
    OPEN(beta);                                                                                                        \
    OPEN_INDICES(keep)

#define RSTD(c) QUOTIENT(1.0f, ROOT(stats[channels + (c)] + epsilon))

#define THROUGH_DROPOUT(element, value)                                                                                \
    (!has_keep ? (value) : ((uint)keep[(element) / 32] >> (element) % 32 & 1) ? (value)*keep_scale : 0.0f)

__kernel void batch_apply(NORM_PARAMETERS, TENSOR(y))
{
    EACH(at, rows * channels);
    const int c = at - index_quotient(at, channels) * channels;

    OPEN_NORM;
    OPEN(y);
    const float u = fma((x[at] - stats[c]) * RSTD(c), gamma[c], beta[c]);

    y[at] = THROUGH_DROPOUT(at, activated(activation, slope, u));
}

/* partial[block][2][channels]: plain sum of du, chain of du * xhat, over the `size` rows of a block. */
__kernel void batch_reduce_blocks(NORM_PARAMETERS, TENSOR(dy), const int size, TENSOR(partial))
{
    const int c = get_global_id(0);
    const long block = get_global_id(1), end = min(rows, (block + 1) * size);

    if (c >= channels)
        return;
    OPEN_NORM;
    OPEN(dy);
    OPEN(partial);
    const float rstd = RSTD(c);
    float sum = ZERO(x), products = ZERO(x);

    for (long r = block * size; r < end; r++) {
        const long at = r * channels + c;
        const float xhat = (x[at] - stats[c]) * rstd, u = fma(xhat, gamma[c], beta[c]);
        const float du = THROUGH_DROPOUT(at, dy[at]) * activation_slope(activation, slope, u);

        sum = sum + du;
        products = fma(du, xhat, products);
    }
    partial[2 * block * channels + c] = sum;
    partial[(2 * block + 1) * channels + c] = products;
}

__kernel void batch_dx(NORM_PARAMETERS, TENSOR(dy), TENSOR(reduced), const int frozen, TENSOR(dx))
{
    EACH(at, rows * channels);
    const int c = at - index_quotient(at, channels) * channels;

    OPEN_NORM;
    OPEN(dy);
    OPEN(reduced);
    OPEN(dx);
    const float rstd = RSTD(c), xhat = (x[at] - stats[c]) * rstd, u = fma(xhat, gamma[c], beta[c]);
    float du = THROUGH_DROPOUT(at, dy[at]) * activation_slope(activation, slope, u);

    if (!frozen)
        du = (du - QUOTIENT(reduced[c], (float)rows)) - xhat * QUOTIENT(reduced[channels + c], (float)rows);
    dx[at] = (gamma[c] * rstd) * du;
}

/* running[2][channels] moves towards stats; the variance is first made unbiased. */
__kernel void batch_running(TENSOR(running), TENSOR(stats), const int channels, const float momentum,
                            const float unbiased)
{
    const int i = get_global_id(0);

    if (i >= 2 * channels)
        return;
    OPEN(running);
    OPEN(stats);
    const float s = i < channels ? stats[i] : stats[i] * unbiased;

    running[i] = fma(momentum, s - running[i], running[i]);
}
