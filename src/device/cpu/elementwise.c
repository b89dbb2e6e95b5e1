/* Elementwise operations in tiles. */
#include "device/cpu/cut.h"
#include "device/cpu/dropout.h"
#include "device/cpu/kernels.h"

/* Runs TASK(at, n) on the tiles [at, at + n) of `count` elements. */
#define SHARE(cpu, count, TASK)                                                                                        \
    do {                                                                                                               \
        int64_t tiles_ = sep_cpu_pieces(count, SEP_CPU_TILE);                                                          \
        _Pragma("omp parallel for num_threads((cpu)->threads) schedule(static) if (tiles_ > 1)") for (int64_t i_ = 0;  \
                                                                                                      i_ < tiles_;     \
                                                                                                      i_++)            \
            TASK(i_ *SEP_CPU_TILE, sep_cpu_piece(count, SEP_CPU_TILE, i_));                                            \
    } while (0)

/* ---- add, mul ---------------------------------------------------------------------------------------------------- */

typedef void whole_function(const float *a, const float *b, int64_t count, float *y);
typedef void row_function(const float *a, const float *b, int64_t rows, int channels, float *y);
typedef void number_function(const float *a, float b, int64_t count, float *y);

static void broadcast_row(const sep_cpu *cpu, const sep_call *call, row_function *row)
{
    const float *a = sep_cpu_input(call, 0), *b = sep_cpu_input(call, 1);
    float *y = sep_cpu_f32(&call->output);
    int channels = sep_shape_last(&call->input[0].shape), size = sep_cpu_tile_rows(channels);
    int64_t rows = sep_shape_rows(&call->input[0].shape), tiles = sep_cpu_pieces(rows, size);

#pragma omp parallel for num_threads(cpu->threads) schedule(static) if (tiles > 1)
    for (int64_t i = 0; i < tiles; i++) {
        int64_t at = i * size * channels;

        row(a + at, b, sep_cpu_piece(rows, size, i), channels, y + at);
    }
}

/* b is as large as a, or one number, or one row. */
static void binary(const sep_cpu *cpu, const sep_call *call, whole_function *whole, row_function *row,
                   number_function *number)
{
    const float *a = sep_cpu_input(call, 0), *b = sep_cpu_input(call, 1);
    float *y = sep_cpu_f32(&call->output);
    int64_t count = sep_shape_count(&call->input[0].shape), others = sep_shape_count(&call->input[1].shape);

#define WHOLE(at, n)  whole(a + (at), b + (at), n, y + (at))
#define NUMBER(at, n) number(a + (at), b[0], n, y + (at))
    if (others == count)
        SHARE(cpu, count, WHOLE);
    else if (others == 1)
        SHARE(cpu, count, NUMBER);
    else
        broadcast_row(cpu, call, row);
#undef WHOLE
#undef NUMBER
}

void sep_cpu_add(const sep_cpu *cpu, const sep_call *call, const sep_step_info *step)
{
    const sep_simd_elementwise *simd = cpu->simd->elementwise;

    (void)step;
    binary(cpu, call, simd->add, simd->add_row, simd->shift);
}

void sep_cpu_mul(const sep_cpu *cpu, const sep_call *call, const sep_step_info *step)
{
    const sep_simd_elementwise *simd = cpu->simd->elementwise;

    (void)step;
    binary(cpu, call, simd->mul, simd->mul_row, simd->scale);
}

/* ---- of one operand ---------------------------------------------------------------------------------------------- */

void sep_cpu_scale(const sep_cpu *cpu, const sep_call *call, const sep_step_info *step)
{
    const float *x = sep_cpu_input(call, 0);
    float *y = sep_cpu_f32(&call->output), factor = call->attributes.factor;
    int64_t count = sep_shape_count(&call->output.shape);

    (void)step;
#define SCALE(at, n) cpu->simd->elementwise->scale(x + (at), factor, n, y + (at))
    SHARE(cpu, count, SCALE);
}

void sep_cpu_fill(const sep_cpu *cpu, const sep_call *call, const sep_step_info *step)
{
    float *y = sep_cpu_f32(&call->output), value = call->attributes.value;
    int64_t count = sep_shape_count(&call->output.shape);

    (void)step;
#define FILL(at, n) cpu->simd->elementwise->fill(value, n, y + (at))
    SHARE(cpu, count, FILL);
}

void sep_cpu_activate(const sep_cpu *cpu, const sep_call *call, const sep_step_info *step)
{
    const float *x = sep_cpu_input(call, 0);
    const sep_attributes *a = &call->attributes;
    float *y = sep_cpu_f32(&call->output);
    int64_t count = sep_shape_count(&call->output.shape);

    (void)step;
#define ACTIVATE(at, n) cpu->simd->elementwise->activate(a->activation, a->slope, x + (at), n, y + (at))
    SHARE(cpu, count, ACTIVATE);
}

void sep_cpu_activate_dx(const sep_cpu *cpu, const sep_call *call, const sep_step_info *step)
{
    const float *x = sep_cpu_input(call, 0), *dy = sep_cpu_input(call, 1);
    const sep_attributes *a = &call->attributes;
    float *dx = sep_cpu_f32(&call->output);
    int64_t count = sep_shape_count(&call->output.shape);

    (void)step;
#define ACTIVATE_DX(at, n)                                                                                             \
    cpu->simd->elementwise->activate_dx(a->activation, a->slope, x + (at), dy + (at), n, dx + (at))
    SHARE(cpu, count, ACTIVATE_DX);
}

/* ---- dropout ----------------------------------------------------------------------------------------------------- */

/* Drop path: draw s decides for all of sample s. */
static void drop_samples(const sep_cpu *cpu, const sep_call *call, const sep_dropout *dropout)
{
    const float *x = sep_cpu_input(call, 0);
    float *y = sep_cpu_f32(&call->output);
    int samples = call->output.shape.rank > 0 ? call->output.shape.dim[0] : 1;
    int64_t size = sep_shape_count(&call->output.shape) / samples, tiles = sep_cpu_pieces(size, SEP_CPU_TILE);

#pragma omp parallel for num_threads(cpu->threads) schedule(static) if (samples * tiles > 1)
    for (int64_t i = 0; i < samples * tiles; i++) {
        int64_t sample = i / tiles, at = sample * size + i % tiles * SEP_CPU_TILE;
        int64_t n = sep_cpu_piece(size, SEP_CPU_TILE, i % tiles);

        if (dropout->probability == 0.0f || sep_dropout_keeps(dropout, sample))
            cpu->simd->elementwise->scale(x + at, dropout->scale, n, y + at);
        else
            cpu->simd->elementwise->fill(0.0f, n, y + at);
    }
}

void sep_cpu_dropout(const sep_cpu *cpu, const sep_call *call, const sep_step_info *step)
{
    const sep_dropout dropout = sep_cpu_dropout_of(call, step);
    const float *x = sep_cpu_input(call, 0);
    float *y = sep_cpu_f32(&call->output);
    int64_t count = sep_shape_count(&call->output.shape);

    if (call->attributes.per_sample) {
        drop_samples(cpu, call, &dropout);
        return;
    }
#define DROPOUT(at, n) cpu->simd->elementwise->dropout(&dropout, x + (at), at, n, y + (at))
    SHARE(cpu, count, DROPOUT);
}
