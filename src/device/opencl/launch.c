/* One kernel with its arguments. */
#include "device/opencl/opencl.h"

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

void sep_cl_map(sep_cl_launch *launch, const float map[3][4])
{
    for (int i = 0; i < 3; i++)
        set(launch, sizeof(cl_float4), map[i]);
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

static sep_status enqueue(sep_cl_launch *launch, const size_t first[3], const size_t groups[3], const size_t group[3])
{
    size_t global[3], local[3];

    if (launch->status != SEP_OK)
        return launch->status;
    for (int i = 0; i < 3; i++) {
        local[i] = group[i] > 0 ? group[i] : 1;
        global[i] = (groups[i] > 0 ? groups[i] : 1) * local[i];
    }
    return sep_cl_check(
        clEnqueueNDRangeKernel(launch->cl->queue, launch->kernel, 3, first, global, local, 0, NULL, NULL),
        launch->name);
}

sep_status sep_cl_run(sep_cl_launch *launch, const size_t groups[3], const size_t group[3])
{
    return enqueue(launch, NULL, groups, group);
}

#define EACH_GROUP 64    /* where a program has no GROUP: every device allows as many, and they fill a wavefront */
#define MOST_ROWS  65535 /* groups in the second dimension: more is refused by drivers that stand on CUDA */

sep_status sep_cl_run_each(sep_cl_launch *launch, int64_t count)
{
    return sep_cl_run_columns(launch, count, 1);
}

static sep_status run_grid(sep_cl_launch *launch, int64_t columns, int64_t rows, int64_t images, size_t first_row)
{
    int tuned = sep_cl_parameter(launch->cl, launch->program, "GROUP"), whole = tuned > 0 ? tuned : EACH_GROUP;
    size_t group = (size_t)(columns <= whole / 4 ? whole / 4 : whole);

    return enqueue(launch, (size_t[3]){0, first_row, 0},
                   (size_t[3]){(size_t)sep_cl_ceiling(columns, (int64_t)group), (size_t)rows, (size_t)images},
                   (size_t[3]){group});
}

sep_status sep_cl_run_columns(sep_cl_launch *launch, int64_t columns, int64_t rows)
{
    for (int64_t first = 0; first < rows; first += MOST_ROWS)
        SEP_TRY(run_grid(launch, columns, rows - first < MOST_ROWS ? rows - first : MOST_ROWS, 1, (size_t)first));
    return launch->status;
}

sep_status sep_cl_run_map(sep_cl_launch *launch, const sep_shape *map)
{
    return run_grid(launch, (int64_t)map->dim[2] * map->dim[3], map->dim[1], map->dim[0], 0);
}
