/* Convolutions by Winograd's algorithm as the device calls them: what a call's operands mean to winograd.h. */
#include "device/cpu/winograd.h"

bool sep_winograd_takes(const sep_call *call)
{
    const sep_shape *map = &call->input[0].shape;
    const sep_shape *weights = call->op == SEP_OP_CONV2D_DW ? &call->output.shape : &call->input[1].shape;

    return sep_conv_is_winograd(&call->attributes, map->dim[1], map->dim[2], weights->dim[2], weights->dim[3]);
}

static sep_winograd winograd_of(const sep_cpu *cpu, const sep_call *call)
{
    return (sep_winograd){
        .cpu = cpu,
        .turned = call->op == SEP_OP_CONV2D_DX,
        .images = call->output.shape.dim[0],
        .in = sep_image_of(&call->input[0].shape),
        .out_channels = call->output.shape.dim[3],
    };
}

size_t sep_winograd_conv2d_workspace(const sep_cpu *cpu, const sep_call *call)
{
    sep_winograd winograd = winograd_of(cpu, call);

    return sep_winograd_workspace(&winograd);
}

void sep_winograd_conv2d(const sep_cpu *cpu, const sep_call *call)
{
    sep_winograd winograd = winograd_of(cpu, call);
    const sep_row_blocks follow = sep_row_blocks_of(cpu, call->follow);

    winograd.in.pixels = sep_cpu_input(call, 0);
    winograd.weights = sep_cpu_input(call, 1);
    winograd.packed = sep_cpu_packed(call);
    winograd.bias = sep_cpu_input(call, 2);
    winograd.out = sep_cpu_f32(&call->output);
    winograd.follow = &follow;
    sep_winograd_run(&winograd, sep_cpu_f32(&call->workspace));
}

size_t sep_winograd_conv2d_packed(const sep_cpu *cpu, const sep_call *call)
{
    sep_winograd winograd = winograd_of(cpu, call);

    return sep_winograd_packed_bytes(&winograd);
}

void sep_winograd_conv2d_pack(const sep_cpu *cpu, const sep_call *call)
{
    sep_winograd winograd = winograd_of(cpu, call);

    winograd.weights = sep_cpu_input(call, 1);
    sep_winograd_pack(&winograd, sep_cpu_packed(call));
}

static sep_winograd_gradient winograd_gradient_of(const sep_cpu *cpu, const sep_call *call)
{
    return (sep_winograd_gradient){
        .cpu = cpu,
        .images = call->input[0].shape.dim[0],
        .x = sep_image_of(&call->input[0].shape),
        .dy = sep_image_of(&call->input[1].shape),
    };
}

size_t sep_winograd_conv2d_dw_workspace(const sep_cpu *cpu, const sep_call *call)
{
    sep_winograd_gradient gradient = winograd_gradient_of(cpu, call);

    return sep_winograd_gradient_workspace(&gradient);
}

void sep_winograd_conv2d_dw(const sep_cpu *cpu, const sep_call *call)
{
    sep_winograd_gradient gradient = winograd_gradient_of(cpu, call);

    gradient.x.pixels = sep_cpu_input(call, 0);
    gradient.dy.pixels = sep_cpu_input(call, 1);
    gradient.dw = sep_cpu_f32(&call->output);
    sep_winograd_gradient_run(&gradient, sep_cpu_f32(&call->workspace));
}
