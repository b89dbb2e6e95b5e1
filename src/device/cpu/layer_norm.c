/* Layer normalisation: rows in tiles; gradients of gamma and beta in pixel blocks of each affine row. */
#include "device/cpu/cut.h"
#include "device/cpu/kernels.h"

/* gamma is [channels] (one affine row) or [groups, channels]. */
static sep_layer_norm_terms terms_of(const sep_call *call, const float *beta)
{
    return (sep_layer_norm_terms){
        .channels = sep_shape_last(&call->input[0].shape),
        .groups = (int)sep_shape_rows(&call->input[1].shape),
        .gamma = sep_cpu_input(call, 1),
        .beta = beta,
        .epsilon = call->attributes.epsilon,
    };
}

void sep_cpu_layer_norm(const sep_cpu *cpu, const sep_call *call, const sep_step_info *step)
{
    const sep_layer_norm_terms terms = terms_of(call, sep_cpu_input(call, 2));
    const float *x = sep_cpu_input(call, 0);
    float *y = sep_cpu_f32(&call->output);
    int64_t rows = sep_shape_rows(&call->input[0].shape), size = sep_cpu_tile_rows(terms.channels);
    int64_t tiles = sep_cpu_pieces(rows, size);

    (void)step;
#pragma omp parallel for num_threads(cpu->threads) schedule(static) if (tiles > 1)
    for (int64_t i = 0; i < tiles; i++) {
        int64_t first = i * size, at = first * terms.channels;

        cpu->simd->layer_norm->forward(&terms, x + at, first, (int)sep_cpu_piece(rows, size, i), y + at);
    }
}

void sep_cpu_layer_norm_dx(const sep_cpu *cpu, const sep_call *call, const sep_step_info *step)
{
    const sep_layer_norm_terms terms = terms_of(call, NULL);
    const float *x = sep_cpu_input(call, 0), *dy = sep_cpu_input(call, 2);
    float *dx = sep_cpu_f32(&call->output);
    int64_t rows = sep_shape_rows(&call->input[0].shape), size = sep_cpu_tile_rows(terms.channels);
    int64_t tiles = sep_cpu_pieces(rows, size);

    (void)step;
#pragma omp parallel for num_threads(cpu->threads) schedule(static) if (tiles > 1)
    for (int64_t i = 0; i < tiles; i++) {
        int64_t first = i * size, at = first * terms.channels;

        cpu->simd->layer_norm->dx(&terms, x + at, dy + at, first, (int)sep_cpu_piece(rows, size, i), dx + at);
    }
}

/* Blocks of one affine row. */
static int blocks_of(const sep_call *call)
{
    return sep_cpu_blocks(sep_shape_rows(&call->input[0].shape) / sep_shape_rows(&call->input[1].shape));
}

size_t sep_cpu_layer_norm_dparam_workspace(const sep_cpu *cpu, const sep_call *call)
{
    (void)cpu;
    return (size_t)blocks_of(call) * 2 * (size_t)sep_shape_count(&call->input[1].shape) * sizeof(float);
}

void sep_cpu_layer_norm_dparam(const sep_cpu *cpu, const sep_call *call, const sep_step_info *step)
{
    const sep_layer_norm_terms terms = terms_of(call, NULL);
    const float *x = sep_cpu_input(call, 0), *dy = sep_cpu_input(call, 2);
    float *partial = sep_cpu_f32(&call->workspace), *out = sep_cpu_f32(&call->output);
    int64_t rows = sep_shape_rows(&call->input[0].shape) / terms.groups, c = terms.channels;
    int blocks = blocks_of(call), tasks = blocks * terms.groups;

    (void)step;
#pragma omp parallel for num_threads(cpu->threads) schedule(static) if (tasks > 1)
    for (int i = 0; i < tasks; i++) {
        int64_t group = i / blocks, block = i % blocks;
        int64_t at = (block * SEP_BLOCK_ROWS * terms.groups + group) * c;

        cpu->simd->layer_norm->dparam(x + at, dy + at, sep_cpu_block_rows(rows, (int)block), terms.groups * c,
                                      terms.channels, terms.epsilon, partial + i * 2 * c);
    }
    for (int64_t group = 0; group < terms.groups; group++) {
        float *of_group = partial + group * blocks * 2 * c;

        sep_cpu_tree_sum(cpu, of_group, blocks, 2 * c, c, out + group * c);
        sep_cpu_tree_sum(cpu, of_group + c, blocks, 2 * c, c, out + (terms.groups + group) * c);
    }
}
