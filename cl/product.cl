/* Matrix products and convolutions in tiles: a work-group of 8 x 8 work-items computes a tile of TILE_ROWS x
 * TILE_COLUMNS outputs, each work-item ITEM_ROWS x ITEM_COLUMNS of them, 8 apart. STEPS steps of both operands at a
 * time lie in local memory:
 *
 *                 b_tile [STEPS][TILE_COLUMNS]       Each output is one chain of fma over rising steps, so neither
 *     a_tile      +---------------------+            the size of a tile nor that of a step shows in a result.
 *     [STEPS]     | outputs in registers|
 *     [TILE_ROWS] +---------------------+
 *
 * ITEM_COLUMNS comes with the build options: a second program has narrow tiles for few output channels. */

#define SIDE         8
#define GROUP        (SIDE * SIDE)
#define ITEM_ROWS    8
#define TILE_ROWS    (SIDE * ITEM_ROWS)
#define TILE_COLUMNS (SIDE * ITEM_COLUMNS)
#define STEPS        16
#define A_PITCH      (TILE_ROWS + 1) /* tiles are also written along the steps: the gap keeps banks apart */
#define B_PITCH      (TILE_COLUMNS + 1)

#define TILES                                                                                                          \
    __local float a_tile[STEPS * A_PITCH];                                                                             \
    __local float b_tile[STEPS * B_PITCH];                                                                             \
    const int id = get_local_id(0), item_row = id / SIDE, item_column = id % SIDE

/* Fills `size` places of a tile for `steps` steps with VALUE, which reads `at` and `k`; neighbouring work-items take
 * neighbouring steps, or neighbouring places: whichever lie together in memory. */
#define FILL_ALONG_STEPS(tile, pitch, size, steps, VALUE)                                                              \
    for (int e = id; e < (size)*STEPS; e += GROUP) {                                                                   \
        const int at = e / STEPS, k = e % STEPS;                                                                       \
        if (k < (steps))                                                                                               \
            tile[k * (pitch) + at] = VALUE;                                                                            \
    }
#define FILL_ALONG_TILE(tile, pitch, size, steps, VALUE)                                                               \
    for (int e = id; e < (size) * (steps); e += GROUP) {                                                               \
        const int at = e % (size), k = e / (size);                                                                     \
        tile[k * (pitch) + at] = VALUE;                                                                                \
    }

typedef struct outputs {
    float value[ITEM_ROWS][ITEM_COLUMNS];
} outputs;

#define EACH_OUTPUT                                                                                                    \
    for (int r = 0; r < ITEM_ROWS; r++)                                                                                \
        for (int c = 0; c < ITEM_COLUMNS; c++)

void clear(outputs *acc, float zero)
{
    EACH_OUTPUT acc->value[r][c] = zero;
}

/* Written out, so that outputs live in registers whatever the compiler thinks of loops; and llvmpipe leaves a kernel's
 * loops, wherever they are, after 65,535 rounds in all. */
#define ROW_BY_ROW(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7)
#if ITEM_COLUMNS == 8
#define COLUMN_BY_COLUMN(X, r) X(r, 0) X(r, 1) X(r, 2) X(r, 3) X(r, 4) X(r, 5) X(r, 6) X(r, 7)
#else
#define COLUMN_BY_COLUMN(X, r) X(r, 0) X(r, 1)
#endif
#define LOAD_A(r)     a[r] = a_tile[k * A_PITCH + item_row + SIDE * r];
#define LOAD_B(r, c)  b[c] = b_tile[k * B_PITCH + item_column + SIDE * c];
#define ADD(r, c)     acc->value[r][c] = fma(a[r], b[c], acc->value[r][c]);
#define ADD_ROW(r)    COLUMN_BY_COLUMN(ADD, r)

void accumulate(__local const float *a_tile, __local const float *b_tile, int steps, int item_row, int item_column,
                outputs *acc)
{
    for (int k = 0; k < steps; k++) {
        float a[ITEM_ROWS], b[ITEM_COLUMNS];

        ROW_BY_ROW(LOAD_A)
        COLUMN_BY_COLUMN(LOAD_B, 0)
        ROW_BY_ROW(ADD_ROW)
    }
}

