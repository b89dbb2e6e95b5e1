/* Windows of maps: chosen by a score, cut out, and added back where they came from. */

#define GROUP 64 /* work-items that look for a sample's best place together */

/* ---- choosing: key[n, rows, columns] of each place of a window rises as its score does; 0: gone ------------------ */

/* line[n, row, column]: the sum of `window` columns of the score from that one on. */
__kernel void window_lines(TENSOR(score), TENSOR(line), const long count, const int columns, const int width,
                           const int window)
{
    EACH(i, count);
    OPEN(score);
    OPEN(line);
    const long row = index_quotient(i, columns), first = row * width + (i - row * columns);
    float sum = ZERO(score);

    for (int c = 0; c < window; c++)
        sum += score[first + c];
    line[i] = sum;
}

__kernel void window_keys(TENSOR(line), INDICES(key), const long count, const int columns, const int rows,
                          const int window)
{
    EACH(i, count);
    OPEN(line);
    OPEN_INDICES(key);
    const long row = index_quotient(i, columns), sample = index_quotient(row, rows);
    const long first = i + sample * (window - 1) * columns;
    float sum = ZERO(line);

    for (int r = 0; r < window; r++)
        sum += line[first + (long)r * columns];
    const uint bits = as_uint(sum);
    key[i] = (int)max(bits ^ (bits >> 31 ? UINT_MAX : 1U << 31), 1U);
}

/* Of the group's keys the largest, of equals that of the lowest place: it and its place to all. */
uint best_of_group(uint best, int *at, __local uint *keys, __local int *places)
{
    const int id = get_local_id(0);

    barrier(CLK_LOCAL_MEM_FENCE);
    keys[id] = best;
    places[id] = *at;
    barrier(CLK_LOCAL_MEM_FENCE);
    for (int j = 0; j < GROUP; j++)
        if (keys[j] > best || (keys[j] == best && places[j] < *at)) {
            best = keys[j];
            *at = places[j];
        }
    return best;
}

/* Whether two windows share too much. */
bool share(int place, int taken, int columns, int window, int most)
{
    const int row = place / columns, of_taken = taken / columns;
    const int down = window - (int)abs(row - of_taken);
    const int across = window - (int)abs((place - row * columns) - (taken - of_taken * columns));

    return down > 0 && across > 0 && down * across > most;
}

/* A group for each sample. Each work-item has every GROUP-th place for itself: what is gone is found out by whoever
 * looks at it next. */
__kernel __attribute__((reqd_work_group_size(GROUP, 1, 1))) void window_choose(INDICES(key), INDICES(chosen),
                                                                               const int places, const int columns,
                                                                               const int window, const int most,
                                                                               const int stride, const int entries)
{
    OPEN_INDICES(key);
    OPEN_INDICES(chosen);
    __local uint room[GROUP];
    __local int room_of_places[GROUP];
    const int n = get_group_id(0), id = get_local_id(0), width = stride * (columns + window - 1);
    __global int *const own = key + (long)n * places;
    int taken = -1;

    for (int k = 0; k < entries; k++) {
        uint best = 0;
        int at = INT_MAX;
        for (int i = id; i < places; i += GROUP) {
            if (taken >= 0 && share(i, taken, columns, window, most))
                own[i] = 0;
            const uint mine = (uint)own[i];
            if (mine > best) {
                best = mine;
                at = i;
            }
        }
        best = best_of_group(best, &at, room, room_of_places);
        taken = best > 0 ? at : -1;
        if (id == 0)
            chosen[(long)n * entries + k] =
                best > 0 ? stride * (at / columns) * width + stride * (at % columns) : -1;
    }
}

/* ---- there and back: chosen[N, entries] are first pixels of windows in maps of height x width -------------------- */

/* Bits are moved. */
__kernel void gather_windows(INDICES(x), INDICES(chosen), INDICES(y), const int window, const int channels,
                             const int height, const int width, const int entries)
{
    EACH_OF_MAP(i, row, column, c, window, channels);
    OPEN_INDICES(x);
    OPEN_INDICES(chosen);
    OPEN_INDICES(y);
    const int at = chosen[i], top = at / width, left = at - top * width;
    const bool within = at >= 0 && top <= height - window && left <= width - window;
    const long pixel = ((long)(i / entries) * height + top + row) * width + left + column;

    y[(((long)i * window + row) * window + column) * channels + c] = within ? x[pixel * channels + c] : 0;
}

__kernel void scatter_windows(TENSOR(x), INDICES(chosen), TENSOR(y), const int width, const int channels,
                              const int window, const int entries)
{
    EACH_OF_MAP(n, row, column, c, width, channels);
    OPEN(x);
    OPEN_INDICES(chosen);
    OPEN(y);
    const int height = get_global_size(1);
    float sum = ZERO(x);

    for (int k = 0; k < entries; k++) {
        const long i = (long)n * entries + k;
        const int at = chosen[i], top = at / width, left = at - top * width;
        const int down = row - top, across = column - left;
        if (at >= 0 && top <= height - window && left <= width - window && down >= 0 && down < window && across >= 0 &&
            across < window)
            sum += x[((i * window + down) * window + across) * channels + c];
    }
    y[(((long)n * height + row) * width + column) * channels + c] = sum;
}
