/* Operations that choose rows: drawn from a mask, and in the slots of rings. */

#define GROUP 64 /* work-items that walk through a class together, each through a run of its own */

/* floor(u * n), made at least 0 and at most n - 1. */
int cut(float u, int n)
{
    const float place = u * (float)n;

    if (!(place > 0.0f))
        return 0;
    return place < (float)n ? (int)place : n - 1;
}

/* The sum of `count` over the work-items before this one; *total: over all. All of the group come here. */
int sum_before(int count, __local int *room, int *total)
{
    const int id = get_local_id(0);
    int before = 0;

    room[id] = count;
    barrier(CLK_LOCAL_MEM_FENCE);
    *total = 0;
    for (int j = 0; j < GROUP; j++) {
        before += j < id ? room[j] : 0;
        *total += room[j];
    }
    return before;
}

/* ---- rows of a mask ---------------------------------------------------------------------------------------------- */

#define WORD 32 /* rows of the mask whose marks are the bits of one word */

/* bits[words, classes] */
__kernel void draw_mark(TENSOR(mask), INDICES(bits), const long count, const int rows, const int classes)
{
    EACH(i, count);
    OPEN(mask);
    OPEN_INDICES(bits);
    const int word = index_quotient(i, classes), c = i - (long)word * classes;
    const int begin = word * WORD, end = min(rows, begin + WORD);
    uint marks = 0;

    for (int r = begin; r < end; r++)
        marks |= (uint)(mask[(long)r * classes + c] > 0.0f) << (r - begin);
    bits[i] = marks;
}

/* before[classes, words + 1]: marked rows before each word; a group a class. */
__kernel __attribute__((reqd_work_group_size(GROUP, 1, 1))) void draw_count(INDICES(bits), INDICES(before),
                                                                            const int words, const int classes)
{
    OPEN_INDICES(bits);
    OPEN_INDICES(before);
    __local int room[GROUP];
    const int c = get_group_id(0), run = (words + GROUP - 1) / GROUP, id = get_local_id(0);
    const int begin = id * run, end = min(words, begin + run);
    __global int *const own = before + (long)c * (words + 1);
    int count = 0, total;

    for (int w = begin; w < end; w++)
        count += popcount((uint)bits[(long)w * classes + c]);
    count = sum_before(count, room, &total);
    for (int w = begin; w < end; w++) {
        own[w] = count;
        count += popcount((uint)bits[(long)w * classes + c]);
    }
    if (id == 0)
        own[words] = total;
}

/* The number of the class's marked row k. */
int marked_row(__global const int *bits, __global const int *before, int words, int classes, int c, int k)
{
    int low = 0, high = words;

    while (high - low > 1) {
        const int middle = (low + high) / 2;
        if (before[middle] <= k)
            low = middle;
        else
            high = middle;
    }
    uint word = bits[(long)low * classes + c];
    for (int left = k - before[low]; left > 0; left--)
        word &= word - 1;
    return low * WORD + 31 - (int)clz(word & -word);
}

/* Which of n marked rows entry i is, from its part of them; -1: none. */
int chosen_once(int n, int entries, int i, float u)
{
    if (n <= entries)
        return i < n ? i : -1;
    const int begin = (long)i * n / entries, end = (long)(i + 1) * n / entries;
    return begin + cut(u, end - begin);
}

__kernel void draw_choose(INDICES(bits), INDICES(before), TENSOR(uniform_numbers), INDICES(row), const int words,
                          const int entries, const int classes, const int once)
{
    EACH(i, entries);
    OPEN_INDICES(bits);
    OPEN_INDICES(before);
    OPEN(uniform_numbers);
    OPEN_INDICES(row);
    const int c = get_global_id(1);
    __global const int *const own = before + (long)c * (words + 1);
    const int n = own[words];
    const float u = uniform_numbers[(long)c * entries + i];
    const int k = once ? chosen_once(n, entries, i, u) : n > 0 ? cut(u, n) : -1;

    row[(long)c * entries + i] = k < 0 ? -1 : marked_row(bits, own, words, classes, c, k);
}

/* ---- patches: a work-item for each of a map ---------------------------------------------------------------------- */

/* pixel[groups, maps * side * side] */
__kernel void patch_rows(TENSOR(uniform_numbers), INDICES(pixel), const int count, const int across, const int side,
                         const int groups, const int maps, const int height, const int width, const int by_row)
{
    EACH(q, count);
    OPEN(uniform_numbers);
    OPEN_INDICES(pixel);
    const int m = get_global_id(1);
    __global const float *const u = uniform_numbers + (long)m * count;
    int group = 0;

    for (int other = 0; other < count; other++)
        group += u[other] < u[q] || (u[other] == u[q] && other < q);
    if (group >= groups)
        return;
    const int first = (m * height + (int)q / across * side) * width + (int)q % across * side;
    __global int *const own = pixel + (long)group * maps * side * side;
    for (int row = 0; row < side; row++) {
        const int line = by_row ? row * maps + m : m * side + row;
        for (int column = 0; column < side; column++)
            own[line * side + column] = first + row * width + column;
    }
}

/* ---- slots of a ring --------------------------------------------------------------------------------------------- */

__kernel void ring_draw(INDICES(state), TENSOR(uniform_numbers), INDICES(slot), const int entries, const int capacity)
{
    EACH(i, entries);
    OPEN_INDICES(state);
    OPEN(uniform_numbers);
    OPEN_INDICES(slot);
    const int c = get_global_id(1), filled = min(state[c], capacity);
    const long at = (long)c * entries + i;

    slot[at] = filled > 0 ? c * capacity + cut(uniform_numbers[at], filled) : -1;
}

/* A run of a class's entries for each work-item of its group. */
#define RUN_OF_ENTRIES(begin, end, drawn, entries)                                                                     \
    __global const int *const own = drawn + (long)get_group_id(0) * entries;                                           \
    const int run = (entries + GROUP - 1) / GROUP;                                                                     \
    const int begin = get_local_id(0) * run, end = min(entries, begin + run)

int count_drawn(__global const int *drawn, int begin, int end)
{
    int count = 0;

    for (int i = begin; i < end; i++)
        count += drawn[i] >= 0;
    return count;
}

__kernel __attribute__((reqd_work_group_size(GROUP, 1, 1))) void ring_slots(INDICES(state), INDICES(drawn),
                                                                            INDICES(slot), const int entries,
                                                                            const int capacity)
{
    OPEN_INDICES(state);
    OPEN_INDICES(drawn);
    OPEN_INDICES(slot);
    __local int room[GROUP];
    RUN_OF_ENTRIES(begin, end, drawn, entries);
    const int c = get_group_id(0);
    int total, before = sum_before(count_drawn(own, begin, end), room, &total);

    for (int i = begin; i < end; i++) {
        slot[(long)c * entries + i] = own[i] >= 0 ? c * capacity + (state[c] % capacity + before) % capacity : -1;
        before += own[i] >= 0;
    }
}

__kernel __attribute__((reqd_work_group_size(GROUP, 1, 1))) void ring_next(INDICES(state), INDICES(drawn),
                                                                           INDICES(next), const int entries,
                                                                           const int capacity)
{
    OPEN_INDICES(state);
    OPEN_INDICES(drawn);
    OPEN_INDICES(next);
    __local int room[GROUP];
    RUN_OF_ENTRIES(begin, end, drawn, entries);
    const int c = get_group_id(0);
    int total;

    sum_before(count_drawn(own, begin, end), room, &total);
    if (get_local_id(0) == 0)
        next[c] = state[c] + total < 2 * capacity ? state[c] + total : state[c] + total - capacity;
}
