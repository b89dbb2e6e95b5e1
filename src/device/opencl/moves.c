/* Operations that only move data. */
#include "device/opencl/opencl.h"

sep_status sep_cl_concat(sep_cl *cl, const sep_call *call, const sep_step_info *step)
{
    int64_t count = sep_cl_elements(&call->output);
    sep_cl_launch l = sep_cl_begin(cl, SEP_CL_moves, "concat");

    (void)step;
    sep_cl_tensor(&l, &call->input[0]);
    sep_cl_tensor(&l, &call->input[1]);
    sep_cl_tensor(&l, &call->output);
    sep_cl_long(&l, count);
    sep_cl_int(&l, sep_shape_last(&call->input[0].shape));
    sep_cl_int(&l, sep_shape_last(&call->input[1].shape));
    return sep_cl_run_each(&l, count);
}

sep_status sep_cl_concat_batch(sep_cl *cl, const sep_call *call, const sep_step_info *step)
{
    int64_t count = sep_cl_elements(&call->output);
    sep_cl_launch l = sep_cl_begin(cl, SEP_CL_moves, "concat_batch");

    (void)step;
    sep_cl_tensor(&l, &call->input[0]);
    sep_cl_tensor(&l, &call->input[1]);
    sep_cl_tensor(&l, &call->output);
    sep_cl_long(&l, count);
    sep_cl_long(&l, sep_cl_elements(&call->input[0]));
    return sep_cl_run_each(&l, count);
}

sep_status sep_cl_turn(sep_cl *cl, const sep_call *call, const sep_step_info *step)
{
    const sep_shape *map = &call->output.shape;
    sep_cl_launch l = sep_cl_begin(cl, SEP_CL_moves, "turn");

    (void)step;
    sep_cl_tensor(&l, &call->input[0]);
    sep_cl_tensor(&l, &call->input[1]);
    sep_cl_tensor(&l, &call->output);
    sep_cl_int(&l, map->dim[1]);
    sep_cl_int(&l, map->dim[3]);
    sep_cl_int(&l, call->attributes.back);
    return sep_cl_run_map(&l, map);
}

sep_status sep_cl_transpose_map(sep_cl *cl, const sep_call *call, const sep_step_info *step)
{
    const sep_shape *y = &call->output.shape;
    sep_cl_launch l = sep_cl_begin(cl, SEP_CL_moves, "transpose_map");

    (void)step;
    sep_cl_tensor(&l, &call->input[0]);
    sep_cl_tensor(&l, &call->output);
    sep_cl_int(&l, y->dim[2]);
    sep_cl_int(&l, y->dim[3]);
    return sep_cl_run_map(&l, y);
}

sep_status sep_cl_slice(sep_cl *cl, const sep_call *call, const sep_step_info *step)
{
    int64_t count = sep_cl_elements(&call->output);
    sep_cl_launch l = sep_cl_begin(cl, SEP_CL_moves, "slice");

    (void)step;
    sep_cl_tensor(&l, &call->input[0]);
    sep_cl_tensor(&l, &call->output);
    sep_cl_long(&l, count);
    sep_cl_int(&l, sep_shape_last(&call->input[0].shape));
    sep_cl_int(&l, call->attributes.begin);
    sep_cl_int(&l, call->attributes.count);
    return sep_cl_run_each(&l, count);
}

sep_status sep_cl_place(sep_cl *cl, const sep_call *call, const sep_step_info *step)
{
    int64_t count = sep_cl_elements(&call->output), begin = call->attributes.begin;
    sep_cl_launch l = sep_cl_begin(cl, SEP_CL_moves, "place");

    (void)step;
    sep_cl_tensor(&l, &call->input[0]);
    sep_cl_tensor(&l, &call->output);
    sep_cl_long(&l, count);
    sep_cl_long(&l, begin);
    sep_cl_long(&l, begin + sep_cl_elements(&call->input[0]));
    return sep_cl_run_each(&l, count);
}

sep_status sep_cl_put(sep_cl *cl, const sep_call *call, const sep_step_info *step)
{
    int64_t columns = sep_cl_elements(&call->output) / call->output.shape.dim[0];
    sep_cl_launch l = sep_cl_begin(cl, SEP_CL_moves, call->output.dtype == SEP_F16 ? "put_halves" : "put");

    (void)step;
    sep_cl_tensor(&l, &call->output);
    sep_cl_tensor(&l, &call->input[1]);
    sep_cl_tensor(&l, &call->input[2]);
    sep_cl_long(&l, columns);
    sep_cl_int(&l, call->output.shape.dim[0]);
    sep_cl_int(&l, (int)sep_cl_elements(&call->input[1]));
    return sep_cl_run_each(&l, columns);
}

sep_status sep_cl_overwrite(sep_cl *cl, const sep_call *call, const sep_step_info *step)
{
    int64_t count = sep_cl_elements(&call->output);
    sep_cl_launch l = sep_cl_begin(cl, SEP_CL_moves, "overwrite");

    (void)step;
    sep_cl_tensor(&l, &call->output);
    sep_cl_tensor(&l, &call->input[1]);
    sep_cl_long(&l, count);
    return sep_cl_run_each(&l, count);
}

/* ---- windows and blocks: between a map [N, H, W, C] and the same pixels in another order ------------------------- */

/* `size` and `rule`: window and shift, or block and whether its order is by columns. */
static sep_status rearrange(sep_cl *cl, const sep_call *call, const char *kernel, int size, int rule, bool to_map)
{
    const sep_operand *map = to_map ? &call->output : &call->input[0];
    sep_cl_launch l = sep_cl_begin(cl, SEP_CL_moves, kernel);

    sep_cl_tensor(&l, map);
    sep_cl_tensor(&l, to_map ? &call->input[0] : &call->output);
    sep_cl_int(&l, map->shape.dim[2]);
    sep_cl_int(&l, map->shape.dim[3]);
    sep_cl_int(&l, size);
    sep_cl_int(&l, rule);
    sep_cl_int(&l, to_map);
    return sep_cl_run_map(&l, &map->shape);
}

static sep_status windows(sep_cl *cl, const sep_call *call, bool to_map)
{
    return rearrange(cl, call, "move_windows", call->attributes.window, call->attributes.shift, to_map);
}

static sep_status blocks(sep_cl *cl, const sep_call *call, bool to_map)
{
    return rearrange(cl, call, "move_blocks", call->attributes.block, call->attributes.column_major, to_map);
}

sep_status sep_cl_window_partition(sep_cl *cl, const sep_call *call, const sep_step_info *step)
{
    (void)step;
    return windows(cl, call, false);
}

sep_status sep_cl_window_reverse(sep_cl *cl, const sep_call *call, const sep_step_info *step)
{
    (void)step;
    return windows(cl, call, true);
}

sep_status sep_cl_space_to_depth(sep_cl *cl, const sep_call *call, const sep_step_info *step)
{
    (void)step;
    return blocks(cl, call, false);
}

sep_status sep_cl_depth_to_space(sep_cl *cl, const sep_call *call, const sep_step_info *step)
{
    (void)step;
    return blocks(cl, call, true);
}
