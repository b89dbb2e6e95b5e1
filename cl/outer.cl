/* A weight gradient: see tiles.cl. */

/* sum[i][j] of tap t and block b = chain over the block's pixels (n, y, x) of a[pixel of a][i] * b[pixel of b][j], for a
 * map of images x height x width pixels, block b rows (n, y) from b * block_rows. Along an axis operand p's pixel is
 * p_step * y + p_tap * (the tap's row) + p_first; outside of its image it is +0. The tap is (t / kernel, t % kernel), and moves
 * the operands by p_plane floats too. Group (tile column + columns of tiles * tile row, tap, block). Sums lie at
 * sum + b * block_floats + t * rows * columns. */
#define OPERAND(p)                                                                                                     \
    TENSOR(p), const int p##_height, const int p##_width, const int p##_channels, const int p##_step,                  \
        const int p##_tap, const int p##_first, const long p##_plane

__kernel __attribute__((reqd_work_group_size(GROUP, 1, 1))) void
outer(OPERAND(a), OPERAND(b), TENSOR(sum), const int images, const int height, const int width, const int block_rows,
      const int kernel_size, const long block_floats, const int activation, const float slope)
{
    OPEN(sum);
    TILES;
    __local long a_pixel[STEPS], b_pixel[STEPS]; /* where a step's pixels begin; -1: outside */
    const int tap = get_group_id(1), ky = tap / kernel_size, kx = tap % kernel_size;
    const int tile_columns = (b_channels + TILE_COLUMNS - 1) / TILE_COLUMNS;
    const int column0 = get_group_id(0) % tile_columns * TILE_COLUMNS;
    const int row0 = get_group_id(0) / tile_columns * TILE_ROWS;
    const int first_row = get_group_id(2) * block_rows, last_row = min(images * height, first_row + block_rows);
    const int depth = (last_row - first_row) * width;
    __global const float *const a = a_buffer + a_offset + tap * a_plane;
    __global const float *const b = b_buffer + b_offset + tap * b_plane;
    outputs acc;

    clear(&acc, ZERO(sum));
    for (int k0 = 0; k0 < depth; k0 += STEPS) {
        const int steps = min(STEPS, depth - k0);

        if (id < steps) {
            const int row = first_row + (k0 + id) / width, px = (k0 + id) % width, n = row / height, py = row % height;
            const int ay = a_step * py + a_tap * ky + a_first, ax = a_step * px + a_tap * kx + a_first;
            const int by = b_step * py + b_tap * ky + b_first, bx = b_step * px + b_tap * kx + b_first;
            const bool a_inside = ay >= 0 && ay < a_height && ax >= 0 && ax < a_width;
            const bool b_inside = by >= 0 && by < b_height && bx >= 0 && bx < b_width;

            a_pixel[id] = a_inside ? (((long)n * a_height + ay) * a_width + ax) * a_channels : -1;
            b_pixel[id] = b_inside ? (((long)n * b_height + by) * b_width + bx) * b_channels : -1;
        }
        barrier(CLK_LOCAL_MEM_FENCE);
#define A_VALUE (row0 + at < a_channels && a_pixel[k] >= 0 ? a[a_pixel[k] + row0 + at] : 0.0f)
#define B_VALUE (column0 + at < b_channels && b_pixel[k] >= 0 ? b[b_pixel[k] + column0 + at] : 0.0f)
        if (activation == ACTIVATION_NONE)
            FILL_ALONG_TILE(a_tile, A_PITCH, TILE_ROWS, steps, A_VALUE)
        else
            FILL_ALONG_TILE(a_tile, A_PITCH, TILE_ROWS, steps, activated(activation, slope, A_VALUE))
        FILL_ALONG_TILE(b_tile, B_PITCH, TILE_COLUMNS, steps, B_VALUE)
#undef A_VALUE
#undef B_VALUE
        barrier(CLK_LOCAL_MEM_FENCE);
        accumulate(a_tile, b_tile, steps, item_row, item_column, &acc);
        barrier(CLK_LOCAL_MEM_FENCE);
    }
    EACH_OUTPUT
    {
        const int i = row0 + item_row + SIDE * r, j = column0 + item_column + SIDE * c;

        if (i < a_channels && j < b_channels)
            sum[get_group_id(2) * block_floats + ((long)tap * a_channels + i) * b_channels + j] = acc.value[r][c];
    }
}

/* c[e] = ((c[e] or +0) + partial[0][e]) + partial[1][e] ..: panels of a linear layer's weight gradient. */
__kernel void add_panels(TENSOR(partial), const int panels, const long count, const int goes_on, TENSOR(c))
{
    const long e = get_global_id(0);

    if (e >= count)
        return;
    OPEN(partial);
    OPEN(c);
    float sum = goes_on ? c[e] : ZERO(c);

    for (int p = 0; p < panels; p++)
        sum = sum + partial[p * count + e];
    c[e] = sum;
}
