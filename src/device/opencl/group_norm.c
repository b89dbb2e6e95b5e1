/* Group normalisation: batch norm's launches on each sample by itself, and what the channels of a group share. */
#include "device/opencl/opencl.h"

static int samples_of(const sep_call *call)
{
    return call->input[0].shape.dim[0];
}

static void narrow(sep_operand *operand, int samples, int sample)
{
    int channels = sep_shape_last(&operand->shape), rows = (int)(sep_shape_rows(&operand->shape) / samples);

    operand->offset += (size_t)sample * (size_t)rows * (size_t)channels * sizeof(float);
    operand->shape = SEP_SHAPE(rows, channels);
}

/* The call of batch norm that does for one sample what the call does for all. gamma and beta are everyone's. */
static sep_call of_sample(const sep_call *call, sep_op op, int sample)
{
    sep_call one = *call;

    one.op = op;
    for (int i = 0; i < call->inputs; i++)
        if (i != 2 && i != 3)
            narrow(&one.input[i], samples_of(call), sample);
    narrow(&one.output, samples_of(call), sample);
    return one;
}

typedef sep_status kernel(sep_cl *cl, const sep_call *call, const sep_step_info *step);

/* One after the other: they share the workspace. */
static sep_status each_sample(sep_cl *cl, const sep_call *call, sep_op op, kernel *run)
{
    for (int n = 0; n < samples_of(call); n++) {
        const sep_call sample = of_sample(call, op, n);

        SEP_TRY(run(cl, &sample, NULL));
    }
    return SEP_OK;
}

/* x's samples, channels and groups: what the kernels of cl/group_norm.cl have in common. */
static void give_sizes(sep_cl_launch *l, const sep_call *call)
{
    int channels = sep_shape_last(&call->input[0].shape);

    sep_cl_int(l, samples_of(call));
    sep_cl_int(l, channels);
    sep_cl_int(l, channels / call->attributes.groups);
}

static int64_t groups_of(const sep_call *call)
{
    return (int64_t)samples_of(call) * call->attributes.groups;
}

size_t sep_cl_group_stats_workspace(const sep_cl *cl, const sep_call *call)
{
    const sep_call sample = of_sample(call, SEP_OP_BATCH_STATS, 0);

    return sep_cl_batch_stats_workspace(cl, &sample);
}

sep_status sep_cl_group_stats(sep_cl *cl, const sep_call *call, const sep_step_info *step)
{
    (void)step;
    SEP_TRY(each_sample(cl, call, SEP_OP_BATCH_STATS, sep_cl_batch_stats));
    sep_cl_launch l = sep_cl_begin(cl, SEP_CL_group_norm, "group_stats_join");
    sep_cl_tensor(&l, &call->output);
    give_sizes(&l, call);
    return sep_cl_run_each(&l, groups_of(call));
}

sep_status sep_cl_group_apply(sep_cl *cl, const sep_call *call, const sep_step_info *step)
{
    (void)step;
    return each_sample(cl, call, SEP_OP_BATCH_APPLY, sep_cl_batch_apply);
}

size_t sep_cl_group_reduce_workspace(const sep_cl *cl, const sep_call *call)
{
    const sep_call sample = of_sample(call, SEP_OP_BATCH_REDUCE, 0);

    return sep_cl_batch_reduce_workspace(cl, &sample);
}

sep_status sep_cl_group_reduce(sep_cl *cl, const sep_call *call, const sep_step_info *step)
{
    (void)step;
    return each_sample(cl, call, SEP_OP_BATCH_REDUCE, sep_cl_batch_reduce);
}

/* The means of gamma * du and of gamma * du * xhat of each group. */
size_t sep_cl_group_dx_workspace(const sep_cl *cl, const sep_call *call)
{
    (void)cl;
    return 2 * (size_t)groups_of(call) * sizeof(float);
}

static sep_status find_means(sep_cl *cl, const sep_call *call, int rows)
{
    sep_cl_launch l = sep_cl_begin(cl, SEP_CL_group_norm, "group_dx_means");

    sep_cl_tensor(&l, &call->input[2]);
    sep_cl_tensor(&l, &call->input[5]);
    give_sizes(&l, call);
    sep_cl_int(&l, rows);
    sep_cl_tensor(&l, &call->workspace);
    return sep_cl_run_each(&l, groups_of(call));
}

sep_status sep_cl_group_dx(sep_cl *cl, const sep_call *call, const sep_step_info *step)
{
    int rows = (int)(sep_shape_rows(&call->input[0].shape) / samples_of(call));

    (void)step;
    SEP_TRY(find_means(cl, call, rows));
    sep_cl_launch l = sep_cl_begin(cl, SEP_CL_group_norm, "group_dx");
    for (int i = 0; i < 5; i++)
        sep_cl_tensor(&l, &call->input[i]);
    sep_cl_tensor(&l, &call->workspace);
    give_sizes(&l, call);
    sep_cl_int(&l, rows);
    sep_cl_float(&l, call->attributes.epsilon);
    sep_cl_int(&l, (int)call->attributes.activation);
    sep_cl_float(&l, call->attributes.slope);
    sep_cl_tensor(&l, &call->output);
    return sep_cl_run_each(&l, sep_cl_elements(&call->output));
}