/* Steps [first, end) with the operands that FILL_A(k0, steps) and FILL_B(k0, steps) bring. */
#define RUN_CHAIN(first, end, FILL_A, FILL_B)                                                                          \
    for (int k0 = (first); k0 < (end); k0 += STEPS) {                                                                  \
        const int steps = min(STEPS, (end)-k0);                                                                        \
        FILL_A                                                                                                         \
        FILL_B                                                                                                         \
        barrier(CLK_LOCAL_MEM_FENCE);                                                                                  \
        accumulate(a_tile, b_tile, steps, item_row, item_column, &acc);                                                \
        barrier(CLK_LOCAL_MEM_FENCE);                                                                                  \
    }

/* ---- a matrix product -------------------------------------------------------------------------------------------- */

/* c[i][j] = start_j + sum over panels of (chain over the panel's k of f(a[i][k]) * b[k][j]), times f'(gate[i][j]). The
 * start is bias[j], or +0; without panels (panel 0) c is the chain itself. b[k][j] at b + k * b_step + j * b_column.
 * Group (column, row, batch) of tiles; operands of a batch are a_batch, b_batch and c_batch floats apart. */
__kernel __attribute__((reqd_work_group_size(GROUP, 1, 1))) void
product(TENSOR(a), TENSOR(b), TENSOR(bias), TENSOR(gate), TENSOR(c), const int rows, const int columns,
        const int depth, const int panel, const int b_step, const int b_column, const long a_batch,
        const long b_batch, const long c_batch, const int has_bias, const int has_gate, const int activation,
        const float slope)
{
    OPEN(bias);
    OPEN(gate);
    TILES;
    const int column0 = get_group_id(0) * TILE_COLUMNS, row0 = get_group_id(1) * TILE_ROWS, batch = get_group_id(2);
    __global const float *const a = a_buffer + a_offset + batch * a_batch;
    __global const float *const b = b_buffer + b_offset + batch * b_batch;
    __global float *const out = c_buffer + c_offset + batch * c_batch;
    outputs acc;

    for (int begin = 0; begin < depth; begin += panel > 0 ? panel : depth) {
        const int end = panel > 0 ? min(depth, begin + panel) : depth;

        clear(&acc, ZERO(c));
#define A_VALUE (row0 + at < rows ? a[(long)(row0 + at) * depth + k0 + k] : 0.0f)
#define B_VALUE (column0 + at < columns ? b[(long)(k0 + k) * b_step + (long)(column0 + at) * b_column] : 0.0f)
#define FILL_A                                                                                                         \
    if (activation == ACTIVATION_NONE || has_gate)                                                                     \
        FILL_ALONG_STEPS(a_tile, A_PITCH, TILE_ROWS, steps, A_VALUE)                                                   \
    else                                                                                                               \
        FILL_ALONG_STEPS(a_tile, A_PITCH, TILE_ROWS, steps, activated(activation, slope, A_VALUE))
#define FILL_B                                                                                                         \
    if (b_column == 1)                                                                                                 \
        FILL_ALONG_TILE(b_tile, B_PITCH, TILE_COLUMNS, steps, B_VALUE)                                                 \
    else                                                                                                               \
        FILL_ALONG_STEPS(b_tile, B_PITCH, TILE_COLUMNS, steps, B_VALUE)
        RUN_CHAIN(begin, end, FILL_A, FILL_B)
#undef A_VALUE
#undef B_VALUE
#undef FILL_A
#undef FILL_B
        EACH_OUTPUT
        {
            const int i = row0 + item_row + SIDE * r, j = column0 + item_column + SIDE * c;

            if (i < rows && j < columns) {
                const long at = (long)i * columns + j;
                float sum = acc.value[r][c];

                if (panel > 0)
                    sum = (begin > 0 ? out[at] : has_bias ? bias[j] : ZERO(c)) + sum;
                if (has_gate && end == depth)
                    sum = sum * activation_slope(activation, slope, gate[at]);
                out[at] = sum;
            }
        }
    }
}

/* ---- a convolution, or its data gradient ------------------------------------------------------------------------- */

/* Along one axis: output o of a phase reads, for its tap t, input in_step * o + first + direction * t, with weight
 * weight_first + weight_step * t. */
#define AXIS(name)                                                                                                     \
    const int name##_taps, const int name##_step, const int name##_first, const int name##_direction,                  \
        const int name##_weight, const int name##_weight_step

/* Rows are the pixels of a phase of the output: (n, out_step * y + phase_y, out_step * x + phase_x). The chain of pixel i
 * and channel j runs over taps (y, x) and input channels, from bias[j] or +0. Weight of (ky, kx), channel ch and output j
 * at w + (ky * kernel + kx) * tap + ch * w_channel + j * w_column. Pixels outside the input are +0. */
