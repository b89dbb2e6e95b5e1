/* Half precision, by whole numbers alone: the same bits on every processor. */
#include "septum/tensor.h"

#include <string.h>

/* x / 2^shift, rounded to the nearest, of two as near to the even one. */
static uint32_t shift_down(uint32_t x, uint32_t shift)
{
    const uint32_t whole = x >> shift, rest = x & ((1u << shift) - 1), middle = 1u << (shift - 1);

    return whole + (rest > middle || (rest == middle && (whole & 1)));
}

/* Of a float without its sign. Rounding up may carry into the exponent, as it should. */
static uint32_t round_to_half(uint32_t bits)
{
    const uint32_t exponent = bits >> 23;

    if (bits > 0x7f800000)
        return 0x7e00;
    if (exponent >= 143) /* 2^16 */
        return 0x7c00;
    if (exponent >= 113) /* 2^-14, the least normal one */
        return shift_down(bits - (112u << 23), 13);
    if (exponent >= 102) /* 2^-25, half of the least one */
        return shift_down((bits & 0x7fffff) | 0x800000, 126 - exponent);
    return 0;
}

uint16_t sep_half_of(float value)
{
    uint32_t bits;

    memcpy(&bits, &value, sizeof bits);
    return (uint16_t)((bits >> 16 & 0x8000) | round_to_half(bits & 0x7fffffff));
}

float sep_float_of_half(uint16_t half)
{
    const uint32_t sign = (uint32_t)(half & 0x8000) << 16, size = half & 0x7fff;
    const float tiny = (float)size * 0x1p-24f; /* what it is where it is below the least normal one: exact */
    uint32_t bits;
    float value;

    if (size >= 0x7c00)
        bits = size << 13 | 0x7f800000;
    else if (size >= 0x400)
        bits = (size << 13) + (112u << 23);
    else
        memcpy(&bits, &tiny, sizeof bits);
    bits |= sign;
    memcpy(&value, &bits, sizeof value);
    return value;
}
