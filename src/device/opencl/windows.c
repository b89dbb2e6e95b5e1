/* Windows of maps: chosen by a score, cut out, and added back where they came from. */
#include "device/opencl/opencl.h"

#define GROUP 64 /* as in cl/windows.cl */

/* ---- choosing ---------------------------------------------------------------------------------------------------- */

/* Places of a window in a row of the score, and rows of them. */
static int columns_of(const sep_call *call)
{
    return call->input[0].shape.dim[2] - call->attributes.window + 1;
}

static int rows_of(const sep_call *call)
{
    return call->input[0].shape.dim[1] - call->attributes.window + 1;
}

static int64_t lines_of(const sep_call *call)
{
    const int *map = call->input[0].shape.dim;

    return (int64_t)map[0] * map[1] * columns_of(call);
}

static int64_t keys_of(const sep_call *call)
{
    return (int64_t)call->input[0].shape.dim[0] * rows_of(call) * columns_of(call);
}

static size_t line_bytes(const sep_call *call)
{
    return sep_cl_aligned((size_t)lines_of(call) * sizeof(cl_float));
}

size_t sep_cl_choose_windows_workspace(const sep_cl *cl, const sep_call *call)
{
    (void)cl;
    return line_bytes(call) + (size_t)keys_of(call) * sizeof(cl_uint);
}

/* A kernel that sums what lies within a window along one axis. */
static sep_status sum(sep_cl *cl, const sep_call *call, const char *kernel, const sep_operand *from,
                      const sep_operand *to, int64_t count, int size)
{
    sep_cl_launch l = sep_cl_begin(cl, SEP_CL_windows, kernel);

    sep_cl_tensor(&l, from);
    sep_cl_tensor(&l, to);
    sep_cl_long(&l, count);
    sep_cl_int(&l, columns_of(call));
    sep_cl_int(&l, size);
    sep_cl_int(&l, call->attributes.window);
    return sep_cl_run_each(&l, count);
}

static sep_status choose(sep_cl *cl, const sep_call *call, const sep_operand *keys)
{
    const sep_attributes *a = &call->attributes;
    sep_cl_launch l = sep_cl_begin(cl, SEP_CL_windows, "window_choose");

    sep_cl_tensor(&l, keys);
    sep_cl_tensor(&l, &call->output);
    sep_cl_int(&l, rows_of(call) * columns_of(call));
    sep_cl_int(&l, columns_of(call));
    sep_cl_int(&l, a->window);
    sep_cl_int(&l, a->overlap);
    sep_cl_int(&l, a->stride);
    sep_cl_int(&l, a->capacity);
    return sep_cl_run(&l, (size_t[3]){(size_t)call->output.shape.dim[0]}, (size_t[3]){GROUP});
}

sep_status sep_cl_choose_windows(sep_cl *cl, const sep_call *call, const sep_step_info *step)
{
    const sep_operand lines = call->workspace, keys = sep_cl_part(&call->workspace, line_bytes(call));

    (void)step;
    SEP_TRY(sum(cl, call, "window_lines", &call->input[0], &lines, lines_of(call), call->input[0].shape.dim[2]));
    SEP_TRY(sum(cl, call, "window_keys", &lines, &keys, keys_of(call), rows_of(call)));
    return choose(cl, call, &keys);
}

/* ---- there and back ---------------------------------------------------------------------------------------------- */

sep_status sep_cl_gather_windows(sep_cl *cl, const sep_call *call, const sep_step_info *step)
{
    const int *map = call->input[0].shape.dim;
    sep_cl_launch l = sep_cl_begin(cl, SEP_CL_windows, "gather_windows");

    (void)step;
    sep_cl_tensor(&l, &call->input[0]);
    sep_cl_tensor(&l, &call->input[1]);
    sep_cl_tensor(&l, &call->output);
    sep_cl_int(&l, call->attributes.window);
    sep_cl_int(&l, map[3]);
    sep_cl_int(&l, map[1]);
    sep_cl_int(&l, map[2]);
    sep_cl_int(&l, call->input[1].shape.dim[1]);
    return sep_cl_run_map(&l, &call->output.shape);
}

sep_status sep_cl_scatter_windows(sep_cl *cl, const sep_call *call, const sep_step_info *step)
{
    const int *map = call->output.shape.dim;
    sep_cl_launch l = sep_cl_begin(cl, SEP_CL_windows, "scatter_windows");

    (void)step;
    sep_cl_tensor(&l, &call->input[0]);
    sep_cl_tensor(&l, &call->input[1]);
    sep_cl_tensor(&l, &call->output);
    sep_cl_int(&l, map[2]);
    sep_cl_int(&l, map[3]);
    sep_cl_int(&l, call->attributes.window);
    sep_cl_int(&l, call->input[1].shape.dim[1]);
    return sep_cl_run_map(&l, &call->output.shape);
}
