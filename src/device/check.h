/* Whether a call's operands are there and lie within their buffers: asked by every backend before it runs one. */
#ifndef SEPTUM_DEVICE_CHECK_H
#define SEPTUM_DEVICE_CHECK_H

#include "septum/device.h"

/* Bytes of a buffer of the backend that asks. */
typedef size_t sep_buffer_size(const sep_buffer *buffer);

/* Bytes [offset, offset + bytes) lie within a buffer of `size`. */
static inline bool sep_is_within(size_t size, size_t offset, size_t bytes)
{
    return offset <= size && bytes <= size - offset;
}

/* Floats from a row of an operand (last axis) to the next. */
static inline ptrdiff_t sep_operand_pitch(const sep_operand *operand)
{
    return operand->pitch > 0 ? operand->pitch : sep_shape_last(&operand->shape);
}

/* SEP_ERR_ARGUMENT where an operand has no memory, reaches out of it, or has a pitch that the backend doesn't take;
 * the same for the workspace that the backend asks for, and for packed weights where the call has them. */
sep_status sep_check_call(sep_device *device, const sep_call *call, sep_buffer_size *size_of) SEP_MUST_CHECK;
/* For the packed weights alone, which the call must have. */
sep_status sep_check_packed(sep_device *device, const sep_call *call, sep_buffer_size *size_of) SEP_MUST_CHECK;

#endif
