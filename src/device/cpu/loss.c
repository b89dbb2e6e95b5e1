/* Losses: sums in pixel blocks joined by the tree sum, gradients in tiles of rows. */
#include "device/cpu/cut.h"
#include "device/cpu/kernels.h"

/* Blocks of so many floats each. */
static size_t block_bytes(const sep_call *call, int floats)
{
    return (size_t)sep_cpu_blocks(sep_shape_rows(&call->input[0].shape)) * (size_t)floats * sizeof(float);
}

/* How many rows have a label; 1 where none has, to divide by: a whole number, whose sum no order changes. */
static float labelled_rows(const sep_cpu *cpu, const int32_t *labels, int64_t rows, int channels)
{
    int64_t count = 0;

#pragma omp parallel for num_threads(cpu->threads) schedule(static) reduction(+ : count) if (rows > SEP_CPU_TILE)
    for (int64_t r = 0; r < rows; r++)
        count += labels[r] >= 0 && labels[r] < channels;
    return count > 0 ? (float)count : 1.0f;
}

/* ---- cross entropy ----------------------------------------------------------------------------------------------- */

size_t sep_cpu_cross_entropy_workspace(const sep_cpu *cpu, const sep_call *call)
{
    (void)cpu;
    return block_bytes(call, 1);
}

void sep_cpu_cross_entropy(const sep_cpu *cpu, const sep_call *call, const sep_step_info *step)
{
    const float *logits = sep_cpu_input(call, 0);
    const int32_t *labels = sep_cpu_i32(&call->input[1]);
    float *partial = sep_cpu_f32(&call->workspace), *loss = sep_cpu_f32(&call->output);
    int64_t rows = sep_shape_rows(&call->input[0].shape);
    int channels = sep_shape_last(&call->input[0].shape), blocks = sep_cpu_blocks(rows);

    (void)step;
#pragma omp parallel for num_threads(cpu->threads) schedule(static) if (blocks > 1)
    for (int b = 0; b < blocks; b++) {
        int64_t first = (int64_t)b * SEP_BLOCK_ROWS;

        partial[b] = cpu->simd->loss->cross_entropy(logits + first * channels, labels + first,
                                                    sep_cpu_block_rows(rows, b), channels);
    }
    sep_cpu_tree_sum(cpu, partial, blocks, 1, 1, loss);
    loss[0] = loss[0] / labelled_rows(cpu, labels, rows, channels);
}

void sep_cpu_cross_entropy_dx(const sep_cpu *cpu, const sep_call *call, const sep_step_info *step)
{
    const float *logits = sep_cpu_input(call, 0);
    const int32_t *labels = sep_cpu_i32(&call->input[1]);
    float *dx = sep_cpu_f32(&call->output);
    int64_t rows = sep_shape_rows(&call->input[0].shape);
    int channels = sep_shape_last(&call->input[0].shape), size = sep_cpu_tile_rows(channels);
    float factor = sep_cpu_input(call, 2)[0] / labelled_rows(cpu, labels, rows, channels);

    (void)step;
#pragma omp parallel for num_threads(cpu->threads) schedule(static) if (rows > size)
    for (int64_t first = 0; first < rows; first += size)
        cpu->simd->loss->cross_entropy_dx(logits + first * channels, labels + first, factor,
                                          (int)sep_cpu_piece(rows, size, first / size), channels,
                                          dx + first * channels);
}

/* ---- Dice -------------------------------------------------------------------------------------------------------- */

size_t sep_cpu_dice_sums_workspace(const sep_cpu *cpu, const sep_call *call)
{
    (void)cpu;
    return block_bytes(call, 3 * sep_shape_last(&call->input[0].shape));
}

void sep_cpu_dice_sums(const sep_cpu *cpu, const sep_call *call, const sep_step_info *step)
{
    const float *p = sep_cpu_input(call, 0);
    const int32_t *labels = sep_cpu_i32(&call->input[1]);
    float *partial = sep_cpu_f32(&call->workspace);
    int64_t rows = sep_shape_rows(&call->input[0].shape);
    int channels = sep_shape_last(&call->input[0].shape), blocks = sep_cpu_blocks(rows), stride = 3 * channels;

    (void)step;
#pragma omp parallel for num_threads(cpu->threads) schedule(static) if (blocks > 1)
    for (int b = 0; b < blocks; b++) {
        int64_t first = (int64_t)b * SEP_BLOCK_ROWS;

        cpu->simd->loss->dice_sums(p + first * channels, labels + first, sep_cpu_block_rows(rows, b), channels,
                                   partial + (int64_t)b * stride);
    }
    sep_cpu_tree_sum(cpu, partial, blocks, stride, stride, sep_cpu_f32(&call->output));
}

/* Numerator and denominator of class c's Dice. */
static float numerator(const float *sums, int c, float smooth)
{
    return 2.0f * sums[c] + smooth;
}

static float denominator(const float *sums, int c, int channels, float smooth)
{
    return sums[channels + c] + sums[2 * channels + c] + smooth;
}

