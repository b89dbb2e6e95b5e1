/* Transposition in squares of VEC_LANES: each line of either matrix is touched once. */
#include "simd/transpose.h"
#include "simd/vector/transpose_lines.h"

static void square(const float *from, ptrdiff_t from_row, float *to, ptrdiff_t to_row)
{
    vec line[VEC_LANES];

    load_turned(from, from_row, line);
#pragma GCC unroll 16
    for (int i = 0; i < VEC_LANES; i++)
        vec_store(to + i * to_row, line[i]);
}

/* A square of which only `rows` x `columns` lie within the matrix. */
static void partial_square(const float *from, ptrdiff_t from_row, float *to, ptrdiff_t to_row, int rows, int columns)
{
    vec line[VEC_LANES];

    load_turned_part(from, from_row, rows, columns, line);
#pragma GCC unroll 16
    for (int i = 0; i < VEC_LANES; i++)
        if (i < columns)
            vec_store_up_to(to + i * to_row, line[i], rows);
}

static void matrix(const float *from, ptrdiff_t from_row, float *to, ptrdiff_t to_row, int rows, int columns)
{
    for (int i = 0; i < rows; i += VEC_LANES)
        for (int j = 0; j < columns; j += VEC_LANES) {
            const float *corner = from + i * from_row + j;
            float *image = to + j * to_row + i;

            if (rows - i >= VEC_LANES && columns - j >= VEC_LANES)
                square(corner, from_row, image, to_row);
            else
                partial_square(corner, from_row, image, to_row, rows - i, columns - j);
        }
}

const sep_simd_transpose SEP_ISA_NAME(sep_transpose) = {.matrix = matrix};
