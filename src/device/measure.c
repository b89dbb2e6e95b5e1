/* How fast a device is at what networks do most: a linear layer for its arithmetic, an addition for its memory. */
#include "septum/device.h"

enum { LINEAR_ROWS = 4096, LINEAR_WIDTH = 512, ADD_ROWS = 8192, ADD_WIDTH = 1024, AT_ONCE = 4 };

static sep_operand make_operand(sep_device *device, sep_shape shape)
{
    sep_operand operand = {.shape = shape};

    operand.buffer = device->backend->buffer_create(device, (size_t)sep_shape_count(&shape) * sizeof(float));
    return operand;
}

static void drop_operands(sep_device *device, const sep_call *call)
{
    for (int i = 0; i < call->inputs; i++)
        device->backend->buffer_destroy(device, call->input[i].buffer);
    device->backend->buffer_destroy(device, call->output.buffer);
    device->backend->buffer_destroy(device, call->workspace.buffer);
}

/* Whole calls a second, several enqueued at once, the best of as many tries as fit into `seconds`. */
static sep_status time_call(sep_device *device, const sep_call *call, double seconds, double *rate)
{
    const sep_step_info step = {0};
    double end = sep_seconds() + seconds;

    *rate = 0.0;
    do {
        double start = sep_seconds();
        for (int i = 0; i < AT_ONCE; i++)
            SEP_TRY(device->backend->run(device, call, &step));
        SEP_TRY(device->backend->finish(device));
        double now = AT_ONCE / (sep_seconds() - start);
        *rate = now > *rate ? now : *rate;
    } while (sep_seconds() < end);
    return SEP_OK;
}

/* Operands are zeros; the workspace is made here. The first call, which may compile kernels, is not timed. */
static sep_status measure_call(sep_device *device, sep_call *call, double seconds, double *rate)
{
    const sep_step_info step = {0};
    size_t bytes = device->backend->workspace(device, call);
    sep_status status = SEP_OK;

    call->workspace = make_operand(device, SEP_SHAPE((int)(bytes / sizeof(float)) + 1));
    for (int i = 0; i < call->inputs; i++)
        status = call->input[i].buffer ? status : SEP_ERR_MEMORY;
    if (!call->output.buffer || !call->workspace.buffer)
        status = SEP_ERR_MEMORY;
    if (status == SEP_OK)
        status = device->backend->run(device, call, &step);
    if (status == SEP_OK)
        status = device->backend->finish(device);
    if (status == SEP_OK)
        status = time_call(device, call, seconds, rate);
    drop_operands(device, call);
    return status;
}

sep_status sep_device_measure(sep_device *device, double seconds, sep_device_speed *speed)
{
    sep_shape map = SEP_SHAPE(ADD_ROWS, ADD_WIDTH);
    sep_call linear = {.op = SEP_OP_LINEAR, .inputs = 2}, add = {.op = SEP_OP_ADD, .inputs = 2};
    double rate;

    linear.input[0] = make_operand(device, SEP_SHAPE(LINEAR_ROWS, LINEAR_WIDTH));
    linear.input[1] = make_operand(device, SEP_SHAPE(LINEAR_WIDTH, LINEAR_WIDTH));
    linear.output = make_operand(device, SEP_SHAPE(LINEAR_ROWS, LINEAR_WIDTH));
    SEP_TRY(measure_call(device, &linear, seconds / 2, &rate));
    speed->gflops = 2e-9 * LINEAR_ROWS * LINEAR_WIDTH * LINEAR_WIDTH * rate;
    add.input[0] = make_operand(device, map);
    add.input[1] = make_operand(device, map);
    add.output = make_operand(device, map);
    SEP_TRY(measure_call(device, &add, seconds / 2, &rate));
    speed->gbytes = 3e-9 * sizeof(float) * ADD_ROWS * ADD_WIDTH * rate;
    return SEP_OK;
}
