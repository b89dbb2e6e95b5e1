/* Work over rows in pixel blocks (operation.h): the sums ROW_SUM, MUL_ROW_SUM, BATCH_STATS and BATCH_REDUCE, and
 * BATCH_APPLY. Each block is worked out by itself and joins of sums come last, so an operation that makes the rows can
 * hand them over while they are in its thread's cache (sep_call.follow):
 *
 *     const sep_row_blocks follow = sep_row_blocks_of(cpu, call->follow);
 *     in any thread, when rows [first, end) are written, once:   sep_row_blocks_ready(&follow, first, end);
 *
 * Blocks that lie in no such range as a whole are left for the end. The dispatch (cpu.c) begins and finishes the work,
 * so a kernel that hands over nothing is slower, not wrong. */
#ifndef SEPTUM_DEVICE_CPU_ROW_BLOCKS_H
#define SEPTUM_DEVICE_CPU_ROW_BLOCKS_H

#include "device/cpu/kernels.h"

typedef struct sep_row_blocks {
    const sep_cpu *cpu;
    sep_op op;
    int64_t rows;
    int channels, blocks;       /* blocks 0: nothing to do */
    const float *x, *second;    /* what is read row by row; NULL: x alone */
    sep_batch_norm_terms terms; /* of BATCH_REDUCE and BATCH_APPLY */
    sep_destination y;          /* of BATCH_APPLY */
    int64_t stride;             /* floats from a block's partial result to the next */
    float *partial, *out;
    unsigned char *done; /* [blocks] */
} sep_row_blocks;

size_t sep_row_blocks_workspace(const sep_call *call);
/* Nothing is done yet. */
void sep_row_blocks_begin(const sep_call *call);
/* `call` NULL: no work, on which the next does nothing. */
sep_row_blocks sep_row_blocks_of(const sep_cpu *cpu, const sep_call *call);
void sep_row_blocks_ready(const sep_row_blocks *work, int64_t first, int64_t end);
/* The blocks that are left, and the joins. */
void sep_row_blocks_finish(const sep_cpu *cpu, const sep_call *call);

#endif
