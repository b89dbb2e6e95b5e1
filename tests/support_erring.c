/* A device that errs, made of one that does not. Buffers are those of the device inside. */
#include "support_erring.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

typedef struct erring {
    sep_device base;
    sep_device *inside;
    support_error error;
    uint32_t last_iteration;
    bool done; /* in last_iteration */
} erring;

static sep_device *inside(sep_device *device)
{
    return ((erring *)device)->inside;
}

static sep_buffer *buffer_create(sep_device *device, size_t bytes)
{
    return inside(device)->backend->buffer_create(inside(device), bytes);
}

static void buffer_destroy(sep_device *device, sep_buffer *buffer)
{
    inside(device)->backend->buffer_destroy(inside(device), buffer);
}

static sep_status upload(sep_device *device, sep_buffer *to, size_t offset, const void *from, size_t bytes)
{
    return inside(device)->backend->upload(inside(device), to, offset, from, bytes);
}

static sep_status download(sep_device *device, const sep_buffer *from, size_t offset, void *to, size_t bytes)
{
    return inside(device)->backend->download(inside(device), from, offset, to, bytes);
}

static size_t workspace(sep_device *device, const sep_call *call)
{
    return inside(device)->backend->workspace(inside(device), call);
}

static bool follows(sep_device *device, sep_op first, sep_op second, int input)
{
    return inside(device)->backend->follows(inside(device), first, second, input);
}

static bool takes_pitch(sep_device *device, sep_op op, int operand)
{
    return inside(device)->backend->takes_pitch(inside(device), op, operand);
}

/* In an operand with a pitch `element` counts the floats between rows too. */
static sep_status turn_bit(sep_device *device, const sep_operand *operand, const support_error *error)
{
    size_t offset = operand->offset + (size_t)error->element * sizeof(uint32_t);
    uint32_t bits;

    SEP_TRY(download(device, operand->buffer, offset, &bits, sizeof bits));
    bits ^= 1U << error->bit;
    return upload(device, operand->buffer, offset, &bits, sizeof bits);
}

static sep_status run(sep_device *device, const sep_call *call, const sep_step_info *step)
{
    erring *e = (erring *)device;
    const support_error *error = &e->error;
    const sep_call *wrong = call->follow != NULL && call->follow->op == error->op ? call->follow : call;

    SEP_TRY(inside(device)->backend->run(inside(device), call, step));
    if (step->iteration != e->last_iteration)
        e->done = false;
    e->last_iteration = step->iteration;
    if (e->done || wrong->op != error->op || step->iteration != error->iteration)
        return SEP_OK;
    e->done = true;
    return turn_bit(device, error->input < 0 ? &wrong->output : &wrong->input[error->input], error);
}

static sep_status finish(sep_device *device)
{
    return inside(device)->backend->finish(inside(device));
}

static void destroy(sep_device *device)
{
    sep_device_destroy(inside(device));
    sep_free(device);
}

static const sep_backend backend = {
    .name = "erring",
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

sep_device *support_erring_create(sep_device *device, support_error error)
{
    erring *e = sep_calloc(1, sizeof *e);

    assert_non_null(e);
    e->base.backend = &backend;
    e->inside = device;
    e->error = error;
    snprintf(e->base.description, sizeof e->base.description, "erring %.80s", device->description);
    return &e->base;
}
