/* Max pooling: the rows of the output are shared among threads. */
#include "device/cpu/kernels.h"

/* Shapes of input and output rows; the input is [N, H, W, C] with H and W even. */
typedef struct pooled {
    int64_t rows; /* N * H / 2 */
    int width, channels;
} pooled;

static pooled pooled_shape(const sep_shape *x)
{
    return (pooled){.rows = (int64_t)x->dim[0] * (x->dim[1] / 2), .width = x->dim[2] / 2, .channels = x->dim[3]};
}

void sep_cpu_max_pool(const sep_cpu *cpu, const sep_call *call, const sep_step_info *step)
{
    const pooled s = pooled_shape(&call->input[0].shape);
    const float *x = sep_cpu_input(call, 0);
    float *y = sep_cpu_f32(&call->output);
    int64_t out_row = (int64_t)s.width * s.channels, in_row = 2 * out_row;

    (void)step;
#pragma omp parallel for num_threads(cpu->threads) schedule(static)
    for (int64_t r = 0; r < s.rows; r++) {
        const float *top = x + 2 * r * in_row;

        cpu->simd->pooling->max(top, top + in_row, s.width, s.channels, y + r * out_row);
    }
}

void sep_cpu_max_pool_dx(const sep_cpu *cpu, const sep_call *call, const sep_step_info *step)
{
    const pooled s = pooled_shape(&call->input[0].shape);
    const float *x = sep_cpu_input(call, 0), *dy = sep_cpu_input(call, 1);
    float *dx = sep_cpu_f32(&call->output);
    int64_t out_row = (int64_t)s.width * s.channels, in_row = 2 * out_row;

    (void)step;
#pragma omp parallel for num_threads(cpu->threads) schedule(static)
    for (int64_t r = 0; r < s.rows; r++) {
        const float *top = x + 2 * r * in_row;
        float *dx_top = dx + 2 * r * in_row;

        cpu->simd->pooling->max_dx(top, top + in_row, dy + r * out_row, s.width, s.channels, dx_top, dx_top + in_row);
    }
}
