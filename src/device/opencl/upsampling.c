/* Upsampling. */
#include "device/opencl/opencl.h"

/* From an output's number to its place among the inputs. */
static float scale_of(int inputs, int outputs)
{
    return (float)(inputs - 1) / (float)(outputs - 1);
}

static sep_status bilinear(sep_cl *cl, const sep_call *call, const char *kernel, const sep_shape *small,
                           const sep_shape *large)
{
    sep_cl_launch l = sep_cl_begin(cl, SEP_CL_upsampling, kernel);

    sep_cl_tensor(&l, &call->input[0]);
    sep_cl_tensor(&l, &call->output);
    for (int axis = 1; axis <= 3; axis++)
        sep_cl_int(&l, small->dim[axis]);
    sep_cl_int(&l, large->dim[1] / small->dim[1]);
    sep_cl_float(&l, scale_of(small->dim[1], large->dim[1]));
    sep_cl_float(&l, scale_of(small->dim[2], large->dim[2]));
    return sep_cl_run_map(&l, &call->output.shape);
}

sep_status sep_cl_upsample_bilinear(sep_cl *cl, const sep_call *call, const sep_step_info *step)
{
    (void)step;
    return bilinear(cl, call, "upsample_bilinear", &call->input[0].shape, &call->output.shape);
}

sep_status sep_cl_upsample_bilinear_dx(sep_cl *cl, const sep_call *call, const sep_step_info *step)
{
    (void)step;
    return bilinear(cl, call, "upsample_bilinear_dx", &call->output.shape, &call->input[0].shape);
}

/* `small` is the shape of the map that has a quarter of the other's pixels. */
static sep_status nearest(sep_cl *cl, const sep_call *call, const char *kernel, const sep_shape *small)
{
    sep_cl_launch l = sep_cl_begin(cl, SEP_CL_upsampling, kernel);

    sep_cl_tensor(&l, &call->input[0]);
    sep_cl_tensor(&l, &call->output);
    sep_cl_int(&l, small->dim[2]);
    sep_cl_int(&l, small->dim[3]);
    return sep_cl_run_map(&l, &call->output.shape);
}

sep_status sep_cl_upsample_nearest(sep_cl *cl, const sep_call *call, const sep_step_info *step)
{
    (void)step;
    return nearest(cl, call, "upsample_nearest", &call->input[0].shape);
}

sep_status sep_cl_upsample_nearest_dx(sep_cl *cl, const sep_call *call, const sep_step_info *step)
{
    (void)step;
    return nearest(cl, call, "upsample_nearest_dx", &call->output.shape);
}
