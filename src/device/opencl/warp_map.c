/* Warping of maps. */
#include "device/opencl/opencl.h"

sep_status sep_cl_warp_map(sep_cl *cl, const sep_call *call, const sep_step_info *step)
{
    sep_cl_launch l = sep_cl_begin(cl, SEP_CL_warp_map, "warp_map");

    (void)step;
    sep_cl_tensor(&l, &call->input[0]);
    sep_cl_tensor(&l, &call->input[1]);
    sep_cl_tensor(&l, &call->output);
    sep_cl_int(&l, call->output.shape.dim[2]);
    sep_cl_int(&l, call->output.shape.dim[3]);
    return sep_cl_run_map(&l, &call->output.shape);
}

sep_status sep_cl_warp_map_dmove(sep_cl *cl, const sep_call *call, const sep_step_info *step)
{
    const int *d = call->input[0].shape.dim;
    const sep_shape pixels = SEP_SHAPE(d[0], d[1], d[2], 1);
    sep_cl_launch l = sep_cl_begin(cl, SEP_CL_warp_map, "warp_map_dmove");

    (void)step;
    for (int i = 0; i < 3; i++)
        sep_cl_tensor(&l, &call->input[i]);
    sep_cl_tensor(&l, &call->output);
    sep_cl_int(&l, d[2]);
    sep_cl_int(&l, d[3]);
    return sep_cl_run_map(&l, &pixels);
}

/* ---- the adjoint ------------------------------------------------------------------------------------------------- */

/* Lists of pixels in the workspace: the bounds of each row, the heads, the links. */
typedef struct pixel_lists {
    sep_operand bounds, head, next;
    size_t bytes;
} pixel_lists;

static pixel_lists lists_of(const sep_call *call)
{
    const int *d = call->output.shape.dim;
    const size_t rows = (size_t)d[0] * (size_t)d[1], bounds = sep_cl_aligned(2 * rows * sizeof(cl_int)),
                 pixels = sep_cl_aligned(rows * (size_t)d[2] * sizeof(cl_int));

    return (pixel_lists){.bounds = call->workspace,
                         .head = sep_cl_part(&call->workspace, bounds),
                         .next = sep_cl_part(&call->workspace, bounds + pixels),
                         .bytes = bounds + 2 * pixels};
}

size_t sep_cl_warp_map_dx_workspace(const sep_cl *cl, const sep_call *call)
{
    (void)cl;
    return lists_of(call).bytes;
}

/* One work-item a row. */
static sep_status run_rows(sep_cl_launch *l, const sep_shape *map)
{
    const int64_t rows = (int64_t)map->dim[0] * map->dim[1];

    sep_cl_long(l, rows);
    sep_cl_int(l, map->dim[1]);
    sep_cl_int(l, map->dim[2]);
    return sep_cl_run_each(l, rows);
}

static sep_status link_pixels(sep_cl *cl, const sep_call *call, const pixel_lists *lists)
{
    sep_cl_launch bounds = sep_cl_begin(cl, SEP_CL_warp_map, "warp_map_bounds");

    sep_cl_tensor(&bounds, &call->input[0]);
    sep_cl_tensor(&bounds, &lists->bounds);
    SEP_TRY(run_rows(&bounds, &call->output.shape));

    sep_cl_launch links = sep_cl_begin(cl, SEP_CL_warp_map, "warp_map_links");
    sep_cl_tensor(&links, &call->input[0]);
    sep_cl_tensor(&links, &lists->bounds);
    sep_cl_tensor(&links, &lists->head);
    sep_cl_tensor(&links, &lists->next);
    return run_rows(&links, &call->output.shape);
}

sep_status sep_cl_warp_map_dx(sep_cl *cl, const sep_call *call, const sep_step_info *step)
{
    const pixel_lists lists = lists_of(call);

    (void)step;
    SEP_TRY(link_pixels(cl, call, &lists));
    sep_cl_launch l = sep_cl_begin(cl, SEP_CL_warp_map, "warp_map_dx");
    sep_cl_tensor(&l, &call->input[0]);
    sep_cl_tensor(&l, &call->input[1]);
    sep_cl_tensor(&l, &lists.head);
    sep_cl_tensor(&l, &lists.next);
    sep_cl_tensor(&l, &call->output);
    sep_cl_int(&l, call->output.shape.dim[2]);
    sep_cl_int(&l, call->output.shape.dim[3]);
    return sep_cl_run_map(&l, &call->output.shape);
}
