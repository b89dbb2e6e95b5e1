/* Functions of one number and of two, in tiles; sums and largest elements of rows. */
#include "device/cpu/cut.h"
#include "device/cpu/kernels.h"

/* ---- one operand ------------------------------------------------------------------------------------------------- */

void sep_cpu_unary(const sep_cpu *cpu, const sep_call *call, const sep_step_info *step)
{
    const sep_attributes *a = &call->attributes;
    const float *x = sep_cpu_input(call, 0);
    float *y = sep_cpu_f32(&call->output);
    int64_t count = sep_shape_count(&call->output.shape), tiles = sep_cpu_pieces(count, SEP_CPU_TILE);

    (void)step;
#pragma omp parallel for num_threads(cpu->threads) schedule(static) if (tiles > 1)
    for (int64_t i = 0; i < tiles; i++)
        cpu->simd->pointwise->unary(a->function, a->exponent, x + i * SEP_CPU_TILE,
                                    sep_cpu_piece(count, SEP_CPU_TILE, i), y + i * SEP_CPU_TILE);
}

void sep_cpu_unary_dx(const sep_cpu *cpu, const sep_call *call, const sep_step_info *step)
{
    const sep_attributes *a = &call->attributes;
    const float *x = sep_cpu_input(call, 0), *dy = sep_cpu_input(call, 1);
    float *dx = sep_cpu_f32(&call->output);
    int64_t count = sep_shape_count(&call->output.shape), tiles = sep_cpu_pieces(count, SEP_CPU_TILE);

    (void)step;
#pragma omp parallel for num_threads(cpu->threads) schedule(static) if (tiles > 1)
    for (int64_t i = 0; i < tiles; i++) {
        int64_t at = i * SEP_CPU_TILE;
        cpu->simd->pointwise->unary_dx(a->function, a->exponent, x + at, dy + at, sep_cpu_piece(count, SEP_CPU_TILE, i),
                                       dx + at);
    }
}

/* ---- two operands ------------------------------------------------------------------------------------------------ */

/* a in `rows` stretches of `length`, which meet all of b, or, each, one number of it. */
typedef struct pair {
    const float *a, *b;
    float *y;
    bool each;
    int64_t rows, length;
} pair;

static pair pair_of(const sep_call *call)
{
    const sep_shape *a = &call->input[0].shape, *b = &call->input[1].shape;
    int64_t count = sep_shape_count(a), others = sep_shape_count(b);
    bool each = others < count && (others == 1 || sep_is_each(a, b));

    return (pair){.a = sep_cpu_input(call, 0),
                  .b = sep_cpu_input(call, 1),
                  .y = sep_cpu_f32(&call->output),
                  .each = each,
                  .rows = each ? others : count / others,
                  .length = each ? count / others : others};
}

/* `count` elements of a stretch, from `begin` on. */
static void binary_part(const sep_cpu *cpu, const pair *p, sep_function function, int64_t row, int64_t begin,
                        int64_t count)
{
    int64_t at = row * p->length + begin;

    if (p->each)
        cpu->simd->pointwise->binary_number(function, p->a + at, p->b[row], count, p->y + at);
    else
        cpu->simd->pointwise->binary(function, p->a + at, p->b + begin, count, p->y + at);
}

/* A tile is a part of a long stretch, or several short ones. */
void sep_cpu_binary(const sep_cpu *cpu, const sep_call *call, const sep_step_info *step)
{
    const pair p = pair_of(call);
    int64_t size = p.length < SEP_CPU_TILE ? SEP_CPU_TILE / p.length : 1;
    int64_t parts = sep_cpu_pieces(p.length, SEP_CPU_TILE), tiles = sep_cpu_pieces(p.rows, size) * parts;

    (void)step;
#pragma omp parallel for num_threads(cpu->threads) schedule(static) if (tiles > 1)
    for (int64_t i = 0; i < tiles; i++) {
        int64_t first = i / parts * size, end = first + sep_cpu_piece(p.rows, size, i / parts);

        for (int64_t row = first; row < end; row++)
            binary_part(cpu, &p, call->attributes.function, row, i % parts * SEP_CPU_TILE,
                        sep_cpu_piece(p.length, SEP_CPU_TILE, i % parts));
    }
}

/* ---- rows -------------------------------------------------------------------------------------------------------- */

void sep_cpu_channel_sum(const sep_cpu *cpu, const sep_call *call, const sep_step_info *step)
{
    const float *x = sep_cpu_input(call, 0);
    float *sum = sep_cpu_f32(&call->output);
    int channels = sep_shape_last(&call->input[0].shape), size = sep_cpu_tile_rows(channels);
    int64_t rows = sep_shape_rows(&call->input[0].shape), tiles = sep_cpu_pieces(rows, size);

    (void)step;
#pragma omp parallel for num_threads(cpu->threads) schedule(static) if (tiles > 1)
    for (int64_t i = 0; i < tiles; i++)
        cpu->simd->pointwise->channel_sum(x + i * size * channels, sep_cpu_piece(rows, size, i), channels,
                                          sum + i * size);
}

static int first_largest(const float *row, int channels)
{
    int best = 0;

    for (int c = 1; c < channels; c++)
        best = row[c] > row[best] ? c : best;
    return best;
}

void sep_cpu_channel_max(const sep_cpu *cpu, const sep_call *call, const sep_step_info *step)
{
    const float *x = sep_cpu_input(call, 0);
    float *y = sep_cpu_f32(&call->output);
    int channels = sep_shape_last(&call->input[0].shape);
    int64_t rows = sep_shape_rows(&call->input[0].shape);

    (void)step;
#pragma omp parallel for num_threads(cpu->threads) schedule(static) if (rows * channels > SEP_CPU_TILE)
    for (int64_t r = 0; r < rows; r++)
        y[r] = x[r * channels + first_largest(x + r * channels, channels)];
}

void sep_cpu_channel_max_dx(const sep_cpu *cpu, const sep_call *call, const sep_step_info *step)
{
    const float *x = sep_cpu_input(call, 0), *dy = sep_cpu_input(call, 1);
    float *dx = sep_cpu_f32(&call->output);
    int channels = sep_shape_last(&call->input[0].shape);
    int64_t rows = sep_shape_rows(&call->input[0].shape);

    (void)step;
#pragma omp parallel for num_threads(cpu->threads) schedule(static) if (rows * channels > SEP_CPU_TILE)
    for (int64_t r = 0; r < rows; r++) {
        int best = first_largest(x + r * channels, channels);
        for (int c = 0; c < channels; c++)
            dx[r * channels + c] = c == best ? dy[r] : 0.0f;
    }
}
