/* Whether a call's operands are there and lie within their buffers. */
#include "device/check.h"

static sep_status check_memory(const sep_call *call, const char *role, const sep_operand *operand, size_t bytes,
                               sep_buffer_size *size_of)
{
    if (!operand->buffer)
        return sep_fail(SEP_ERR_ARGUMENT, "%s: its %s has no memory", sep_op_name(call->op), role);
    if (operand->offset % sizeof(float) != 0 || !sep_is_within(size_of(operand->buffer), operand->offset, bytes))
        return sep_fail(SEP_ERR_ARGUMENT, "%s: its %s (%zu bytes at %zu) does not lie in its buffer of %zu bytes",
                        sep_op_name(call->op), role, bytes, operand->offset, size_of(operand->buffer));
    return SEP_OK;
}

static size_t bytes_of(const sep_operand *operand)
{
    size_t rows = (size_t)sep_shape_rows(&operand->shape), last = (size_t)sep_shape_last(&operand->shape);

    return ((rows - 1) * (size_t)sep_operand_pitch(operand) + last) * sep_dtype_size(operand->dtype);
}

static sep_status check_operand(sep_device *device, const sep_call *call, const char *role, int number,
                                const sep_operand *operand, sep_buffer_size *size_of)
{
    bool (*takes_pitch)(sep_device *, sep_op, int) = device->backend->takes_pitch;

    if (operand->pitch != 0 && (operand->pitch < sep_shape_last(&operand->shape) || takes_pitch == NULL ||
                                !takes_pitch(device, call->op, number)))
        return sep_fail(SEP_ERR_ARGUMENT, "%s: its %s can't have a pitch of %d", sep_op_name(call->op), role,
                        operand->pitch);
    return check_memory(call, role, operand, bytes_of(operand), size_of);
}

sep_status sep_check_packed(sep_device *device, const sep_call *call, sep_buffer_size *size_of)
{
    size_t bytes = device->backend->packed != NULL ? device->backend->packed(device, call) : 0;

    if (bytes == 0)
        return sep_fail(SEP_ERR_ARGUMENT, "%s: its weights are not packed", sep_op_name(call->op));
    return check_memory(call, "packed input", &call->packed, bytes, size_of);
}

sep_status sep_check_call(sep_device *device, const sep_call *call, sep_buffer_size *size_of)
{
    size_t scratch = device->backend->workspace(device, call);

    for (int i = 0; i < call->inputs; i++)
        SEP_TRY(check_operand(device, call, "input", i, &call->input[i], size_of));
    SEP_TRY(check_operand(device, call, "output", SEP_OUTPUT, &call->output, size_of));
    if (scratch > 0)
        SEP_TRY(check_memory(call, "workspace", &call->workspace, scratch, size_of));
    return call->packed.buffer != NULL ? sep_check_packed(device, call, size_of) : SEP_OK;
}
