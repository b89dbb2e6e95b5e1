/* Two devices in step: each buffer exists on both, each call runs on both, and what it wrote is compared bit by bit
 * before the next one starts. So the first operation whose bits differ is found, not the last that inherits them. */
#include "septum/device.h"

#include <stdio.h>
#include <string.h>

struct sep_buffer {
    sep_buffer *half[2];
};

typedef struct lockstep {
    sep_device base;
    sep_device *device[2];
    int64_t calls;
    sep_difference difference;
    uint32_t *value[2]; /* of the tensor under comparison */
    size_t capacity;    /* elements of each, as large as any type's */
} lockstep;

/* ---- memory ------------------------------------------------------------------------------------------------------ */

static void buffer_destroy(sep_device *device, sep_buffer *buffer)
{
    lockstep *l = (lockstep *)device;

    if (buffer == NULL)
        return;
    for (int i = 0; i < 2; i++)
        if (buffer->half[i] != NULL)
            l->device[i]->backend->buffer_destroy(l->device[i], buffer->half[i]);
    sep_free(buffer);
}

static sep_buffer *buffer_create(sep_device *device, size_t bytes)
{
    lockstep *l = (lockstep *)device;
    sep_buffer *buffer = sep_calloc(1, sizeof *buffer);

    if (buffer == NULL)
        return NULL;
    for (int i = 0; i < 2; i++) {
        buffer->half[i] = l->device[i]->backend->buffer_create(l->device[i], bytes);
        if (buffer->half[i] == NULL) {
            buffer_destroy(device, buffer);
            return NULL;
        }
    }
    return buffer;
}

static sep_status upload(sep_device *device, sep_buffer *to, size_t offset, const void *from, size_t bytes)
{
    lockstep *l = (lockstep *)device;

    for (int i = 0; i < 2; i++)
        SEP_TRY(l->device[i]->backend->upload(l->device[i], to->half[i], offset, from, bytes));
    return SEP_OK;
}

static sep_status download(sep_device *device, const sep_buffer *from, size_t offset, void *to, size_t bytes)
{
    lockstep *l = (lockstep *)device;

    return l->device[0]->backend->download(l->device[0], from->half[0], offset, to, bytes);
}

/* ---- operations -------------------------------------------------------------------------------------------------- */

static sep_operand half_of(const sep_operand *operand, int i)
{
    sep_operand half = *operand;

    if (operand->buffer != NULL)
        half.buffer = operand->buffer->half[i];
    return half;
}

static sep_call call_of(const sep_call *call, int i)
{
    sep_call half = *call;

    for (int k = 0; k < call->inputs; k++)
        half.input[k] = half_of(&call->input[k], i);
    half.output = half_of(&call->output, i);
    half.workspace = half_of(&call->workspace, i);
    return half;
}

/* Both must be able to: the plan is one for both. */
static bool follows(sep_device *device, sep_op first, sep_op second, int input)
{
    const lockstep *l = (const lockstep *)device;

    for (int i = 0; i < 2; i++) {
        const sep_backend *half = l->device[i]->backend;
        if (half->follows == NULL || !half->follows(l->device[i], first, second, input))
            return false;
    }
    return true;
}

static bool takes_pitch(sep_device *device, sep_op op, int operand)
{
    const lockstep *l = (const lockstep *)device;

    for (int i = 0; i < 2; i++) {
        const sep_backend *half = l->device[i]->backend;
        if (half->takes_pitch == NULL || !half->takes_pitch(l->device[i], op, operand))
            return false;
    }
    return true;
}

/* Asked before there are buffers. */
static size_t workspace(sep_device *device, const sep_call *call)
{
    lockstep *l = (lockstep *)device;
    size_t most = 0;

    for (int i = 0; i < 2; i++) {
        sep_call half = call_of(call, i);
        size_t bytes = l->device[i]->backend->workspace(l->device[i], &half);
        most = bytes > most ? bytes : most;
    }
    return most;
}

static sep_status reserve(lockstep *l, size_t count)
{
    if (count <= l->capacity)
        return SEP_OK;
    l->capacity = 0;
    for (int i = 0; i < 2; i++) {
        sep_free(l->value[i]);
        l->value[i] = sep_calloc(count, sizeof *l->value[i]);
        if (l->value[i] == NULL)
            return SEP_ERR_MEMORY;
    }
    l->capacity = count;
    return SEP_OK;
}

static uint32_t value_at(const lockstep *l, int i, size_t at, sep_dtype dtype)
{
    return dtype == SEP_F16 ? ((const uint16_t *)l->value[i])[at] : l->value[i][at];
}

