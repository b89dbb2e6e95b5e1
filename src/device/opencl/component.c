/* LARGEST_COMPONENT: each class's largest set of connected pixels, by union and find. */
#include "device/opencl/opencl.h"

/* The workspace: each pixel's parent, and of each sample's classes the largest component's pixels and the first of
 * them. The pixels of every component are counted where the result will lie. */
typedef struct parts {
    sep_operand parent, most, first;
} parts;

static size_t map_bytes(const sep_call *call)
{
    return sep_cl_aligned((size_t)sep_cl_elements(&call->output) * sizeof(cl_int));
}

static int64_t classes_of(const sep_call *call)
{
    return (int64_t)call->output.shape.dim[0] * call->attributes.classes;
}

static size_t class_bytes(const sep_call *call)
{
    return sep_cl_aligned((size_t)classes_of(call) * sizeof(cl_int));
}

size_t sep_cl_largest_component_workspace(const sep_cl *cl, const sep_call *call)
{
    (void)cl;
    return map_bytes(call) + 2 * class_bytes(call);
}

static parts parts_of(const sep_call *call)
{
    return (parts){.parent = call->workspace,
                   .most = sep_cl_part(&call->workspace, map_bytes(call)),
                   .first = sep_cl_part(&call->workspace, map_bytes(call) + class_bytes(call))};
}

/* A kernel for each row of pixels. */
static sep_status run_rows(sep_cl *cl, const sep_call *call, const parts *p, const char *kernel)
{
    const int *dim = call->output.shape.dim;
    int64_t rows = (int64_t)dim[0] * dim[1];
    sep_cl_launch l = sep_cl_begin(cl, SEP_CL_component, kernel);

    sep_cl_tensor(&l, &call->input[0]);
    sep_cl_tensor(&l, &p->parent);
    sep_cl_tensor(&l, &call->output);
    sep_cl_long(&l, rows);
    sep_cl_int(&l, dim[1]);
    sep_cl_int(&l, dim[2]);
    sep_cl_int(&l, call->attributes.classes);
    return sep_cl_run_each(&l, rows);
}

static sep_status begin(sep_cl *cl, const sep_call *call, const parts *p)
{
    sep_cl_launch l = sep_cl_begin(cl, SEP_CL_component, "component_begin");

    sep_cl_tensor(&l, &p->most);
    sep_cl_tensor(&l, &p->first);
    sep_cl_long(&l, classes_of(call));
    return sep_cl_run_each(&l, classes_of(call));
}

static sep_status join(sep_cl *cl, const sep_call *call, const parts *p)
{
    sep_cl_launch l = sep_cl_begin(cl, SEP_CL_component, "component_join");

    sep_cl_tensor(&l, &call->input[0]);
    sep_cl_tensor(&l, &p->parent);
    sep_cl_long(&l, sep_cl_elements(&call->output));
    sep_cl_int(&l, call->output.shape.dim[1]);
    sep_cl_int(&l, call->output.shape.dim[2]);
    sep_cl_int(&l, call->attributes.classes);
    return sep_cl_run_each(&l, sep_cl_elements(&call->output));
}

/* A kernel for each pixel, with labels and `operands`. */
static sep_status run_pixels(sep_cl *cl, const sep_call *call, const char *kernel, const sep_operand *const *operands)
{
    const int *dim = call->output.shape.dim;
    sep_cl_launch l = sep_cl_begin(cl, SEP_CL_component, kernel);

    sep_cl_tensor(&l, &call->input[0]);
    for (; *operands != NULL; operands++)
        sep_cl_tensor(&l, *operands);
    sep_cl_long(&l, sep_cl_elements(&call->output));
    sep_cl_int(&l, dim[1] * dim[2]);
    sep_cl_int(&l, call->attributes.classes);
    return sep_cl_run_each(&l, sep_cl_elements(&call->output));
}

sep_status sep_cl_largest_component(sep_cl *cl, const sep_call *call, const sep_step_info *step)
{
    const parts p = parts_of(call);
    const sep_operand *const most[] = {&call->output, &p.most, NULL};
    const sep_operand *const first[] = {&call->output, &p.most, &p.first, NULL};
    const sep_operand *const kept[] = {&p.parent, &p.first, &call->output, NULL};

    (void)step;
    SEP_TRY(run_rows(cl, call, &p, "component_runs"));
    SEP_TRY(begin(cl, call, &p));
    SEP_TRY(join(cl, call, &p));
    SEP_TRY(run_rows(cl, call, &p, "component_count"));
    SEP_TRY(run_pixels(cl, call, "component_most", most));
    SEP_TRY(run_pixels(cl, call, "component_first", first));
    return run_pixels(cl, call, "component_keep", kept);
}
