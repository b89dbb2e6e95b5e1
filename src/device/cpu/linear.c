/* Linear layers: matrix products with the long dimension cut in panels of SEP_PANEL, each panel a chain from +0 that is
 * added to the sum in rising order (septum/operation.h).
 *
 *   forward   y[r][o]  = b[o] + sum over k of f(x[r][k]) * w[k][o],   f an activation or nothing
 *   DX        dx[r][k] =        sum over o of dy[r][o] * w[k][o];      times f'(x[r][k])
 *   DW        dw[k][o] =        sum over r of f(x[r][k]) * dy[r][o] */
#include "device/cpu/gemm.h"

/* Only our own product knows activations and packed weights. */
static bool is_own(const sep_cpu *cpu, const sep_call *call)
{
    return cpu->multiply == sep_gemm_own || call->attributes.activation != SEP_LINEAR_ACTIVATION;
}

static void multiply(const sep_call *call, const sep_product *product)
{
    sep_product with_activation = *product;

    with_activation.activation = call->attributes.activation;
    with_activation.slope = call->attributes.slope;
    (is_own(product->cpu, call) ? sep_gemm_own : product->cpu->multiply)(&with_activation);
}

/* ---- the three passes -------------------------------------------------------------------------------------------- */

size_t sep_cpu_linear_workspace(const sep_cpu *cpu, const sep_call *call)
{
    (void)call;
    return sep_gemm_scratch_bytes(cpu);
}

/* Without its operands' memory. */
static sep_product forward_product(const sep_cpu *cpu, const sep_call *call)
{
    const sep_shape *x = &call->input[0].shape, *y = &call->output.shape;

    return (sep_product){
        .cpu = cpu,
        .rows = (int)sep_shape_rows(x),
        .columns = sep_shape_last(y),
        .depth = sep_shape_last(x),
        .a_row = sep_shape_last(x),
        .a_step = 1,
        .b_row = sep_shape_last(y),
        .b_step = 1,
    };
}

void sep_cpu_linear(const sep_cpu *cpu, const sep_call *call, const sep_step_info *step)
{
    sep_product product = forward_product(cpu, call);

    (void)step;
    product.a = sep_cpu_input(call, 0);
    product.b = sep_cpu_input(call, 1);
    product.packed = sep_cpu_packed(call);
    product.bias = sep_cpu_input(call, 2);
    product.c = sep_cpu_f32(&call->output);
    product.scratch = sep_cpu_f32(&call->workspace);
    multiply(call, &product);
}

size_t sep_cpu_linear_packed(const sep_cpu *cpu, const sep_call *call)
{
    sep_product product = forward_product(cpu, call);

    return is_own(cpu, call) ? sep_gemm_packed_floats(&product) * sizeof(float) : 0;
}

void sep_cpu_linear_pack(const sep_cpu *cpu, const sep_call *call)
{
    sep_product product = forward_product(cpu, call);

    product.b = sep_cpu_input(call, 1);
    sep_gemm_pack(&product, sep_cpu_packed(call));
}

size_t sep_cpu_linear_dx_workspace(const sep_cpu *cpu, const sep_call *call)
{
    (void)call;
    return sep_gemm_scratch_bytes(cpu);
}

void sep_cpu_linear_dx(const sep_cpu *cpu, const sep_call *call, const sep_step_info *step)
{
    int in = sep_shape_last(&call->output.shape), out = sep_shape_last(&call->input[0].shape);

    (void)step;
    multiply(call, &(sep_product){
                       .cpu = cpu,
                       .rows = (int)sep_shape_rows(&call->output.shape),
                       .columns = in,
                       .depth = out,
                       .a = sep_cpu_input(call, 0),
                       .a_row = out,
                       .a_step = 1,
                       .b = sep_cpu_input(call, 1),
                       .b_row = 1,
                       .b_step = out,
                       .gate = sep_cpu_input(call, 2),
                       .c = sep_cpu_f32(&call->output),
                       .scratch = sep_cpu_f32(&call->workspace),
                   });
}

size_t sep_cpu_linear_dw_workspace(const sep_cpu *cpu, const sep_call *call)
{
    (void)call;
    return sep_gemm_scratch_bytes(cpu);
}

void sep_cpu_linear_dw(const sep_cpu *cpu, const sep_call *call, const sep_step_info *step)
{
    const sep_shape *x = &call->input[0].shape, *dy = &call->input[1].shape;

    (void)step;
    multiply(call, &(sep_product){
                       .cpu = cpu,
                       .rows = sep_shape_last(x),
                       .columns = sep_shape_last(dy),
                       .depth = (int)sep_shape_rows(x),
                       .a = sep_cpu_input(call, 0),
                       .a_row = 1,
                       .a_step = sep_shape_last(x),
                       .b = sep_cpu_input(call, 1),
                       .b_row = sep_shape_last(dy),
                       .b_step = 1,
                       .c = sep_cpu_f32(&call->output),
                       .scratch = sep_cpu_f32(&call->workspace),
                   });
}
