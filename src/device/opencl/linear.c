/* Linear layers. The weight gradient's panels are computed side by side and added in rising order, as many at a time as
 * the workspace holds. */
#include "device/opencl/blas.h"

#define PANEL_BYTES ((int64_t)64 << 20) /* of panels at a time */

static sep_cl_product product_of(const sep_call *call)
{
    return (sep_cl_product){.rows = (int)sep_shape_rows(&call->output.shape),
                            .columns = sep_shape_last(&call->output.shape),
                            .depth = sep_shape_last(&call->input[0].shape),
                            .batches = 1,
                            .panel = SEP_PANEL,
                            .a = &call->input[0],
                            .b = &call->input[1],
                            .c = &call->output,
                            .room = &call->workspace,
                            .activation = call->attributes.activation,
                            .slope = call->attributes.slope};
}

size_t sep_cl_linear_workspace(const sep_cl *cl, const sep_call *call)
{
    return sep_cl_blas_room(cl, call);
}

sep_status sep_cl_linear(sep_cl *cl, const sep_call *call, const sep_step_info *step)
{
    sep_cl_product p = product_of(call);

    (void)step;
    p.b_step = p.columns;
    p.b_column = 1;
    p.bias = call->inputs > 2 ? &call->input[2] : NULL;
    return sep_cl_multiply(cl, &p);
}

sep_status sep_cl_linear_dx(sep_cl *cl, const sep_call *call, const sep_step_info *step)
{
    sep_cl_product p = product_of(call);

    (void)step;
    p.b_step = 1;
    p.b_column = p.depth;
    p.gate = call->inputs > 2 ? &call->input[2] : NULL;
    if (p.gate == NULL)
        p.activation = SEP_LINEAR_ACTIVATION;
    return sep_cl_multiply(cl, &p);
}

/* ---- the weight gradient ----------------------------------------------------------------------------------------- */

static int panels_of(const sep_call *call)
{
    return (int)sep_cl_ceiling(sep_shape_rows(&call->input[0].shape), SEP_PANEL);
}

static int panels_at_once(const sep_call *call)
{
    int64_t bytes = sep_cl_elements(&call->output) * (int64_t)sizeof(float), fitting = PANEL_BYTES / bytes;
    int panels = panels_of(call);

    return fitting < 1 ? 1 : fitting > panels ? panels : (int)fitting;
}

size_t sep_cl_linear_dw_workspace(const sep_cl *cl, const sep_call *call)
{
    if (sep_cl_has_blas(cl))
        return sep_cl_blas_room(cl, call);
    return (size_t)panels_at_once(call) * (size_t)sep_cl_elements(&call->output) * sizeof(float);
}

static sep_status add_panels(sep_cl *cl, const sep_call *call, int first, int panels)
{
    int64_t count = sep_cl_elements(&call->output);
    sep_cl_launch l = sep_cl_begin(cl, SEP_CL_outer, "add_panels");

    sep_cl_tensor(&l, &call->workspace);
    sep_cl_int(&l, panels);
    sep_cl_long(&l, count);
    sep_cl_int(&l, first > 0);
    sep_cl_tensor(&l, &call->output);
    return sep_cl_run_each(&l, count);
}

/* The panels [first, first + panels), rows of x and dy from panel `first` on. */
static sep_status sum_panels(sep_cl *cl, const sep_call *call, int first, int panels)
{
    int64_t row = (int64_t)first * SEP_PANEL, rows = sep_shape_rows(&call->input[0].shape) - row;
    int in = sep_shape_last(&call->input[0].shape), out = sep_shape_last(&call->input[1].shape);
    sep_operand x = sep_cl_part(&call->input[0], (size_t)(row * in) * sizeof(float));
    sep_operand dy = sep_cl_part(&call->input[1], (size_t)(row * out) * sizeof(float));
    int height = (int)(rows < (int64_t)panels * SEP_PANEL ? rows : (int64_t)panels * SEP_PANEL);

    return sep_cl_sum_outer(cl, &(sep_cl_outer){
                                    .a = {.pixels = &x, .height = height, .width = 1, .channels = in, .step = 1},
                                    .b = {.pixels = &dy, .height = height, .width = 1, .channels = out, .step = 1},
                                    .images = 1,
                                    .height = height,
                                    .width = 1,
                                    .block_rows = SEP_PANEL,
                                    .blocks = panels,
                                    .taps = 1,
                                    .kernel = 1,
                                    .sum = &call->workspace,
                                    .block_floats = sep_cl_elements(&call->output),
                                    .activation = call->attributes.activation,
                                    .slope = call->attributes.slope,
                                });
}

sep_status sep_cl_linear_dw(sep_cl *cl, const sep_call *call, const sep_step_info *step)
{
    int panels = panels_of(call), at_once = panels_at_once(call);

    (void)step;
    if (sep_cl_has_blas(cl))
        return sep_cl_blas_linear_dw(cl, call);
    for (int first = 0; first < panels; first += at_once) {
        int here = panels - first < at_once ? panels - first : at_once;

        SEP_TRY(sum_panels(cl, call, first, here));
        SEP_TRY(add_panels(cl, call, first, here));
    }
    return SEP_OK;
}
