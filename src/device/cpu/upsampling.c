/* Upsampling, nearest x2, bilinear by any whole number: rows of pixels are shared among threads; both axes are worked
 * out once a call. */
#include "device/cpu/kernels.h"

#include <string.h>

/* ---- bilinear ---------------------------------------------------------------------------------------------------- */

static size_t axis_bytes(int inputs, int outputs)
{
    return sep_cpu_aligned((size_t)inputs * sizeof(sep_upsample_span) +
                           (size_t)outputs * (sizeof(sep_upsample_tap) + 2 * sizeof(float)));
}

static sep_upsample_tap tap_at(int o, int inputs, int outputs)
{
    float scale = (float)(inputs - 1) / (float)(outputs - 1), source = (float)o * scale;
    int low = (int)source, last = inputs - 1;

    low = low < last ? low : last;
    return (sep_upsample_tap){.low = low, .high = low < last ? low + 1 : last, .fraction = source - (float)low};
}

/* What input i weighs in an output that reads it. */
static float weight_of(const sep_upsample_tap *tap, int i)
{
    float low = tap->low == i ? 1.0f - tap->fraction : 0.0f;

    return tap->high == i ? low + tap->fraction : low;
}

static void set_spans(const sep_upsample_tap *tap, int inputs, int outputs, sep_upsample_span *span, float *weight)
{
    int weights = 0;

    for (int i = 0; i < inputs; i++)
        span[i] = (sep_upsample_span){.begin = outputs, .end = 0};
    for (int o = 0; o < outputs; o++)
        for (int i = tap[o].low; i <= tap[o].high; i++) {
            span[i].begin = o < span[i].begin ? o : span[i].begin;
            span[i].end = o + 1;
        }
    for (int i = 0; i < inputs; i++) {
        span[i].first = weights;
        for (int o = span[i].begin; o < span[i].end; o++)
            weight[weights++] = weight_of(&tap[o], i);
    }
}

/* Writes the axis of so many inputs and outputs into `memory`. */
static sep_upsample_axis make_axis(int inputs, int outputs, void *memory)
{
    sep_upsample_tap *tap = memory;
    sep_upsample_span *span = (sep_upsample_span *)(void *)(tap + outputs);
    float *weight = (float *)(void *)(span + inputs);

    for (int o = 0; o < outputs; o++)
        tap[o] = tap_at(o, inputs, outputs);
    set_spans(tap, inputs, outputs, span, weight);
    return (sep_upsample_axis){.inputs = inputs, .outputs = outputs, .tap = tap, .span = span, .weight = weight};
}

/* Both axes between a map and the larger one, in a call's workspace. */
typedef struct axes {
    sep_upsample_axis rows, columns;
} axes;

static size_t axes_bytes(const sep_shape *small, const sep_shape *large)
{
    return axis_bytes(small->dim[1], large->dim[1]) + axis_bytes(small->dim[2], large->dim[2]);
}

static axes make_axes(const sep_call *call, const sep_shape *small, const sep_shape *large)
{
    char *memory = (char *)sep_cpu_f32(&call->workspace);

    return (axes){.rows = make_axis(small->dim[1], large->dim[1], memory),
                  .columns =
                      make_axis(small->dim[2], large->dim[2], memory + axis_bytes(small->dim[1], large->dim[1]))};
}

size_t sep_cpu_upsample_bilinear_workspace(const sep_cpu *cpu, const sep_call *call)
{
    (void)cpu;
    return axes_bytes(&call->input[0].shape, &call->output.shape);
}

