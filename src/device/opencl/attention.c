/* Window attention. */
#include "device/opencl/reduction.h"

#define WINDOW_BLOCK 16 /* windows whose table gradients are summed before the tree (septum/operation.h) */

typedef struct layout {
    int windows, tokens, heads, dim;
    int offsets;           /* elements of the table */
    bool table;            /* there is one */
    bool local;            /* scores fit the device's local memory */
    size_t turned, matrix; /* bytes of an operand's rows, and of a matrix of scores */
    size_t sums, partial;  /* bytes of the table's gradient by windows, and by blocks; 0 without a table */
    size_t room;           /* bytes of scores in the workspace */
} layout;

static layout layout_of(const sep_cl *cl, const sep_call *call, bool backward)
{
    const sep_attributes *a = &call->attributes;
    int side = 2 * a->window - 1, operands = backward ? 3 : 2;
    layout l = {.windows = call->input[0].shape.dim[0], .tokens = a->window * a->window, .heads = a->heads};
    size_t groups = (size_t)l.windows * (size_t)l.heads, matrices = backward ? 2 : 1;

    l.dim = sep_shape_last(&call->input[0].shape) / 3 / l.heads;
    l.table = call->inputs == operands;
    l.offsets = side * side * l.heads;
    l.turned = (size_t)l.tokens * (size_t)l.dim * sizeof(float);
    l.matrix = (size_t)l.tokens * (size_t)l.tokens * sizeof(float);
    l.local = l.turned + matrices * l.matrix <= cl->local_bytes;
    if (backward && l.table) {
        l.sums = sep_cl_aligned((size_t)l.windows * (size_t)l.offsets * sizeof(float));
        l.partial = sep_cl_aligned((size_t)sep_cl_ceiling(l.windows, WINDOW_BLOCK) * (size_t)l.offsets * sizeof(float));
    }
    l.room = l.local ? 0 : groups * (l.turned + matrices * l.matrix);
    return l;
}

static sep_cl_launch begin(sep_cl *cl, const sep_call *call, const layout *l, const char *kernel)
{
    const sep_attributes *a = &call->attributes;
    sep_cl_launch launch = sep_cl_begin(cl, SEP_CL_attention, kernel);

    sep_cl_tensor(&launch, &call->input[0]);
    sep_cl_tensor(&launch, &call->input[l->table ? 1 : 0]);
    sep_cl_int(&launch, l->table);
    sep_cl_int(&launch, a->window);
    sep_cl_int(&launch, l->heads);
    sep_cl_int(&launch, l->dim);
    sep_cl_int(&launch, a->grid_height);
    sep_cl_int(&launch, a->grid_width);
    sep_cl_int(&launch, a->shift);
    sep_cl_float(&launch, a->scale);
    return launch;
}

static sep_status run(sep_cl_launch *launch, const layout *l)
{
    return sep_cl_run(launch, (size_t[3]){(size_t)l->heads, (size_t)l->windows},
                      (size_t[3]){(size_t)sep_cl_parameter(launch->cl, SEP_CL_attention, "GROUP")});
}

size_t sep_cl_window_attention_workspace(const sep_cl *cl, const sep_call *call)
{
    return layout_of(cl, call, false).room;
}

sep_status sep_cl_window_attention(sep_cl *cl, const sep_call *call, const sep_step_info *step)
{
    layout l = layout_of(cl, call, false);
    sep_cl_launch launch = begin(cl, call, &l, l.local ? "attention" : "large_attention");

    (void)step;
    sep_cl_tensor(&launch, &call->output);
    if (l.local) {
        sep_cl_local(&launch, l.turned);
        sep_cl_local(&launch, l.matrix);
    } else {
        sep_cl_tensor(&launch, &call->workspace);
    }
    return run(&launch, &l);
}

/* ---- gradient ---------------------------------------------------------------------------------------------------- */

size_t sep_cl_window_attention_dx_workspace(const sep_cl *cl, const sep_call *call)
{
    layout l = layout_of(cl, call, true);

    return l.sums + l.partial + l.room;
}

/* dqkv, and in the workspace the table's gradient by windows. */
static sep_status run_backward(sep_cl *cl, const sep_call *call, const layout *l)
{
    sep_cl_launch launch = begin(cl, call, l, l->local ? "attention_dx" : "large_attention_dx");
    sep_operand room = sep_cl_part(&call->workspace, l->sums + l->partial);

    sep_cl_tensor(&launch, &call->input[l->table ? 2 : 1]);
    sep_cl_tensor(&launch, &call->output);
    sep_cl_tensor(&launch, l->table ? &call->workspace : &call->output);
    if (l->local) {
        sep_cl_local(&launch, l->turned);
        sep_cl_local(&launch, l->matrix);
        sep_cl_local(&launch, l->matrix);
    } else {
        sep_cl_tensor(&launch, &room);
    }
    return run(&launch, l);
}

/* The windows' sums to the end of the output. */
static sep_status sum_table(sep_cl *cl, const sep_call *call, const layout *l)
{
    int blocks = (int)sep_cl_ceiling(l->windows, WINDOW_BLOCK);
    sep_operand partial = sep_cl_part(&call->workspace, l->sums);
    sep_operand table = sep_cl_part(&call->output, (size_t)sep_cl_elements(&call->input[0]) * sizeof(float));
    sep_cl_launch launch = sep_cl_begin(cl, SEP_CL_attention, "attention_window_sums");

    sep_cl_tensor(&launch, &call->workspace);
    sep_cl_int(&launch, l->windows);
    sep_cl_int(&launch, l->offsets);
    sep_cl_int(&launch, WINDOW_BLOCK);
    sep_cl_tensor(&launch, &partial);
    SEP_TRY(sep_cl_run_columns(&launch, l->offsets, blocks));
    return sep_cl_tree_sum(cl, &partial, blocks, l->offsets, l->offsets, &table);
}

sep_status sep_cl_window_attention_dx(sep_cl *cl, const sep_call *call, const sep_step_info *step)
{
    layout l = layout_of(cl, call, true);

    (void)step;
    SEP_TRY(run_backward(cl, call, &l));
    return l.table ? sum_table(cl, call, &l) : SEP_OK;
}
