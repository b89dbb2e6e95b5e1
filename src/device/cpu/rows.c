/* Rows of maps: taken and summed by indices, their channels ranked; maps of another size. */
#include "device/cpu/cut.h"
#include "device/cpu/kernels.h"

#include <string.h>

/* `groups` parts: R chosen rows and S rows that they are chosen from, of so many columns. */
typedef struct choice {
    const int32_t *index; /* [groups, R] */
    int64_t groups, chosen, rows;
    int columns;
} choice;

/* `from`: the operand with S rows a group, `taken`: the one with R. */
static choice choice_of(const sep_call *call, const sep_operand *from, const sep_operand *taken)
{
    int64_t indices = sep_shape_count(&call->input[1].shape), groups = call->attributes.groups;
    int columns = (int)(sep_shape_count(&taken->shape) / indices);

    return (choice){.index = sep_cpu_i32(&call->input[1]),
                    .groups = groups,
                    .chosen = indices / groups,
                    .rows = sep_shape_count(&from->shape) / (groups * columns),
                    .columns = columns};
}

/* ---- taking rows ------------------------------------------------------------------------------------------------- */

/* Bits are moved: the same for floats and whole numbers. A row that is not there is filled with `nothing`. */
static void gather_rows(const choice *c, const int32_t *x, int64_t first, int64_t count, int nothing, int32_t *y)
{
    size_t bytes = (size_t)c->columns * sizeof *y;

    for (int64_t r = first; r < first + count; r++) {
        int64_t s = c->index[r];

        if (s >= 0 && s < c->rows)
            memcpy(y + r * c->columns, x + (r / c->chosen * c->rows + s) * c->columns, bytes);
        else
            memset(y + r * c->columns, nothing, bytes);
    }
}

static void gather_halves(const choice *c, const uint16_t *x, int64_t first, int64_t count, float *y)
{
    for (int64_t r = first; r < first + count; r++) {
        const int64_t s = c->index[r], at = (r / c->chosen * c->rows + s) * c->columns;

        for (int64_t i = 0; i < c->columns; i++)
            y[r * c->columns + i] = s >= 0 && s < c->rows ? sep_float_of_half(x[at + i]) : 0.0f;
    }
}

void sep_cpu_gather(const sep_cpu *cpu, const sep_call *call, const sep_step_info *step)
{
    const choice c = choice_of(call, &call->input[0], &call->output);
    const int32_t *x = sep_cpu_i32(&call->input[0]);
    int32_t *y = sep_cpu_i32(&call->output);
    int nothing = call->output.dtype == SEP_I32 ? 0xff : 0; /* the bytes of -1 and of +0 */
    int64_t rows = c.groups * c.chosen, size = sep_cpu_tile_rows(c.columns), tiles = sep_cpu_pieces(rows, size);

    (void)step;
#pragma omp parallel for num_threads(cpu->threads) schedule(static) if (tiles > 1)
    for (int64_t i = 0; i < tiles; i++)
        if (call->input[0].dtype == SEP_F16)
            gather_halves(&c, (const uint16_t *)x, i * size, sep_cpu_piece(rows, size, i), (float *)y);
        else
            gather_rows(&c, x, i * size, sep_cpu_piece(rows, size, i), nothing, y);
}

/* ---- summing rows ------------------------------------------------------------------------------------------------ */

/* Rows [first, first + count) of a group's result: zeros, and in order what belongs there. */
static void scatter_rows(const sep_cpu *cpu, const choice *c, const float *x, int64_t group, int64_t first,
                         int64_t count, float *y)
{
    const int32_t *index = c->index + group * c->chosen;

    x += group * c->chosen * c->columns;
    y += (group * c->rows + first) * c->columns;
    memset(y, 0, (size_t)(count * c->columns) * sizeof *y);
    for (int64_t r = 0; r < c->chosen; r++) {
        int64_t at = index[r] - first;
        if (at >= 0 && at < count)
            cpu->simd->elementwise->add(y + at * c->columns, x + r * c->columns, c->columns, y + at * c->columns);
    }
}