__kernel __attribute__((reqd_work_group_size(GROUP, 1, 1))) void
sweep(TENSOR(x), TENSOR(w), TENSOR(bias), TENSOR(y), const int has_bias, const int images, const int in_height,
      const int in_width, const int channels, const int out_height, const int out_width, const int columns,
      const int phase_height, const int phase_width, const int out_step, const int phase_y, const int phase_x,
      const int kernel_size, const int w_channel, const int w_column, AXIS(v), AXIS(h))
{
    OPEN(x);
    OPEN(w);
    OPEN(bias);
    OPEN(y);
    TILES;
    __local int pixel_y[TILE_ROWS], pixel_x[TILE_ROWS]; /* of the input, for the first tap */
    __local long image[TILE_ROWS];                      /* where the image begins; -1: no such row */
    __local int tap_y[STEPS], tap_x[STEPS];             /* how far a step's tap lies from there */
    __local int channel[STEPS];
    __local long weight[STEPS];
    const int column0 = get_group_id(0) * TILE_COLUMNS, depth = v_taps * h_taps * channels;
    const long row0 = (long)get_group_id(1) * TILE_ROWS, rows = (long)images * phase_height * phase_width;
    outputs acc;

    for (int e = id; e < TILE_ROWS; e += GROUP) {
        const long row = row0 + e;
        const int in_image = row % ((long)phase_height * phase_width), n = row / ((long)phase_height * phase_width);

        pixel_y[e] = v_step * (in_image / phase_width) + v_first;
        pixel_x[e] = h_step * (in_image % phase_width) + h_first;
        image[e] = row < rows ? (long)n * in_height * in_width : -1;
    }
    EACH_OUTPUT
    {
        const int j = column0 + item_column + SIDE * c;
        acc.value[r][c] = has_bias && j < columns ? bias[j] : ZERO(y);
    }
    for (int k0 = 0; k0 < depth; k0 += STEPS) {
        const int steps = min(STEPS, depth - k0);

        if (id < steps) {
            const int tap = (k0 + id) / channels, ty = tap / h_taps, tx = tap % h_taps;
            const int ky = v_weight + v_weight_step * ty, kx = h_weight + h_weight_step * tx;

            channel[id] = (k0 + id) % channels;
            tap_y[id] = v_direction * ty;
            tap_x[id] = h_direction * tx;
            weight[id] = (long)(ky * kernel_size + kx) * channels * columns + (long)channel[id] * w_channel;
        }
        barrier(CLK_LOCAL_MEM_FENCE);
        for (int e = id; e < TILE_ROWS * STEPS; e += GROUP) {
            const int at = e / STEPS, k = e % STEPS;

            if (k < steps) {
                const int py = pixel_y[at] + tap_y[k], px = pixel_x[at] + tap_x[k];
                const bool inside = image[at] >= 0 && py >= 0 && py < in_height && px >= 0 && px < in_width;

                a_tile[k * A_PITCH + at] =
                    inside ? x[(image[at] + (long)py * in_width + px) * channels + channel[k]] : 0.0f;
            }
        }
#define B_VALUE (column0 + at < columns ? w[weight[k] + (long)(column0 + at) * w_column] : 0.0f)
        if (w_column == 1)
            FILL_ALONG_TILE(b_tile, B_PITCH, TILE_COLUMNS, steps, B_VALUE)
        else
            FILL_ALONG_STEPS(b_tile, B_PITCH, TILE_COLUMNS, steps, B_VALUE)
#undef B_VALUE
        barrier(CLK_LOCAL_MEM_FENCE);
        accumulate(a_tile, b_tile, steps, item_row, item_column, &acc);
        barrier(CLK_LOCAL_MEM_FENCE);
    }
    EACH_OUTPUT
    {
        const long row = row0 + item_row + SIDE * r;
        const int j = column0 + item_column + SIDE * c;

        if (row < rows && j < columns) {
            const int in_image = row % ((long)phase_height * phase_width);
            const int n = row / ((long)phase_height * phase_width);
            const int oy = out_step * (in_image / phase_width) + phase_y;
            const int ox = out_step * (in_image % phase_width) + phase_x;

            y[(((long)n * out_height + oy) * out_width + ox) * columns + j] = acc.value[r][c];
        }
    }
}

/* ---- a weight gradient ------------------------------------------------------------------------------------------- */

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
