/* Operations that only move data: one work-item an element. */

/* ---- channels and stretches: `count` elements of y in flat order ------------------------------------------------- */

/* a[..., of_a], b[..., of_b] -> y[..., of_a + of_b] */
__kernel void concat(TENSOR(a), TENSOR(b), TENSOR(y), const long count, const int of_a, const int of_b)
{
    const long i = get_global_id(0);
    if (i >= count)
        return;
    OPEN(a);
    OPEN(b);
    OPEN(y);
    const long row = index_quotient(i, of_a + of_b);
    const int c = i - row * (of_a + of_b);

    y[i] = c < of_a ? a[row * of_a + c] : b[row * of_b + c - of_a];
}

/* Elements of a, then of b. */
__kernel void concat_batch(TENSOR(a), TENSOR(b), TENSOR(y), const long count, const long first)
{
    EACH(i, count);
    OPEN(a);
    OPEN(b);
    OPEN(y);

    y[i] = i < first ? a[i] : b[i - first];
}

/* Square maps by quarters against the clock, or with it. */
__kernel void turn(TENSOR(from), TENSOR(quarters), TENSOR(to), const int side, const int channels, const int back)
{
    EACH_OF_MAP(n, y, x, c, side, channels);
    OPEN(from);
    OPEN(quarters);
    OPEN(to);
    const int given = (int)quarters[0] & 3, wanted = back ? (4 - given) & 3 : given, end = side - 1;
    const int from_y = wanted == 0 ? y : wanted == 1 ? x : wanted == 2 ? end - y : end - x;
    const int from_x = wanted == 0 ? x : wanted == 1 ? end - y : wanted == 2 ? end - x : y;

    to[(((long)n * side + y) * side + x) * channels + c] =
        from[(((long)n * side + from_y) * side + from_x) * channels + c];
}

/* x[N, rows, columns, channels] -> y[N, columns, rows, channels] */
__kernel void transpose_map(TENSOR(x), TENSOR(y), const int rows, const int channels)
{
    EACH_OF_MAP(n, column, row, c, rows, channels);
    OPEN(x);
    OPEN(y);
    const int columns = get_global_size(1);

    y[(((long)n * columns + column) * rows + row) * channels + c] =
        x[(((long)n * rows + row) * columns + column) * channels + c];
}

/* x[..., channels] -> y[..., wanted]: from channel `begin` on. */
__kernel void slice(TENSOR(x), TENSOR(y), const long count, const int channels, const int begin, const int wanted)
{
    const long i = get_global_id(0);
    if (i >= count)
        return;
    OPEN(x);
    OPEN(y);
    const long row = index_quotient(i, wanted);

    y[i] = x[row * channels + begin + (i - row * wanted)];
}

/* Elements [begin, end) of y are x, the others 0. */
__kernel void place(TENSOR(x), TENSOR(y), const long count, const long begin, const long end)
{
    const long i = get_global_id(0);
    if (i >= count)
        return;
    OPEN(x);
    OPEN(y);

    y[i] = i >= begin && i < end ? x[i - begin] : 0.0f;
}

/* Rows x[rows, columns] into memory[slots, columns], a column a work-item: in order, so that the last of a slot stays. */
__kernel void put(INDICES(memory), INDICES(slot), INDICES(x), const long columns, const int slots, const int rows)
{
    EACH(i, columns);
    OPEN_INDICES(memory);
    OPEN_INDICES(slot);
    OPEN_INDICES(x);

    for (int n = 0; n < rows; n++)
        if (slot[n] >= 0 && slot[n] < slots)
            memory[slot[n] * columns + i] = x[n * columns + i];
}

/* Half precision, as src/tensor/half.c has it. */
uint shift_down(const uint x, const uint shift)
{
    const uint whole = x >> shift, rest = x & ((1u << shift) - 1), middle = 1u << (shift - 1);

    return whole + (rest > middle || (rest == middle && (whole & 1)) ? 1u : 0u);
}

uint round_to_half(const uint bits)
{
    const uint exponent = bits >> 23;

    if (bits > 0x7f800000u)
        return 0x7e00u;
    if (exponent >= 143)
        return 0x7c00u;
    if (exponent >= 113)
        return shift_down(bits - (112u << 23), 13);
    if (exponent >= 102)
        return shift_down((bits & 0x7fffffu) | 0x800000u, 126 - exponent);
    return 0;
}

__kernel void put_halves(HALVES(memory), INDICES(slot), INDICES(x), const long columns, const int slots, const int rows)
{
    EACH(i, columns);
    OPEN_HALVES(memory);
    OPEN_INDICES(slot);
    OPEN_INDICES(x);

    for (int n = 0; n < rows; n++)
        if (slot[n] >= 0 && slot[n] < slots) {
            const uint bits = (uint)x[n * columns + i];
            memory[slot[n] * columns + i] = (ushort)((bits >> 16 & 0x8000u) | round_to_half(bits & 0x7fffffffu));
        }
}

/* As whole numbers, so that no device flushes one that is small as a float. */
__kernel void overwrite(INDICES(memory), INDICES(x), const long count)
{
    EACH(i, count);
    OPEN_INDICES(memory);
    OPEN_INDICES(x);

    memory[i] = x[i];
}

/* ---- windows and blocks: a work-item for each element of the map ------------------------------------------------- */

/* A map [N, height, width, channels] and the same pixels in another order; data goes to the map or from it. */
#define MOVE(at_map, at_other)                                                                                         \
    do {                                                                                                               \
        if (to_map)                                                                                                    \
            map[at_map] = other[at_other];                                                                             \
        else                                                                                                           \
            other[at_other] = map[at_map];                                                                             \
    } while (0)

/* other[N * height / w * width / w, w, w, channels]: windows of the map rolled by (-shift, -shift). */
__kernel void move_windows(TENSOR(map), TENSOR(other), const int width, const int channels, const int window,
                           const int shift, const int to_map)
{
    EACH_OF_MAP(n, y, x, c, width, channels);
    OPEN(map);
    OPEN(other);
    const int height = get_global_size(1);
    const int rolled_y = y >= shift ? y - shift : y - shift + height;
    const int rolled_x = x >= shift ? x - shift : x - shift + width;
    const int wy = rolled_y / window, wx = rolled_x / window;
    const long of_window = ((long)n * (height / window) + wy) * (width / window) + wx;
    const long pixel = (of_window * window + rolled_y - wy * window) * window + rolled_x - wx * window;

    MOVE((((long)n * height + y) * width + x) * channels + c, pixel * channels + c);
}

/* other[N, height / b, width / b, b * b, channels]: pixel (row, column) of a block of b x b is number row * b + column,
 * or, column_major, column * b + row. */
__kernel void move_blocks(TENSOR(map), TENSOR(other), const int width, const int channels, const int block,
                          const int column_major, const int to_map)
{
    EACH_OF_MAP(n, y, x, c, width, channels);
    OPEN(map);
    OPEN(other);
    const int by = y / block, bx = x / block, row = y - by * block, column = x - bx * block;
    const int number = column_major ? column * block + row : row * block + column;
    const long line = (long)n * get_global_size(1) + y; /* of the map; n * height is a multiple of b */
    const long of_block = line / block * (width / block) + bx;

    MOVE((line * width + x) * channels + c, (of_block * block * block + number) * channels + c);
}
