/* Parameter updates, in place, and the norm of the gradient. */
#include "device/opencl/reduction.h"

#define NORM_BLOCK 4096 /* elements; as in cl/optimiser.cl, where 16 work-items share one */
#define GROUP      64

static int norm_blocks(const sep_call *call)
{
    return (int)sep_cl_ceiling(sep_cl_elements(&call->input[0]), NORM_BLOCK);
}

size_t sep_cl_squared_norm_workspace(const sep_cl *cl, const sep_call *call)
{
    (void)cl;
    return (size_t)norm_blocks(call) * sizeof(float);
}

/* Many parameters are one block: they need no tree. */
sep_status sep_cl_squared_norm(sep_cl *cl, const sep_call *call, const sep_step_info *step)
{
    int blocks = norm_blocks(call);
    sep_cl_launch l = sep_cl_begin(cl, SEP_CL_optimiser, "squared_norm_blocks");

    (void)step;
    sep_cl_tensor(&l, &call->input[0]);
    sep_cl_long(&l, sep_cl_elements(&call->input[0]));
    sep_cl_tensor(&l, blocks > 1 ? &call->workspace : &call->output);
    SEP_TRY(sep_cl_run(&l, (size_t[3]){(size_t)sep_cl_ceiling(blocks, GROUP / 16)}, (size_t[3]){GROUP}));
    return blocks > 1 ? sep_cl_tree_sum(cl, &call->workspace, blocks, 1, 1, &call->output) : SEP_OK;
}

sep_status sep_cl_clip_factor(sep_cl *cl, const sep_call *call, const sep_step_info *step)
{
    sep_cl_launch l = sep_cl_begin(cl, SEP_CL_optimiser, "clip_factor");

    (void)step;
    sep_cl_tensor(&l, &call->input[0]);
    sep_cl_tensor(&l, &call->output);
    sep_cl_long(&l, 1);
    sep_cl_float(&l, call->attributes.factor);
    return sep_cl_run_each(&l, 1);
}

/* ---- updates ----------------------------------------------------------------------------------------------------- */

/* The arguments that SGD and Adam share. */
static sep_cl_launch begin_update(sep_cl *cl, const sep_call *call, const char *kernel)
{
    sep_cl_launch l = sep_cl_begin(cl, SEP_CL_optimiser, kernel);

    sep_cl_tensor(&l, &call->output);
    for (int i = 1; i < 5; i++)
        sep_cl_input(&l, call, i);
    sep_cl_long(&l, sep_cl_elements(&call->output));
    sep_cl_int(&l, call->inputs > 4);
    sep_cl_float(&l, call->attributes.decay);
    return l;
}

sep_status sep_cl_sgd(sep_cl *cl, const sep_call *call, const sep_step_info *step)
{
    sep_cl_launch l = begin_update(cl, call, "sgd");

    (void)step;
    sep_cl_float(&l, call->attributes.momentum);
    return sep_cl_run_each(&l, sep_cl_elements(&call->output));
}

sep_status sep_cl_adam(sep_cl *cl, const sep_call *call, const sep_step_info *step)
{
    sep_cl_launch l = begin_update(cl, call, "adam");

    (void)step;
    sep_cl_float(&l, call->attributes.beta1);
    sep_cl_float(&l, call->attributes.beta2);
    sep_cl_float(&l, call->attributes.epsilon);
    sep_cl_int(&l, call->attributes.decoupled);
    return sep_cl_run_each(&l, sep_cl_elements(&call->output));
}

sep_status sep_cl_ema(sep_cl *cl, const sep_call *call, const sep_step_info *step)
{
    int64_t count = sep_cl_elements(&call->output);
    sep_cl_launch l = sep_cl_begin(cl, SEP_CL_optimiser, "ema");

    (void)step;
    sep_cl_tensor(&l, &call->output);
    sep_cl_tensor(&l, &call->input[1]);
    sep_cl_tensor(&l, &call->input[2]);
    sep_cl_long(&l, count);
    return sep_cl_run_each(&l, count);
}
