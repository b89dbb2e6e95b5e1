/* Operations that choose rows: drawn from a mask, and in the slots of rings. */
#include "device/opencl/opencl.h"

#include <math.h>

#define GROUP 64 /* as in cl/draws.cl */
#define WORD  32

/* One group for each class. */
static sep_status run_classes(sep_cl_launch *launch, int classes)
{
    return sep_cl_run(launch, (size_t[3]){(size_t)classes}, (size_t[3]){GROUP});
}

/* ---- rows of a mask ---------------------------------------------------------------------------------------------- */

static int words_of(const sep_call *call)
{
    return (int)sep_cl_ceiling(sep_shape_rows(&call->input[0].shape), WORD);
}

static size_t bits_bytes(const sep_call *call)
{
    return sep_cl_aligned((size_t)words_of(call) * (size_t)sep_shape_last(&call->input[0].shape) * sizeof(cl_uint));
}

size_t sep_cl_draw_workspace(const sep_cl *cl, const sep_call *call)
{
    size_t classes = (size_t)sep_shape_last(&call->input[0].shape);

    (void)cl;
    return bits_bytes(call) + classes * ((size_t)words_of(call) + 1) * sizeof(cl_int);
}

static sep_status mark(sep_cl *cl, const sep_call *call, int64_t rows, int classes)
{
    int64_t words = (int64_t)words_of(call) * classes;
    sep_cl_launch l = sep_cl_begin(cl, SEP_CL_draws, "draw_mark");

    sep_cl_tensor(&l, &call->input[0]);
    sep_cl_tensor(&l, &call->workspace);
    sep_cl_long(&l, words);
    sep_cl_int(&l, (int)rows);
    sep_cl_int(&l, classes);
    return sep_cl_run_each(&l, words);
}

static sep_status count(sep_cl *cl, const sep_call *call, const sep_operand *before, int classes)
{
    sep_cl_launch l = sep_cl_begin(cl, SEP_CL_draws, "draw_count");

    sep_cl_tensor(&l, &call->workspace);
    sep_cl_tensor(&l, before);
    sep_cl_int(&l, words_of(call));
    sep_cl_int(&l, classes);
    return run_classes(&l, classes);
}

static sep_status choose(sep_cl *cl, const sep_call *call, const sep_operand *before, int classes)
{
    int entries = call->output.shape.dim[1];
    sep_cl_launch l = sep_cl_begin(cl, SEP_CL_draws, "draw_choose");

    sep_cl_tensor(&l, &call->workspace);
    sep_cl_tensor(&l, before);
    sep_cl_tensor(&l, &call->input[1]);
    sep_cl_tensor(&l, &call->output);
    sep_cl_int(&l, words_of(call));
    sep_cl_int(&l, entries);
    sep_cl_int(&l, classes);
    sep_cl_int(&l, call->attributes.once);
    return sep_cl_run_columns(&l, entries, classes);
}

sep_status sep_cl_draw(sep_cl *cl, const sep_call *call, const sep_step_info *step)
{
    const sep_operand before = sep_cl_part(&call->workspace, bits_bytes(call));
    int classes = sep_shape_last(&call->input[0].shape);

    (void)step;
    SEP_TRY(mark(cl, call, sep_shape_rows(&call->input[0].shape), classes));
    SEP_TRY(count(cl, call, &before, classes));
    return choose(cl, call, &before, classes);
}

/* ---- patches ----------------------------------------------------------------------------------------------------- */

sep_status sep_cl_patch_rows(sep_cl *cl, const sep_call *call, const sep_step_info *step)
{
    const sep_attributes *a = &call->attributes;
    int maps = call->input[0].shape.dim[0], count = call->input[0].shape.dim[1];
    sep_cl_launch l = sep_cl_begin(cl, SEP_CL_draws, "patch_rows");

    (void)step;
    sep_cl_tensor(&l, &call->input[0]);
    sep_cl_tensor(&l, &call->output);
    sep_cl_int(&l, count);
    sep_cl_int(&l, (int)sqrtf((float)count));
    sep_cl_int(&l, a->block);
    sep_cl_int(&l, a->groups);
    sep_cl_int(&l, maps);
    sep_cl_int(&l, a->grid_height);
    sep_cl_int(&l, a->grid_width);
    sep_cl_int(&l, a->by_row);
    return sep_cl_run_columns(&l, count, maps);
}

/* ---- slots of a ring --------------------------------------------------------------------------------------------- */

static sep_cl_launch begin_ring(sep_cl *cl, const sep_call *call, const char *kernel)
{
    sep_cl_launch l = sep_cl_begin(cl, SEP_CL_draws, kernel);

    sep_cl_tensor(&l, &call->input[0]);
    sep_cl_tensor(&l, &call->input[1]);
    sep_cl_tensor(&l, &call->output);
    sep_cl_int(&l, call->input[1].shape.dim[1]);
    sep_cl_int(&l, call->attributes.capacity);
    return l;
}

sep_status sep_cl_ring_draw(sep_cl *cl, const sep_call *call, const sep_step_info *step)
{
    sep_cl_launch l = begin_ring(cl, call, "ring_draw");

    (void)step;
    return sep_cl_run_columns(&l, call->output.shape.dim[1], call->output.shape.dim[0]);
}

sep_status sep_cl_ring_slots(sep_cl *cl, const sep_call *call, const sep_step_info *step)
{
    sep_cl_launch l = begin_ring(cl, call, "ring_slots");

    (void)step;
    return run_classes(&l, call->output.shape.dim[0]);
}

sep_status sep_cl_ring_next(sep_cl *cl, const sep_call *call, const sep_step_info *step)
{
    sep_cl_launch l = begin_ring(cl, call, "ring_next");

    (void)step;
    return run_classes(&l, call->output.shape.dim[0]);
}
