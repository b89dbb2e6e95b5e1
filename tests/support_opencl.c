/* The cases of the device tests on OpenCL devices: see support_opencl.h. */
#include "support_opencl.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MAX_DEVICES 8
#define MARGIN      64         /* floats before and behind an operand */
#define PATTERN     0x5eed1e55 /* what they hold */

/* ---- the devices ------------------------------------------------------------------------------------------------- */

/* Never closed: at exit a driver's own statics may be gone before ours. */
static sep_device *opened[MAX_DEVICES];
static int count = -1;

/* Opens device `index` unless its name lacks what is wanted. */
static void open_device(int index, const char *wanted)
{
    if (sep_opencl_create(index, SEP_REPRODUCIBLE, &opened[count]) != SEP_OK)
        fail_msg("%s", sep_error_text());
    if (wanted && strstr(opened[count]->description, wanted) == NULL)
        sep_device_destroy(opened[count]);
    else
        count++;
}

bool support_opencl_alone(void)
{
    return getenv("SEPTUM_TEST_OPENCL") != NULL;
}

int support_opencl_devices(sep_device *const **devices)
{
    const char *wanted = getenv("SEPTUM_TEST_OPENCL");
    int there = sep_opencl_list(NULL, 0);

    *devices = opened;
    if (count >= 0)
        return count;
    count = 0;
    for (int i = 0; i < there && count < MAX_DEVICES; i++)
        open_device(i, wanted);
    return count;
}

/* Mesa's llvmpipe leaves a kernel's loops after 65,535 rounds in all (the backend says so when it opens the device):
 * windows of 16 cells and more go beyond that. */
static bool exceeds_loops(const sep_device *device, const support_case *c)
{
    return strstr(device->description, "llvmpipe") != NULL && c->attributes.window >= 16;
}

bool support_opencl_takes(sep_device *device, const support_case *c)
{
    bool (*takes)(sep_device *, sep_op, int) = device->backend->takes_pitch;

    if (exceeds_loops(device, c))
        return false;
    for (int i = 0; i < c->inputs; i++)
        if (c->input_gap[i] > 0 && !(takes && takes(device, c->op, i)))
            return false;
    return c->output_gap == 0 || (takes && takes(device, c->op, SEP_OUTPUT));
}

/* ---- operands ---------------------------------------------------------------------------------------------------- */

/* An operand's buffer on the host: margins, gaps between its rows and its values. */
typedef struct image {
    int64_t floats, pitch, channels, rows;
    int32_t *word;
} image;

static void must(sep_status status)
{
    if (status != SEP_OK)
        fail_msg("%s", sep_error_text());
}

static image image_of(const sep_operand *operand)
{
    image m = {.channels = sep_shape_last(&operand->shape), .rows = sep_shape_rows(&operand->shape)};

    m.pitch = operand->pitch > 0 ? operand->pitch : m.channels;
    m.floats = (int64_t)(operand->offset / sizeof(float)) + m.rows * m.pitch + MARGIN;
    m.word = sep_calloc((size_t)m.floats, sizeof *m.word);
    assert_non_null(m.word);
    for (int64_t i = 0; i < m.floats; i++)
        m.word[i] = PATTERN;
    return m;
}

/* Where element (row, channel) lies. */
static int64_t place_of(const sep_operand *operand, const image *m, int64_t row, int64_t channel)
{
    return (int64_t)(operand->offset / sizeof(float)) + row * m->pitch + channel;
}

/* `values` NULL leaves the pattern. */
static sep_operand make_operand(sep_device *device, sep_shape shape, sep_dtype dtype, int gap, int misalignment,
                                const int32_t *values)
{
    sep_operand operand = {.shape = shape,
                           .dtype = dtype,
                           .pitch = gap > 0 ? sep_shape_last(&shape) + gap : 0,
                           .offset = (size_t)(MARGIN + misalignment) * sizeof(float)};
    image m = image_of(&operand);

    for (int64_t r = 0; values && r < m.rows; r++)
        for (int64_t c = 0; c < m.channels; c++)
            m.word[place_of(&operand, &m, r, c)] = values[r * m.channels + c];
    operand.buffer = device->backend->buffer_create(device, (size_t)m.floats * sizeof(float));
    assert_non_null(operand.buffer);
    must(device->backend->upload(device, operand.buffer, 0, m.word, (size_t)m.floats * sizeof(float)));
    sep_free(m.word);
    return operand;
}

/* The operand's values; fails where the pattern around them has changed. */
static support_array fetch(sep_device *device, const sep_operand *operand, const char *name)
{
    support_array array = support_array_create(operand->shape, operand->dtype);
    image m = image_of(operand);
    int64_t first = (int64_t)(operand->offset / sizeof(float));

    must(device->backend->download(device, operand->buffer, 0, m.word, (size_t)m.floats * sizeof(float)));
    for (int64_t i = 0; i < m.floats; i++) {
        int64_t row = (i - first) / m.pitch, channel = (i - first) % m.pitch;
        bool own = i >= first && row < m.rows && channel < m.channels;

        if (own)
            array.i32[row * m.channels + channel] = m.word[i];
        else if (m.word[i] != PATTERN)
            fail_msg("%s on %s wrote outside of its operand, float %lld from its start", name, device->description,
                     (long long)(i - first));
    }
    sep_free(m.word);
    return array;
}

static sep_operand make_workspace(sep_device *device, const sep_call *call)
{
    size_t floats = (device->backend->workspace(device, call) + SEP_ALIGNMENT - 1) / SEP_ALIGNMENT *
                    (SEP_ALIGNMENT / sizeof(float));
    support_array nan = support_array_create(SEP_SHAPE((int)floats), SEP_F32);

    for (size_t i = 0; i < floats; i++)
        nan.f32[i] = NAN;
    sep_operand workspace = make_operand(device, nan.shape, SEP_F32, 0, 0, nan.i32);
    support_array_free(&nan);
    return workspace;
}

/* ---- a run ------------------------------------------------------------------------------------------------------- */

support_result support_opencl_run(sep_device *device, const support_case *c)
{
    sep_call call = {.op = c->op, .attributes = c->attributes, .inputs = c->inputs, .stream = c->stream};
    support_result result = {0};

    for (int i = 0; i < c->inputs; i++)
        call.input[i] =
            make_operand(device, c->input[i].shape, c->input[i].dtype, c->input_gap[i], i + 1, c->input[i].i32);
    call.output =
        c->in_place ? call.input[0] : make_operand(device, c->output, c->output_dtype, c->output_gap, 3, NULL);
    call.workspace = make_workspace(device, &call);
    must(device->backend->run(device, &call, &c->step));
    must(device->backend->finish(device));
    result.output = fetch(device, &call.output, sep_op_name(c->op));
    for (int i = 0; i < c->inputs; i++) {
        result.input[i] = fetch(device, &call.input[i], sep_op_name(c->op));
        device->backend->buffer_destroy(device, call.input[i].buffer);
    }
    if (!c->in_place)
        device->backend->buffer_destroy(device, call.output.buffer);
    device->backend->buffer_destroy(device, call.workspace.buffer);
    return result;
}
