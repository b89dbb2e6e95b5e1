/* A square of VEC_LANES x VEC_LANES, turned in registers. */
#ifndef SEPTUM_SIMD_VECTOR_TRANSPOSE_LINES_H
#define SEPTUM_SIMD_VECTOR_TRANSPOSE_LINES_H

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

/* Lanes w, x, y, z of a and b (which has those from VEC_LANES on), and in each further group of four the same. */
#if VEC_LANES == 16
#define IN_QUADS(a, b, w, x, y, z)                                                                                     \
    __builtin_shufflevector(a, b, w, x, y, z, (w) + 4, (x) + 4, (y) + 4, (z) + 4, (w) + 8, (x) + 8, (y) + 8, (z) + 8,  \
                            (w) + 12, (x) + 12, (y) + 12, (z) + 12)
#elif VEC_LANES == 8
#define IN_QUADS(a, b, w, x, y, z) __builtin_shufflevector(a, b, w, x, y, z, (w) + 4, (x) + 4, (y) + 4, (z) + 4)
#else
#define IN_QUADS(a, b, w, x, y, z) __builtin_shufflevector(a, b, w, x, y, z)
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

/* line[j] lane i = from[i * row + j]. Loads do a part of the work that would be shuffles, for which there are fewer
 * ports: each gathers four floats of every fourth row, so that only squares of four are left to turn. Measured: 5 % of
 * attention forward. */
static inline void load_turned(const float *from, ptrdiff_t row, vec line[VEC_LANES])
{
    VEC_UNROLL
    for (int j = 0; j < VEC_LANES; j += 4) {
        vec a = vec_load_quads(from + j, 4 * row), b = vec_load_quads(from + row + j, 4 * row);
        vec c = vec_load_quads(from + 2 * row + j, 4 * row), d = vec_load_quads(from + 3 * row + j, 4 * row);
        vec ab = IN_QUADS(a, b, 0, VEC_LANES, 1, VEC_LANES + 1),
            ab2 = IN_QUADS(a, b, 2, VEC_LANES + 2, 3, VEC_LANES + 3);
        vec cd = IN_QUADS(c, d, 0, VEC_LANES, 1, VEC_LANES + 1),
            cd2 = IN_QUADS(c, d, 2, VEC_LANES + 2, 3, VEC_LANES + 3);

        line[j] = IN_QUADS(ab, cd, 0, 1, VEC_LANES, VEC_LANES + 1);
        line[j + 1] = IN_QUADS(ab, cd, 2, 3, VEC_LANES + 2, VEC_LANES + 3);
        line[j + 2] = IN_QUADS(ab2, cd2, 0, 1, VEC_LANES, VEC_LANES + 1);
        line[j + 3] = IN_QUADS(ab2, cd2, 2, 3, VEC_LANES + 2, VEC_LANES + 3);
    }
}

/* The same where only `rows` x `columns` lie within the matrix; +0 elsewhere. */
static inline void load_turned_part(const float *from, ptrdiff_t row, int rows, int columns, vec line[VEC_LANES])
{
    VEC_UNROLL
    for (int i = 0; i < VEC_LANES; i++)
        line[i] = i < rows ? vec_load_up_to(from + i * row, columns) : vec_zero();
    transpose_lines(line);
}

#endif
