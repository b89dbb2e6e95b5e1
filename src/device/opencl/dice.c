/* The Dice loss. */
#include "device/opencl/reduction.h"

#define GROUP    64 /* as in cl/dice.cl */
#define CHANNELS 16

_Static_assert(SEP_BLOCK_ROWS == 256, "BLOCK in cl/dice.cl");

static int blocks_of(const sep_call *call)
{
    return (int)sep_cl_ceiling(sep_shape_rows(&call->input[0].shape), SEP_BLOCK_ROWS);
}

size_t sep_cl_dice_sums_workspace(const sep_cl *cl, const sep_call *call)
{
    (void)cl;
    return (size_t)blocks_of(call) * 3 * (size_t)sep_shape_last(&call->input[0].shape) * sizeof(float);
}

sep_status sep_cl_dice_sums(sep_cl *cl, const sep_call *call, const sep_step_info *step)
{
    int channels = sep_shape_last(&call->input[0].shape), blocks = blocks_of(call);
    sep_cl_launch l = sep_cl_begin(cl, SEP_CL_dice, "dice_sums_blocks");

    (void)step;
    sep_cl_tensor(&l, &call->input[0]);
    sep_cl_tensor(&l, &call->input[1]);
    sep_cl_long(&l, sep_shape_rows(&call->input[0].shape));
    sep_cl_int(&l, channels);
    sep_cl_tensor(&l, &call->workspace);
    SEP_TRY(
        sep_cl_run(&l, (size_t[3]){(size_t)blocks, (size_t)sep_cl_ceiling(channels, CHANNELS)}, (size_t[3]){GROUP}));
    return sep_cl_tree_sum(cl, &call->workspace, blocks, 3 * (int64_t)channels, 3 * (int64_t)channels, &call->output);
}

sep_status sep_cl_dice(sep_cl *cl, const sep_call *call, const sep_step_info *step)
{
    sep_cl_launch l = sep_cl_begin(cl, SEP_CL_dice, "dice");

    (void)step;
    sep_cl_tensor(&l, &call->input[0]);
    sep_cl_tensor(&l, &call->output);
    sep_cl_long(&l, 1);
    sep_cl_int(&l, sep_shape_last(&call->input[0].shape));
    sep_cl_float(&l, call->attributes.smooth);
    return sep_cl_run_each(&l, 1);
}

/* Two terms a class. */
size_t sep_cl_dice_dx_workspace(const sep_cl *cl, const sep_call *call)
{
    (void)cl;
    return 2 * (size_t)sep_shape_last(&call->input[0].shape) * sizeof(float);
}

static sep_status compute_terms(sep_cl *cl, const sep_call *call, int channels)
{
    sep_cl_launch l = sep_cl_begin(cl, SEP_CL_dice, "dice_terms");

    sep_cl_tensor(&l, &call->input[2]);
    sep_cl_tensor(&l, &call->workspace);
    sep_cl_long(&l, channels);
    sep_cl_float(&l, call->attributes.smooth);
    return sep_cl_run_each(&l, channels);
}

sep_status sep_cl_dice_dx(sep_cl *cl, const sep_call *call, const sep_step_info *step)
{
    int64_t count = sep_cl_elements(&call->output);
    int channels = sep_shape_last(&call->input[0].shape);
    sep_cl_launch l = sep_cl_begin(cl, SEP_CL_dice, "dice_dx");

    (void)step;
    SEP_TRY(compute_terms(cl, call, channels));
    sep_cl_tensor(&l, &call->input[0]);
    sep_cl_tensor(&l, &call->input[1]);
    sep_cl_tensor(&l, &call->workspace);
    sep_cl_tensor(&l, &call->input[3]);
    sep_cl_tensor(&l, &call->output);
    sep_cl_long(&l, count);
    sep_cl_int(&l, channels);
    return sep_cl_run_each(&l, count);
}
