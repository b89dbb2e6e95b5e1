/* Batch normalisation: statistics in pixel blocks joined by Chan's rule, the rest in tiles of rows. */
#include "device/cpu/cut.h"
#include "device/cpu/dropout.h"
#include "device/cpu/kernels.h"

#include <math.h>

/* ---- statistics -------------------------------------------------------------------------------------------------- */

size_t sep_cpu_batch_stats_workspace(const sep_cpu *cpu, const sep_call *call)
{
    const sep_shape *x = &call->input[0].shape;

    (void)cpu;
    return (size_t)sep_cpu_blocks(sep_shape_rows(x)) * 2 * (size_t)sep_shape_last(x) * sizeof(float);
}

/* Rows of the blocks [begin, end), as far as they exist. */
static int64_t rows_of_blocks(int64_t rows, int64_t begin, int64_t end)
{
    int64_t last = end * SEP_BLOCK_ROWS;

    return (last < rows ? last : rows) - begin * SEP_BLOCK_ROWS;
}

/* Joins the blocks' (mean, M2) in the tree; the whole lies in block 0 afterwards. */
static void join_blocks(const sep_cpu *cpu, float *partial, int blocks, int64_t rows, int channels)
{
    int64_t stride = 2 * (int64_t)channels;

    for (int gap = 1; gap < blocks; gap *= 2)
        for (int b = 0; b + gap < blocks; b += 2 * gap)
            cpu->simd->batch_norm->join(partial + b * stride, rows_of_blocks(rows, b, b + gap),
                                        partial + (b + gap) * stride, rows_of_blocks(rows, b + gap, b + 2 * gap),
                                        channels);
}

void sep_cpu_batch_stats(const sep_cpu *cpu, const sep_call *call, const sep_step_info *step)
{
    const float *x = sep_cpu_input(call, 0);
    float *partial = sep_cpu_f32(&call->workspace), *out = sep_cpu_f32(&call->output);
    int64_t rows = sep_shape_rows(&call->input[0].shape);
    int channels = sep_shape_last(&call->input[0].shape), blocks = sep_cpu_blocks(rows);

    (void)step;
#pragma omp parallel for num_threads(cpu->threads) schedule(static) if (blocks > 1)
    for (int b = 0; b < blocks; b++) {
        float *mean = partial + (int64_t)b * 2 * channels;

        cpu->simd->batch_norm->stats(x + (int64_t)b * SEP_BLOCK_ROWS * channels, sep_cpu_block_rows(rows, b), channels,
                                     mean, mean + channels);
    }
    join_blocks(cpu, partial, blocks, rows, channels);
    for (int c = 0; c < channels; c++) {
        out[c] = partial[c];
        out[channels + c] = partial[channels + c] / (float)rows;
    }
}

void sep_cpu_batch_running(const sep_cpu *cpu, const sep_call *call, const sep_step_info *step)
{
    const float *stats = sep_cpu_input(call, 1);
    float *running = sep_cpu_f32(&call->output), momentum = call->attributes.momentum;
    int channels = sep_shape_last(&call->output.shape), count = call->attributes.count;
    float unbiased = count > 1 ? (float)count / (float)(count - 1) : 1.0f;

    (void)cpu;
    (void)step;
    for (int c = 0; c < channels; c++) {
        float mean = running[c], variance = running[channels + c];

        running[c] = fmaf(momentum, stats[c] - mean, mean);
        running[channels + c] = fmaf(momentum, stats[channels + c] * unbiased - variance, variance);
    }
}

/* ---- apply and gradient ------------------------------------------------------------------------------------------ */

/* What apply, reduce and dx share. Operands x, stats, gamma, beta come first in all three; 1 / sqrt(variance + epsilon)
 * goes to `rstd`, [channels]. */
static sep_batch_norm_terms terms_of(const sep_call *call, const sep_step_info *step, float *rstd)
{
    const float *stats = sep_cpu_input(call, 1);
    int channels = sep_shape_last(&call->input[0].shape);

    for (int c = 0; c < channels; c++)
        rstd[c] = 1.0f / sqrtf(stats[channels + c] + call->attributes.epsilon);
    return (sep_batch_norm_terms){
        .channels = channels,
        .mean = stats,
        .rstd = rstd,
        .gamma = sep_cpu_input(call, 2),
        .beta = sep_cpu_input(call, 3),
        .activation = call->attributes.activation,
        .slope = call->attributes.slope,
        .dropout = sep_cpu_dropout_of(call, step),
    };
}

/* Bytes of `vectors` arrays of [channels]. */
static size_t channel_bytes(const sep_call *call, int vectors)
{
    return sep_cpu_aligned((size_t)vectors * (size_t)sep_shape_last(&call->input[0].shape) * sizeof(float));
}

