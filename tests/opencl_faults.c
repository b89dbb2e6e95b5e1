/* An OpenCL driver with faults, for tests/end_to_end/device_faults.sh: preloaded (LD_PRELOAD), it stands before the
 * real loader and does what the environment asks for.
 *
 *     CL_FAULT="FUNCTION N CODE"  the Nth call of that function fails with CODE; with one that enqueues or waits the
 *                                 device is lost: all such calls fail from then on
 *     CL_FAULT_BUILD=WORD         programs with that word in their text do not compile
 *     CL_FAULT_TEXT=TEXT          stands before the text of every program
 *     CL_FAULT_OPTIONS=OPTIONS    stand behind those that every program is built with
 *     CL_FAULT_PLATFORM=NAME      is what platforms are called
 *     CL_FAULT_DEVICES=2          every device is there twice; none: the driver finds no hardware
 *     CL_FAULT_MEMORY=BYTES       of the device; a buffer may have half of them
 *     CL_FAULT_LOCAL=BYTES        of local memory, CL_FAULT_GROUP=N work-items in a group; more is refused */
#define _GNU_SOURCE
#include <CL/cl.h>

#include <dlfcn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REAL(function)                                                                                                 \
    static __typeof__(function) *real;                                                                                 \
    if (real == NULL)                                                                                                  \
    *(void **)&real = dlsym(RTLD_NEXT, #function)

static bool lost;
static cl_program broken;

/* The code of the fault that this call meets. */
static cl_int fault_of(const char *function, bool uses_device)
{
    static int calls;
    const char *setting = getenv("CL_FAULT");
    char name[64];
    int number, code;

    if (setting == NULL || sscanf(setting, "%63s %d %d", name, &number, &code) != 3)
        return CL_SUCCESS;
    if (strcmp(name, function) == 0 && ++calls >= number) {
        lost |= uses_device;
        return code;
    }
    return lost && uses_device ? code : CL_SUCCESS;
}

static cl_ulong number_of(const char *setting)
{
    const char *text = getenv(setting);

    return text != NULL ? strtoull(text, NULL, 10) : 0;
}

/* ---- devices ----------------------------------------------------------------------------------------------------- */

cl_int clGetDeviceIDs(cl_platform_id platform, cl_device_type type, cl_uint room, cl_device_id *devices, cl_uint *count)
{
    REAL(clGetDeviceIDs);
    const char *setting = getenv("CL_FAULT_DEVICES");
    cl_uint copies = (cl_uint)number_of("CL_FAULT_DEVICES"), found = 0;
    cl_int code;

    if (setting != NULL && strcmp(setting, "none") == 0)
        return CL_DEVICE_NOT_FOUND;
    code = real(platform, type, room, devices, &found);
    for (cl_uint i = found; copies == 2 && code == CL_SUCCESS && i < 2 * found && i < room; i++)
        devices[i] = devices[i - found];
    if (count != NULL)
        *count = copies == 2 ? 2 * found : found;
    return code;
}

cl_int clGetPlatformInfo(cl_platform_id platform, cl_platform_info what, size_t room, void *value, size_t *size)
{
    REAL(clGetPlatformInfo);
    const char *name = getenv("CL_FAULT_PLATFORM");

    if (name == NULL || what != CL_PLATFORM_NAME || value == NULL)
        return real(platform, what, room, value, size);
    snprintf(value, room, "%s", name);
    return CL_SUCCESS;
}

cl_int clGetDeviceInfo(cl_device_id device, cl_device_info what, size_t room, void *value, size_t *size)
{
    REAL(clGetDeviceInfo);
    cl_ulong memory = number_of("CL_FAULT_MEMORY"), local = number_of("CL_FAULT_LOCAL");
    cl_ulong group = number_of("CL_FAULT_GROUP"), changed = 0;
    cl_int code = real(device, what, room, value, size);

    if (what == CL_DEVICE_GLOBAL_MEM_SIZE)
        changed = memory;
    else if (what == CL_DEVICE_MAX_MEM_ALLOC_SIZE)
        changed = memory / 2;
    else if (what == CL_DEVICE_LOCAL_MEM_SIZE)
        changed = local;
    else if (what == CL_DEVICE_MAX_WORK_GROUP_SIZE)
        changed = group;
    if (changed != 0 && value != NULL && room >= sizeof changed)
        memcpy(value, &changed, sizeof changed);
    return code;
}

/* ---- programs ---------------------------------------------------------------------------------------------------- */

cl_program clCreateProgramWithSource(cl_context context, cl_uint count, const char **texts, const size_t *sizes,
                                     cl_int *code)
{
    REAL(clCreateProgramWithSource);
    const char *word = getenv("CL_FAULT_BUILD"), *before = getenv("CL_FAULT_TEXT");
    const char *all[16] = {before != NULL ? before : ""};
    cl_program program;

    if (sizes != NULL || count > 15) /* septum's are few, and end with 0 */
        return real(context, count, texts, sizes, code);
    memcpy(all + 1, texts, count * sizeof *texts);
    program = real(context, count + 1, all, NULL, code);
    for (cl_uint i = 0; word != NULL && i < count; i++)
        if (strstr(texts[i], word) != NULL)
            broken = program;
    return program;
}

cl_int clBuildProgram(cl_program program, cl_uint count, const cl_device_id *devices, const char *options,
                      void(CL_CALLBACK *notify)(cl_program, void *), void *data)
{
    REAL(clBuildProgram);
    const char *more = getenv("CL_FAULT_OPTIONS");
    char all[512];

    if (program == broken)
        return CL_BUILD_PROGRAM_FAILURE;
    snprintf(all, sizeof all, "%s %s", options != NULL ? options : "", more != NULL ? more : "");
    return real(program, count, devices, all, notify, data);
}

cl_int clGetProgramBuildInfo(cl_program program, cl_device_id device, cl_program_build_info what, size_t room,
                             void *value, size_t *size)
{
    REAL(clGetProgramBuildInfo);
    static const char log[] = "line 1: no such instruction\nline 2: more of the same";

    if (program != broken || what != CL_PROGRAM_BUILD_LOG)
        return real(program, device, what, room, value, size);
    if (value != NULL && room >= sizeof log)
        memcpy(value, log, sizeof log);
    if (size != NULL)
        *size = sizeof log;
    return CL_SUCCESS;
}

/* ---- work -------------------------------------------------------------------------------------------------------- */

cl_mem clCreateBuffer(cl_context context, cl_mem_flags flags, size_t size, void *host, cl_int *code)
{
    REAL(clCreateBuffer);
    cl_int fault = fault_of("clCreateBuffer", false);

    if (fault == CL_SUCCESS)
        return real(context, flags, size, host, code);
    if (code != NULL)
        *code = fault;
    return NULL;
}

/* Beyond the limits that the environment sets? */
static cl_int exceeds_limits(cl_command_queue queue, cl_kernel kernel, cl_uint dimensions, const size_t *local)
{
    cl_ulong group = number_of("CL_FAULT_GROUP"), room = number_of("CL_FAULT_LOCAL"), used = 0, items = 1;
    cl_device_id device;

    for (cl_uint i = 0; local != NULL && i < dimensions; i++)
        items *= local[i];
    if (group != 0 && items > group)
        return CL_INVALID_WORK_GROUP_SIZE;
    if (room != 0 && clGetCommandQueueInfo(queue, CL_QUEUE_DEVICE, sizeof device, &device, NULL) == CL_SUCCESS &&
        clGetKernelWorkGroupInfo(kernel, device, CL_KERNEL_LOCAL_MEM_SIZE, sizeof used, &used, NULL) == CL_SUCCESS &&
        used > room)
        return CL_OUT_OF_RESOURCES;
    return CL_SUCCESS;
}

cl_int clEnqueueNDRangeKernel(cl_command_queue queue, cl_kernel kernel, cl_uint dimensions, const size_t *offset,
                              const size_t *global, const size_t *local, cl_uint waits, const cl_event *wait,
                              cl_event *event)
{
    REAL(clEnqueueNDRangeKernel);
    cl_int fault = fault_of("clEnqueueNDRangeKernel", true);

    if (fault == CL_SUCCESS)
        fault = exceeds_limits(queue, kernel, dimensions, local);
    return fault != CL_SUCCESS ? fault : real(queue, kernel, dimensions, offset, global, local, waits, wait, event);
}

/* The rest of the calls that use the device: parameters, then arguments. */
#define FAILS_WHEN_LOST(function, parameters, arguments)                                                               \
    cl_int function parameters                                                                                         \
    {                                                                                                                  \
        REAL(function);                                                                                                \
        cl_int fault = fault_of(#function, true);                                                                      \
                                                                                                                       \
        return fault != CL_SUCCESS ? fault : real arguments;                                                           \
    }

FAILS_WHEN_LOST(clEnqueueReadBuffer,
                (cl_command_queue queue, cl_mem buffer, cl_bool blocks, size_t offset, size_t size, void *to,
                 cl_uint waits, const cl_event *wait, cl_event *event),
                (queue, buffer, blocks, offset, size, to, waits, wait, event))
FAILS_WHEN_LOST(clEnqueueWriteBuffer,
                (cl_command_queue queue, cl_mem buffer, cl_bool blocks, size_t offset, size_t size, const void *from,
                 cl_uint waits, const cl_event *wait, cl_event *event),
                (queue, buffer, blocks, offset, size, from, waits, wait, event))
FAILS_WHEN_LOST(clEnqueueFillBuffer,
                (cl_command_queue queue, cl_mem buffer, const void *pattern, size_t bytes, size_t offset, size_t size,
                 cl_uint waits, const cl_event *wait, cl_event *event),
                (queue, buffer, pattern, bytes, offset, size, waits, wait, event))
FAILS_WHEN_LOST(clEnqueueMarkerWithWaitList,
                (cl_command_queue queue, cl_uint waits, const cl_event *wait, cl_event *event),
                (queue, waits, wait, event))
FAILS_WHEN_LOST(clWaitForEvents, (cl_uint count, const cl_event *events), (count, events))
FAILS_WHEN_LOST(clFlush, (cl_command_queue queue), (queue))

/* What was enqueued before ends all the same, as it does when a device is lost. Else the real driver's thread would
 * still compile kernels when the program ends, and the compiler would be torn down under it. */
cl_int clFinish(cl_command_queue queue)
{
    REAL(clFinish);
    const cl_int fault = fault_of("clFinish", true), code = real(queue);

    return fault != CL_SUCCESS ? fault : code;
}
