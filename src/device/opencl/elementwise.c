/* Elementwise operations. */
#include "device/opencl/opencl.h"

static sep_status binary(sep_cl *cl, const sep_call *call, const char *kernel)
{
    sep_cl_launch l = sep_cl_begin(cl, SEP_CL_elementwise, kernel);

    sep_cl_tensor(&l, &call->input[0]);
    sep_cl_tensor(&l, &call->input[1]);
    sep_cl_tensor(&l, &call->output);
    sep_cl_long(&l, sep_cl_elements(&call->output));
    sep_cl_long(&l, sep_cl_elements(&call->input[1]));
    return sep_cl_run_each(&l, sep_cl_elements(&call->output));
}

sep_status sep_cl_add(sep_cl *cl, const sep_call *call, const sep_step_info *step)
{
    (void)step;
    return binary(cl, call, "add");
}

sep_status sep_cl_mul(sep_cl *cl, const sep_call *call, const sep_step_info *step)
{
    (void)step;
    return binary(cl, call, "mul");
}

static sep_status scaled(sep_cl *cl, const sep_call *call, float factor)
{
    sep_cl_launch l = sep_cl_begin(cl, SEP_CL_elementwise, "scale");

    sep_cl_tensor(&l, &call->input[0]);
    sep_cl_tensor(&l, &call->output);
    sep_cl_long(&l, sep_cl_elements(&call->output));
    sep_cl_float(&l, factor);
    return sep_cl_run_each(&l, sep_cl_elements(&call->output));
}

sep_status sep_cl_scale(sep_cl *cl, const sep_call *call, const sep_step_info *step)
{
    (void)step;
    return scaled(cl, call, call->attributes.factor);
}

sep_status sep_cl_fill(sep_cl *cl, const sep_call *call, const sep_step_info *step)
{
    sep_cl_launch l = sep_cl_begin(cl, SEP_CL_elementwise, "fill");

    (void)step;
    sep_cl_tensor(&l, &call->output);
    sep_cl_long(&l, sep_cl_elements(&call->output));
    sep_cl_float(&l, call->attributes.value);
    return sep_cl_run_each(&l, sep_cl_elements(&call->output));
}

static sep_status activation(sep_cl *cl, const sep_call *call, const char *kernel)
{
    sep_cl_launch l = sep_cl_begin(cl, SEP_CL_elementwise, kernel);

    for (int i = 0; i < call->inputs; i++)
        sep_cl_tensor(&l, &call->input[i]);
    sep_cl_tensor(&l, &call->output);
    sep_cl_long(&l, sep_cl_elements(&call->output));
    sep_cl_int(&l, (int)call->attributes.activation);
    sep_cl_float(&l, call->attributes.slope);
    return sep_cl_run_each(&l, sep_cl_elements(&call->output));
}

sep_status sep_cl_activate(sep_cl *cl, const sep_call *call, const sep_step_info *step)
{
    (void)step;
    return activation(cl, call, "activate");
}

sep_status sep_cl_activate_dx(sep_cl *cl, const sep_call *call, const sep_step_info *step)
{
    (void)step;
    return activation(cl, call, "activate_dx");
}

/* Without dropping anything the factor is 1, and x * 1 is x. */
sep_status sep_cl_dropout(sep_cl *cl, const sep_call *call, const sep_step_info *step)
{
    int64_t count = sep_cl_elements(&call->output);
    int samples = call->output.shape.rank > 0 ? call->output.shape.dim[0] : 1;
    float probability = call->attributes.probability;
    sep_cl_launch l = sep_cl_begin(cl, SEP_CL_elementwise, "dropout");

    sep_cl_tensor(&l, &call->input[0]);
    sep_cl_tensor(&l, &call->output);
    sep_cl_long(&l, count);
    sep_cl_long(&l, call->attributes.per_sample ? count / samples : 1);
    sep_cl_float(&l, probability);
    sep_cl_float(&l, 1.0f / (1.0f - probability));
    sep_cl_random(&l, call, step);
    return sep_cl_run_each(&l, count);
}

sep_status sep_cl_dropout_bits(sep_cl *cl, const sep_call *call, const sep_step_info *step)
{
    int64_t words = sep_cl_elements(&call->output);
    sep_cl_launch l = sep_cl_begin(cl, SEP_CL_elementwise, "dropout_bits");

    sep_cl_tensor(&l, &call->output);
    sep_cl_long(&l, words);
    sep_cl_long(&l, call->attributes.count);
    sep_cl_float(&l, call->attributes.probability);
    sep_cl_random(&l, call, step);
    return sep_cl_run_each(&l, words);
}
