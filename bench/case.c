/* A pass of a problem with its tensors in memory. */
#include "bench/case.h"

#include <string.h>
#include <unistd.h>

static size_t bytes_of(const bench_case *c, int index)
{
    return (size_t)sep_shape_count(&c->layout.tensor[index].shape) * sizeof(float);
}

/* Asking for more than the machine has ends elsewhere in a killed process. */
static sep_status check_memory(const bench_case *c)
{
    double has = (double)sysconf(_SC_PHYS_PAGES) * (double)sysconf(_SC_PAGESIZE), wants = (double)c->layout.footprint;
    char word[BENCH_WORD];

    if (wants <= has / 2.0)
        return SEP_OK;
    bench_problem_word(&c->problem, word);
    return sep_fail(SEP_ERR_MEMORY, "shape '%s' takes %.0f MiB, too much for this machine's %.0f MiB", word,
                    wants / 1048576.0, has / 1048576.0);
}

static sep_status allocate(bench_case *c)
{
    SEP_TRY(check_memory(c));
    for (int i = 0; i < c->layout.tensors; i++) {
        c->buffer[i] = c->home->backend->buffer_create(c->home, bytes_of(c, i));
        if (c->buffer[i] == NULL)
            return SEP_ERR_MEMORY;
    }
    return SEP_OK;
}

/* Points the calls to the buffers. */
static void bind(bench_case *c)
{
    for (int step = 0; step < c->layout.steps; step++) {
        sep_call *call = &c->layout.call[step];
        for (int i = 0; i < call->inputs; i++)
            call->input[i].buffer = c->buffer[c->layout.input[step][i]];
        call->output.buffer = c->buffer[c->layout.output[step]];
    }
}

sep_status bench_case_create(const bench_problem *problem, bench_pass pass, sep_algorithm algorithm, sep_device *home,
                             bench_case **created)
{
    bench_case *c = sep_calloc(1, sizeof *c);

    if (c == NULL)
        return SEP_ERR_MEMORY;
    c->problem = *problem;
    c->pass = pass;
    c->home = home;
    sep_status status = bench_layout_create(problem, pass, &c->layout);
    if (status == SEP_OK)
        status = allocate(c);
    if (status != SEP_OK) {
        bench_case_destroy(c);
        return status;
    }
    bind(c);
    for (int step = 0; step < c->layout.steps; step++)
        c->layout.call[step].attributes.algorithm = algorithm;
    *created = c;
    return SEP_OK;
}

void bench_case_destroy(bench_case *c)
{
    if (c == NULL)
        return;
    for (int i = 0; i < c->layout.tensors; i++)
        c->home->backend->buffer_destroy(c->home, c->buffer[i]);
    c->home->backend->buffer_destroy(c->home, c->workspace);
    sep_free(c);
}

/* ---- values -------------------------------------------------------------------------------------------------------
 */

/* A small generator is enough here, and a fast one keeps large shapes cheap to set up: 32 bits of splitmix64. */
static uint32_t scramble(uint64_t x)
{
    x = (x + 1) * 0x9e3779b97f4a7c15ULL;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
    return (uint32_t)((x ^ (x >> 27)) >> 16);
}

static uint32_t draw(bench_fill fill, bench_numbers numbers, uint32_t bits, uint32_t below)
{
    float value = (float)(bits >> 8) * 0x1p-24f;
    uint32_t pattern;

    if (fill == BENCH_INDICES)
        return bits % below;
    if (fill == BENCH_BITS)
        return bits;
    if (fill == BENCH_ZEROS)
        return 0;
    if (fill == BENCH_ONES)
        value = 1.0f;
    else if (fill == BENCH_POSITIVE)
        value = numbers == BENCH_WHOLE ? 1.0f + (float)(bits % 2) : 0.5f + value;
    else
        value = numbers == BENCH_WHOLE ? (float)(bits % 7) - 3.0f : 2.0f * value - 1.0f;
    memcpy(&pattern, &value, sizeof pattern);
    return pattern;
}

