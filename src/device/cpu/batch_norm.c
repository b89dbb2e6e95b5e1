/* Batch normalisation: running statistics and gradient. Its sums over rows and its forward pass are in
 * row_blocks.c. */
#include "device/cpu/batch_norm.h"

#include "device/cpu/cut.h"
#include "device/cpu/row_blocks.h"

#include <math.h>

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

/* ---- what forward pass and gradient share, and the gradient ------------------------------------------------------ */

/* What dropout keeps: the last operand, behind those that the operation always has. */
static const uint8_t *keep_of(const sep_call *call)
{
    int operands = call->op == SEP_OP_BATCH_APPLY ? 4 : call->op == SEP_OP_BATCH_REDUCE ? 5 : 6;

    return (const uint8_t *)sep_cpu_input(call, operands);
}

sep_batch_norm_terms sep_cpu_batch_norm_terms(const sep_call *call, float *rstd)
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
        .keep = keep_of(call),
        .keep_scale = 1.0f / (1.0f - call->attributes.probability),
    };
}

/* Bytes of `vectors` arrays of [channels]. */
static size_t channel_bytes(const sep_call *call, int vectors)
{
    return sep_cpu_aligned((size_t)vectors * (size_t)sep_shape_last(&call->input[0].shape) * sizeof(float));
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

/* Rows that a thread takes at a time; whole pixel blocks where a sum follows. */
static int64_t dx_rows(const sep_call *call, int channels)
{
    int64_t rows = sep_cpu_tile_rows(channels);

    return call->follow ? sep_cpu_pieces(rows, SEP_BLOCK_ROWS) * SEP_BLOCK_ROWS : rows;
}

void sep_cpu_batch_dx(const sep_cpu *cpu, const sep_call *call, const sep_step_info *step)
{
    float *rstd = sep_cpu_f32(&call->workspace), *dx = sep_cpu_f32(&call->output);
    const sep_batch_norm_terms terms = sep_cpu_batch_norm_terms(call, rstd);
    const sep_batch_norm_gradient gradient = gradient_of(call, &terms, rstd);
    const sep_row_blocks follow = sep_row_blocks_of(cpu, call->follow);
    const float *x = sep_cpu_input(call, 0), *dy = sep_cpu_input(call, 4);
    int64_t rows = sep_shape_rows(&call->input[0].shape), size = dx_rows(call, terms.channels);
    int64_t tiles = sep_cpu_pieces(rows, size);

    (void)step;
#pragma omp parallel for num_threads(cpu->threads) schedule(static) if (tiles > 1)
    for (int64_t i = 0; i < tiles; i++) {
        int64_t first = i * size, at = first * terms.channels, count = sep_cpu_piece(rows, size, i);

        cpu->simd->batch_norm->dx(&terms, &gradient, x + at, dy + at, first, (int)count, dx + at);
        sep_row_blocks_ready(&follow, first, first + count);
    }
}
