/* Batch normalisation. */
#include "device/opencl/reduction.h"

#define CHUNK 256 /* as in cl/batch_norm.cl */
#define GROUP 64

static int blocks_of(const sep_call *call)
{
    return (int)sep_cl_ceiling(sep_shape_rows(&call->input[0].shape), SEP_BLOCK_ROWS);
}

static int channels_of(const sep_call *call)
{
    return sep_shape_last(&call->input[0].shape);
}

static size_t workspace(const sep_call *call)
{
    return (size_t)blocks_of(call) * 2 * (size_t)channels_of(call) * sizeof(float);
}

/* ---- statistics -------------------------------------------------------------------------------------------------- */

/* Blocks of `size` rows, `stride` floats apart in the workspace; to `stats`, chunks stats_stride apart. */
static sep_status join_chunks(sep_cl *cl, const sep_call *call, int blocks, int64_t stride, int64_t size,
                              const sep_operand *stats, int64_t stats_stride, bool last)
{
    int channels = channels_of(call);
    sep_cl_launch l = sep_cl_begin(cl, SEP_CL_batch_norm, "batch_stats_tree");

    sep_cl_tensor(&l, &call->workspace);
    sep_cl_int(&l, blocks);
    sep_cl_long(&l, stride);
    sep_cl_long(&l, sep_shape_rows(&call->input[0].shape));
    sep_cl_long(&l, size);
    sep_cl_int(&l, channels);
    sep_cl_tensor(&l, stats);
    sep_cl_long(&l, stats_stride);
    sep_cl_int(&l, last);
    return sep_cl_run(&l, (size_t[3]){(size_t)sep_cl_ceiling(blocks, CHUNK), (size_t)channels}, (size_t[3]){GROUP});
}

size_t sep_cl_batch_stats_workspace(const sep_cl *cl, const sep_call *call)
{
    (void)cl;
    return workspace(call);
}

sep_status sep_cl_batch_stats(sep_cl *cl, const sep_call *call, const sep_step_info *step)
{
    int channels = channels_of(call), blocks = blocks_of(call);
    int64_t stride = 2 * (int64_t)channels, size = SEP_BLOCK_ROWS;
    sep_cl_launch l = sep_cl_begin(cl, SEP_CL_batch_norm, "batch_stats_blocks");

    (void)step;
    sep_cl_tensor(&l, &call->input[0]);
    sep_cl_long(&l, sep_shape_rows(&call->input[0].shape));
    sep_cl_int(&l, channels);
    sep_cl_int(&l, SEP_BLOCK_ROWS);
    sep_cl_tensor(&l, &call->workspace);
    SEP_TRY(sep_cl_run_columns(&l, channels, blocks));
    while (blocks > CHUNK) {
        SEP_TRY(join_chunks(cl, call, blocks, stride, size, &call->workspace, CHUNK * stride, false));
        blocks = (int)sep_cl_ceiling(blocks, CHUNK);
        stride *= CHUNK;
        size *= CHUNK;
    }
    return join_chunks(cl, call, blocks, stride, size, &call->output, 0, true);
}

sep_status sep_cl_batch_running(sep_cl *cl, const sep_call *call, const sep_step_info *step)
{
    int channels = sep_shape_last(&call->output.shape), count = call->attributes.count;
    sep_cl_launch l = sep_cl_begin(cl, SEP_CL_batch_norm, "batch_running");

    (void)step;
    sep_cl_tensor(&l, &call->output);
    sep_cl_tensor(&l, &call->input[1]);
    sep_cl_int(&l, channels);
    sep_cl_float(&l, call->attributes.momentum);
    sep_cl_float(&l, count > 1 ? (float)count / (float)(count - 1) : 1.0f);
    return sep_cl_run_each(&l, 2 * (int64_t)channels);
}

/* ---- apply and gradient ------------------------------------------------------------------------------------------ */

/* A kernel with the parameters that all three have; `keep` is the input with the bits of dropout, where there is one.
 */
static sep_cl_launch begin(sep_cl *cl, const sep_call *call, const char *kernel, int keep)
{
    const sep_attributes *a = &call->attributes;
    sep_cl_launch l = sep_cl_begin(cl, SEP_CL_batch_norm, kernel);

    for (int i = 0; i < 4; i++)
        sep_cl_tensor(&l, &call->input[i]);
    sep_cl_input(&l, call, keep);
    sep_cl_int(&l, call->inputs > keep);
    sep_cl_float(&l, 1.0f / (1.0f - a->probability));
    sep_cl_long(&l, sep_shape_rows(&call->input[0].shape));
    sep_cl_int(&l, channels_of(call));
    sep_cl_float(&l, a->epsilon);
    sep_cl_int(&l, (int)a->activation);
    sep_cl_float(&l, a->slope);
    return l;
}

sep_status sep_cl_batch_apply(sep_cl *cl, const sep_call *call, const sep_step_info *step)
{
    sep_cl_launch l = begin(cl, call, "batch_apply", 4);

    (void)step;
    sep_cl_tensor(&l, &call->output);
    return sep_cl_run_each(&l, sep_cl_elements(&call->input[0]));
}

size_t sep_cl_batch_reduce_workspace(const sep_cl *cl, const sep_call *call)
{
    (void)cl;
    return workspace(call);
}

sep_status sep_cl_batch_reduce(sep_cl *cl, const sep_call *call, const sep_step_info *step)
{
    int blocks = blocks_of(call);
    int64_t sums = 2 * (int64_t)channels_of(call);
    sep_cl_launch l = begin(cl, call, "batch_reduce_blocks", 5);

    (void)step;
    sep_cl_tensor(&l, &call->input[4]);
    sep_cl_int(&l, SEP_BLOCK_ROWS);
    sep_cl_tensor(&l, &call->workspace);
    SEP_TRY(sep_cl_run_columns(&l, channels_of(call), blocks));
    return sep_cl_tree_sum(cl, &call->workspace, blocks, sums, sums, &call->output);
}

sep_status sep_cl_batch_dx(sep_cl *cl, const sep_call *call, const sep_step_info *step)
{
    sep_cl_launch l = begin(cl, call, "batch_dx", 6);

    (void)step;
    sep_cl_tensor(&l, &call->input[4]);
    sep_cl_tensor(&l, &call->input[5]);
    sep_cl_int(&l, call->attributes.frozen);
    sep_cl_tensor(&l, &call->output);
    return sep_cl_run_each(&l, sep_cl_elements(&call->input[0]));
}
