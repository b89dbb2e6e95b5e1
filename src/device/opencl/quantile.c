/* QUANTILE: an element by its place in the order, found digit by digit of its bits. */
#include "device/opencl/opencl.h"

#define GROUP       64 /* as in cl/quantile.cl */
#define DIGIT_BITS  8
#define DIGITS      (1 << DIGIT_BITS)
#define WORDS_KNOWN 4
#define MOST_GROUPS 256
#define TAKEN       16 /* elements that a work-item counts before there are more groups */

/* Groups that share the elements. */
static int groups_of(const sep_call *call)
{
    int64_t groups = sep_cl_ceiling(sep_cl_elements(&call->input[0]), GROUP * TAKEN);

    return (int)(groups < MOST_GROUPS ? groups : MOST_GROUPS);
}

static size_t known_bytes(void)
{
    return sep_cl_aligned(WORDS_KNOWN * sizeof(cl_int));
}

size_t sep_cl_quantile_workspace(const sep_cl *cl, const sep_call *call)
{
    (void)cl;
    return known_bytes() + (size_t)groups_of(call) * DIGITS * sizeof(cl_int);
}

static sep_status begin(sep_cl *cl, const sep_call *call, const sep_operand *known)
{
    sep_cl_launch l = sep_cl_begin(cl, SEP_CL_quantile, "quantile_begin");

    sep_cl_tensor(&l, &call->input[1]);
    sep_cl_tensor(&l, known);
    sep_cl_int(&l, (int)sep_cl_elements(&call->input[0]));
    return sep_cl_run_each(&l, 1);
}

static sep_status find_digit(sep_cl *cl, const sep_call *call, const sep_operand *known, const sep_operand *counts,
                             int shift)
{
    size_t groups = (size_t)groups_of(call);
    sep_cl_launch l = sep_cl_begin(cl, SEP_CL_quantile, "quantile_count");

    sep_cl_tensor(&l, &call->input[0]);
    sep_cl_tensor(&l, known);
    sep_cl_tensor(&l, counts);
    sep_cl_int(&l, (int)sep_cl_elements(&call->input[0]));
    sep_cl_int(&l, shift);
    SEP_TRY(sep_cl_run(&l, (size_t[3]){groups}, (size_t[3]){GROUP}));

    l = sep_cl_begin(cl, SEP_CL_quantile, "quantile_choose");
    sep_cl_tensor(&l, counts);
    sep_cl_tensor(&l, known);
    sep_cl_int(&l, (int)groups);
    sep_cl_int(&l, shift);
    return sep_cl_run(&l, (size_t[3]){1}, (size_t[3]){GROUP});
}

static sep_status end(sep_cl *cl, const sep_call *call, const sep_operand *known, const sep_operand *least)
{
    size_t groups = (size_t)groups_of(call);
    sep_cl_launch l = sep_cl_begin(cl, SEP_CL_quantile, "quantile_above");

    sep_cl_tensor(&l, &call->input[0]);
    sep_cl_tensor(&l, known);
    sep_cl_tensor(&l, least);
    sep_cl_int(&l, (int)sep_cl_elements(&call->input[0]));
    SEP_TRY(sep_cl_run(&l, (size_t[3]){groups}, (size_t[3]){GROUP}));

    l = sep_cl_begin(cl, SEP_CL_quantile, "quantile_end");
    sep_cl_tensor(&l, least);
    sep_cl_tensor(&l, known);
    sep_cl_tensor(&l, &call->output);
    sep_cl_int(&l, (int)groups);
    return sep_cl_run_each(&l, 1);
}

sep_status sep_cl_quantile(sep_cl *cl, const sep_call *call, const sep_step_info *step)
{
    const sep_operand *known = &call->workspace, counts = sep_cl_part(&call->workspace, known_bytes());

    (void)step;
    SEP_TRY(begin(cl, call, known));
    for (int shift = 32 - DIGIT_BITS; shift >= 0; shift -= DIGIT_BITS)
        SEP_TRY(find_digit(cl, call, known, &counts, shift));
    return end(cl, call, known, &counts);
}
