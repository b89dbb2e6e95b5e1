/* The CPU backend: memory, the choice of a table of inner kernels at start-up, and the dispatch from an operation to
 * its kernel. Calls run at once in the order in which they come; `finish` has nothing to wait for. */
#include "device/check.h"
#include "device/cpu/gemm.h"
#include "device/cpu/kernels.h"
#include "device/cpu/row_blocks.h"
#include "simd/choose.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int sep_cpu_tables(const char *names[4])
{
    return sep_simd_names(names);
}

/* ---- memory ------------------------------------------------------------------------------------------------------ */

static sep_buffer *buffer_create(sep_device *device, size_t bytes)
{
    sep_buffer *buffer = sep_calloc(1, sizeof *buffer);

    (void)device;
    if (!buffer)
        return NULL;
    buffer->bytes = sep_calloc(bytes ? bytes : 1, 1);
    buffer->size = bytes;
    if (!buffer->bytes) {
        sep_free(buffer);
        return NULL;
    }
    return buffer;
}

static void buffer_destroy(sep_device *device, sep_buffer *buffer)
{
    (void)device;
    if (!buffer)
        return;
    sep_free(buffer->bytes);
    sep_free(buffer);
}

static sep_status upload(sep_device *device, sep_buffer *to, size_t offset, const void *from, size_t bytes)
{
    (void)device;
    if (!sep_is_within(to->size, offset, bytes))
        return sep_fail(SEP_ERR_ARGUMENT, "upload of %zu bytes at %zu into a buffer of %zu", bytes, offset, to->size);
    memcpy(to->bytes + offset, from, bytes);
    return SEP_OK;
}

static sep_status download(sep_device *device, const sep_buffer *from, size_t offset, void *to, size_t bytes)
{
    (void)device;
    if (!sep_is_within(from->size, offset, bytes))
        return sep_fail(SEP_ERR_ARGUMENT, "download of %zu bytes at %zu of a buffer of %zu", bytes, offset, from->size);
    memcpy(to, from->bytes + offset, bytes);
    return SEP_OK;
}

/* ---- what a call may carry --------------------------------------------------------------------------------------- */

/* Work over the rows of a map that the operation which writes the map can do along with it (row_blocks.h). */
static bool follows(sep_device *device, sep_op first, sep_op second, int input)
{
    (void)device;
    switch (second) {
    case SEP_OP_ROW_SUM:
        return first == SEP_OP_BATCH_DX;
    case SEP_OP_BATCH_STATS:
        return first == SEP_OP_CONV2D;
    case SEP_OP_BATCH_APPLY:
        return input == 0 && first == SEP_OP_CONV2D;
    case SEP_OP_BATCH_REDUCE:
        return input == 4 && (first == SEP_OP_CONV2D_DX || first == SEP_OP_MAX_POOL_DX);
    default:
        return false;
    }
}

/* The maps that a concatenation joins, and their gradients. */
static bool takes_pitch(sep_device *device, sep_op op, int operand)
{
    (void)device;
    switch (op) {
    case SEP_OP_BATCH_APPLY:
    case SEP_OP_UPSAMPLE_BILINEAR:
        return operand == SEP_OUTPUT;
    case SEP_OP_UPSAMPLE_BILINEAR_DX:
    case SEP_OP_MAX_POOL:
        return operand == 0;
    case SEP_OP_MAX_POOL_DX:
        return operand == 0 || operand == 2;
    default:
        return false;
    }
}

/* ---- dispatch ---------------------------------------------------------------------------------------------------- */

typedef void kernel_function(const sep_cpu *cpu, const sep_call *call, const sep_step_info *step);
typedef size_t workspace_function(const sep_cpu *cpu, const sep_call *call);

#define KERNEL_ROW(NAME, name)    [SEP_OP_##NAME] = sep_cpu_##name,
#define WORKSPACE_ROW(NAME, name) [SEP_OP_##NAME] = sep_cpu_##name##_workspace,
static kernel_function *const kernels[SEP_OP_COUNT] = {SEP_OPERATIONS(KERNEL_ROW)};
static workspace_function *const workspaces[SEP_OP_COUNT] = {SEP_CPU_WORKSPACES(WORKSPACE_ROW)};

static size_t workspace(sep_device *device, const sep_call *call)
{
    workspace_function *bytes = workspaces[call->op];

    return bytes ? bytes((const sep_cpu *)device, call) : 0;
}

typedef size_t packed_function(const sep_cpu *cpu, const sep_call *call);
typedef void pack_function(const sep_cpu *cpu, const sep_call *call);

#define PACKED_ROW(NAME, name) [SEP_OP_##NAME] = {sep_cpu_##name##_packed, sep_cpu_##name##_pack},
static const struct {
    packed_function *bytes;
    pack_function *pack;
} packing[SEP_OP_COUNT] = {SEP_CPU_PACKED(PACKED_ROW)};

static size_t packed(sep_device *device, const sep_call *call)
{
    packed_function *bytes = packing[call->op].bytes;

    return bytes ? bytes((const sep_cpu *)device, call) : 0;
}

