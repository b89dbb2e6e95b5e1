/* Layer normalisation. */
#include "device/opencl/reduction.h"

#define GROUP 64 /* work-items, as in cl/layer_norm.cl: four rows */
#define LANES 16

static int channels_of(const sep_call *call)
{
    return sep_shape_last(&call->input[0].shape);
}

/* gamma is [channels] (one affine row) or [groups, channels]. */
static int groups_of(const sep_call *call)
{
    return (int)sep_shape_rows(&call->input[1].shape);
}

static sep_status run_rows(sep_cl_launch *l, const sep_call *call)
{
    int64_t rows = sep_shape_rows(&call->input[0].shape);

    return sep_cl_run(l, (size_t[3]){(size_t)sep_cl_ceiling(rows, GROUP / LANES)}, (size_t[3]){GROUP});
}

/* The three inputs and the output of the forward pass and of the data gradient. */
static sep_status normalise(sep_cl *cl, const sep_call *call, const char *kernel)
{
    sep_cl_launch l = sep_cl_begin(cl, SEP_CL_layer_norm, kernel);

    for (int i = 0; i < 3; i++)
        sep_cl_tensor(&l, &call->input[i]);
    sep_cl_tensor(&l, &call->output);
    sep_cl_long(&l, sep_shape_rows(&call->input[0].shape));
    sep_cl_int(&l, channels_of(call));
    sep_cl_int(&l, groups_of(call));
    sep_cl_float(&l, call->attributes.epsilon);
    return run_rows(&l, call);
}

sep_status sep_cl_layer_norm(sep_cl *cl, const sep_call *call, const sep_step_info *step)
{
    (void)step;
    return normalise(cl, call, "layer_norm");
}

sep_status sep_cl_layer_norm_dx(sep_cl *cl, const sep_call *call, const sep_step_info *step)
{
    (void)step;
    return normalise(cl, call, "layer_norm_dx");
}

/* ---- gradients of gamma and beta --------------------------------------------------------------------------------- */

static int64_t rows_of_group(const sep_call *call)
{
    return sep_shape_rows(&call->input[0].shape) / groups_of(call);
}

static int blocks_of(const sep_call *call)
{
    return (int)sep_cl_ceiling(rows_of_group(call), SEP_BLOCK_ROWS);
}

static size_t statistics_bytes(const sep_call *call)
{
    return sep_cl_aligned(2 * (size_t)sep_shape_rows(&call->input[0].shape) * sizeof(float));
}

size_t sep_cl_layer_norm_dparam_workspace(const sep_cl *cl, const sep_call *call)
{
    (void)cl;
    return statistics_bytes(call) + (size_t)blocks_of(call) * (size_t)sep_cl_elements(&call->output) * sizeof(float);
}

static sep_status find_statistics(sep_cl *cl, const sep_call *call)
{
    sep_cl_launch l = sep_cl_begin(cl, SEP_CL_layer_norm, "layer_norm_statistics");

    sep_cl_tensor(&l, &call->input[0]);
    sep_cl_tensor(&l, &call->workspace);
    sep_cl_long(&l, sep_shape_rows(&call->input[0].shape));
    sep_cl_int(&l, channels_of(call));
    sep_cl_float(&l, call->attributes.epsilon);
    return run_rows(&l, call);
}

sep_status sep_cl_layer_norm_dparam(sep_cl *cl, const sep_call *call, const sep_step_info *step)
{
    int groups = groups_of(call), channels = channels_of(call), blocks = blocks_of(call);
    int64_t sums = sep_cl_elements(&call->output);
    sep_operand partial = sep_cl_part(&call->workspace, statistics_bytes(call));
    sep_cl_launch l = sep_cl_begin(cl, SEP_CL_layer_norm, "layer_norm_dparam_blocks");

    (void)step;
    SEP_TRY(find_statistics(cl, call));
    sep_cl_tensor(&l, &call->input[0]);
    sep_cl_tensor(&l, &call->input[2]);
    sep_cl_tensor(&l, &call->workspace);
    sep_cl_long(&l, rows_of_group(call));
    sep_cl_int(&l, channels);
    sep_cl_int(&l, groups);
    sep_cl_int(&l, SEP_BLOCK_ROWS);
    sep_cl_tensor(&l, &partial);
    SEP_TRY(sep_cl_run_columns(&l, channels, (int64_t)blocks * groups));
    return sep_cl_tree_sum(cl, &partial, blocks, sums, sums, &call->output);
}
