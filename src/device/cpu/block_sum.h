/* Sums over rows in pixel blocks (operation.h): ROW_SUM, MUL_ROW_SUM, BATCH_STATS, BATCH_REDUCE. Each block is worked
 * out by itself and the joins come last, so an operation that makes the rows can hand them over while they are in its
 * thread's cache (sep_call.follow):
 *
 *     const sep_block_sum sum = sep_block_sum_of(cpu, call->follow);
 *     in any thread, when rows [first, end) are written:   sep_block_sum_rows(&sum, first, end);
 *
 * Blocks that lie in no such range as a whole are left for the end. The dispatch (cpu.c) begins and finishes the sum,
 * so a kernel that hands over nothing is slower, not wrong. */
#ifndef SEPTUM_DEVICE_CPU_BLOCK_SUM_H
#define SEPTUM_DEVICE_CPU_BLOCK_SUM_H

#include "device/cpu/kernels.h"

typedef struct sep_block_sum {
    const sep_cpu *cpu;
    sep_op op;
    int64_t rows;
    int channels, blocks;       /* blocks 0: nothing to sum */
    const float *x, *second;    /* what is read row by row; NULL: x alone */
    sep_batch_norm_terms terms; /* of BATCH_REDUCE */
    int64_t stride;             /* floats from a block's partial result to the next */
    float *partial, *out;
    unsigned char *done; /* [blocks] */
} sep_block_sum;

size_t sep_block_sum_workspace(const sep_call *call);
/* Nothing is done yet. */
void sep_block_sum_begin(const sep_call *call);
/* `call` NULL: a sum of nothing, on which the next does nothing. */
sep_block_sum sep_block_sum_of(const sep_cpu *cpu, const sep_call *call);
void sep_block_sum_rows(const sep_block_sum *sum, int64_t first, int64_t end);
/* The blocks that are left, and the joins. */
void sep_block_sum_finish(const sep_cpu *cpu, const sep_call *call);

#endif
