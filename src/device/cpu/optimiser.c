/* Parameter updates in tiles, in place; their numbers of the step come from a tensor, so that a plan never changes. */
#include "device/cpu/cut.h"
#include "device/cpu/kernels.h"

#include <math.h>

void sep_cpu_clip_factor(const sep_cpu *cpu, const sep_call *call, const sep_step_info *step)
{
    float factor = call->attributes.factor / (sqrtf(sep_cpu_input(call, 0)[0]) + 1e-6f);

    (void)cpu;
    (void)step;
    sep_cpu_f32(&call->output)[0] = factor > 1.0f ? 1.0f : factor;
}

/* What the gradient is multiplied by; 1 when the call has no clip factor. */
static float clip_of(const sep_call *call)
{
    const float *clip = sep_cpu_input(call, 4);

    return clip ? clip[0] : 1.0f;
}

void sep_cpu_sgd(const sep_cpu *cpu, const sep_call *call, const sep_step_info *step)
{
    const float *g = sep_cpu_input(call, 1), *hyper = sep_cpu_input(call, 3);
    float *p = sep_cpu_f32(&call->output), *m = sep_cpu_f32(&call->input[2]);
    int64_t count = sep_shape_count(&call->output.shape), tiles = sep_cpu_pieces(count, SEP_CPU_TILE);
    const sep_sgd_terms terms = {.rate = hyper[0],
                                 .decay = call->attributes.decay,
                                 .momentum = call->attributes.momentum,
                                 .clip = clip_of(call),
                                 .first = hyper[1] != 0.0f};

    (void)step;
#pragma omp parallel for num_threads(cpu->threads) schedule(static) if (tiles > 1)
    for (int64_t i = 0; i < tiles; i++) {
        int64_t at = i * SEP_CPU_TILE;

        cpu->simd->optimiser->sgd(&terms, g + at, sep_cpu_piece(count, SEP_CPU_TILE, i), p + at, m + at);
    }
}

void sep_cpu_adam(const sep_cpu *cpu, const sep_call *call, const sep_step_info *step)
{
    const float *g = sep_cpu_input(call, 1), *hyper = sep_cpu_input(call, 3);
    int64_t count = sep_shape_count(&call->output.shape), tiles = sep_cpu_pieces(count, SEP_CPU_TILE);
    float *p = sep_cpu_f32(&call->output), *m = sep_cpu_f32(&call->input[2]), *v = m + count;
    const sep_adam_terms terms = {.rate = hyper[0],
                                  .decay = call->attributes.decay,
                                  .beta1 = call->attributes.beta1,
                                  .beta2 = call->attributes.beta2,
                                  .epsilon = call->attributes.epsilon,
                                  .clip = clip_of(call),
                                  .correction1 = hyper[1],
                                  .correction2 = hyper[2],
                                  .decoupled = call->attributes.decoupled};

    (void)step;
#pragma omp parallel for num_threads(cpu->threads) schedule(static) if (tiles > 1)
    for (int64_t i = 0; i < tiles; i++) {
        int64_t at = i * SEP_CPU_TILE;

        cpu->simd->optimiser->adam(&terms, g + at, sep_cpu_piece(count, SEP_CPU_TILE, i), p + at, m + at, v + at);
    }
}

void sep_cpu_ema(const sep_cpu *cpu, const sep_call *call, const sep_step_info *step)
{
    const float *p = sep_cpu_input(call, 1);
    float *average = sep_cpu_f32(&call->output), alpha = sep_cpu_input(call, 2)[0];
    int64_t count = sep_shape_count(&call->output.shape), tiles = sep_cpu_pieces(count, SEP_CPU_TILE);

    (void)step;
#pragma omp parallel for num_threads(cpu->threads) schedule(static) if (tiles > 1)
    for (int64_t i = 0; i < tiles; i++) {
        int64_t at = i * SEP_CPU_TILE;

        cpu->simd->optimiser->ema(alpha, p + at, sep_cpu_piece(count, SEP_CPU_TILE, i), average + at);
    }
}
