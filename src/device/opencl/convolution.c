/* Convolutions, plain and transposed. The forward pass of one and the data gradient of the other are the same sweep:
 * either each output gathers, or, where inputs are spread over a larger map, each phase of the output gathers the taps
 * that reach it. Shapes that allow it take Winograd's algorithm (winograd.h). */
#include "device/opencl/product.h"
#include "device/opencl/reduction.h"
#include "device/opencl/winograd.h"

static bool is_transposed(const sep_call *call)
{
    return call->op == SEP_OP_CONV_TRANSPOSE2D || call->op == SEP_OP_CONV_TRANSPOSE2D_DX ||
           call->op == SEP_OP_CONV_TRANSPOSE2D_DW;
}

static int stride_of(const sep_call *call)
{
    return is_transposed(call) ? call->attributes.kernel : call->attributes.stride;
}

static int padding_of(const sep_call *call)
{
    return is_transposed(call) ? 0 : call->attributes.padding;
}

/* ---- the sweep --------------------------------------------------------------------------------------------------- */

/* Along one axis of a phase (cl/convolution.cl). */
typedef struct axis {
    int outputs; /* of the phase */
    int taps, step, first, direction, weight, weight_step;
} axis;

static axis gathering(const sep_call *call, int size)
{
    return (axis){.outputs = size,
                  .taps = call->attributes.kernel,
                  .step = stride_of(call),
                  .first = -padding_of(call),
                  .direction = 1,
                  .weight_step = 1};
}

/* Outputs phase, phase + stride, ..: of the taps every stride-th reaches them. */
static axis scattering(const sep_call *call, int size, int phase)
{
    int stride = stride_of(call), kernel = call->attributes.kernel, weight = (phase + padding_of(call)) % stride;

    return (axis){.outputs = (int)sep_cl_ceiling(size - phase, stride),
                  .taps = weight < kernel ? (int)sep_cl_ceiling(kernel - weight, stride) : 0,
                  .step = 1,
                  .first = (phase + padding_of(call) - weight) / stride,
                  .direction = -1,
                  .weight = weight,
                  .weight_step = stride};
}

static void set_axis(sep_cl_launch *l, const axis *a)
{
    sep_cl_int(l, a->taps);
    sep_cl_int(l, a->step);
    sep_cl_int(l, a->first);
    sep_cl_int(l, a->direction);
    sep_cl_int(l, a->weight);
    sep_cl_int(l, a->weight_step);
}

/* `gradient`: the weights are taken transposed, from output to input channels. */
static sep_status sweep_phase(sep_cl *cl, const sep_call *call, bool gradient, int out_step, const int phase[2],
                              const axis *vertical, const axis *horizontal)
{
    const sep_shape *in = &call->input[0].shape, *out = &call->output.shape;
    int columns = out->dim[3], channels = in->dim[3];
    sep_cl_program program = sep_cl_is_narrow(columns) ? SEP_CL_narrow_convolution : SEP_CL_convolution;
    sep_cl_launch l = sep_cl_begin(cl, program, "sweep");
    sep_cl_tile tile = sep_cl_tile_of(cl, program);
    int64_t rows = (int64_t)out->dim[0] * vertical->outputs * horizontal->outputs;

    sep_cl_tensor(&l, &call->input[0]);
    sep_cl_tensor(&l, &call->input[1]);
    sep_cl_input(&l, call, 2);
    sep_cl_tensor(&l, &call->output);
    sep_cl_int(&l, call->inputs > 2);
    sep_cl_int(&l, out->dim[0]);
    sep_cl_int(&l, in->dim[1]);
    sep_cl_int(&l, in->dim[2]);
    sep_cl_int(&l, channels);
    sep_cl_int(&l, out->dim[1]);
    sep_cl_int(&l, out->dim[2]);
    sep_cl_int(&l, columns);
    sep_cl_int(&l, vertical->outputs);
    sep_cl_int(&l, horizontal->outputs);
    sep_cl_int(&l, out_step);
    sep_cl_int(&l, phase[0]);
    sep_cl_int(&l, phase[1]);
    sep_cl_int(&l, call->attributes.kernel);
    sep_cl_int(&l, gradient ? 1 : columns);
    sep_cl_int(&l, gradient ? channels : 1);
    set_axis(&l, vertical);
    set_axis(&l, horizontal);
    return sep_cl_run(
        &l, (size_t[3]){(size_t)sep_cl_ceiling(columns, tile.columns), (size_t)sep_cl_ceiling(rows, tile.rows)},
        (size_t[3]){tile.group});
}

static sep_status gather(sep_cl *cl, const sep_call *call, bool gradient)
{
    const axis vertical = gathering(call, call->output.shape.dim[1]);
    const axis horizontal = gathering(call, call->output.shape.dim[2]);

    return sweep_phase(cl, call, gradient, 1, (const int[2]){0, 0}, &vertical, &horizontal);
}

