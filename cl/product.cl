/* Matrix products: see tiles.cl. */

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
