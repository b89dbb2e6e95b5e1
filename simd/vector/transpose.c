/* Transposition in squares of VEC_LANES: each line of either matrix is touched once. */
#include "simd/transpose.h"
#include "simd/vector/isa.h"

/* The lower and the upper halves of two vectors, lane by lane in turn. */
#if VEC_LANES == 16
#define INTERLEAVE_LOW(a, b) __builtin_shufflevector(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23)
#define INTERLEAVE_HIGH(a, b)                                                                                          \
    __builtin_shufflevector(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31)
#elif VEC_LANES == 8
#define INTERLEAVE_LOW(a, b)  __builtin_shufflevector(a, b, 0, 8, 1, 9, 2, 10, 3, 11)
#define INTERLEAVE_HIGH(a, b) __builtin_shufflevector(a, b, 4, 12, 5, 13, 6, 14, 7, 15)
#else
#define INTERLEAVE_LOW(a, b)  __builtin_shufflevector(a, b, 0, 4, 1, 5)
#define INTERLEAVE_HIGH(a, b) __builtin_shufflevector(a, b, 2, 6, 3, 7)
#endif

/* Interleaving line i with line i + half moves the highest bit of the line's number below the lane's; after log2 of the
 * lanes such stages lines and lanes have changed places. */
static inline void interleave(const vec from[VEC_LANES], vec to[VEC_LANES])
{
#pragma GCC unroll 8
    for (int i = 0; i < VEC_LANES / 2; i++) {
        to[2 * i] = INTERLEAVE_LOW(from[i], from[i + VEC_LANES / 2]);
        to[2 * i + 1] = INTERLEAVE_HIGH(from[i], from[i + VEC_LANES / 2]);
    }
}

static inline void transpose_lines(vec line[VEC_LANES])
{
    vec other[VEC_LANES];

#pragma GCC unroll 2
    for (int lanes = VEC_LANES; lanes > 1; lanes /= 4) {
        interleave(line, other);
        if (lanes > 2)
            interleave(other, line);
        else
            for (int i = 0; i < VEC_LANES; i++)
                line[i] = other[i];
    }
}

static void square(const float *from, ptrdiff_t from_row, float *to, ptrdiff_t to_row)
{
    vec line[VEC_LANES];

#pragma GCC unroll 16
    for (int i = 0; i < VEC_LANES; i++)
        line[i] = vec_load(from + i * from_row);
    transpose_lines(line);
#pragma GCC unroll 16
    for (int i = 0; i < VEC_LANES; i++)
        vec_store(to + i * to_row, line[i]);
}

/* A square of which only `rows` x `columns` lie within the matrix. */
static void partial_square(const float *from, ptrdiff_t from_row, float *to, ptrdiff_t to_row, int rows, int columns)
{
    vec line[VEC_LANES];

#pragma GCC unroll 16
    for (int i = 0; i < VEC_LANES; i++)
        line[i] = i < rows ? vec_load_up_to(from + i * from_row, columns) : vec_zero();
    transpose_lines(line);
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
