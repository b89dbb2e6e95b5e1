/* One kernel with its arguments, and what OpenCL's error codes mean. */
#include "device/opencl/opencl.h"

static const struct {
    cl_int code;
    sep_status status;
    const char *meaning;
} meanings[] = {
    {CL_DEVICE_NOT_AVAILABLE, SEP_ERR_UNSUPPORTED, "the device is not available (lost, or taken by another program)"},
    {CL_MEM_OBJECT_ALLOCATION_FAILURE, SEP_ERR_MEMORY, "the device has no memory left: try a smaller batch"},
    {CL_OUT_OF_RESOURCES, SEP_ERR_MEMORY, "the device has run out of resources: lost, or a kernel was stopped"},
    {CL_OUT_OF_HOST_MEMORY, SEP_ERR_MEMORY, "no memory on the host"},
    {CL_BUILD_PROGRAM_FAILURE, SEP_ERR_UNSUPPORTED, "the driver can't compile the kernels"},
    {CL_INVALID_BUFFER_SIZE, SEP_ERR_MEMORY, "larger than the device allows one buffer to be"},
    {CL_INVALID_WORK_GROUP_SIZE, SEP_ERR_UNSUPPORTED, "work-groups of this size are not supported"},
};

sep_status sep_cl_check(cl_int code, const char *what)
{
    if (code == CL_SUCCESS)
        return SEP_OK;
    for (size_t i = 0; i < sizeof meanings / sizeof *meanings; i++)
        if (meanings[i].code == code)
            return sep_fail(meanings[i].status, "OpenCL: %s: %s (%d)", what, meanings[i].meaning, code);
    return sep_fail(SEP_ERR_UNSUPPORTED, "OpenCL: %s: error %d", what, code);
}

sep_cl_launch sep_cl_begin(sep_cl *cl, sep_cl_program program, const char *kernel)
{
    sep_cl_launch launch = {.cl = cl, .program = program, .name = kernel};

    launch.status = sep_cl_find_kernel(cl, program, kernel, &launch.kernel);
    return launch;
}

static void set(sep_cl_launch *launch, size_t bytes, const void *value)
{
    if (launch->status == SEP_OK)
        launch->status = sep_cl_check(clSetKernelArg(launch->kernel, launch->arguments, bytes, value), launch->name);
    launch->arguments++;
}

static void set_memory(sep_cl_launch *launch, cl_mem memory, size_t offset)
{
    cl_ulong floats = offset / sizeof(float);

    set(launch, sizeof memory, &memory);
    set(launch, sizeof floats, &floats);
}

void sep_cl_tensor(sep_cl_launch *launch, const sep_operand *operand)
{
    set_memory(launch, operand->buffer->memory, operand->offset);
}

void sep_cl_input(sep_cl_launch *launch, const sep_call *call, int i)
{
    sep_cl_tensor(launch, i < call->inputs ? &call->input[i] : &call->output);
}

void sep_cl_int(sep_cl_launch *launch, int value)
{
    cl_int argument = value;

    set(launch, sizeof argument, &argument);
}

void sep_cl_long(sep_cl_launch *launch, int64_t value)
{
    cl_long argument = value;

    set(launch, sizeof argument, &argument);
}

void sep_cl_float(sep_cl_launch *launch, float value)
{
    set(launch, sizeof value, &value);
}

void sep_cl_random(sep_cl_launch *launch, const sep_call *call, const sep_step_info *step)
{
    cl_ulong seed = step->seed;
    cl_uint iteration = step->iteration, stream = call->stream;

    set(launch, sizeof seed, &seed);
    set(launch, sizeof iteration, &iteration);
    set(launch, sizeof stream, &stream);
}

void sep_cl_local(sep_cl_launch *launch, size_t bytes)
{
    set(launch, bytes, NULL);
}

sep_status sep_cl_run(sep_cl_launch *launch, const size_t groups[3], const size_t group[3])
{
    size_t global[3], local[3];

    if (launch->status != SEP_OK)
        return launch->status;
    for (int i = 0; i < 3; i++) {
        local[i] = group[i] > 0 ? group[i] : 1;
        global[i] = (groups[i] > 0 ? groups[i] : 1) * local[i];
    }
    return sep_cl_check(
        clEnqueueNDRangeKernel(launch->cl->queue, launch->kernel, 3, NULL, global, local, 0, NULL, NULL), launch->name);
}

#define EACH_GROUP 64 /* where a program has no GROUP: every device allows as many, and they fill a wavefront */

sep_status sep_cl_run_each(sep_cl_launch *launch, int64_t count)
{
    return sep_cl_run_columns(launch, count, 1);
}

static sep_status run_grid(sep_cl_launch *launch, int64_t columns, int64_t rows, int64_t images)
{
    int tuned = sep_cl_parameter(launch->cl, launch->program, "GROUP"), whole = tuned > 0 ? tuned : EACH_GROUP;
    size_t group = (size_t)(columns <= whole / 4 ? whole / 4 : whole);

    return sep_cl_run(launch,
                      (size_t[3]){(size_t)sep_cl_ceiling(columns, (int64_t)group), (size_t)rows, (size_t)images},
                      (size_t[3]){group});
}

sep_status sep_cl_run_columns(sep_cl_launch *launch, int64_t columns, int64_t rows)
{
    return run_grid(launch, columns, rows, 1);
}

sep_status sep_cl_run_map(sep_cl_launch *launch, const sep_shape *map)
{
    return run_grid(launch, (int64_t)map->dim[2] * map->dim[3], map->dim[1], map->dim[0]);
}