size_t sep_cpu_batch_apply_workspace(const sep_cpu *cpu, const sep_call *call)
{
    (void)cpu;
    return channel_bytes(call, 1);
}

void sep_cpu_batch_apply(const sep_cpu *cpu, const sep_call *call, const sep_step_info *step)
{
    const sep_batch_norm_terms terms = terms_of(call, step, sep_cpu_f32(&call->workspace));
    const float *x = sep_cpu_input(call, 0);
    float *y = sep_cpu_f32(&call->output);
    int64_t rows = sep_shape_rows(&call->input[0].shape), size = sep_cpu_tile_rows(terms.channels);
    int64_t tiles = sep_cpu_pieces(rows, size);

#pragma omp parallel for num_threads(cpu->threads) schedule(static) if (tiles > 1)
    for (int64_t i = 0; i < tiles; i++) {
        int64_t first = i * size, at = first * terms.channels;

        cpu->simd->batch_norm->apply(&terms, x + at, first, (int)sep_cpu_piece(rows, size, i), y + at);
    }
}

size_t sep_cpu_batch_reduce_workspace(const sep_cpu *cpu, const sep_call *call)
{
    (void)cpu;
    return channel_bytes(call, 1) +
           (size_t)sep_cpu_blocks(sep_shape_rows(&call->input[0].shape)) * channel_bytes(call, 2);
}

void sep_cpu_batch_reduce(const sep_cpu *cpu, const sep_call *call, const sep_step_info *step)
{
    float *rstd = sep_cpu_f32(&call->workspace), *partial = rstd + channel_bytes(call, 1) / sizeof(float);
    const sep_batch_norm_terms terms = terms_of(call, step, rstd);
    const float *x = sep_cpu_input(call, 0), *dy = sep_cpu_input(call, 4);
    int64_t rows = sep_shape_rows(&call->input[0].shape), stride = (int64_t)(channel_bytes(call, 2) / sizeof(float));
    int blocks = sep_cpu_blocks(rows);

#pragma omp parallel for num_threads(cpu->threads) schedule(static) if (blocks > 1)
    for (int b = 0; b < blocks; b++) {
        int64_t first = (int64_t)b * SEP_BLOCK_ROWS, at = first * terms.channels;

        cpu->simd->batch_norm->reduce(&terms, x + at, dy + at, first, sep_cpu_block_rows(rows, b),
                                      partial + b * stride);
    }
    sep_cpu_tree_sum(cpu, partial, blocks, stride, 2 * (int64_t)terms.channels, sep_cpu_f32(&call->output));
}

size_t sep_cpu_batch_dx_workspace(const sep_cpu *cpu, const sep_call *call)
{
    (void)cpu;
    return channel_bytes(call, 4);
}

/* factor = gamma * rstd, and the means of du and du * xhat, in three arrays behind rstd. */
static sep_batch_norm_gradient gradient_of(const sep_call *call, const sep_batch_norm_terms *terms, float *rstd)
{
    const float *reduced = sep_cpu_input(call, 5);
    float *factor = rstd + terms->channels, *mean_du = factor + terms->channels,
          *mean_du_xhat = mean_du + terms->channels;
    float rows = (float)sep_shape_rows(&call->input[0].shape);

    for (int c = 0; c < terms->channels; c++)
        factor[c] = terms->gamma[c] * rstd[c];
    if (call->attributes.frozen)
        return (sep_batch_norm_gradient){.factor = factor};
    for (int c = 0; c < terms->channels; c++) {
        mean_du[c] = reduced[c] / rows;
        mean_du_xhat[c] = reduced[terms->channels + c] / rows;
    }
    return (sep_batch_norm_gradient){factor, mean_du, mean_du_xhat};
}

void sep_cpu_batch_dx(const sep_cpu *cpu, const sep_call *call, const sep_step_info *step)
{
    float *rstd = sep_cpu_f32(&call->workspace), *dx = sep_cpu_f32(&call->output);
    const sep_batch_norm_terms terms = terms_of(call, step, rstd);
    const sep_batch_norm_gradient gradient = gradient_of(call, &terms, rstd);
    const float *x = sep_cpu_input(call, 0), *dy = sep_cpu_input(call, 4);
    int64_t rows = sep_shape_rows(&call->input[0].shape), size = sep_cpu_tile_rows(terms.channels);
    int64_t tiles = sep_cpu_pieces(rows, size);

#pragma omp parallel for num_threads(cpu->threads) schedule(static) if (tiles > 1)
    for (int64_t i = 0; i < tiles; i++) {
        int64_t first = i * size, at = first * terms.channels;

        cpu->simd->batch_norm->dx(&terms, &gradient, x + at, dy + at, first, (int)sep_cpu_piece(rows, size, i),
                                  dx + at);
    }
}
