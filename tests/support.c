/* Arrays on the host and single operations on a device, for tests; see support.h. */
#include "support_fence.h"
#include "support_opencl.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int support_tables(const char *name[4])
{
    int count = sep_cpu_tables(name);

#ifdef __SANITIZE_ADDRESS__
    return count < 1 ? count : 1;
#else
    return count;
#endif
}

/* ---- arrays ------------------------------------------------------------------------------------------------------ */

support_array support_array_create(sep_shape shape, sep_dtype dtype)
{
    support_array array = {.shape = shape, .dtype = dtype};

    array.f32 = sep_calloc((size_t)sep_shape_count(&shape), sizeof(float));
    assert_non_null(array.f32);
    array.i32 = (int32_t *)(void *)array.f32;
    return array;
}

int64_t support_count(const support_array *array)
{
    return sep_shape_count(&array->shape);
}

support_array support_random_between(sep_shape shape, uint32_t seed, float low, float high)
{
    support_array array = support_array_create(shape, SEP_F32);
    sep_random random = {.seed = seed, .stream = sep_stream("test")};

    for (int64_t i = 0; i < support_count(&array); i++)
        array.f32[i] = low + (high - low) * sep_random_uniform(&random, (uint64_t)i);
    return array;
}

support_array support_random(sep_shape shape, uint32_t seed)
{
    return support_random_between(shape, seed, -1.0f, 1.0f);
}

support_array support_labels(sep_shape shape, uint32_t seed, int classes)
{
    support_array array = support_array_create(shape, SEP_I32);
    sep_random random = {.seed = seed, .stream = sep_stream("test labels")};

    for (int64_t i = 0; i < support_count(&array); i++)
        array.i32[i] = (int32_t)sep_random_below(&random, (uint64_t)i, (uint32_t)classes);
    return array;
}

support_array support_integers(sep_shape shape, uint32_t seed)
{
    support_array array = support_labels(shape, seed, 7);

    array.dtype = SEP_F32;
    for (int64_t i = 0; i < support_count(&array); i++)
        array.f32[i] = (float)(array.i32[i] - 3);
    return array;
}

support_array support_copy(const float *values, sep_shape shape)
{
    support_array array = support_array_create(shape, SEP_F32);

    memcpy(array.f32, values, (size_t)support_count(&array) * sizeof(float));
    return array;
}

void support_array_free(support_array *array)
{
    sep_free(array->f32);
    *array = (support_array){0};
}

void support_case_free(support_case *c)
{
    for (int i = 0; i < SEP_MAX_INPUTS; i++)
        support_array_free(&c->input[i]);
}

void support_result_free(support_result *result)
{
    support_array_free(&result->output);
    for (int i = 0; i < SEP_MAX_INPUTS; i++)
        support_array_free(&result->input[i]);
}

/* ---- one operation on a device ----------------------------------------------------------------------------------- */

sep_device *support_device(const char *simd, int threads)
{
    sep_device *device = NULL;

    if (sep_cpu_create(threads, simd, &device) != SEP_OK)
        fail_msg("%s", sep_error_text());
    return device;
}

static void must(sep_status status)
{
    if (status != SEP_OK)
        fail_msg("%s", sep_error_text());
}

/* How a run lays out its operands. */
typedef struct layout {
    support_place place;
    int misalignment; /* floats off a cache line, for operands between the fences */
} layout;

/* Bytes from an operand's first element to its last, gaps between its rows included. */
static size_t operand_bytes(const sep_operand *operand)
{
    size_t rows = (size_t)sep_shape_rows(&operand->shape), last = (size_t)sep_shape_last(&operand->shape);
    size_t pitch = operand->pitch > 0 ? (size_t)operand->pitch : last;

    return rows == 0 ? 0 : ((rows - 1) * pitch + last) * sizeof(float);
}

/* `gap`: floats beyond the channels of each row. */
static sep_operand make_operand(sep_shape shape, sep_dtype dtype, int gap, layout where)
{
    sep_operand operand = {.shape = shape, .dtype = dtype, .pitch = gap > 0 ? sep_shape_last(&shape) + gap : 0};

    operand.buffer =
        support_fence_create(operand_bytes(&operand), where.place, where.misalignment % 16, &operand.offset);
    return operand;
}

