/* Buffers of the OpenCL backend. */
#include "device/opencl/backend.h"

#include <string.h>

sep_buffer *sep_cl_buffer_create(sep_device *device, size_t bytes)
{
    sep_cl *cl = (sep_cl *)device;
    sep_buffer *buffer = sep_calloc(1, sizeof *buffer);
    size_t size = (bytes + 15) / 16 * 16 + 16; /* whole vectors; OpenCL has no buffer of nothing */
    const cl_uint zero = 0;
    cl_int code;

    if (buffer == NULL)
        return NULL;
    if (size > device->largest_buffer) {
        (void)sep_fail(SEP_ERR_MEMORY, "OpenCL: a buffer of %zu MiB; the device allows %zu MiB: try a smaller batch",
                       bytes >> 20, device->largest_buffer >> 20);
        sep_free(buffer);
        return NULL;
    }
    buffer->size = bytes;
    buffer->memory = clCreateBuffer(cl->context, CL_MEM_READ_WRITE, size, NULL, &code);
    if (sep_cl_check(code, "clCreateBuffer") != SEP_OK) {
        sep_free(buffer);
        return NULL;
    }
    code = clEnqueueFillBuffer(cl->queue, buffer->memory, &zero, sizeof zero, 0, size, 0, NULL, NULL);
    if (sep_cl_check(code, "clEnqueueFillBuffer") != SEP_OK) {
        sep_cl_buffer_destroy(device, buffer);
        return NULL;
    }
    return buffer;
}

void sep_cl_buffer_destroy(sep_device *device, sep_buffer *buffer)
{
    (void)device;
    if (buffer == NULL)
        return;
    clReleaseMemObject(buffer->memory);
    sep_free(buffer);
}

static void CL_CALLBACK free_copy(cl_event event, cl_int status, void *copy)
{
    (void)event;
    (void)status;
    sep_free(copy);
}

/* The copy is freed when the device has it: the host does not wait for what is enqueued before. */
static sep_status enqueue_copy(sep_cl *cl, sep_buffer *to, size_t offset, void *copy, size_t bytes)
{
    cl_event done;
    sep_status status = sep_cl_check(
        clEnqueueWriteBuffer(cl->queue, to->memory, CL_FALSE, offset, bytes, copy, 0, NULL, &done), "upload");

    if (status != SEP_OK) {
        sep_free(copy);
        return status;
    }
    status = sep_cl_check(clSetEventCallback(done, CL_COMPLETE, free_copy, copy), "clSetEventCallback");
    if (status != SEP_OK) {
        clFinish(cl->queue);
        sep_free(copy);
    }
    clReleaseEvent(done);
    return status;
}

sep_status sep_cl_upload(sep_device *device, sep_buffer *to, size_t offset, const void *from, size_t bytes)
{
    sep_cl *cl = (sep_cl *)device;

    if (!sep_is_within(to->size, offset, bytes))
        return sep_fail(SEP_ERR_ARGUMENT, "upload of %zu bytes at %zu into a buffer of %zu", bytes, offset, to->size);
    if (bytes == 0)
        return SEP_OK;
    void *copy = sep_calloc(bytes, 1);
    if (copy == NULL)
        return SEP_ERR_MEMORY;
    memcpy(copy, from, bytes);
    return enqueue_copy(cl, to, offset, copy, bytes);
}

sep_status sep_cl_download(sep_device *device, const sep_buffer *from, size_t offset, void *to, size_t bytes)
{
    sep_cl *cl = (sep_cl *)device;

    if (!sep_is_within(from->size, offset, bytes))
        return sep_fail(SEP_ERR_ARGUMENT, "download of %zu bytes at %zu of a buffer of %zu", bytes, offset, from->size);
    if (bytes == 0)
        return SEP_OK;
    return sep_cl_check(clEnqueueReadBuffer(cl->queue, from->memory, CL_TRUE, offset, bytes, to, 0, NULL, NULL),
                        "download");
}

sep_status sep_cl_make(sep_cl *cl, const char *what, const void *from, size_t bytes, sep_operand *operand)
{
    if (cl->base.largest_buffer > 0 && bytes + 32 > cl->base.largest_buffer)
        return sep_fail(SEP_ERR_MEMORY,
                        "%s: %s needs a buffer of %zu MiB, the device allows %zu MiB: take the processor, "
                        "--device cpu",
                        cl->base.description, what, bytes >> 20, cl->base.largest_buffer >> 20);
    operand->buffer = sep_cl_buffer_create(&cl->base, bytes);
    if (operand->buffer == NULL)
        return SEP_ERR_MEMORY;
    return from != NULL ? sep_cl_upload(&cl->base, operand->buffer, 0, from, bytes) : SEP_OK;
}
