/* Linear layers: matrix products with the long dimension cut in panels of SEP_PANEL, each panel a chain from +0 that is
 * added to the sum in rising order (septum/operation.h). The output is cut in rectangles whose rows and weights of one
 * panel fit the second-level cache together; a thread takes a rectangle through all its panels.
 *
 *   forward   y[r][o]  = b[o] + sum over k of x[r][k] * w[k][o]
 *   DX        dx[r][k] =        sum over o of dy[r][o] * w'[o][k],  w' = w transposed once
 *   DW        dw[k][o] =        sum over r of x[r][k] * dy[r][o] */
#include "device/cpu/kernels.h"
#include "device/cpu/sweep.h"

/* c[rows][columns] = bias + a * b. Element (i, k) of a at a + i * a_row + k * a_step; b is [depth][columns], dense. */
typedef struct product {
    const sep_cpu *cpu;
    int rows, columns, depth;
    const float *a, *b, *bias;
    ptrdiff_t a_row, a_step;
    float *c;
} product;

#define RECTANGLE_ROWS    128
#define RECTANGLE_COLUMNS 256

static void run_rectangle(const product *m, int row, int rows, int column, int columns)
{
    const float *a, *b;
    sep_tile_job job = {
        .rows = rows,
        .columns = columns,
        .taps = 1,
        .a = &a,
        .b = &b,
        .a_row = m->a_row,
        .a_step = m->a_step,
        .b_row = m->columns,
        .c = m->c + (ptrdiff_t)row * m->columns + column,
        .c_row = m->columns,
        .bias = m->bias ? m->bias + column : NULL,
        .start = m->bias ? SEP_TILE_BIAS : SEP_TILE_ZERO,
        .panel = true,
    };

    for (int k = 0; k < m->depth; k += SEP_PANEL) {
        a = m->a + row * m->a_row + k * m->a_step;
        b = m->b + (ptrdiff_t)k * m->columns + column;
        job.depth = sep_cpu_min(SEP_PANEL, m->depth - k);
        m->cpu->simd->tile->run(&job);
        job.start = SEP_TILE_RESUME;
    }
}

/* Halves the longer side of the rectangle until there are enough for all threads. */
static void cut(const product *m, int *rows, int *columns)
{
    int wanted = m->cpu->threads == 1 ? 1 : 4 * m->cpu->threads, unit = m->cpu->simd->tile->columns;

    *rows = RECTANGLE_ROWS;
    *columns = RECTANGLE_COLUMNS;
    while (sep_cpu_ceiling(m->rows, *rows) * sep_cpu_ceiling(m->columns, *columns) < wanted &&
           (*rows > 16 || *columns > unit)) {
        if (*columns > unit && (*columns >= *rows || *rows <= 16))
            *columns = sep_cpu_max(unit, *columns / 2);
        else
            *rows /= 2;
    }
}

static void multiply(const product *m)
{
    int rows, columns;

    cut(m, &rows, &columns);
#pragma omp parallel for collapse(2) schedule(dynamic) num_threads(m->cpu->threads)
    for (int row = 0; row < m->rows; row += rows)
        for (int column = 0; column < m->columns; column += columns)
            run_rectangle(m, row, sep_cpu_min(rows, m->rows - row), column, sep_cpu_min(columns, m->columns - column));
}

void sep_cpu_linear(const sep_cpu *cpu, const sep_call *call, const sep_step_info *step)
{
    const sep_shape *x = &call->input[0].shape, *y = &call->output.shape;

    (void)step;
    multiply(&(product){
        .cpu = cpu,
        .rows = (int)sep_shape_rows(x),
        .columns = sep_shape_last(y),
        .depth = sep_shape_last(x),
        .a = sep_cpu_input(call, 0),
        .a_row = sep_shape_last(x),
        .a_step = 1,
        .b = sep_cpu_input(call, 1),
        .bias = sep_cpu_input(call, 2),
        .c = sep_cpu_f32(&call->output),
    });
}

size_t sep_cpu_linear_dx_workspace(const sep_cpu *cpu, const sep_call *call)
{
    (void)cpu;
    return (size_t)sep_shape_count(&call->input[1].shape) * sizeof(float);
}

void sep_cpu_linear_dx(const sep_cpu *cpu, const sep_call *call, const sep_step_info *step)
{
    int in = sep_shape_last(&call->output.shape), out = sep_shape_last(&call->input[0].shape);
    float *transposed = sep_cpu_f32(&call->workspace);

    (void)step;
    sep_cpu_transpose(cpu, sep_cpu_input(call, 1), transposed, 1, in, out);
    multiply(&(product){
        .cpu = cpu,
        .rows = (int)sep_shape_rows(&call->output.shape),
        .columns = in,
        .depth = out,
        .a = sep_cpu_input(call, 0),
        .a_row = out,
        .a_step = 1,
        .b = transposed,
        .c = sep_cpu_f32(&call->output),
    });
}

void sep_cpu_linear_dw(const sep_cpu *cpu, const sep_call *call, const sep_step_info *step)
{
    const sep_shape *x = &call->input[0].shape, *dy = &call->input[1].shape;

    (void)step;
    multiply(&(product){
        .cpu = cpu,
        .rows = sep_shape_last(x),
        .columns = sep_shape_last(dy),
        .depth = (int)sep_shape_rows(x),
        .a = sep_cpu_input(call, 0),
        .a_row = 1,
        .a_step = sep_shape_last(x),
        .b = sep_cpu_input(call, 1),
        .c = sep_cpu_f32(&call->output),
    });
}
