/* Softmax and its relatives: tiles of rows. */
#include "device/cpu/cut.h"
#include "device/cpu/kernels.h"

/* Runs TASK(at, n): n rows from element `at` on. */
#define SHARE_ROWS(cpu, shape, TASK)                                                                                   \
    do {                                                                                                               \
        const int channels = sep_shape_last(shape), size_ = sep_cpu_tile_rows(channels);                               \
        const int64_t rows_ = sep_shape_rows(shape), tiles_ = sep_cpu_pieces(rows_, size_);                            \
        _Pragma("omp parallel for num_threads((cpu)->threads) schedule(static) if (tiles_ > 1)") for (int64_t i_ = 0;  \
                                                                                                      i_ < tiles_;     \
                                                                                                      i_++)            \
            TASK(i_ *size_ *channels, (int)sep_cpu_piece(rows_, size_, i_));                                           \
    } while (0)

void sep_cpu_softmax(const sep_cpu *cpu, const sep_call *call, const sep_step_info *step)
{
    const float *x = sep_cpu_input(call, 0);
    float *p = sep_cpu_f32(&call->output);

    (void)step;
#define SOFTMAX(at, n) cpu->simd->softmax->forward(x + (at), n, channels, p + (at))
    SHARE_ROWS(cpu, &call->input[0].shape, SOFTMAX);
}

void sep_cpu_softmax_dx(const sep_cpu *cpu, const sep_call *call, const sep_step_info *step)
{
    const float *p = sep_cpu_input(call, 0), *dp = sep_cpu_input(call, 1);
    float *dx = sep_cpu_f32(&call->output);

    (void)step;
#define SOFTMAX_DX(at, n) cpu->simd->softmax->dx(p + (at), dp + (at), n, channels, dx + (at))
    SHARE_ROWS(cpu, &call->input[0].shape, SOFTMAX_DX);
}

void sep_cpu_log_softmax(const sep_cpu *cpu, const sep_call *call, const sep_step_info *step)
{
    const float *x = sep_cpu_input(call, 0);
    float *y = sep_cpu_f32(&call->output);

    (void)step;
#define LOG_SOFTMAX(at, n) cpu->simd->softmax->log_forward(x + (at), n, channels, y + (at))
    SHARE_ROWS(cpu, &call->input[0].shape, LOG_SOFTMAX);
}

void sep_cpu_log_softmax_dx(const sep_cpu *cpu, const sep_call *call, const sep_step_info *step)
{
    const float *y = sep_cpu_input(call, 0), *dy = sep_cpu_input(call, 1);
    float *dx = sep_cpu_f32(&call->output);

    (void)step;
#define LOG_SOFTMAX_DX(at, n) cpu->simd->softmax->log_dx(y + (at), dy + (at), n, channels, dx + (at))
    SHARE_ROWS(cpu, &call->input[0].shape, LOG_SOFTMAX_DX);
}

void sep_cpu_argmax(const sep_cpu *cpu, const sep_call *call, const sep_step_info *step)
{
    const float *x = sep_cpu_input(call, 0);
    int32_t *index = sep_cpu_i32(&call->output);

    (void)step;
#define ARGMAX(at, n) cpu->simd->softmax->argmax(x + (at), n, channels, index + (at) / channels)
    SHARE_ROWS(cpu, &call->input[0].shape, ARGMAX);
}
