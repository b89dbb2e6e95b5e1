/* Functions of one number and of two; sums and largest elements of rows. */
#include "device/opencl/opencl.h"

static sep_status unary(sep_cl *cl, const sep_call *call, const char *kernel)
{
    sep_cl_launch l = sep_cl_begin(cl, SEP_CL_pointwise, kernel);

    for (int i = 0; i < call->inputs; i++)
        sep_cl_tensor(&l, &call->input[i]);
    sep_cl_tensor(&l, &call->output);
    sep_cl_long(&l, sep_cl_elements(&call->output));
    sep_cl_int(&l, (int)call->attributes.function);
    sep_cl_float(&l, call->attributes.exponent);
    return sep_cl_run_each(&l, sep_cl_elements(&call->output));
}

sep_status sep_cl_unary(sep_cl *cl, const sep_call *call, const sep_step_info *step)
{
    (void)step;
    return unary(cl, call, "unary");
}

sep_status sep_cl_unary_dx(sep_cl *cl, const sep_call *call, const sep_step_info *step)
{
    (void)step;
    return unary(cl, call, "unary_dx");
}

sep_status sep_cl_binary(sep_cl *cl, const sep_call *call, const sep_step_info *step)
{
    int64_t count = sep_cl_elements(&call->output), others = sep_cl_elements(&call->input[1]);
    bool each = sep_is_each(&call->input[0].shape, &call->input[1].shape);
    sep_cl_launch l = sep_cl_begin(cl, SEP_CL_pointwise, "binary");

    (void)step;
    sep_cl_tensor(&l, &call->input[0]);
    sep_cl_tensor(&l, &call->input[1]);
    sep_cl_tensor(&l, &call->output);
    sep_cl_long(&l, count);
    sep_cl_int(&l, (int)call->attributes.function);
    sep_cl_long(&l, others);
    sep_cl_long(&l, each ? count / others : 1);
    return sep_cl_run_each(&l, count);
}

static sep_status rows(sep_cl *cl, const sep_call *call, const char *kernel)
{
    const sep_shape *x = &call->input[0].shape;
    sep_cl_launch l = sep_cl_begin(cl, SEP_CL_pointwise, kernel);

    for (int i = 0; i < call->inputs; i++)
        sep_cl_tensor(&l, &call->input[i]);
    sep_cl_tensor(&l, &call->output);
    sep_cl_long(&l, sep_shape_rows(x));
    sep_cl_int(&l, sep_shape_last(x));
    return sep_cl_run_each(&l, sep_shape_rows(x));
}

sep_status sep_cl_channel_sum(sep_cl *cl, const sep_call *call, const sep_step_info *step)
{
    (void)step;
    return rows(cl, call, "channel_sum");
}

sep_status sep_cl_channel_max(sep_cl *cl, const sep_call *call, const sep_step_info *step)
{
    (void)step;
    return rows(cl, call, "channel_max");
}

sep_status sep_cl_channel_max_dx(sep_cl *cl, const sep_call *call, const sep_step_info *step)
{
    (void)step;
    return rows(cl, call, "channel_max_dx");
}