static sep_status fill_tensor(bench_case *c, int index, bench_numbers numbers, uint32_t seed)
{
    size_t count = bytes_of(c, index) / sizeof(uint32_t);
    uint32_t *values = sep_calloc(count, sizeof *values);
    uint64_t start = ((uint64_t)seed * BENCH_TENSORS + (uint64_t)index) << 40;
    int below = c->problem.value[(int)c->layout.tensor[index].below];

    if (values == NULL)
        return SEP_ERR_MEMORY;
    for (size_t i = 0; i < count; i++)
        values[i] = draw(c->layout.tensor[index].fill, numbers, scramble(start + i), (uint32_t)(below ? below : 1));
    if (c->layout.tensor[index].fill == BENCH_BITS) /* behind the last whole word there is nothing to keep */
        values[count - 2] = values[count - 1] = 0;
    sep_status status = c->home->backend->upload(c->home, c->buffer[index], 0, values, count * sizeof *values);
    sep_free(values);
    return status;
}

sep_status bench_case_fill(bench_case *c, bench_numbers numbers, uint32_t seed)
{
    for (int i = 0; i < c->layout.tensors; i++)
        SEP_TRY(fill_tensor(c, i, numbers, seed));
    return SEP_OK;
}

void *bench_case_read(const bench_case *c, int index)
{
    void *values = sep_calloc(bytes_of(c, index), 1);

    if (values != NULL &&
        c->home->backend->download(c->home, c->buffer[index], 0, values, bytes_of(c, index)) != SEP_OK) {
        sep_free(values);
        return NULL;
    }
    return values;
}

const char *bench_case_algorithm(const bench_case *c)
{
    const sep_call *call = &c->layout.call[0];

    if (call->op != SEP_OP_CONV2D && call->op != SEP_OP_CONV2D_DX && call->op != SEP_OP_CONV2D_DW)
        return "";
    return bench_problem_is_winograd(&c->problem, call) ? "winograd" : "direct";
}

/* ---- running ------------------------------------------------------------------------------------------------------
 */

sep_status bench_case_prepare(bench_case *c, sep_device *device)
{
    size_t bytes = 0;

    for (int step = 0; step < c->layout.steps; step++) {
        size_t wanted = device->backend->workspace(device, &c->layout.call[step]);
        bytes = wanted > bytes ? wanted : bytes;
    }
    if (bytes > c->workspace_bytes) {
        c->home->backend->buffer_destroy(c->home, c->workspace);
        c->workspace = c->home->backend->buffer_create(c->home, bytes);
        if (c->workspace == NULL)
            return SEP_ERR_MEMORY;
        c->workspace_bytes = bytes;
    }
    for (int step = 0; step < c->layout.steps; step++)
        c->layout.call[step].workspace =
            (sep_operand){.buffer = c->workspace, .shape = SEP_SHAPE((int)(c->workspace_bytes / sizeof(float)))};
    return SEP_OK;
}

sep_status bench_case_enqueue(bench_case *c, sep_device *device)
{
    const sep_step_info step = {.seed = 1, .iteration = 1};

    for (int i = 0; i < c->layout.steps; i++)
        SEP_TRY(device->backend->run(device, &c->layout.call[i], &step));
    return SEP_OK;
}

sep_status bench_case_run(bench_case *c, sep_device *device)
{
    SEP_TRY(bench_case_enqueue(c, device));
    return device->backend->finish(device);
}

static sep_status enqueue_at_home(void *context)
{
    bench_case *c = context;

    return bench_case_enqueue(c, c->home);
}

static sep_status finish_at_home(void *context)
{
    const bench_case *c = context;

    return c->home->backend->finish(c->home);
}

bench_work bench_case_work(bench_case *c)
{
    return (bench_work){.run = enqueue_at_home, .context = c, .finish = finish_at_home};
}
