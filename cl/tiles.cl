/* Matrix products and convolutions in tiles, for product.cl, convolution.cl and outer.cl: a work-group of SIDE x SIDE
 * work-items computes a tile of TILE_ROWS x TILE_COLUMNS outputs, each work-item ITEM_ROWS x ITEM_COLUMNS of them, SIDE
 * apart. STEPS steps of both operands at a time lie in local memory:
 *
 *                 b_tile [STEPS][TILE_COLUMNS]       Each output is one chain of fma over rising steps, so neither
 *     a_tile      +---------------------+            the size of a tile nor that of a step shows in a result.
 *     [STEPS]     | outputs in registers|
 *     [TILE_ROWS] +---------------------+
 *
 * SIDE (8 or 16), ITEM_ROWS (4 or 8), ITEM_COLUMNS (1, 2, 4 or 8) and STEPS come with the build options: each program
 * has its own, tuned for a device, and a narrow form for few output channels. */
#ifdef STEPS

#define GROUP        (SIDE * SIDE)
#define TILE_ROWS    (SIDE * ITEM_ROWS)
#define TILE_COLUMNS (SIDE * ITEM_COLUMNS)
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
#if ITEM_ROWS == 8
#define ROW_BY_ROW(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7)
#else
#define ROW_BY_ROW(X) X(0) X(1) X(2) X(3)
#endif
#if ITEM_COLUMNS == 8
#define COLUMN_BY_COLUMN(X, r) X(r, 0) X(r, 1) X(r, 2) X(r, 3) X(r, 4) X(r, 5) X(r, 6) X(r, 7)
#elif ITEM_COLUMNS == 4
#define COLUMN_BY_COLUMN(X, r) X(r, 0) X(r, 1) X(r, 2) X(r, 3)
#elif ITEM_COLUMNS == 2
#define COLUMN_BY_COLUMN(X, r) X(r, 0) X(r, 1)
#else
#define COLUMN_BY_COLUMN(X, r) X(r, 0)
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

#endif
