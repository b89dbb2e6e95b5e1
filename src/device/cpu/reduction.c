/* Sums over rows and over whole tensors: pixel blocks shared among threads, joined by the tree sum. */
#include "device/cpu/cut.h"
#include "device/cpu/kernels.h"

#define NORM_BLOCK 4096 /* elements of a block of SQUARED_NORM; operation.h fixes it */

static size_t row_sum_workspace(const sep_shape *shape)
{
    return (size_t)sep_cpu_blocks(sep_shape_rows(shape)) * (size_t)sep_shape_last(shape) * sizeof(float);
}

size_t sep_cpu_row_sum_workspace(const sep_cpu *cpu, const sep_call *call)
{
    (void)cpu;
    return row_sum_workspace(&call->input[0].shape);
}

void sep_cpu_row_sum(const sep_cpu *cpu, const sep_call *call, const sep_step_info *step)
{
    const float *x = sep_cpu_input(call, 0);
    float *partial = sep_cpu_f32(&call->workspace);
    int64_t rows = sep_shape_rows(&call->input[0].shape);
    int channels = sep_shape_last(&call->input[0].shape), blocks = sep_cpu_blocks(rows);

    (void)step;
#pragma omp parallel for num_threads(cpu->threads) schedule(static) if (blocks > 1)
    for (int b = 0; b < blocks; b++)
        cpu->simd->reduction->row_sum(x + (int64_t)b * SEP_BLOCK_ROWS * channels, sep_cpu_block_rows(rows, b), channels,
                                      partial + (int64_t)b * channels);
    sep_cpu_tree_sum(cpu, partial, blocks, channels, channels, sep_cpu_f32(&call->output));
}

size_t sep_cpu_mul_row_sum_workspace(const sep_cpu *cpu, const sep_call *call)
{
    (void)cpu;
    return row_sum_workspace(&call->input[0].shape);
}

void sep_cpu_mul_row_sum(const sep_cpu *cpu, const sep_call *call, const sep_step_info *step)
{
    const float *a = sep_cpu_input(call, 0), *b = sep_cpu_input(call, 1);
    float *partial = sep_cpu_f32(&call->workspace);
    int64_t rows = sep_shape_rows(&call->input[0].shape);
    int channels = sep_shape_last(&call->input[0].shape), blocks = sep_cpu_blocks(rows);

    (void)step;
#pragma omp parallel for num_threads(cpu->threads) schedule(static) if (blocks > 1)
    for (int i = 0; i < blocks; i++) {
        int64_t at = (int64_t)i * SEP_BLOCK_ROWS * channels;

        cpu->simd->reduction->mul_row_sum(a + at, b + at, sep_cpu_block_rows(rows, i), channels,
                                          partial + (int64_t)i * channels);
    }
    sep_cpu_tree_sum(cpu, partial, blocks, channels, channels, sep_cpu_f32(&call->output));
}

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
