/* The OpenCL devices of this machine, and opening one. */
#include "device/opencl/backend.h"
#include "device/opencl/blas.h"
#include "device/opencl/tuning.h"

#include <stdio.h>
#include <string.h>

#define MAX_PLATFORMS 16
#define MAX_DEVICES   64

typedef struct found {
    cl_platform_id platform;
    cl_device_id device;
} found;

/* In the order in which the loader and the drivers name them; returns how many. */
static int find_devices(found list[MAX_DEVICES])
{
    cl_platform_id platforms[MAX_PLATFORMS];
    cl_uint count = 0;
    int devices = 0;

    if (clGetPlatformIDs(MAX_PLATFORMS, platforms, &count) != CL_SUCCESS)
        return 0;
    for (cl_uint p = 0; p < count && p < MAX_PLATFORMS; p++) {
        cl_device_id ids[MAX_DEVICES];
        cl_uint n = 0;
        if (clGetDeviceIDs(platforms[p], CL_DEVICE_TYPE_ALL, MAX_DEVICES, ids, &n) != CL_SUCCESS)
            continue;
        for (cl_uint i = 0; i < n && devices < MAX_DEVICES; i++)
            list[devices++] = (found){platforms[p], ids[i]};
    }
    return devices;
}

static void device_text(cl_device_id id, cl_device_info what, char *text, size_t size)
{
    if (clGetDeviceInfo(id, what, size, text, NULL) != CL_SUCCESS)
        text[0] = '\0';
}

static cl_ulong device_number(cl_device_id id, cl_device_info what)
{
    cl_ulong number = 0; /* wide enough for all that are asked for; little-endian hosts only, as septum's others */

    return clGetDeviceInfo(id, what, sizeof number, &number, NULL) == CL_SUCCESS ? number : 0;
}

/* ---- the list ---------------------------------------------------------------------------------------------------- */

static sep_opencl_info describe(const found *f)
{
    sep_opencl_info info = {0};
    cl_ulong rounding = device_number(f->device, CL_DEVICE_SINGLE_FP_CONFIG);

    clGetPlatformInfo(f->platform, CL_PLATFORM_NAME, sizeof info.platform, info.platform, NULL);
    device_text(f->device, CL_DEVICE_NAME, info.name, sizeof info.name);
    device_text(f->device, CL_DRIVER_VERSION, info.driver, sizeof info.driver);
    info.units = (int)device_number(f->device, CL_DEVICE_MAX_COMPUTE_UNITS);
    info.memory = device_number(f->device, CL_DEVICE_GLOBAL_MEM_SIZE);
    info.largest_buffer = device_number(f->device, CL_DEVICE_MAX_MEM_ALLOC_SIZE);
    info.local_memory = device_number(f->device, CL_DEVICE_LOCAL_MEM_SIZE);
    info.largest_group = device_number(f->device, CL_DEVICE_MAX_WORK_GROUP_SIZE);
    info.is_gpu = (device_number(f->device, CL_DEVICE_TYPE) & CL_DEVICE_TYPE_GPU) != 0;
    info.fma = (rounding & CL_FP_FMA) != 0;
    info.subnormals = (rounding & CL_FP_DENORM) != 0;
    info.rounds_division = (rounding & CL_FP_CORRECTLY_ROUNDED_DIVIDE_SQRT) != 0;
    return info;
}

int sep_opencl_list(sep_opencl_info *list, int room)
{
    found devices[MAX_DEVICES];
    int count = find_devices(devices);

    for (int i = 0; i < count && i < room; i++)
        list[i] = describe(&devices[i]);
    return count;
}

/* ---- opening ----------------------------------------------------------------------------------------------------- */

static sep_status finish(sep_device *device)
{
    return sep_cl_check(clFinish(((sep_cl *)device)->queue), "clFinish");
}

static sep_status pace(sep_device *device)
{
    sep_cl *cl = (sep_cl *)device;
    cl_event before = cl->step;
    sep_status status = sep_cl_check(clEnqueueMarkerWithWaitList(cl->queue, 0, NULL, &cl->step), "marker");

    if (status != SEP_OK)
        cl->step = NULL;
    else
        status = sep_cl_check(clFlush(cl->queue), "clFlush");
    if (before != NULL && status == SEP_OK)
        status = sep_cl_check(clWaitForEvents(1, &before), "the step before");
    if (before != NULL)
        clReleaseEvent(before);
    return status;
}

static void destroy(sep_device *device)
{
    sep_cl *cl = (sep_cl *)device;

    if (cl->queue)
        clFinish(cl->queue); /* uploads own copies until they are done */
    if (cl->step)
        clReleaseEvent(cl->step);
    sep_cl_free_programs(cl);
    if (cl->queue)
        clReleaseCommandQueue(cl->queue);
    if (cl->context)
        clReleaseContext(cl->context);
    sep_free(cl);
}

