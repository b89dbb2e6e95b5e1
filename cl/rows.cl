/* Rows of maps, taken and summed by indices, their channels ranked; maps of another size. */

/* ---- rows by indices: each group has `rows`, of which `chosen` indices choose; outside [0, rows): none ----------- */

/* Bits are moved: the same for floats and whole numbers. */
__kernel void gather(INDICES(x), INDICES(index), INDICES(y), const int nothing, const long count,
                     const int columns, const int chosen, const int rows)
{
    EACH(i, count);
    OPEN_INDICES(x);
    OPEN_INDICES(index);
    OPEN_INDICES(y);
    const long r = index_quotient(i, columns), group = index_quotient(r, chosen);
    const int s = index[r];

    y[i] = s >= 0 && s < rows ? x[(group * rows + s) * columns + (i - r * columns)] : nothing;
}

/* Half precision, as src/tensor/half.c has it. */
uint float_bits_of_half(const uint half_bits)
{
    const uint sign = (half_bits & 0x8000u) << 16, size = half_bits & 0x7fffu;

    if (size >= 0x7c00u)
        return sign | size << 13 | 0x7f800000u;
    return sign | (size >= 0x400u ? (size << 13) + (112u << 23) : as_uint((float)size * 0x1p-24f));
}

__kernel void gather_halves(HALVES(x), INDICES(index), INDICES(y), const int nothing, const long count,
                            const int columns, const int chosen, const int rows)
{
    EACH(i, count);
    OPEN_HALVES(x);
    OPEN_INDICES(index);
    OPEN_INDICES(y);
    const long r = index_quotient(i, columns), group = index_quotient(r, chosen);
    const int s = index[r];

    y[i] = s >= 0 && s < rows ? (int)float_bits_of_half(x[(group * rows + s) * columns + (i - r * columns)]) : nothing;
}

/* ---- sums of few rows: a work-item for each element of them goes through all indices ----------------------------- */

__kernel void scatter(TENSOR(x), INDICES(index), TENSOR(y), const long count, const int columns, const int chosen,
                      const int rows)
{
    EACH(i, count);
    OPEN(x);
    OPEN_INDICES(index);
    OPEN(y);
    const long row = index_quotient(i, columns), group = index_quotient(row, rows);
    const int column = i - row * columns, s = row - group * rows;
    float sum = ZERO(x);

    for (long r = group * chosen; r < (group + 1) * chosen; r++)
        if (index[r] == s)
            sum += x[r * columns + column];
    y[i] = sum;
}

/* ---- sums of many rows, most of them zeros: the first index of a row finds the others ---------------------------- */

/* next[r]: the next of the group with r's index, `chosen` behind the last; as ~next where r is not the first, or
 * chooses no row. */
__kernel void scatter_links(INDICES(index), INDICES(next), const long count, const int columns,
                            const int chosen, const int rows)
{
    EACH(i, count);
    OPEN_INDICES(index);
    OPEN_INDICES(next);
    const long begin = index_quotient(i, chosen) * chosen;
    const int own = index[i], r = i - begin;
    int earlier = 0, later = r + 1;

    if (own < 0 || own >= rows) {
        next[i] = ~chosen;
        return;
    }
    while (earlier < r && index[begin + earlier] != own)
        earlier++;
    while (later < chosen && index[begin + later] != own)
        later++;
    next[i] = earlier == r ? later : ~later;
}

/* Into zeros: a work-item for each element of x, of which those of a row's first index add up the others. */
__kernel void scatter_linked(TENSOR(x), INDICES(index), INDICES(next), TENSOR(y), const long count, const int columns,
                             const int chosen, const int rows)
{
    EACH(i, count);
    OPEN(x);
    OPEN_INDICES(index);
    OPEN_INDICES(next);
    OPEN(y);
    const long row = index_quotient(i, columns), group = index_quotient(row, chosen), begin = group * chosen;
    const int column = i - row * columns;
    float sum = ZERO(x);

    if (next[row] < 0)
        return;
    for (int r = row - begin; r < chosen; r = next[begin + r] < 0 ? ~next[begin + r] : next[begin + r])
        sum += x[(begin + r) * columns + column];
    y[(group * rows + index[row]) * columns + column] = sum;
}

/* ---- ranks ------------------------------------------------------------------------------------------------------- */

__kernel void channel_rank(TENSOR(x), TENSOR(y), const long count, const int channels)
{
    EACH(i, count);
    OPEN(x);
    OPEN(y);
    const long begin = index_quotient(i, channels) * channels;
    const int own = i - begin;
    const float value = x[i];
    int before = 0;

    for (int c = 0; c < own; c++)
        before += x[begin + c] >= value;
    for (int c = own + 1; c < channels; c++)
        before += x[begin + c] > value;
    y[i] = before;
}

/* ---- maps of another size ---------------------------------------------------------------------------------------- */

/* The nearest of `in` pixels to pixel o of `out`. */
int nearest_pixel(int o, int in, int out)
{
    return out > 1 ? (int)((2L * o * (in - 1) + out - 1) / (2L * (out - 1))) : 0;
}

/* Bits are moved: the same for floats and whole numbers. */
__kernel void resize_nearest(INDICES(x), INDICES(y), const int in_height, const int in_width, const int width,
                             const int channels)
{
    EACH_OF_MAP(n, row, column, c, width, channels);
    OPEN_INDICES(x);
    OPEN_INDICES(y);
    const int height = get_global_size(1);
    const long line = (long)n * in_height + nearest_pixel(row, in_height, height);

    y[(((long)n * height + row) * width + column) * channels + c] =
        x[(line * in_width + nearest_pixel(column, in_width, width)) * channels + c];
}
