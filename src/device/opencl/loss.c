/* Cross entropy and mean squared error. */
#include "device/opencl/reduction.h"

#define GROUP 64 /* as in cl/loss.cl */

_Static_assert(SEP_BLOCK_ROWS == 256, "BLOCK in cl/loss.cl");

static int blocks_of(const sep_call *call)
{
    return (int)sep_cl_ceiling(sep_shape_rows(&call->input[0].shape), SEP_BLOCK_ROWS);
}

static size_t block_sums(const sep_call *call)
{
    return (size_t)blocks_of(call) * sizeof(float);
}

/* Rows in blocks, the tree of blocks, and the sum divided by `count`. */
static sep_status mean(sep_cl *cl, const sep_call *call, const char *kernel, int64_t count)
{
    int blocks = blocks_of(call);
    sep_cl_launch l = sep_cl_begin(cl, SEP_CL_loss, kernel);

    sep_cl_tensor(&l, &call->input[0]);
    sep_cl_tensor(&l, &call->input[1]);
    sep_cl_long(&l, sep_shape_rows(&call->input[0].shape));
    sep_cl_int(&l, sep_shape_last(&call->input[0].shape));
    sep_cl_tensor(&l, &call->workspace);
    SEP_TRY(sep_cl_run(&l, (size_t[3]){(size_t)blocks}, (size_t[3]){GROUP}));
    SEP_TRY(sep_cl_tree_sum(cl, &call->workspace, blocks, 1, 1, &call->output));
    l = sep_cl_begin(cl, SEP_CL_loss, "divide");
    sep_cl_tensor(&l, &call->output);
    sep_cl_long(&l, 1);
    sep_cl_float(&l, (float)count);
    return sep_cl_run_each(&l, 1);
}

size_t sep_cl_cross_entropy_workspace(const sep_cl *cl, const sep_call *call)
{
    (void)cl;
    return block_sums(call);
}

sep_status sep_cl_cross_entropy(sep_cl *cl, const sep_call *call, const sep_step_info *step)
{
    (void)step;
    return mean(cl, call, "cross_entropy_blocks", sep_shape_rows(&call->input[0].shape));
}

sep_status sep_cl_cross_entropy_dx(sep_cl *cl, const sep_call *call, const sep_step_info *step)
{
    int64_t rows = sep_shape_rows(&call->input[0].shape);
    sep_cl_launch l = sep_cl_begin(cl, SEP_CL_loss, "cross_entropy_dx");

    (void)step;
    for (int i = 0; i < 3; i++)
        sep_cl_tensor(&l, &call->input[i]);
    sep_cl_tensor(&l, &call->output);
    sep_cl_long(&l, rows);
    sep_cl_int(&l, sep_shape_last(&call->input[0].shape));
    sep_cl_float(&l, (float)rows);
    return sep_cl_run_each(&l, rows);
}

size_t sep_cl_mse_workspace(const sep_cl *cl, const sep_call *call)
{
    (void)cl;
    return block_sums(call);
}

sep_status sep_cl_mse(sep_cl *cl, const sep_call *call, const sep_step_info *step)
{
    (void)step;
    return mean(cl, call, "mse_blocks", sep_cl_elements(&call->input[0]));
}

sep_status sep_cl_mse_dx(sep_cl *cl, const sep_call *call, const sep_step_info *step)
{
    int64_t count = sep_cl_elements(&call->output);
    sep_cl_launch l = sep_cl_begin(cl, SEP_CL_loss, "mse_dx");

    (void)step;
    for (int i = 0; i < 3; i++)
        sep_cl_tensor(&l, &call->input[i]);
    sep_cl_tensor(&l, &call->output);
    sep_cl_long(&l, count);
    sep_cl_float(&l, (float)count);
    return sep_cl_run_each(&l, count);
}
