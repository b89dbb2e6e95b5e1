/* QUANTILE: an element by its place in the order, found digit by digit of its bits: how many elements have which digit
 * says which digit it has. Counts are whole numbers, so threads may share the elements as they like. */
#include "device/cpu/cut.h"
#include "device/cpu/kernels.h"
#include "simd/elementary.h"

#include <string.h>

#define DIGIT_BITS 8
#define DIGITS     (1 << DIGIT_BITS)
#define LINE       64 /* elements whose digits are read together */
#define TURNS      4  /* counters that take turns: neighbours often have one digit, and a count waits for the last */

/* Rises as the number does. */
static inline uint32_t key_of(float x)
{
    uint32_t bits = (uint32_t)sep_bits(x);

    return bits ^ (bits >> 31 ? UINT32_MAX : 1U << 31);
}

static float number_of(uint32_t key)
{
    return sep_of_bits((int32_t)(key ^ (key >> 31 ? 1U << 31 : UINT32_MAX)));
}

/* What is known of an element: the digits of its key above the one in question, its rank among the elements that have
 * these too, and how many those are. */
typedef struct place {
    uint32_t key;
    int rank, equal;
} place;

/* The digits from bit `shift` on of a line of elements, where those above are the known ones; else DIGITS. */
static void read_line(const float *restrict x, uint32_t known, int shift, int32_t *restrict digit)
{
    uint32_t above = shift + DIGIT_BITS < 32 ? UINT32_MAX << (shift + DIGIT_BITS) : 0;

    for (int i = 0; i < LINE; i++) {
        uint32_t key = key_of(x[i]);
        digit[i] = (key & above) == known ? (int32_t)(key >> shift) & (DIGITS - 1) : DIGITS;
    }
}

/* The same of fewer, and DIGITS for those that are missing. */
static void read_last_line(const float *x, int count, uint32_t known, int shift, int32_t *digit)
{
    float line[LINE] = {0};

    memcpy(line, x, (size_t)count * sizeof *x);
    read_line(line, known, shift, digit);
    for (int i = count; i < LINE; i++)
        digit[i] = DIGITS;
}

/* Adds to counts[d] how many of the elements have the known digits above, and d from bit `shift` on. Those that have
 * others are counted too, apart: a branch would often be guessed wrong. */
static void count_tile(const float *x, int64_t count, uint32_t known, int shift, int32_t *counts)
{
    int32_t turn[TURNS][DIGITS + 1] = {0}, digit[LINE];

    for (int64_t i = 0; i < count; i += LINE) {
        if (count - i < LINE)
            read_last_line(x + i, (int)(count - i), known, shift, digit);
        else
            read_line(x + i, known, shift, digit);
        for (int j = 0; j < LINE; j += TURNS)
            for (int t = 0; t < TURNS; t++)
                turn[t][digit[j + t]]++;
    }
    for (int d = 0; d < DIGITS; d++)
        for (int t = 0; t < TURNS; t++)
            counts[d] += turn[t][d];
}

static void find_digit(const sep_cpu *cpu, const float *x, int64_t count, int shift, place *p)
{
    int64_t tiles = sep_cpu_pieces(count, SEP_CPU_TILE);
    int32_t counts[DIGITS] = {0};
    uint32_t digit = 0;

#pragma omp parallel for num_threads(cpu->threads) schedule(static) reduction(+ : counts) if (tiles > 1)
    for (int64_t i = 0; i < tiles; i++)
        count_tile(x + i * SEP_CPU_TILE, sep_cpu_piece(count, SEP_CPU_TILE, i), p->key, shift, counts);
    while (p->rank >= counts[digit])
        p->rank -= counts[digit++];
    p->key |= digit << shift;
    p->equal = counts[digit];
}

static uint32_t least_above(const sep_cpu *cpu, const float *x, int64_t count, uint32_t key)
{
    uint32_t least = UINT32_MAX;

#pragma omp parallel for num_threads(cpu->threads) schedule(static) reduction(min : least) if (count > SEP_CPU_TILE)
    for (int64_t i = 0; i < count; i++) {
        uint32_t other = key_of(x[i]);
        least = other > key && other < least ? other : least;
    }
    return least;
}

void sep_cpu_quantile(const sep_cpu *cpu, const sep_call *call, const sep_step_info *step)
{
    const float *x = sep_cpu_input(call, 0);
    float share = fmaxf(0.0f, fminf(1.0f, *sep_cpu_input(call, 1)));
    int64_t count = sep_shape_count(&call->input[0].shape);
    uint64_t position = (uint64_t)(share * 0x1p32f) * (uint64_t)(count - 1);
    float fraction = (float)(uint32_t)(position % (1ULL << 32) >> 8) * 0x1p-24f;
    place low = {.rank = (int)(position >> 32)};

    (void)step;
    for (int shift = 32 - DIGIT_BITS; shift >= 0; shift -= DIGIT_BITS)
        find_digit(cpu, x, count, shift, &low);
    float a = number_of(low.key), b = a;
    if (fraction > 0.0f && low.rank + 1 == low.equal)
        b = number_of(least_above(cpu, x, count, low.key));
    *sep_cpu_f32(&call->output) = sep_bits(b) == sep_bits(a) ? a : fmaf(fraction, b - a, a);
}