/* The rows of an operand; of a dense one all as one. */
typedef struct stretch {
    int64_t count;
    size_t bytes, pitch;
} stretch;

static stretch rows_of(const sep_operand *operand)
{
    if (operand->pitch == 0)
        return (stretch){.count = 1, .bytes = operand_bytes(operand)};
    return (stretch){.count = sep_shape_rows(&operand->shape),
                     .bytes = (size_t)sep_shape_last(&operand->shape) * sizeof(float),
                     .pitch = (size_t)operand->pitch * sizeof(float)};
}

static void give(sep_device *device, const sep_operand *operand, const float *values)
{
    stretch rows = rows_of(operand);

    for (int64_t r = 0; r < rows.count; r++)
        must(device->backend->upload(device, operand->buffer, operand->offset + (size_t)r * rows.pitch,
                                     (const char *)values + (size_t)r * rows.bytes, rows.bytes));
}

static support_array fetch(sep_device *device, const sep_operand *operand)
{
    support_array array = support_array_create(operand->shape, operand->dtype);
    stretch rows = rows_of(operand);

    for (int64_t r = 0; r < rows.count; r++)
        must(device->backend->download(device, operand->buffer, operand->offset + (size_t)r * rows.pitch,
                                       (char *)array.f32 + (size_t)r * rows.bytes, rows.bytes));
    return array;
}

static void check_operand(const sep_operand *operand)
{
    stretch rows = rows_of(operand);

    support_fence_check(operand->buffer, operand->offset, operand_bytes(operand));
    for (int64_t r = 0; r + 1 < rows.count; r++)
        support_fence_check_gap(operand->buffer, operand->offset + (size_t)r * rows.pitch + rows.bytes,
                                rows.pitch - rows.bytes);
}

/* Aligned, and of whole cache lines, as the memory plan makes it; full of NaN. */
static sep_operand make_workspace(sep_device *device, const sep_call *call, support_place place)
{
    size_t bytes = device->backend->workspace(device, call);
    size_t lines = (bytes + SEP_ALIGNMENT - 1) / SEP_ALIGNMENT;
    sep_shape shape = {.rank = 1, .dim = {(int)(lines * SEP_ALIGNMENT / sizeof(float))}};
    sep_operand workspace = make_operand(shape, SEP_F32, 0, (layout){place, 0});
    support_array nan = support_array_create(shape, SEP_F32);

    for (int64_t i = 0; i < support_count(&nan); i++)
        nan.f32[i] = NAN;
    give(device, &workspace, nan.f32);
    support_array_free(&nan);
    return workspace;
}

static sep_call make_call(sep_device *device, const support_case *c, layout where)
{
    sep_call call = {.op = c->op, .attributes = c->attributes, .inputs = c->inputs, .stream = c->stream};

    for (int i = 0; i < c->inputs; i++) {
        layout own = {where.place, where.misalignment * (i + 2)};

        call.input[i] = make_operand(c->input[i].shape, c->input[i].dtype, c->input_gap[i], own);
        give(device, &call.input[i], c->input[i].f32);
    }
    call.output = c->in_place ? call.input[0] : make_operand(c->output, c->output_dtype, c->output_gap, where);
    call.workspace = make_workspace(device, &call, where.place);
    return call;
}

static void drop_call(const support_case *c, sep_call *call)
{
    for (int i = 0; i < call->inputs; i++)
        support_fence_destroy(call->input[i].buffer);
    if (!c->in_place)
        support_fence_destroy(call->output.buffer);
    support_fence_destroy(call->workspace.buffer);
}

static support_result run_laid_out(sep_device *device, const support_case *c, layout where)
{
    sep_call call = make_call(device, c, where);
    support_result result = {0};

    must(device->backend->run(device, &call, &c->step));
    must(device->backend->finish(device));
    check_operand(&call.output);
    check_operand(&call.workspace);
    result.output = fetch(device, &call.output);
    for (int i = 0; i < call.inputs; i++) {
        check_operand(&call.input[i]);
        result.input[i] = fetch(device, &call.input[i]);
    }
    drop_call(c, &call);
    return result;
}

support_result support_run(sep_device *device, const support_case *c, int misalignment)
{
    return run_laid_out(device, c, (layout){SUPPORT_BETWEEN, misalignment});
}