/* `at`: where in the values that were read; without the gaps between rows it is `element`. */
static void note_difference(lockstep *l, const sep_call *call, const sep_step_info *step, int input, size_t at,
                            size_t element)
{
    const sep_operand *operand = input < 0 ? &call->output : &call->input[input];
    sep_difference *d = &l->difference;

    *d = (sep_difference){.found = true,
                          .shape = operand->shape,
                          .input = input,
                          .call = l->calls,
                          .iteration = step->iteration,
                          .element = (int64_t)element,
                          .bits = {value_at(l, 0, at, operand->dtype), value_at(l, 1, at, operand->dtype)}};
    snprintf(d->operation, sizeof d->operation, "%s%s", call->scope != NULL ? call->scope : "", sep_op_name(call->op));
}

/* `input` -1 is the output. What lies between rows with a pitch belongs to others. */
static sep_status compare(lockstep *l, const sep_call *call, const sep_step_info *step, int input)
{
    const sep_operand *operand = input < 0 ? &call->output : &call->input[input];
    size_t channels = (size_t)sep_shape_last(&operand->shape), rows = (size_t)sep_shape_rows(&operand->shape);
    size_t pitch = operand->pitch > 0 ? (size_t)operand->pitch : channels, count = (rows - 1) * pitch + channels;

    SEP_TRY(reserve(l, count));
    for (int i = 0; i < 2; i++)
        SEP_TRY(l->device[i]->backend->download(l->device[i], operand->buffer->half[i], operand->offset, l->value[i],
                                                count * sep_dtype_size(operand->dtype)));
    for (size_t k = 0; k < count; k++)
        if (k % pitch < channels && value_at(l, 0, k, operand->dtype) != value_at(l, 1, k, operand->dtype)) {
            size_t element = k / pitch * channels + k % pitch;
            note_difference(l, call, step, input, k, element);
            return sep_fail(SEP_ERR_NUMERIC, "iteration %u: %s differs in element %zu: %08x (%s), %08x (%s)",
                            step->iteration, l->difference.operation, element, l->difference.bits[0],
                            l->device[0]->description, l->difference.bits[1], l->device[1]->description);
        }
    return SEP_OK;
}

/* Inputs were equal before, so one that differs now was written to: the optimisers' moments. */
static sep_status compare_all(lockstep *l, const sep_call *call, const sep_step_info *step)
{
    for (int k = -1; k < call->inputs; k++)
        SEP_TRY(compare(l, call, step, k));
    l->calls++;
    return SEP_OK;
}

static sep_status run(sep_device *device, const sep_call *call, const sep_step_info *step)
{
    lockstep *l = (lockstep *)device;

    for (int i = 0; i < 2; i++) {
        sep_call half = call_of(call, i), follow;
        if (call->follow != NULL) {
            follow = call_of(call->follow, i);
            half.follow = &follow;
        }
        SEP_TRY(l->device[i]->backend->run(l->device[i], &half, step));
        SEP_TRY(l->device[i]->backend->finish(l->device[i]));
    }
    SEP_TRY(compare_all(l, call, step));
    return call->follow != NULL ? compare_all(l, call->follow, step) : SEP_OK;
}

static sep_status finish(sep_device *device)
{
    (void)device;
    return SEP_OK;
}

static void destroy(sep_device *device)
{
    lockstep *l = (lockstep *)device;

    sep_free(l->value[0]);
    sep_free(l->value[1]);
    sep_free(l);
}

static const sep_backend backend = {
    .name = "lockstep",
    .buffer_create = buffer_create,
    .buffer_destroy = buffer_destroy,
    .upload = upload,
    .download = download,
    .workspace = workspace,
    .run = run,
    .finish = finish,
    .destroy = destroy,
    .follows = follows,
    .takes_pitch = takes_pitch,
};

sep_status sep_lockstep_create(sep_device *first, sep_device *second, sep_device **device)
{
    lockstep *l = sep_calloc(1, sizeof *l);

    if (l == NULL)
        return SEP_ERR_MEMORY;
    l->base.backend = &backend;
    l->device[0] = first;
    l->device[1] = second;
    snprintf(l->base.description, sizeof l->base.description, "in step: %.38s; %.38s", first->description,
             second->description);
    *device = &l->base;
    return SEP_OK;
}

const sep_difference *sep_lockstep_difference(const sep_device *device)
{
    return &((const lockstep *)device)->difference;
}
