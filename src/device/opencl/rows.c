/* Rows of maps, taken and summed by indices, their channels ranked; maps of another size. */
#include "device/opencl/opencl.h"

#define FEW_ROWS 64 /* to look through all indices for each row is cheaper than to link those of a row */

/* R indices and S rows a group, of so many columns. */
typedef struct choice {
    int chosen, rows, columns;
} choice;

static choice choice_of(const sep_call *call, const sep_operand *from, const sep_operand *taken)
{
    int64_t indices = sep_cl_elements(&call->input[1]), groups = call->attributes.groups;
    int64_t columns = sep_cl_elements(taken) / indices;

    return (choice){.chosen = (int)(indices / groups),
                    .rows = (int)(sep_cl_elements(from) / (groups * columns)),
                    .columns = (int)columns};
}

/* The arguments that all kernels end with. */
static sep_status run(sep_cl_launch *l, const choice *c, int64_t count)
{
    sep_cl_long(l, count);
    sep_cl_int(l, c->columns);
    sep_cl_int(l, c->chosen);
    sep_cl_int(l, c->rows);
    return sep_cl_run_each(l, count);
}

sep_status sep_cl_gather(sep_cl *cl, const sep_call *call, const sep_step_info *step)
{
    const choice c = choice_of(call, &call->input[0], &call->output);
    sep_cl_launch l = sep_cl_begin(cl, SEP_CL_rows, call->input[0].dtype == SEP_F16 ? "gather_halves" : "gather");

    (void)step;
    sep_cl_tensor(&l, &call->input[0]);
    sep_cl_tensor(&l, &call->input[1]);
    sep_cl_tensor(&l, &call->output);
    sep_cl_int(&l, call->output.dtype == SEP_I32 ? -1 : 0);
    return run(&l, &c, sep_cl_elements(&call->output));
}

/* ---- sums -------------------------------------------------------------------------------------------------------- */

static sep_status scatter_few(sep_cl *cl, const sep_call *call, const choice *c)
{
    sep_cl_launch l = sep_cl_begin(cl, SEP_CL_rows, "scatter");

    sep_cl_tensor(&l, &call->input[0]);
    sep_cl_tensor(&l, &call->input[1]);
    sep_cl_tensor(&l, &call->output);
    return run(&l, c, sep_cl_elements(&call->output));
}

static sep_status fill_zeros(sep_cl *cl, const sep_operand *y)
{
    sep_cl_launch l = sep_cl_begin(cl, SEP_CL_elementwise, "fill");

    sep_cl_tensor(&l, y);
    sep_cl_long(&l, sep_cl_elements(y));
    sep_cl_float(&l, 0.0f);
    return sep_cl_run_each(&l, sep_cl_elements(y));
}

static sep_status link_indices(sep_cl *cl, const sep_call *call, const choice *c)
{
    sep_cl_launch l = sep_cl_begin(cl, SEP_CL_rows, "scatter_links");

    sep_cl_tensor(&l, &call->input[1]);
    sep_cl_tensor(&l, &call->workspace);
    return run(&l, c, sep_cl_elements(&call->input[1]));
}

static sep_status scatter_linked(sep_cl *cl, const sep_call *call, const choice *c)
{
    sep_cl_launch l = sep_cl_begin(cl, SEP_CL_rows, "scatter_linked");

    sep_cl_tensor(&l, &call->input[0]);
    sep_cl_tensor(&l, &call->input[1]);
    sep_cl_tensor(&l, &call->workspace);
    sep_cl_tensor(&l, &call->output);
    return run(&l, c, sep_cl_elements(&call->input[0]));
}

static choice sums_of(const sep_call *call)
{
    return choice_of(call, &call->output, &call->input[0]);
}

size_t sep_cl_scatter_workspace(const sep_cl *cl, const sep_call *call)
{
    (void)cl;
    return sums_of(call).rows <= FEW_ROWS ? 0 : (size_t)sep_cl_elements(&call->input[1]) * sizeof(cl_int);
}

sep_status sep_cl_scatter(sep_cl *cl, const sep_call *call, const sep_step_info *step)
{
    const choice c = sums_of(call);

    (void)step;
    if (c.rows <= FEW_ROWS)
        return scatter_few(cl, call, &c);
    SEP_TRY(fill_zeros(cl, &call->output));
    SEP_TRY(link_indices(cl, call, &c));
    return scatter_linked(cl, call, &c);
}

/* ---- ranks, maps of another size --------------------------------------------------------------------------------- */

sep_status sep_cl_channel_rank(sep_cl *cl, const sep_call *call, const sep_step_info *step)
{
    int64_t count = sep_cl_elements(&call->output);
    sep_cl_launch l = sep_cl_begin(cl, SEP_CL_rows, "channel_rank");

    (void)step;
    sep_cl_tensor(&l, &call->input[0]);
    sep_cl_tensor(&l, &call->output);
    sep_cl_long(&l, count);
    sep_cl_int(&l, sep_shape_last(&call->output.shape));
    return sep_cl_run_each(&l, count);
}

sep_status sep_cl_resize_nearest(sep_cl *cl, const sep_call *call, const sep_step_info *step)
{
    const int *in = call->input[0].shape.dim, *out = call->output.shape.dim;
    const sep_shape map = SEP_SHAPE(out[0], out[1], out[2], call->output.shape.rank == 4 ? out[3] : 1);
    sep_cl_launch l = sep_cl_begin(cl, SEP_CL_rows, "resize_nearest");

    (void)step;
    sep_cl_tensor(&l, &call->input[0]);
    sep_cl_tensor(&l, &call->output);
    sep_cl_int(&l, in[1]);
    sep_cl_int(&l, in[2]);
    sep_cl_int(&l, map.dim[2]);
    sep_cl_int(&l, map.dim[3]);
    return sep_cl_run_map(&l, &map);
}
