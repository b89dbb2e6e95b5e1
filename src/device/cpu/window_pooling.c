/* Max pooling of any kernel, stride and padding: each output pixel from the taps that lie in the map. */
#include "device/cpu/cut.h"
#include "device/cpu/kernels.h"

#include <string.h>

#define MOST_TAPS      (SEP_LARGEST_POOL * SEP_LARGEST_POOL)
#define PIECE_CHANNELS 64 /* of the gradient, whose pieces are some channels of a sample */

/* The taps of one output pixel, as rows and columns of the map, and as elements from its start. */
static int find_taps(const sep_attributes *a, const sep_shape *x, int p, int q, int64_t tap[MOST_TAPS])
{
    int top = p * a->stride - a->padding, left = q * a->stride - a->padding, taps = 0;
    int bottom = sep_cpu_min(top + a->kernel, x->dim[1]), right = sep_cpu_min(left + a->kernel, x->dim[2]);

    for (int row = sep_cpu_max(top, 0); row < bottom; row++)
        for (int column = sep_cpu_max(left, 0); column < right; column++)
            tap[taps++] = ((int64_t)row * x->dim[2] + column) * x->dim[3];
    return taps;
}

static int64_t sample_elements(const sep_shape *map)
{
    return sep_shape_count(map) / map->dim[0];
}

void sep_cpu_max_pool2d(const sep_cpu *cpu, const sep_call *call, const sep_step_info *step)
{
    const sep_shape *x = &call->input[0].shape, *y = &call->output.shape;
    int rows = y->dim[0] * y->dim[1], channels = y->dim[3];

    (void)step;
#pragma omp parallel for num_threads(cpu->threads) schedule(static) if (rows > 1)
    for (int r = 0; r < rows; r++) {
        const float *sample = sep_cpu_input(call, 0) + r / y->dim[1] * sample_elements(x);
        float *out = sep_cpu_f32(&call->output) + (int64_t)r * y->dim[2] * channels;

        for (int q = 0; q < y->dim[2]; q++) {
            int64_t tap[MOST_TAPS];
            const float *from[MOST_TAPS];
            int taps = find_taps(&call->attributes, x, r % y->dim[1], q, tap);

            for (int t = 0; t < taps; t++)
                from[t] = sample + tap[t];
            cpu->simd->pooling->window(from, taps, channels, out + (int64_t)q * channels);
        }
    }
}

/* ---- gradient ---------------------------------------------------------------------------------------------------- */

/* Some channels of a sample: where they begin in x and dx, and in dy. */
typedef struct piece {
    const float *x, *dy;
    float *dx;
    int channels;
} piece;

static piece piece_of(const sep_call *call, int sample, int first)
{
    int64_t at = sample * sample_elements(&call->output.shape) + first;

    return (piece){
        .x = sep_cpu_input(call, 0) + at,
        .dy = sep_cpu_input(call, 1) + sample * sample_elements(&call->input[1].shape) + first,
        .dx = sep_cpu_f32(&call->output) + at,
        .channels = sep_cpu_min(PIECE_CHANNELS, call->output.shape.dim[3] - first),
    };
}

static void clear(const sep_shape *x, const piece *p)
{
    for (int64_t pixel = 0; pixel < (int64_t)x->dim[1] * x->dim[2]; pixel++)
        memset(p->dx + pixel * x->dim[3], 0, (size_t)p->channels * sizeof(float));
}

/* Outputs in rising order, so that each pixel's sum is. */
static void route(const sep_cpu *cpu, const sep_call *call, const piece *part)
{
    const sep_shape *x = &call->output.shape, *pooled = &call->input[1].shape;

    for (int i = 0; i < pooled->dim[1] * pooled->dim[2]; i++) {
        int64_t tap[MOST_TAPS];
        const float *from[MOST_TAPS];
        float *to[MOST_TAPS];
        int taps = find_taps(&call->attributes, x, i / pooled->dim[2], i % pooled->dim[2], tap);

        for (int t = 0; t < taps; t++) {
            from[t] = part->x + tap[t];
            to[t] = part->dx + tap[t];
        }
        cpu->simd->pooling->window_dx(from, taps, part->channels, part->dy + (int64_t)i * x->dim[3], to);
    }
}

void sep_cpu_max_pool2d_dx(const sep_cpu *cpu, const sep_call *call, const sep_step_info *step)
{
    const sep_shape *x = &call->output.shape;
    int parts = sep_cpu_ceiling(x->dim[3], PIECE_CHANNELS), pieces = x->dim[0] * parts;

    (void)step;
#pragma omp parallel for num_threads(cpu->threads) schedule(static) if (pieces > 1)
    for (int i = 0; i < pieces; i++) {
        const piece p = piece_of(call, i / parts, i % parts * PIECE_CHANNELS);

        clear(x, &p);
        route(cpu, call, &p);
    }
}
