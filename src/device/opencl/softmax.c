/* Softmax and its relatives. */
#include "device/opencl/opencl.h"

#define GROUP       64 /* work-items, as in cl/softmax.cl */
#define ROW_SHARERS 16 /* work-items that share a wide row */

/* Up to 16 channels a row goes to one work-item: its lanes have one element each. */
static sep_status rows(sep_cl *cl, const sep_call *call, const char *narrow, const char *wide)
{
    int64_t count = sep_shape_rows(&call->input[0].shape);
    int channels = sep_shape_last(&call->input[0].shape);
    bool shared = channels > ROW_SHARERS;
    sep_cl_launch l = sep_cl_begin(cl, SEP_CL_softmax, shared ? wide : narrow);

    sep_cl_input(&l, call, 0);
    sep_cl_input(&l, call, 1);
    sep_cl_tensor(&l, &call->output);
    sep_cl_long(&l, count);
    sep_cl_int(&l, channels);
    if (!shared)
        return sep_cl_run_each(&l, count);
    return sep_cl_run(&l, (size_t[3]){(size_t)sep_cl_ceiling(count, GROUP / ROW_SHARERS)}, (size_t[3]){GROUP});
}

sep_status sep_cl_softmax(sep_cl *cl, const sep_call *call, const sep_step_info *step)
{
    (void)step;
    return rows(cl, call, "softmax", "softmax_wide");
}

sep_status sep_cl_softmax_dx(sep_cl *cl, const sep_call *call, const sep_step_info *step)
{
    (void)step;
    return rows(cl, call, "softmax_dx", "softmax_dx_wide");
}

sep_status sep_cl_log_softmax(sep_cl *cl, const sep_call *call, const sep_step_info *step)
{
    (void)step;
    return rows(cl, call, "log_softmax", "log_softmax_wide");
}

sep_status sep_cl_log_softmax_dx(sep_cl *cl, const sep_call *call, const sep_step_info *step)
{
    (void)step;
    return rows(cl, call, "log_softmax_dx", "log_softmax_dx_wide");
}

sep_status sep_cl_argmax(sep_cl *cl, const sep_call *call, const sep_step_info *step)
{
    int64_t count = sep_shape_rows(&call->input[0].shape);
    sep_cl_launch l = sep_cl_begin(cl, SEP_CL_softmax, "argmax");

    (void)step;
    sep_cl_tensor(&l, &call->input[0]);
    sep_cl_tensor(&l, &call->output);
    sep_cl_long(&l, count);
    sep_cl_int(&l, sep_shape_last(&call->input[0].shape));
    return sep_cl_run_each(&l, count);
}
