/* The definition of transposition: see transpose.h. */
#include "simd/transpose.h"

static void matrix(const float *from, ptrdiff_t from_row, float *to, ptrdiff_t to_row, int rows, int columns)
{
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < columns; j++)
            to[j * to_row + i] = from[i * from_row + j];
}

const sep_simd_transpose sep_transpose_generic = {.matrix = matrix};
