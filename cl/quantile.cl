/* QUANTILE: an element by its place in the order, found digit by digit of its bits: how many elements have which digit
 * says which digit it has. */

#define GROUP      64
#define DIGIT_BITS 8
#define DIGITS     (1 << DIGIT_BITS)

/* Rises as the number does. */
uint key_of(float x)
{
    const uint bits = as_uint(x);

    return bits ^ (bits >> 31 ? UINT_MAX : 1U << 31);
}

float number_of(uint key)
{
    return as_float(key ^ (key >> 31 ? 1U << 31 : UINT_MAX));
}

/* What is known of the element, four words: the digits of its key above the one in question, its rank among the elements
 * that have these too, how many those are; and what part of 2^24 lies between it and the quantile. */
#define KEY      0
#define RANK     1
#define EQUAL    2
#define FRACTION 3

__kernel void quantile_begin(TENSOR(share), INDICES(known), const int count)
{
    EACH(i, 1);
    OPEN(share);
    OPEN_INDICES(known);
    const float part = fmax(0.0f, fmin(1.0f, share[0]));
    const ulong position = (ulong)(part * 0x1p32f) * (ulong)(count - 1);

    known[KEY] = 0;
    known[RANK] = (int)(position >> 32);
    known[EQUAL] = count;
    known[FRACTION] = (int)((uint)position >> 8);
}

/* counts[groups, DIGITS]: elements of each group that have the digits known so far, by the digit from bit `shift` on. */
__kernel __attribute__((reqd_work_group_size(GROUP, 1, 1))) void quantile_count(TENSOR(x), INDICES(known),
                                                                                INDICES(counts), const int count,
                                                                                const int shift)
{
    OPEN(x);
    OPEN_INDICES(known);
    OPEN_INDICES(counts);
    __local int room[DIGITS];
    const int id = get_local_id(0), all = get_global_size(0);
    const ulong above = (ulong)(uint)known[KEY] >> (shift + DIGIT_BITS);

    for (int d = id; d < DIGITS; d += GROUP)
        room[d] = 0;
    barrier(CLK_LOCAL_MEM_FENCE);
    for (int i = get_global_id(0); i < count; i += all) {
        const ulong key = key_of(x[i]);
        if (key >> (shift + DIGIT_BITS) == above)
            atomic_inc(&room[(int)(key >> shift) & (DIGITS - 1)]);
    }
    barrier(CLK_LOCAL_MEM_FENCE);
    for (int d = id; d < DIGITS; d += GROUP)
        counts[(long)get_group_id(0) * DIGITS + d] = room[d];
}

/* One group. */
__kernel __attribute__((reqd_work_group_size(GROUP, 1, 1))) void quantile_choose(INDICES(counts), INDICES(known),
                                                                                 const int groups, const int shift)
{
    OPEN_INDICES(counts);
    OPEN_INDICES(known);
    __local int room[DIGITS];

    for (int d = get_local_id(0); d < DIGITS; d += GROUP) {
        int sum = 0;
        for (int g = 0; g < groups; g++)
            sum += counts[(long)g * DIGITS + d];
        room[d] = sum;
    }
    barrier(CLK_LOCAL_MEM_FENCE);
    if (get_local_id(0) == 0) {
        int digit = 0, rank = known[RANK];
        while (rank >= room[digit])
            rank -= room[digit++];
        known[KEY] |= digit << shift;
        known[RANK] = rank;
        known[EQUAL] = room[digit];
    }
}

/* least[groups]: of each group's keys the least that is above the element's. */
__kernel __attribute__((reqd_work_group_size(GROUP, 1, 1))) void quantile_above(TENSOR(x), INDICES(known),
                                                                                INDICES(least), const int count)
{
    OPEN(x);
    OPEN_INDICES(known);
    OPEN_INDICES(least);
    __local uint room[GROUP];
    const int id = get_local_id(0), all = get_global_size(0);
    const uint own = (uint)known[KEY];
    uint best = UINT_MAX;

    for (int i = get_global_id(0); i < count; i += all) {
        const uint key = key_of(x[i]);
        best = key > own ? min(best, key) : best;
    }
    room[id] = best;
    barrier(CLK_LOCAL_MEM_FENCE);
    if (id == 0) {
        for (int j = 1; j < GROUP; j++)
            best = min(best, room[j]);
        least[get_group_id(0)] = (int)best;
    }
}

__kernel void quantile_end(INDICES(least), INDICES(known), TENSOR(limit), const int groups)
{
    EACH(i, 1);
    OPEN_INDICES(least);
    OPEN_INDICES(known);
    OPEN(limit);
    uint above = UINT_MAX;

    for (int g = 0; g < groups; g++)
        above = min(above, (uint)least[g]);
    const bool between = known[FRACTION] > 0 && known[RANK] + 1 == known[EQUAL];
    const float a = number_of((uint)known[KEY]), b = between ? number_of(above) : a;
    const float fraction = (float)known[FRACTION] * 0x1p-24f;
    limit[0] = between ? fma(fraction, b - a, a) : a;
}