support_result support_run_generic(const support_case *c)
{
    sep_device *device = support_device("generic", 1);
    support_result result = support_run(device, c, 0);

    sep_device_destroy(device);
    return result;
}

/* ---- comparison -------------------------------------------------------------------------------------------------- */

/* IEEE 754 leaves open which bits a NaN has. */
static bool is_same(const support_array *got, const support_array *wanted, int64_t i)
{
    return got->i32[i] == wanted->i32[i] || (wanted->dtype == SEP_F32 && isnan(got->f32[i]) && isnan(wanted->f32[i]));
}

static void assert_same_bits(const support_array *got, const support_array *wanted, const char *who, const char *what)
{
    for (int64_t i = 0; i < support_count(wanted); i++)
        if (!is_same(got, wanted, i))
            fail_msg("%s, %s: element %lld is %.9g (%08x), generic says %.9g (%08x)", who, what, (long long)i,
                     (double)got->f32[i], (unsigned)got->i32[i], (double)wanted->f32[i], (unsigned)wanted->i32[i]);
}

static void compare_results(const support_case *c, const support_result *got, const support_result *wanted,
                            const char *description)
{
    char who[160];

    snprintf(who, sizeof who, "%s on %s", sep_op_name(c->op), description);
    assert_same_bits(&got->output, &wanted->output, who, "output");
    for (int i = 0; i < c->inputs; i++)
        assert_same_bits(&got->input[i], &wanted->input[i], who, "input");
}

static void check_opencl(const support_case *c, const support_result *wanted)
{
    sep_device *const *devices;
    int count = support_opencl_devices(&devices);

    for (int i = 0; i < count; i++) {
        if (!support_opencl_takes(devices[i], c))
            continue;
        support_result got = support_opencl_run(devices[i], c);
        compare_results(c, &got, wanted, devices[i]->description);
        support_result_free(&got);
    }
}

/* Every table of this processor with 1, 2 and 3 threads. */
static void check_processor(const support_case *c, const support_result *wanted)
{
    /* By threads: between the fences off a cache line, at the lower one, at the upper one. */
    static const layout layouts[3] = {{SUPPORT_BETWEEN, 1}, {SUPPORT_LOW, 0}, {SUPPORT_HIGH, 0}};
    const char *names[4];
    int tables = sep_cpu_tables(names);

    for (int t = 0; t < tables; t++)
        for (int threads = 1; threads <= 3; threads++) {
            sep_device *device = support_device(names[t], threads);
            support_result got = run_laid_out(device, c, layouts[(threads + t) % 3]);

            compare_results(c, &got, wanted, device->description);
            support_result_free(&got);
            sep_device_destroy(device);
        }
}

void support_check_tables(const support_case *c)
{
    support_result wanted = support_run_generic(c);

    if (!support_opencl_alone())
        check_processor(c, &wanted);
    check_opencl(c, &wanted);
    support_result_free(&wanted);
}

void support_check_integers(const support_case *c, const int32_t *wanted)
{
    support_result r = support_run_generic(c);

    for (int64_t i = 0; i < support_count(&r.output); i++)
        if (r.output.i32[i] != wanted[i])
            fail_msg("%s: element %lld is %d, expected %d", sep_op_name(c->op), (long long)i, (int)r.output.i32[i],
                     (int)wanted[i]);
    support_result_free(&r);
    support_check_tables(c);
}

void support_assert_close(const support_array *got, const double *wanted, double tolerance)
{
    for (int64_t i = 0; i < support_count(got); i++) {
        double error = fabs((double)got->f32[i] - wanted[i]);

        if (!(error <= tolerance * fmax(1.0, fabs(wanted[i]))))
            fail_msg("element %lld is %.9g, expected %.9g", (long long)i, (double)got->f32[i], wanted[i]);
    }
}

bool support_keeps(const support_case *c, int64_t element)
{
    sep_random random = {.seed = c->step.seed, .stream = c->stream, .iteration = c->step.iteration};
    uint32_t words[4];

    sep_random_words(&random, (uint64_t)(element / 4), words);
    return (float)(words[element % 4] >> 8) * 0x1p-24f >= c->attributes.probability;
}
