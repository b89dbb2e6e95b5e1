/* Which elements dropout keeps, in plain C: the definition. */
#include "simd/dropout.h"

#include <string.h>

static void keep_bits(const sep_dropout *dropout, int64_t first, int count, uint8_t *bits)
{
    memset(bits, 0, (size_t)(count + 7) / 8);
    for (int i = 0; i < count; i++)
        if (sep_dropout_keeps(dropout, first + i))
            bits[i / 8] |= (uint8_t)(1u << i % 8);
}

const sep_simd_dropout sep_dropout_generic = {.keep_bits = keep_bits};
