/* Transposition of a matrix: to[j * to_row + i] = from[i * from_row + j] for i < rows, j < columns. Strides are in
 * floats. Nothing needs alignment; the two don't overlap. */
#ifndef SEPTUM_SIMD_TRANSPOSE_H
#define SEPTUM_SIMD_TRANSPOSE_H

#include <stddef.h>

typedef struct sep_simd_transpose {
    void (*matrix)(const float *from, ptrdiff_t from_row, float *to, ptrdiff_t to_row, int rows, int columns);
} sep_simd_transpose;

extern const sep_simd_transpose sep_transpose_generic, sep_transpose_avx2, sep_transpose_avx512, sep_transpose_neon;

#endif
