/* Sums over rows, and the fixed tree in which blocks join (septum/operation.h). */

/* ---- the tree ---------------------------------------------------------------------------------------------------- */

#define CHUNK  256 /* blocks that are joined at a time: eight levels of the tree */
#define LEVELS 9

/* Few elements, partial[b * stride + e], blocks b < blocks: work-group (e, c) joins blocks c * CHUNK .. of element e and
 * puts the sum in `sum` at c * sum_stride + e. A pair whose second block is missing moves down unchanged. */
__kernel __attribute__((reqd_work_group_size(GROUP, 1, 1))) void tree_sum(TENSOR(partial), const int blocks,
                                                                          const long stride, TENSOR(sum),
                                                                          const long sum_stride)
{
    OPEN(partial);
    OPEN(sum);
    __local float room[CHUNK];
    const int chunk = get_group_id(1), id = get_local_id(0);
    const int here = min(CHUNK, blocks - chunk * CHUNK);
    const long element = get_group_id(0);

    for (int b = id; b < here; b += GROUP)
        room[b] = partial[(long)(chunk * CHUNK + b) * stride + element];
    for (int gap = 1; gap < CHUNK; gap *= 2) {
        barrier(CLK_LOCAL_MEM_FENCE);
        for (int b = 2 * gap * id; b + gap < here; b += 2 * gap * GROUP)
            room[b] += room[b + gap];
    }
    barrier(CLK_LOCAL_MEM_FENCE);
    if (id == 0)
        sum[chunk * sum_stride + element] = room[0];
}

/* The same for many elements: a work-item each, neighbours read neighbours. Blocks are taken in order; level[k] holds
 * 2^k of them that wait for their other half. */
__kernel void tree_sum_each(TENSOR(partial), const int blocks, const long stride, const long elements, TENSOR(sum),
                            const long sum_stride)
{
    OPEN(partial);
    OPEN(sum);
    const long element = get_global_id(0);
    const int chunk = get_global_id(1), here = min(CHUNK, blocks - chunk * CHUNK);
    float level[LEVELS], total;
    int k = 0;

    if (element >= elements)
        return;
    for (int b = 0; b < here; b++) {
        total = partial[(long)(chunk * CHUNK + b) * stride + element];
        for (k = 0; b >> k & 1; k++)
            total = level[k] + total;
        level[k] = total;
    }
    for (k = 0; !(here >> k & 1);)
        k++;
    total = level[k];
    for (k++; k < LEVELS; k++)
        if (here >> k & 1)
            total = level[k] + total;
    sum[chunk * sum_stride + element] = total;
}

/* ---- sums over rows ---------------------------------------------------------------------------------------------- */

/* partial[b][c]: plain sum of channel c over the `size` rows of block b. */
__kernel void row_sum_blocks(TENSOR(x), const long rows, const int channels, const int size, TENSOR(partial))
{
    OPEN(x);
    OPEN(partial);
    const int c = get_global_id(0);
    const long block = get_global_id(1);
    float sum = ZERO(partial);

    if (c >= channels)
        return;
    for (long r = block * size; r < min(rows, (block + 1) * size); r++)
        sum += x[r * channels + c];
    partial[block * channels + c] = sum;
}

/* The same of a chain of products. */
__kernel void mul_row_sum_blocks(TENSOR(a), TENSOR(b), const long rows, const int channels, const int size,
                                 TENSOR(partial))
{
    OPEN(a);
    OPEN(b);
    OPEN(partial);
    const int c = get_global_id(0);
    const long block = get_global_id(1);
    float sum = ZERO(partial);

    if (c >= channels)
        return;
    for (long r = block * size; r < min(rows, (block + 1) * size); r++)
        sum = fma(a[r * channels + c], b[r * channels + c], sum);
    partial[block * channels + c] = sum;
}