void sep_cpu_dice(const sep_cpu *cpu, const sep_call *call, const sep_step_info *step)
{
    const float *sums = sep_cpu_input(call, 0);
    float smooth = call->attributes.smooth, loss = 0.0f;
    int channels = sep_shape_last(&call->input[0].shape);

    (void)cpu;
    (void)step;
    for (int c = 0; c < channels; c++)
        loss += 1.0f - numerator(sums, c, smooth) / denominator(sums, c, channels, smooth);
    sep_cpu_f32(&call->output)[0] = loss / (float)channels;
}

size_t sep_cpu_dice_dx_workspace(const sep_cpu *cpu, const sep_call *call)
{
    (void)cpu;
    return 2 * (size_t)sep_shape_last(&call->input[0].shape) * sizeof(float);
}

void sep_cpu_dice_dx(const sep_cpu *cpu, const sep_call *call, const sep_step_info *step)
{
    const float *p = sep_cpu_input(call, 0), *sums = sep_cpu_input(call, 2);
    const int32_t *labels = sep_cpu_i32(&call->input[1]);
    int64_t rows = sep_shape_rows(&call->input[0].shape);
    int channels = sep_shape_last(&call->input[0].shape), size = sep_cpu_tile_rows(channels);
    float *square = sep_cpu_f32(&call->workspace), *overlap = square + channels, *dp = sep_cpu_f32(&call->output);
    float factor = sep_cpu_input(call, 3)[0] / (float)channels, smooth = call->attributes.smooth;

    (void)step;
    for (int c = 0; c < channels; c++) {
        float below = denominator(sums, c, channels, smooth);

        square[c] = 2.0f * numerator(sums, c, smooth) / (below * below);
        overlap[c] = 2.0f / below;
    }
#pragma omp parallel for num_threads(cpu->threads) schedule(static) if (rows > size)
    for (int64_t first = 0; first < rows; first += size)
        cpu->simd->loss->dice_dx(p + first * channels, labels + first, factor, square, overlap,
                                 (int)sep_cpu_piece(rows, size, first / size), channels, dp + first * channels);
}

/* ---- mean squared error ------------------------------------------------------------------------------------------ */

size_t sep_cpu_mse_workspace(const sep_cpu *cpu, const sep_call *call)
{
    (void)cpu;
    return block_bytes(call, 1);
}

void sep_cpu_mse(const sep_cpu *cpu, const sep_call *call, const sep_step_info *step)
{
    const float *a = sep_cpu_input(call, 0), *b = sep_cpu_input(call, 1);
    float *partial = sep_cpu_f32(&call->workspace), *loss = sep_cpu_f32(&call->output);
    int64_t rows = sep_shape_rows(&call->input[0].shape);
    int channels = sep_shape_last(&call->input[0].shape), blocks = sep_cpu_blocks(rows);

    (void)step;
#pragma omp parallel for num_threads(cpu->threads) schedule(static) if (blocks > 1)
    for (int i = 0; i < blocks; i++) {
        int64_t at = (int64_t)i * SEP_BLOCK_ROWS * channels;

        partial[i] = cpu->simd->loss->mse(a + at, b + at, sep_cpu_block_rows(rows, i), channels);
    }
    sep_cpu_tree_sum(cpu, partial, blocks, 1, 1, loss);
    loss[0] = loss[0] / (float)sep_shape_count(&call->input[0].shape);
}

void sep_cpu_mse_dx(const sep_cpu *cpu, const sep_call *call, const sep_step_info *step)
{
    const float *a = sep_cpu_input(call, 0), *b = sep_cpu_input(call, 1);
    float *dx = sep_cpu_f32(&call->output);
    int64_t count = sep_shape_count(&call->input[0].shape), tiles = sep_cpu_pieces(count, SEP_CPU_TILE);
    float factor = 2.0f * sep_cpu_input(call, 2)[0] / (float)count;

    (void)step;
#pragma omp parallel for num_threads(cpu->threads) schedule(static) if (tiles > 1)
    for (int64_t i = 0; i < tiles; i++) {
        int64_t at = i * SEP_CPU_TILE;

        cpu->simd->loss->mse_dx(a + at, b + at, factor, sep_cpu_piece(count, SEP_CPU_TILE, i), dx + at);
    }
}

/* ---- labels as numbers ------------------------------------------------------------------------------------------- */

void sep_cpu_one_hot(const sep_cpu *cpu, const sep_call *call, const sep_step_info *step)
{
    const int32_t *labels = sep_cpu_i32(&call->input[0]);
    float *y = sep_cpu_f32(&call->output);
    int64_t rows = sep_shape_rows(&call->output.shape);
    int channels = sep_shape_last(&call->output.shape);

    (void)step;
#pragma omp parallel for num_threads(cpu->threads) schedule(static) if (rows * channels > SEP_CPU_TILE)
    for (int64_t r = 0; r < rows; r++)
        for (int c = 0; c < channels; c++)
            y[r * channels + c] = labels[r] == c ? 1.0f : 0.0f;
}
