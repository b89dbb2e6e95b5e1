/* A convolution, or its data gradient, as a product: see tiles.cl. */

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
