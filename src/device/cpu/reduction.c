/* Sums over whole tensors: blocks of elements shared among threads, joined by the tree sum. Sums over rows are in
 * row_blocks.c. */
#include "device/cpu/cut.h"
#include "device/cpu/kernels.h"

#define NORM_BLOCK 4096 /* elements of a block of SQUARED_NORM; operation.h fixes it */

size_t sep_cpu_squared_norm_workspace(const sep_cpu *cpu, const sep_call *call)
{
    (void)cpu;
    return (size_t)sep_cpu_pieces(sep_shape_count(&call->input[0].shape), NORM_BLOCK) * sizeof(float);
}

void sep_cpu_squared_norm(const sep_cpu *cpu, const sep_call *call, const sep_step_info *step)
{
    const float *x = sep_cpu_input(call, 0);
    float *partial = sep_cpu_f32(&call->workspace);
    int64_t count = sep_shape_count(&call->input[0].shape);
    int blocks = (int)sep_cpu_pieces(count, NORM_BLOCK);

    (void)step;
#pragma omp parallel for num_threads(cpu->threads) schedule(static) if (blocks > 1)
    for (int b = 0; b < blocks; b++)
        partial[b] =
            cpu->simd->reduction->squared_norm(x + (int64_t)b * NORM_BLOCK, (int)sep_cpu_piece(count, NORM_BLOCK, b));
    sep_cpu_tree_sum(cpu, partial, blocks, 1, 1, sep_cpu_f32(&call->output));
}