static const sep_backend backend = {
    .name = "opencl",
    .buffer_create = sep_cl_buffer_create,
    .buffer_destroy = sep_cl_buffer_destroy,
    .upload = sep_cl_upload,
    .download = sep_cl_download,
    .workspace = sep_cl_workspace,
    .run = sep_cl_run_call,
    .finish = finish,
    .pace = pace,
    .destroy = destroy,
    .warp = sep_cl_warp,
    .search = &sep_cl_search,
};

static sep_status open_queue(sep_cl *cl, const found *f)
{
    const cl_context_properties properties[] = {CL_CONTEXT_PLATFORM, (cl_context_properties)f->platform, 0};
    cl_int code;

    cl->id = f->device;
    cl->context = clCreateContext(properties, 1, &f->device, NULL, NULL, &code);
    SEP_TRY(sep_cl_check(code, "clCreateContext"));
    cl->queue = clCreateCommandQueue(cl->context, f->device, 0, &code);
    return sep_cl_check(code, "clCreateCommandQueue");
}

static void warn_of_floats(const sep_cl *cl)
{
    const sep_cl_floats *f = &cl->floats;

    if (!cl->fast && (!f->fused || !f->divides || !f->subnormals))
        sep_log(SEP_LOG_WARNING, "%s: %s%s%sresults will differ from the CPU's in the last bits", cl->base.description,
                f->fused ? "" : "no fused multiply-add, ", f->divides ? "" : "inexact division, ",
                f->subnormals ? "" : "subnormal numbers are flushed to 0, ");
    if (!f->loops)
        sep_log(SEP_LOG_WARNING,
                "%s: the driver leaves long loops before their end: results of large windows or maps "
                "may be wrong",
                cl->base.description);
}

/* A name as it stands in a database: without bars and blanks at its ends. */
static void read_name(cl_device_id id, cl_device_info what, char name[128])
{
    char text[128], *start = text;
    size_t length;

    device_text(id, what, text, sizeof text);
    for (char *bar = text; (bar = strchr(bar, '|')) != NULL;)
        *bar = '/';
    start += strspn(start, " ");
    length = strlen(start);
    while (length > 0 && start[length - 1] == ' ')
        length--;
    snprintf(name, 128, "%.*s", (int)length, start);
}

static void read_names(sep_cl *cl, cl_device_id id)
{
    read_name(id, CL_DEVICE_VENDOR, cl->vendor);
    read_name(id, CL_DEVICE_NAME, cl->name);
    read_name(id, CL_DRIVER_VERSION, cl->driver);
}

/* What fast mode does, in a line. */
static void tell_of_fast_mode(const sep_cl *cl)
{
    if (cl->fast)
        sep_log(SEP_LOG_INFO, "%s: fast mode: linear layers by %s, arithmetic as the driver likes; not the CPU's bits",
                cl->base.description, sep_cl_has_blas(cl) ? "CLBlast" : "septum (without CLBlast)");
}

sep_status sep_opencl_create(int index, sep_mode mode, sep_device **device)
{
    found devices[MAX_DEVICES];
    int count = find_devices(devices);

    if (count == 0)
        return sep_fail(
            SEP_ERR_UNSUPPORTED,
            "opencl:%d: no driver is installed (see docs/opencl.md), or it finds no hardware; the CPU needs "
            "none: --device cpu",
            index);
    if (index < 0 || index >= count)
        return sep_fail(SEP_ERR_ARGUMENT, "opencl:%d: there are devices 0 to %d (septum devices lists them)", index,
                        count - 1);
    sep_opencl_info info = describe(&devices[index]);
    sep_cl *cl = sep_calloc(1, sizeof *cl);
    if (cl == NULL)
        return SEP_ERR_MEMORY;
    cl->base.backend = &backend;
    cl->base.memory = info.memory;
    cl->base.largest_buffer = info.largest_buffer;
    cl->largest_group = info.largest_group;
    cl->local_bytes = info.local_memory;
    cl->units = info.units;
    read_names(cl, devices[index].device);
    for (int i = 0; i < SEP_CL_PROGRAM_COUNT; i++)
        snprintf(cl->parameters[i], SEP_CL_PARAMETERS, "%s", sep_cl_default_parameters((sep_cl_program)i));
    sep_cl_read_tuning(cl);
    cl->rounds_division = info.rounds_division;
    /* PoCL has a cache of its own; for a binary it compiles every kernel once more, and that takes longer than all. */
    cl->keeps_binaries = strcmp(info.platform, "Portable Computing Language") != 0;
    cl->fast = mode == SEP_FAST;
    if (cl->fast)
        sep_cl_blas_open(cl);
    snprintf(cl->base.description, sizeof cl->base.description, "opencl:%d: %.70s", index, info.name);
    snprintf(cl->version, sizeof cl->version, "%.60s %.110s %.60s", info.platform, info.name, info.driver);
    sep_status status = open_queue(cl, &devices[index]);
    if (status == SEP_OK)
        status = sep_cl_probe(cl, &cl->floats);
    if (status != SEP_OK) {
        destroy(&cl->base);
        return status;
    }
    warn_of_floats(cl);
    tell_of_fast_mode(cl);
    *device = &cl->base;
    return SEP_OK;
}
