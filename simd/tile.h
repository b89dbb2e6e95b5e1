/* The tile: the inner kernel of convolutions and matrix products. It computes a matrix c of `rows` x `columns`, each
 * element one chain over a list of taps and, within a tap t, over `depth` steps:
 *
 *     acc = fma(a[t][i * a_row + k * a_step], b[t][k * b_row + j], acc)      t rising, then k rising
 *
 * The chain starts from +0, from bias[j], or from what c[i][j] holds, so a long chain may be cut and resumed. With
 * `panel` set the chain starts from +0 in any case and its end is added to that start: c = start + acc.
 *
 * Rows of b and of c are dense; a is dense along its rows or along its steps (a_row == 1 or a_step == 1). Strides are
 * in floats and may be negative. Nothing needs alignment. c overlaps neither a nor b. No memory outside the named
 * elements is touched.
 *
 * Meanwhile `fetch_bytes` of memory from `fetch` on, which something reads later, are fetched into the cache, a line
 * now and then. So slowly it costs nothing; at once, before the tile, it keeps the tile's own loads waiting. */
#ifndef SEPTUM_SIMD_TILE_H
#define SEPTUM_SIMD_TILE_H

#include <stdbool.h>
#include <stddef.h>

typedef enum sep_tile_start { SEP_TILE_ZERO, SEP_TILE_BIAS, SEP_TILE_RESUME } sep_tile_start;

typedef struct sep_tile_job {
    int rows, columns, taps, depth;
    const float *const *a;
    const float *const *b;
    ptrdiff_t a_row, a_step, b_row, c_row;
    float *c;
    const float *bias;
    const void *fetch;
    ptrdiff_t fetch_bytes;
    sep_tile_start start;
    bool panel;
} sep_tile_job;

typedef struct sep_simd_tile {
    int rows, columns; /* of a full block of registers: callers that cut columns cut at multiples of `columns` */
    void (*run)(const sep_tile_job *job);
    /* Lays a panel out in stripes: of `depth` rows of `count` floats, `row` floats apart, each stripe of `width` floats
     * (the last has what is left) becomes dense, and the stripes follow one another:
     *
     *     to[i * depth + k * min(width, count - i) + j] = from[k * row + i + j]     i a multiple of width, j < width */
    void (*pack)(const float *from, ptrdiff_t row, int count, int depth, int width, float *to);
} sep_simd_tile;

extern const sep_simd_tile sep_tile_generic, sep_tile_avx2, sep_tile_avx512, sep_tile_neon;

#endif
