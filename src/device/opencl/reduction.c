/* Sums over rows in blocks, and the tree in which blocks join. */
#include "device/opencl/reduction.h"

#define CHUNK 256 /* as in cl/reduction.cl */
#define MANY  256 /* elements: enough work-items to take one each */

static sep_status join_chunks(sep_cl *cl, const sep_operand *partial, int blocks, int64_t stride, int64_t elements,
                              const sep_operand *sum, int64_t sum_stride)
{
    sep_cl_launch l = sep_cl_begin(cl, SEP_CL_reduction, elements < MANY ? "tree_sum" : "tree_sum_each");
    int64_t chunks = sep_cl_ceiling(blocks, CHUNK);

    sep_cl_tensor(&l, partial);
    sep_cl_int(&l, blocks);
    sep_cl_long(&l, stride);
    if (elements >= MANY)
        sep_cl_long(&l, elements);
    sep_cl_tensor(&l, sum);
    sep_cl_long(&l, sum_stride);
    if (elements >= MANY)
        return sep_cl_run_columns(&l, elements, chunks);
    return sep_cl_run(&l, (size_t[3]){(size_t)elements, (size_t)chunks},
                      (size_t[3]){(size_t)sep_cl_parameter(cl, SEP_CL_reduction, "GROUP")});
}

/* A chunk is eight whole levels of the tree, so its sum takes the place of its first block. */
sep_status sep_cl_tree_sum(sep_cl *cl, const sep_operand *partial, int blocks, int64_t stride, int64_t elements,
                           const sep_operand *sum)
{
    while (blocks > CHUNK) {
        SEP_TRY(join_chunks(cl, partial, blocks, stride, elements, partial, CHUNK * stride));
        blocks = (int)sep_cl_ceiling(blocks, CHUNK);
        stride *= CHUNK;
    }
    return join_chunks(cl, partial, blocks, stride, elements, sum, 0);
}

/* ---- the operations ---------------------------------------------------------------------------------------------- */

static int blocks_of(const sep_operand *x)
{
    return (int)sep_cl_ceiling(sep_shape_rows(&x->shape), SEP_BLOCK_ROWS);
}

static size_t workspace(const sep_call *call)
{
    return (size_t)blocks_of(&call->input[0]) * (size_t)sep_cl_elements(&call->output) * sizeof(float);
}

static sep_status sum_rows(sep_cl *cl, const sep_call *call, const char *kernel)
{
    const sep_operand *x = &call->input[0];
    int channels = sep_shape_last(&x->shape), blocks = blocks_of(x);
    sep_cl_launch l = sep_cl_begin(cl, SEP_CL_reduction, kernel);

    for (int i = 0; i < call->inputs; i++)
        sep_cl_tensor(&l, &call->input[i]);
    sep_cl_long(&l, sep_shape_rows(&x->shape));
    sep_cl_int(&l, channels);
    sep_cl_int(&l, SEP_BLOCK_ROWS);
    sep_cl_tensor(&l, &call->workspace);
    SEP_TRY(sep_cl_run_columns(&l, channels, blocks));
    return sep_cl_tree_sum(cl, &call->workspace, blocks, channels, channels, &call->output);
}

size_t sep_cl_row_sum_workspace(const sep_cl *cl, const sep_call *call)
{
    (void)cl;
    return workspace(call);
}

sep_status sep_cl_row_sum(sep_cl *cl, const sep_call *call, const sep_step_info *step)
{
    (void)step;
    return sum_rows(cl, call, "row_sum_blocks");
}

size_t sep_cl_mul_row_sum_workspace(const sep_cl *cl, const sep_call *call)
{
    (void)cl;
    return workspace(call);
}

sep_status sep_cl_mul_row_sum(sep_cl *cl, const sep_call *call, const sep_step_info *step)
{
    (void)step;
    return sum_rows(cl, call, "mul_row_sum_blocks");
}