void sep_cpu_upsample_bilinear(const sep_cpu *cpu, const sep_call *call, const sep_step_info *step)
{
    const sep_shape *s = &call->input[0].shape;
    const axes a = make_axes(call, s, &call->output.shape);
    const sep_destination y = sep_cpu_destination(&call->output);
    const float *x = sep_cpu_input(call, 0);
    int out_rows = a.rows.outputs, channels = s->dim[3];
    int64_t row = (int64_t)s->dim[2] * channels, image = s->dim[1] * row;

    (void)step;
#pragma omp parallel for num_threads(cpu->threads) schedule(static)
    for (int64_t i = 0; i < (int64_t)s->dim[0] * out_rows; i++) {
        const sep_upsample_tap *tap = &a.rows.tap[i % out_rows];
        const float *from = x + i / out_rows * image;

        cpu->simd->upsampling->bilinear(&a.columns, from + tap->low * row, from + tap->high * row, tap->fraction,
                                        channels, sep_destination_at(y, i * a.columns.outputs));
    }
}

size_t sep_cpu_upsample_bilinear_dx_workspace(const sep_cpu *cpu, const sep_call *call)
{
    (void)cpu;
    return axes_bytes(&call->output.shape, &call->input[0].shape);
}

void sep_cpu_upsample_bilinear_dx(const sep_cpu *cpu, const sep_call *call, const sep_step_info *step)
{
    const sep_shape *s = &call->output.shape;
    const axes a = make_axes(call, s, &call->input[0].shape);
    const float *dy = sep_cpu_input(call, 0);
    float *dx = sep_cpu_f32(&call->output);
    int in_rows = s->dim[1], channels = s->dim[3];
    ptrdiff_t pitch = sep_operand_pitch(&call->input[0]);
    ptrdiff_t dy_image = (ptrdiff_t)a.rows.outputs * a.columns.outputs * pitch;
    int64_t row = (int64_t)s->dim[2] * channels;

    (void)step;
#pragma omp parallel for num_threads(cpu->threads) schedule(static)
    for (int64_t i = 0; i < (int64_t)s->dim[0] * in_rows; i++)
        cpu->simd->upsampling->bilinear_dx(&a.rows, &a.columns, (int)(i % in_rows), dy + i / in_rows * dy_image, pitch,
                                           channels, dx + i * row);
}

/* ---- nearest ----------------------------------------------------------------------------------------------------- */

/* Each pixel of a row twice. */
static void double_row(const float *x, int width, int channels, float *y)
{
    size_t bytes = (size_t)channels * sizeof(float);

    for (int i = 0; i < width; i++, x += channels, y += 2 * channels) {
        memcpy(y, x, bytes);
        memcpy(y + channels, x, bytes);
    }
}

void sep_cpu_upsample_nearest(const sep_cpu *cpu, const sep_call *call, const sep_step_info *step)
{
    const sep_shape *s = &call->input[0].shape;
    const float *x = sep_cpu_input(call, 0);
    float *y = sep_cpu_f32(&call->output);
    int64_t row = (int64_t)s->dim[2] * s->dim[3];

    (void)step;
#pragma omp parallel for num_threads(cpu->threads) schedule(static)
    for (int64_t i = 0; i < (int64_t)s->dim[0] * s->dim[1]; i++) {
        float *to = y + i * 4 * row;

        double_row(x + i * row, s->dim[2], s->dim[3], to);
        memcpy(to + 2 * row, to, (size_t)(2 * row) * sizeof(float));
    }
}

void sep_cpu_upsample_nearest_dx(const sep_cpu *cpu, const sep_call *call, const sep_step_info *step)
{
    const sep_shape *s = &call->output.shape;
    const float *dy = sep_cpu_input(call, 0);
    float *dx = sep_cpu_f32(&call->output);
    int64_t row = (int64_t)s->dim[2] * s->dim[3];

    (void)step;
#pragma omp parallel for num_threads(cpu->threads) schedule(static)
    for (int64_t i = 0; i < (int64_t)s->dim[0] * s->dim[1]; i++) {
        const float *top = dy + i * 4 * row;

        cpu->simd->upsampling->nearest_dx(top, top + 2 * row, s->dim[2], s->dim[3], dx + i * row);
    }
}
