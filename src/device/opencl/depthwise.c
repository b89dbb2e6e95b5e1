/* Depthwise convolution. */
#include "device/opencl/reduction.h"

sep_status sep_cl_depthwise(sep_cl *cl, const sep_call *call, const sep_step_info *step)
{
    const sep_shape *x = &call->input[0].shape, *y = &call->output.shape;
    sep_cl_launch l = sep_cl_begin(cl, SEP_CL_depthwise, "depthwise");

    (void)step;
    sep_cl_tensor(&l, &call->input[0]);
    sep_cl_tensor(&l, &call->input[1]);
    sep_cl_input(&l, call, 2);
    sep_cl_tensor(&l, &call->output);
    sep_cl_int(&l, call->inputs > 2);
    sep_cl_int(&l, x->dim[1]);
    sep_cl_int(&l, x->dim[2]);
    sep_cl_int(&l, x->dim[3]);
    sep_cl_int(&l, y->dim[3]);
    sep_cl_int(&l, call->attributes.kernel);
    return sep_cl_run_map(&l, y);
}

sep_status sep_cl_depthwise_dx(sep_cl *cl, const sep_call *call, const sep_step_info *step)
{
    const sep_shape *dy = &call->input[0].shape, *dx = &call->output.shape;
    sep_cl_launch l = sep_cl_begin(cl, SEP_CL_depthwise, "depthwise_dx");

    (void)step;
    sep_cl_tensor(&l, &call->input[0]);
    sep_cl_tensor(&l, &call->input[1]);
    sep_cl_tensor(&l, &call->output);
    sep_cl_int(&l, dx->dim[1]);
    sep_cl_int(&l, dx->dim[2]);
    sep_cl_int(&l, dx->dim[3]);
    sep_cl_int(&l, dy->dim[3]);
    sep_cl_int(&l, call->attributes.kernel);
    return sep_cl_run_map(&l, dx);
}

/* ---- weight gradient --------------------------------------------------------------------------------------------- */

static int block_rows_of(const sep_call *call)
{
    const sep_shape *x = &call->input[0].shape;

    return sep_image_block_rows(x->dim[0] * x->dim[1], x->dim[2], sep_cl_elements(&call->output));
}

static int blocks_of(const sep_call *call)
{
    const sep_shape *x = &call->input[0].shape;

    return (int)sep_cl_ceiling(x->dim[0] * x->dim[1], block_rows_of(call));
}

size_t sep_cl_depthwise_dw_workspace(const sep_cl *cl, const sep_call *call)
{
    (void)cl;
    return (size_t)blocks_of(call) * (size_t)sep_cl_elements(&call->output) * sizeof(float);
}

sep_status sep_cl_depthwise_dw(sep_cl *cl, const sep_call *call, const sep_step_info *step)
{
    const sep_shape *x = &call->input[0].shape, *dy = &call->input[1].shape;
    int kernel = call->attributes.kernel, blocks = blocks_of(call);
    int64_t weights = sep_cl_elements(&call->output);
    sep_cl_launch l = sep_cl_begin(cl, SEP_CL_depthwise, "depthwise_dw");

    (void)step;
    sep_cl_tensor(&l, &call->input[0]);
    sep_cl_tensor(&l, &call->input[1]);
    sep_cl_tensor(&l, &call->workspace);
    sep_cl_int(&l, x->dim[0] * x->dim[1]);
    sep_cl_int(&l, x->dim[1]);
    sep_cl_int(&l, x->dim[2]);
    sep_cl_int(&l, x->dim[3]);
    sep_cl_int(&l, dy->dim[3]);
    sep_cl_int(&l, kernel);
    sep_cl_int(&l, block_rows_of(call));
    SEP_TRY(sep_cl_run_columns(&l, dy->dim[3], (int64_t)blocks * kernel * kernel));
    return sep_cl_tree_sum(cl, &call->workspace, blocks, weights, weights, &call->output);
}
