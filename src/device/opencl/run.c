/* From an operation to the function that launches its kernels. */
#include "device/opencl/backend.h"

typedef sep_status run_function(sep_cl *cl, const sep_call *call, const sep_step_info *step);
typedef size_t workspace_function(const sep_cl *cl, const sep_call *call);

#define KERNEL_ROW(NAME, name)    [SEP_OP_##NAME] = sep_cl_##name,
#define WORKSPACE_ROW(NAME, name) [SEP_OP_##NAME] = sep_cl_##name##_workspace,
static run_function *const functions[SEP_OP_COUNT] = {SEP_OPERATIONS(KERNEL_ROW)};
static workspace_function *const workspaces[SEP_OP_COUNT] = {SEP_CL_WORKSPACES(WORKSPACE_ROW)};

size_t sep_cl_workspace(sep_device *device, const sep_call *call)
{
    workspace_function *bytes = workspaces[call->op];

    return bytes ? bytes((const sep_cl *)device, call) : 0;
}

static size_t size_of(const sep_buffer *buffer)
{
    return buffer->size;
}

sep_status sep_cl_run_call(sep_device *device, const sep_call *call, const sep_step_info *step)
{
    SEP_TRY(sep_check_call(device, call, size_of));
    if (functions[call->op] == NULL)
        return sep_fail(SEP_ERR_UNSUPPORTED, "%s: %s is not there yet", device->description, sep_op_name(call->op));
    return functions[call->op]((sep_cl *)device, call, step);
}
