/* How the kernels of this folder cut tensors into pieces: tiles, whose size never shows in a result, and the pixel
 * blocks of the sums, whose size does and is fixed (operation.h). */
#ifndef SEPTUM_DEVICE_CPU_CUT_H
#define SEPTUM_DEVICE_CPU_CUT_H

#include "septum/operation.h"

#define SEP_CPU_TILE 16384 /* elements: small enough for a thread's cache, large enough to be worth a thread */

static inline int64_t sep_cpu_pieces(int64_t total, int64_t piece)
{
    return (total + piece - 1) / piece;
}

/* Size of piece `i`: `piece`, but for the last. */
static inline int64_t sep_cpu_piece(int64_t total, int64_t piece, int64_t i)
{
    int64_t left = total - i * piece;

    return left < piece ? left : piece;
}

/* Rows of a tile: a multiple of 16, so that groups of rows fill whole vectors. */
static inline int sep_cpu_tile_rows(int channels)
{
    int rows = SEP_CPU_TILE / (channels > 0 ? channels : 1) / 16 * 16;

    return rows > 16 ? rows : 16;
}

/* Pixel blocks of a tensor of so many rows; there is at least one. */
static inline int sep_cpu_blocks(int64_t rows)
{
    return rows > SEP_BLOCK_ROWS ? (int)sep_cpu_pieces(rows, SEP_BLOCK_ROWS) : 1;
}

static inline int sep_cpu_block_rows(int64_t rows, int block)
{
    return (int)sep_cpu_piece(rows, SEP_BLOCK_ROWS, block);
}

#endif
