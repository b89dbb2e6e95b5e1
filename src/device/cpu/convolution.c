/* Plain convolution, and transposed convolution whose kernel is its stride. Each is the other's adjoint: the forward
 * pass of one and the data gradient of the other are the same sweep (sweep.h; narrow.h for few output channels),
 * gradients with each tap's weights transposed once. Weight gradients multiply pixels by pixels (gradient.h). Plain
 * convolutions whose shape allows it take Winograd's algorithm (winograd.h) for all three. Orders of summation:
 * septum/operation.h. */
#include "device/cpu/gradient.h"
#include "device/cpu/narrow.h"
#include "device/cpu/sweep.h"
#include "device/cpu/winograd.h"

static bool is_transposed(const sep_call *call)
{
    return call->op == SEP_OP_CONV_TRANSPOSE2D || call->op == SEP_OP_CONV_TRANSPOSE2D_DX ||
           call->op == SEP_OP_CONV_TRANSPOSE2D_DW;
}

static int stride_of(const sep_call *call)
{
    return is_transposed(call) ? call->attributes.kernel : call->attributes.stride;
}

static int padding_of(const sep_call *call)
{
    return is_transposed(call) ? 0 : call->attributes.padding;
}

/* ---- forward and data gradient ----------------------------------------------------------------------------------- */

static sep_sweep sweep_of(const sep_cpu *cpu, const sep_call *call, bool data_gradient)
{
    const sep_shape *out = &call->output.shape;

    return (sep_sweep){
        .cpu = cpu,
        .scatter = is_transposed(call) != data_gradient,
        .kernel = call->attributes.kernel,
        .stride = stride_of(call),
        .padding = padding_of(call),
        .images = out->dim[0],
        .in = sep_image_of(&call->input[0].shape),
        .out_height = out->dim[1],
        .out_width = out->dim[2],
        .out_channels = out->dim[3],
    };
}

static size_t weight_bytes(const sep_call *call)
{
    return sep_cpu_aligned((size_t)sep_shape_count(&call->input[1].shape) * sizeof(float));
}

static size_t sweep_workspace(const sep_sweep *sweep)
{
    return sep_narrow_applies(sweep) ? sep_narrow_workspace(sweep) : sep_sweep_workspace(sweep);
}

static void run_sweep(const sep_sweep *sweep, void *workspace)
{
    (sep_narrow_applies(sweep) ? sep_narrow_run : sep_sweep_run)(sweep, workspace);
}

static size_t forward_workspace(const sep_cpu *cpu, const sep_call *call)
{
    sep_sweep sweep = sweep_of(cpu, call, false);

    return sweep_workspace(&sweep);
}

static size_t data_gradient_workspace(const sep_cpu *cpu, const sep_call *call)
{
    sep_sweep sweep = sweep_of(cpu, call, true);

    return weight_bytes(call) + sweep_workspace(&sweep);
}

static void forward(const sep_cpu *cpu, const sep_call *call)
{
    sep_sweep sweep = sweep_of(cpu, call, false);
    const sep_row_blocks follow = sep_row_blocks_of(cpu, call->follow);

    sweep.in.pixels = sep_cpu_input(call, 0);
    sweep.weights = sep_cpu_input(call, 1);
    sweep.bias = sep_cpu_input(call, 2);
    sweep.out = sep_cpu_f32(&call->output);
    sweep.follow = &follow;
    run_sweep(&sweep, sep_cpu_f32(&call->workspace));
}

static void data_gradient(const sep_cpu *cpu, const sep_call *call)
{
    sep_sweep sweep = sweep_of(cpu, call, true);
    const sep_row_blocks follow = sep_row_blocks_of(cpu, call->follow);
    float *transposed = sep_cpu_f32(&call->workspace);

    sep_cpu_transpose(cpu, sep_cpu_input(call, 1), transposed, sweep.kernel * sweep.kernel, sweep.out_channels,
                      sweep.in.channels);
    sweep.in.pixels = sep_cpu_input(call, 0);
    sweep.weights = transposed;
    sweep.out = sep_cpu_f32(&call->output);
    sweep.follow = &follow;
    run_sweep(&sweep, (char *)transposed + weight_bytes(call));
}

/* ---- weight gradient --------------------------------------------------------------------------------------------- */

static sep_gradient gradient_of(const sep_cpu *cpu, const sep_call *call)
{
    return (sep_gradient){
        .cpu = cpu,
        .transposed = is_transposed(call),
        .kernel = call->attributes.kernel,
        .stride = stride_of(call),
        .padding = padding_of(call),
        .images = call->input[0].shape.dim[0],
        .x = sep_image_of(&call->input[0].shape),
        .dy = sep_image_of(&call->input[1].shape),
    };
}

static size_t weight_gradient_workspace(const sep_cpu *cpu, const sep_call *call)
{
    sep_gradient gradient = gradient_of(cpu, call);

    return sep_gradient_workspace(&gradient);
}

static void weight_gradient(const sep_cpu *cpu, const sep_call *call)
{
    sep_gradient gradient = gradient_of(cpu, call);

    gradient.x.pixels = sep_cpu_input(call, 0);
    gradient.dy.pixels = sep_cpu_input(call, 1);
    gradient.dw = sep_cpu_f32(&call->output);
    sep_gradient_run(&gradient, sep_cpu_f32(&call->workspace));
}

/* ---- the kernels of the device's table --------------------------------------------------------------------------- */

#define DEFINE_KERNEL(name, pass)                                                                                      \
    size_t sep_cpu_##name##_workspace(const sep_cpu *cpu, const sep_call *call)                                        \
    {                                                                                                                  \
        return pass##_workspace(cpu, call);                                                                            \
    }                                                                                                                  \
                                                                                                                       \
    void sep_cpu_##name(const sep_cpu *cpu, const sep_call *call, const sep_step_info *step)                           \
    {                                                                                                                  \
        (void)step;                                                                                                    \
        pass(cpu, call);                                                                                               \
    }

/* Where the shape says so, by Winograd's algorithm. */
#define DEFINE_CHOICE(name, pass, winograd_pass)                                                                       \
    size_t sep_cpu_##name##_workspace(const sep_cpu *cpu, const sep_call *call)                                        \
    {                                                                                                                  \
        return (sep_winograd_takes(call) ? winograd_pass##_workspace : pass##_workspace)(cpu, call);                   \
    }                                                                                                                  \
                                                                                                                       \
    void sep_cpu_##name(const sep_cpu *cpu, const sep_call *call, const sep_step_info *step)                           \
    {                                                                                                                  \
        (void)step;                                                                                                    \
        (sep_winograd_takes(call) ? winograd_pass : pass)(cpu, call);                                                  \
    }

/* The sweep takes weights as they lie. */
size_t sep_cpu_conv2d_packed(const sep_cpu *cpu, const sep_call *call)
{
    return sep_winograd_takes(call) ? sep_winograd_conv2d_packed(cpu, call) : 0;
}

void sep_cpu_conv2d_pack(const sep_cpu *cpu, const sep_call *call)
{
    sep_winograd_conv2d_pack(cpu, call);
}

DEFINE_CHOICE(conv2d, forward, sep_winograd_conv2d)
DEFINE_CHOICE(conv2d_dx, data_gradient, sep_winograd_conv2d)
DEFINE_CHOICE(conv2d_dw, weight_gradient, sep_winograd_conv2d_dw)
DEFINE_KERNEL(conv_transpose2d, forward)
DEFINE_KERNEL(conv_transpose2d_dx, data_gradient)
DEFINE_KERNEL(conv_transpose2d_dw, weight_gradient)
