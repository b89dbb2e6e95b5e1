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

/* Rows in blocks, and the tree of blocks. */
static sep_status sum(sep_cl *cl, const sep_call *call, const char *kernel)
{
    int blocks = blocks_of(call);
    sep_cl_launch l = sep_cl_begin(cl, SEP_CL_loss, kernel);

    sep_cl_tensor(&l, &call->input[0]);
    sep_cl_tensor(&l, &call->input[1]);
    sep_cl_long(&l, sep_shape_rows(&call->input[0].shape));
    sep_cl_int(&l, sep_shape_last(&call->input[0].shape));
    sep_cl_tensor(&l, &call->workspace);
    SEP_TRY(sep_cl_run(&l, (size_t[3]){(size_t)blocks}, (size_t[3]){GROUP}));
    return sep_cl_tree_sum(cl, &call->workspace, blocks, 1, 1, &call->output);
}

/* ---- cross entropy ----------------------------------------------------------------------------------------------- */

/* How many rows have a label, into *count. */
static sep_status count_labels(sep_cl *cl, const sep_call *call, const sep_operand *count)
{
    sep_cl_launch l = sep_cl_begin(cl, SEP_CL_loss, "begin_count");

    sep_cl_tensor(&l, count);
    sep_cl_long(&l, 1);
    SEP_TRY(sep_cl_run_each(&l, 1));
    l = sep_cl_begin(cl, SEP_CL_loss, "count_labels");
    sep_cl_tensor(&l, &call->input[1]);
    sep_cl_long(&l, sep_shape_rows(&call->input[0].shape));
    sep_cl_int(&l, sep_shape_last(&call->input[0].shape));
    sep_cl_tensor(&l, count);
    return sep_cl_run(&l, (size_t[3]){(size_t)blocks_of(call)}, (size_t[3]){GROUP});
}

/* The blocks' sums, and behind them the count. */
size_t sep_cl_cross_entropy_workspace(const sep_cl *cl, const sep_call *call)
{
    (void)cl;
    return sep_cl_aligned(block_sums(call)) + sizeof(cl_int);
}

sep_status sep_cl_cross_entropy(sep_cl *cl, const sep_call *call, const sep_step_info *step)
{
    const sep_operand count = sep_cl_part(&call->workspace, sep_cl_aligned(block_sums(call)));

    (void)step;
    SEP_TRY(sum(cl, call, "cross_entropy_blocks"));
    SEP_TRY(count_labels(cl, call, &count));
    sep_cl_launch l = sep_cl_begin(cl, SEP_CL_loss, "divide_by_count");
    sep_cl_tensor(&l, &call->output);
    sep_cl_long(&l, 1);
    sep_cl_tensor(&l, &count);
    return sep_cl_run_each(&l, 1);
}

size_t sep_cl_cross_entropy_dx_workspace(const sep_cl *cl, const sep_call *call)
{
    (void)cl;
    (void)call;
    return sizeof(cl_int);
}

sep_status sep_cl_cross_entropy_dx(sep_cl *cl, const sep_call *call, const sep_step_info *step)
{
    int64_t rows = sep_shape_rows(&call->input[0].shape);

    (void)step;
    SEP_TRY(count_labels(cl, call, &call->workspace));
    sep_cl_launch l = sep_cl_begin(cl, SEP_CL_loss, "cross_entropy_dx");
    for (int i = 0; i < 3; i++)
        sep_cl_tensor(&l, &call->input[i]);
    sep_cl_tensor(&l, &call->output);
    sep_cl_long(&l, rows);
    sep_cl_int(&l, sep_shape_last(&call->input[0].shape));
    sep_cl_tensor(&l, &call->workspace);
    return sep_cl_run_each(&l, rows);
}

/* ---- mean squared error ------------------------------------------------------------------------------------------ */

size_t sep_cl_mse_workspace(const sep_cl *cl, const sep_call *call)
{
    (void)cl;
    return block_sums(call);
}

sep_status sep_cl_mse(sep_cl *cl, const sep_call *call, const sep_step_info *step)
{
    (void)step;
    SEP_TRY(sum(cl, call, "mse_blocks"));
    sep_cl_launch l = sep_cl_begin(cl, SEP_CL_loss, "divide");
    sep_cl_tensor(&l, &call->output);
    sep_cl_long(&l, 1);
    sep_cl_float(&l, (float)sep_cl_elements(&call->input[0]));
    return sep_cl_run_each(&l, 1);
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

/* ---- labels as numbers ------------------------------------------------------------------------------------------- */

sep_status sep_cl_one_hot(sep_cl *cl, const sep_call *call, const sep_step_info *step)
{
    int64_t count = sep_cl_elements(&call->output);
    sep_cl_launch l = sep_cl_begin(cl, SEP_CL_loss, "one_hot");

    (void)step;
    sep_cl_tensor(&l, &call->input[0]);
    sep_cl_tensor(&l, &call->output);
    sep_cl_long(&l, count);
    sep_cl_int(&l, sep_shape_last(&call->output.shape));
    return sep_cl_run_each(&l, count);
}
