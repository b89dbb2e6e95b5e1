/* Numbers in rising order. */
#include "septum/base.h"

#include <stdlib.h>
#include <string.h>

static int by_double(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static int by_float(const void *a, const void *b)
{
    const float x = *(const float *)a, y = *(const float *)b;

    return (x > y) - (x < y);
}

void sep_sort_doubles(double *values, size_t count)
{
    qsort(values, count, sizeof *values, by_double);
}

void sep_sort_floats(float *values, size_t count)
{
    qsort(values, count, sizeof *values, by_float);
}

/* Bits that rise as the values do: those of negative ones are turned over, others come behind them. */
static uint32_t rising_bits(float value)
{
    uint32_t bits;

    memcpy(&bits, &value, sizeof bits);
    return bits & 0x80000000u ? ~bits : bits | 0x80000000u;
}

static float value_of(uint32_t rising)
{
    const uint32_t bits = rising & 0x80000000u ? rising & 0x7fffffffu : ~rising;
    float value;

    memcpy(&value, &bits, sizeof value);
    return value;
}

/* Digit by digit from the highest: how many values begin like the wanted one, and go on with which digit. */
float sep_sorted_float(const float *values, size_t count, size_t place)
{
    static const struct {
        int shift;
        uint32_t digits;
    } passes[] = {{22, 0x3ff}, {11, 0x7ff}, {0, 0x7ff}};
    uint32_t found = 0, known = 0;

    for (size_t p = 0; p < sizeof passes / sizeof *passes; p++) {
        size_t tally[0x800] = {0};
        uint32_t digit = 0;

        for (size_t i = 0; i < count; i++) {
            const uint32_t bits = rising_bits(values[i]);
            if ((bits & known) == found)
                tally[bits >> passes[p].shift & passes[p].digits]++;
        }
        while (place >= tally[digit])
            place -= tally[digit++];
        found |= digit << passes[p].shift;
        known |= passes[p].digits << passes[p].shift;
    }
    return value_of(found);
}
