/* Max pooling. */
#include "device/opencl/opencl.h"

sep_status sep_cl_max_pool(sep_cl *cl, const sep_call *call, const sep_step_info *step)
{
    const sep_shape *pooled = &call->output.shape;
    sep_cl_launch l = sep_cl_begin(cl, SEP_CL_pooling, "max_pool");

    (void)step;
    sep_cl_tensor(&l, &call->input[0]);
    sep_cl_tensor(&l, &call->output);
    sep_cl_int(&l, pooled->dim[2]);
    sep_cl_int(&l, pooled->dim[3]);
    return sep_cl_run_map(&l, pooled);
}

sep_status sep_cl_max_pool_dx(sep_cl *cl, const sep_call *call, const sep_step_info *step)
{
    const sep_shape *pooled = &call->input[1].shape;
    sep_cl_launch l = sep_cl_begin(cl, SEP_CL_pooling, "max_pool_dx");

    (void)step;
    for (int i = 0; i < 3; i++)
        sep_cl_input(&l, call, i);
    sep_cl_tensor(&l, &call->output);
    sep_cl_int(&l, pooled->dim[2]);
    sep_cl_int(&l, pooled->dim[3]);
    sep_cl_int(&l, call->inputs > 2);
    return sep_cl_run_map(&l, pooled);
}

/* ---- any kernel -------------------------------------------------------------------------------------------------- */

static void give_window(sep_cl_launch *l, const sep_call *call, const sep_shape *pooled)
{
    const sep_shape *x = &call->input[0].shape;
    const sep_attributes *a = &call->attributes;

    sep_cl_int(l, x->dim[1]);
    sep_cl_int(l, x->dim[2]);
    sep_cl_int(l, pooled->dim[1]);
    sep_cl_int(l, pooled->dim[2]);
    sep_cl_int(l, x->dim[3]);
    sep_cl_int(l, a->kernel);
    sep_cl_int(l, a->stride);
    sep_cl_int(l, a->padding);
}

sep_status sep_cl_max_pool2d(sep_cl *cl, const sep_call *call, const sep_step_info *step)
{
    sep_cl_launch l = sep_cl_begin(cl, SEP_CL_pooling, "max_pool2d");

    (void)step;
    sep_cl_tensor(&l, &call->input[0]);
    sep_cl_tensor(&l, &call->output);
    give_window(&l, call, &call->output.shape);
    return sep_cl_run_map(&l, &call->output.shape);
}

sep_status sep_cl_max_pool2d_dx(sep_cl *cl, const sep_call *call, const sep_step_info *step)
{
    sep_cl_launch l = sep_cl_begin(cl, SEP_CL_pooling, "max_pool2d_dx");

    (void)step;
    sep_cl_tensor(&l, &call->input[0]);
    sep_cl_tensor(&l, &call->input[1]);
    sep_cl_tensor(&l, &call->output);
    give_window(&l, call, &call->input[1].shape);
    return sep_cl_run_map(&l, &call->output.shape);
}