static size_t size_of(const sep_buffer *buffer)
{
    return buffer->size;
}

/* The follow must be one that `follows` allows, and read this call's output. */
static sep_status check_follow(sep_device *device, const sep_call *call)
{
    const sep_call *follow = call->follow;

    for (int k = 0; k < follow->inputs; k++)
        if (follow->input[k].buffer == call->output.buffer && follow->input[k].offset == call->output.offset &&
            follows(device, call->op, follow->op, k))
            return sep_check_call(device, follow, size_of);
    return sep_fail(SEP_ERR_ARGUMENT, "%s can't follow %s", sep_op_name(follow->op), sep_op_name(call->op));
}

static sep_status run(sep_device *device, const sep_call *call, const sep_step_info *step)
{
    SEP_TRY(sep_check_call(device, call, size_of));
    if (call->follow) {
        SEP_TRY(check_follow(device, call));
        sep_row_blocks_begin(call->follow);
    }
    kernels[call->op]((const sep_cpu *)device, call, step);
    if (call->follow)
        sep_row_blocks_finish((const sep_cpu *)device, call->follow);
    return SEP_OK;
}

static sep_status pack(sep_device *device, const sep_call *call)
{
    SEP_TRY(sep_check_packed(device, call, size_of));
    packing[call->op].pack((const sep_cpu *)device, call);
    return SEP_OK;
}

static sep_status finish(sep_device *device)
{
    (void)device;
    return SEP_OK;
}

static void destroy(sep_device *device)
{
    sep_free(device);
}

static const sep_backend backend = {
    .name = "cpu",
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
    .packed = packed,
    .pack = pack,
};

sep_status sep_cpu_create(int threads, const char *simd, sep_device **device)
{
    const sep_simd *table = NULL;
    sep_status status;
    sep_cpu *cpu;

    if (threads < 0)
        return sep_fail(SEP_ERR_ARGUMENT, "%d threads: give a positive number, or 0 for all", threads);
    SEP_TRY(sep_simd_choose(simd, &table));
    cpu = sep_calloc(1, sizeof *cpu);
    if (!cpu)
        return SEP_ERR_MEMORY;
    cpu->base.backend = &backend;
    cpu->simd = table;
    cpu->threads = sep_thread_count(threads);
    snprintf(cpu->base.description, sizeof cpu->base.description, "cpu: %s, %d thread%s", table->name, cpu->threads,
             cpu->threads == 1 ? "" : "s");
    status = sep_gemm_choose(cpu, getenv("SEPTUM_GEMM"));
    if (status != SEP_OK) {
        sep_free(cpu);
        return status;
    }
    *device = &cpu->base;
    return SEP_OK;
}

/* ---- shared by kernels ------------------------------------------------------------------------------------------- */

#define CACHE_BYTES ((size_t)4 << 20) /* of all cores' second level, by and large */

sep_destination sep_cpu_destination(const sep_operand *output)
{
    sep_destination to = {.rows = sep_cpu_f32(output), .pitch = sep_operand_pitch(output)};
    bool aligned = (uintptr_t)to.rows % SEP_ALIGNMENT == 0 && to.pitch % 16 == 0;

    to.streamed = aligned && (size_t)sep_shape_count(&output->shape) * sizeof(float) > CACHE_BYTES;
    return to;
}

#define TREE_CHUNK 1024 /* elements that one thread joins over all blocks before it takes the next */

/* Element i of a level lies at block i * 2^level, so an odd last one "moves down" without a move. */
static void tree_sum_chunk(float *partial, int blocks, int64_t stride, int64_t elements)
{
    for (int64_t gap = 1; gap < blocks; gap *= 2)
        for (int64_t b = 0; b + gap < blocks; b += 2 * gap)
            for (int64_t i = 0; i < elements; i++)
                partial[b * stride + i] += partial[(b + gap) * stride + i];
}

void sep_cpu_tree_sum(const sep_cpu *cpu, float *partial, int blocks, int64_t stride, int64_t elements, float *sum)
{
#pragma omp parallel for num_threads(cpu->threads) schedule(static) if (elements > TREE_CHUNK)
    for (int64_t begin = 0; begin < elements; begin += TREE_CHUNK) {
        int64_t count = elements - begin < TREE_CHUNK ? elements - begin : TREE_CHUNK;

        tree_sum_chunk(partial + begin, blocks, stride, count);
        memcpy(sum + begin, partial + begin, (size_t)count * sizeof(float));
    }
}

#define TRANSPOSE_ROWS 16 /* that one thread takes at a time */

void sep_cpu_transpose(const sep_cpu *cpu, const float *from, float *to, int count, int rows, int columns)
{
    ptrdiff_t size = (ptrdiff_t)rows * columns;

#pragma omp parallel for collapse(2) num_threads(cpu->threads) if (count * size > 4096)
    for (int m = 0; m < count; m++)
        for (int i = 0; i < rows; i += TRANSPOSE_ROWS)
            cpu->simd->transpose->matrix(from + m * size + (ptrdiff_t)i * columns, columns, to + m * size + i, rows,
                                         sep_cpu_min(TRANSPOSE_ROWS, rows - i), columns);
}