static sep_status scatter(sep_cl *cl, const sep_call *call, bool gradient)
{
    int height = call->output.shape.dim[1], width = call->output.shape.dim[2], stride = stride_of(call);

    for (int y = 0; y < stride && y < height; y++)
        for (int x = 0; x < stride && x < width; x++) {
            const axis vertical = scattering(call, height, y), horizontal = scattering(call, width, x);

            SEP_TRY(sweep_phase(cl, call, gradient, stride, (const int[2]){y, x}, &vertical, &horizontal));
        }
    return SEP_OK;
}

/* ---- the weight gradient ----------------------------------------------------------------------------------------- */

/* The map that is summed over: the smaller one. */
static const sep_operand *summed_over(const sep_call *call)
{
    return is_transposed(call) ? &call->input[0] : &call->input[1];
}

static int block_rows_of(const sep_call *call)
{
    const sep_shape *map = &summed_over(call)->shape;

    return sep_image_block_rows(map->dim[0] * map->dim[1], map->dim[2], sep_cl_elements(&call->output));
}

static int blocks_of(const sep_call *call)
{
    const sep_shape *map = &summed_over(call)->shape;

    return (int)sep_cl_ceiling(map->dim[0] * map->dim[1], block_rows_of(call));
}

static size_t gradient_workspace(const sep_call *call)
{
    return (size_t)blocks_of(call) * (size_t)sep_cl_elements(&call->output) * sizeof(float);
}

static sep_cl_side side_of(const sep_operand *pixels)
{
    const sep_shape *s = &pixels->shape;

    return (sep_cl_side){.pixels = pixels, .height = s->dim[1], .width = s->dim[2], .channels = s->dim[3], .step = 1};
}

static sep_status weight_gradient(sep_cl *cl, const sep_call *call)
{
    const sep_shape *map = &summed_over(call)->shape;
    int64_t weights = sep_cl_elements(&call->output);
    int kernel = call->attributes.kernel, blocks = blocks_of(call);
    sep_cl_outer o = {.a = side_of(&call->input[0]),
                      .b = side_of(&call->input[1]),
                      .images = map->dim[0],
                      .height = map->dim[1],
                      .width = map->dim[2],
                      .block_rows = block_rows_of(call),
                      .blocks = blocks,
                      .taps = kernel * kernel,
                      .kernel = kernel,
                      .sum = &call->workspace,
                      .block_floats = weights};
    sep_cl_side *spread = is_transposed(call) ? &o.b : &o.a;

    spread->step = stride_of(call);
    spread->tap = 1;
    spread->first = -padding_of(call);
    SEP_TRY(sep_cl_sum_outer(cl, &o));
    return sep_cl_tree_sum(cl, &call->workspace, blocks, weights, weights, &call->output);
}

/* ---- the operations ---------------------------------------------------------------------------------------------- */

size_t sep_cl_conv2d_workspace(const sep_cl *cl, const sep_call *call)
{
    return sep_cl_is_winograd(call) ? sep_cl_winograd_workspace(cl, call) : 0;
}

sep_status sep_cl_conv2d(sep_cl *cl, const sep_call *call, const sep_step_info *step)
{
    (void)step;
    return sep_cl_is_winograd(call) ? sep_cl_winograd(cl, call) : gather(cl, call, false);
}

size_t sep_cl_conv2d_dx_workspace(const sep_cl *cl, const sep_call *call)
{
    return sep_cl_conv2d_workspace(cl, call);
}

sep_status sep_cl_conv2d_dx(sep_cl *cl, const sep_call *call, const sep_step_info *step)
{
    (void)step;
    return sep_cl_is_winograd(call) ? sep_cl_winograd(cl, call) : scatter(cl, call, true);
}

size_t sep_cl_conv2d_dw_workspace(const sep_cl *cl, const sep_call *call)
{
    return sep_cl_is_winograd(call) ? sep_cl_winograd_dw_workspace(cl, call) : gradient_workspace(call);
}

sep_status sep_cl_conv2d_dw(sep_cl *cl, const sep_call *call, const sep_step_info *step)
{
    (void)step;
    return sep_cl_is_winograd(call) ? sep_cl_winograd_dw(cl, call) : weight_gradient(cl, call);
}

sep_status sep_cl_conv_transpose2d(sep_cl *cl, const sep_call *call, const sep_step_info *step)
{
    (void)step;
    return scatter(cl, call, false);
}

sep_status sep_cl_conv_transpose2d_dx(sep_cl *cl, const sep_call *call, const sep_step_info *step)
{
    (void)step;
    return gather(cl, call, true);
}

size_t sep_cl_conv_transpose2d_dw_workspace(const sep_cl *cl, const sep_call *call)
{
    (void)cl;
    return gradient_workspace(call);
}

sep_status sep_cl_conv_transpose2d_dw(sep_cl *cl, const sep_call *call, const sep_step_info *step)
{
    (void)step;
    return weight_gradient(cl, call);
}