/* Every piece of the result looks through all indices of its group: few pieces, enough for all threads. */
void sep_cpu_scatter(const sep_cpu *cpu, const sep_call *call, const sep_step_info *step)
{
    const choice c = choice_of(call, &call->output, &call->input[0]);
    const float *x = sep_cpu_input(call, 0);
    float *y = sep_cpu_f32(&call->output);
    int64_t wanted = sep_cpu_pieces(4 * (int64_t)cpu->threads, c.groups);
    int64_t size = sep_cpu_pieces(c.rows, wanted), pieces = sep_cpu_pieces(c.rows, size);
    int64_t work = c.groups * (c.rows + c.chosen) * c.columns;

    (void)step;
#pragma omp parallel for num_threads(cpu->threads) schedule(static) if (work > SEP_CPU_TILE)
    for (int64_t i = 0; i < c.groups * pieces; i++)
        scatter_rows(cpu, &c, x, i / pieces, i % pieces * size, sep_cpu_piece(c.rows, size, i % pieces), y);
}

/* ---- ranks ------------------------------------------------------------------------------------------------------- */

/* Channel by channel of the row: it comes before those that are smaller, and before equals behind it. */
static void rank_row(const float *restrict x, int channels, float *restrict rank)
{
    for (int i = 0; i < channels; i++)
        rank[i] = 0.0f;
    for (int c = 0; c < channels; c++) {
        for (int i = 0; i < c; i++)
            rank[i] += x[c] > x[i] ? 1.0f : 0.0f;
        for (int i = c + 1; i < channels; i++)
            rank[i] += x[c] >= x[i] ? 1.0f : 0.0f;
    }
}

void sep_cpu_channel_rank(const sep_cpu *cpu, const sep_call *call, const sep_step_info *step)
{
    const float *x = sep_cpu_input(call, 0);
    float *y = sep_cpu_f32(&call->output);
    int channels = sep_shape_last(&call->output.shape);
    int64_t rows = sep_shape_rows(&call->output.shape);

    (void)step;
#pragma omp parallel for num_threads(cpu->threads) schedule(static) if (rows * channels * channels > SEP_CPU_TILE)
    for (int64_t r = 0; r < rows; r++)
        rank_row(x + r * channels, channels, y + r * channels);
}

/* ---- maps of another size ---------------------------------------------------------------------------------------- */

/* The nearest of `in` pixels to pixel o of `out`. */
static int nearest(int64_t o, int in, int out)
{
    return out > 1 ? (int)((2 * o * (in - 1) + out - 1) / (2 * ((int64_t)out - 1))) : 0;
}

/* The nearest column to each of the result's. */
size_t sep_cpu_resize_nearest_workspace(const sep_cpu *cpu, const sep_call *call)
{
    (void)cpu;
    return (size_t)call->output.shape.dim[2] * sizeof(int32_t);
}

/* Bits are moved: the same for floats and whole numbers. */
static void resize_row(const int32_t *from, const int32_t *column, int width, int channels, int32_t *to)
{
    if (channels == 1)
        for (int x = 0; x < width; x++)
            to[x] = from[column[x]];
    else
        for (int x = 0; x < width; x++)
            memcpy(to + (ptrdiff_t)x * channels, from + (ptrdiff_t)column[x] * channels, (size_t)channels * sizeof *to);
}

void sep_cpu_resize_nearest(const sep_cpu *cpu, const sep_call *call, const sep_step_info *step)
{
    const int *in = call->input[0].shape.dim, *out = call->output.shape.dim;
    const int32_t *x = sep_cpu_i32(&call->input[0]);
    int32_t *y = sep_cpu_i32(&call->output), *column = sep_cpu_i32(&call->workspace);
    int height = out[1], width = out[2], channels = call->output.shape.rank == 4 ? out[3] : 1;
    int64_t rows = (int64_t)out[0] * height;

    (void)step;
    for (int o = 0; o < width; o++)
        column[o] = nearest(o, in[2], width);
#pragma omp parallel for num_threads(cpu->threads) schedule(static) if (rows * width * channels > SEP_CPU_TILE)
    for (int64_t r = 0; r < rows; r++) {
        int64_t from = r / height * in[1] + nearest(r % height, in[1], height);
        resize_row(x + from * in[2] * channels, column, width, channels, y + r * width * channels);
    }
}
