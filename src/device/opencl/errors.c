/* What OpenCL's error codes mean. */
#include "device/opencl/opencl.h"

static const struct {
    cl_int code;
    sep_status status;
    const char *meaning;
} meanings[] = {
    {CL_DEVICE_NOT_AVAILABLE, SEP_ERR_DEVICE, "the device is not available: lost, or taken by another program"},
    {CL_MEM_OBJECT_ALLOCATION_FAILURE, SEP_ERR_MEMORY, "the device has no memory left: try a smaller batch"},
    {CL_OUT_OF_RESOURCES, SEP_ERR_DEVICE, "the device has run out of resources: lost, or a kernel was stopped"},
    {CL_INVALID_COMMAND_QUEUE, SEP_ERR_DEVICE, "the device's queue is gone: lost, or reset"},
    {CL_INVALID_CONTEXT, SEP_ERR_DEVICE, "the device's context is gone: lost, or reset"},
    {CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST, SEP_ERR_DEVICE, "work that was enqueued before has failed"},
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
