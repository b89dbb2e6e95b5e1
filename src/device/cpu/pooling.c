/* Max pooling: the rows of the output are shared among threads. */
#include "device/cpu/row_blocks.h"

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
    ptrdiff_t pitch = sep_operand_pitch(&call->input[0]);
    int64_t out_row = (int64_t)s.width * s.channels, in_row = 2 * s.width * pitch;

    (void)step;
#pragma omp parallel for num_threads(cpu->threads) schedule(static)
    for (int64_t r = 0; r < s.rows; r++) {
        const float *top = x + 2 * r * in_row;

        cpu->simd->pooling->max(top, top + in_row, pitch, s.width, s.channels, y + r * out_row);
    }
}

/* Row r of dy: which rows of the operands it concerns. */
static sep_pooling_rows rows_of(const sep_call *call, const pooled *s, int64_t r)
{
    sep_pooling_rows rows = {
        .width = s->width,
        .channels = s->channels,
        .dy = sep_cpu_input(call, 1) + r * s->width * s->channels,
        .x_pitch = sep_operand_pitch(&call->input[0]),
        .sum_pitch = call->inputs > 2 ? sep_operand_pitch(&call->input[2]) : 0,
    };

    for (int i = 0; i < 2; i++) {
        int64_t pixel = (2 * r + i) * 2 * s->width;

        rows.x[i] = sep_cpu_input(call, 0) + pixel * rows.x_pitch;
        rows.sum[i] = call->inputs > 2 ? sep_cpu_input(call, 2) + pixel * rows.sum_pitch : NULL;
        rows.dx[i] = sep_cpu_f32(&call->output) + pixel * s->channels;
    }
    return rows;
}

void sep_cpu_max_pool_dx(const sep_cpu *cpu, const sep_call *call, const sep_step_info *step)
{
    const pooled s = pooled_shape(&call->input[0].shape);
    const sep_row_blocks follow = sep_row_blocks_of(cpu, call->follow);
    int pixels = 4 * s.width; /* of dx, in one row of dy */
    int64_t size = sep_cpu_ceiling(SEP_BLOCK_ROWS, pixels);

    (void)step;
#pragma omp parallel for num_threads(cpu->threads) schedule(static)
    for (int64_t first = 0; first < s.rows; first += size) {
        int64_t end = first + size < s.rows ? first + size : s.rows;

        for (int64_t r = first; r < end; r++) {
            const sep_pooling_rows rows = rows_of(call, &s, r);

            cpu->simd->pooling->max_dx(&rows);
        }
        sep_row_blocks_ready(&follow, first * pixels, end * pixels);
    }
}
