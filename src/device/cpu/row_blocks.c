/* Work over rows in pixel blocks: see row_blocks.h. */
#include "device/cpu/row_blocks.h"

#include "device/cpu/batch_norm.h"
#include "device/cpu/cut.h"

#include <string.h>

/* ---- one block: rows [first, first + rows) ----------------------------------------------------------------------- */

static void row_sum_block(const sep_row_blocks *s, int64_t first, int rows, float *partial)
{
    s->cpu->simd->reduction->row_sum(s->x + first * s->channels, rows, s->channels, partial);
}

static void mul_row_sum_block(const sep_row_blocks *s, int64_t first, int rows, float *partial)
{
    s->cpu->simd->reduction->mul_row_sum(s->x + first * s->channels, s->second + first * s->channels, rows, s->channels,
                                         partial);
}

static void batch_stats_block(const sep_row_blocks *s, int64_t first, int rows, float *partial)
{
    s->cpu->simd->batch_norm->stats(s->x + first * s->channels, rows, s->channels, partial, partial + s->channels);
}

static void batch_reduce_block(const sep_row_blocks *s, int64_t first, int rows, float *partial)
{
    s->cpu->simd->batch_norm->reduce(&s->terms, s->x + first * s->channels, s->second + first * s->channels, first,
                                     rows, partial);
}

static void batch_apply_block(const sep_row_blocks *s, int64_t first, int rows, float *partial)
{
    (void)partial;
    s->cpu->simd->batch_norm->apply(&s->terms, s->x + first * s->channels, first, rows,
                                    sep_destination_at(s->y, first));
}

/* ---- joins ------------------------------------------------------------------------------------------------------- */

static void add_blocks(const sep_row_blocks *s, int values)
{
    sep_cpu_tree_sum(s->cpu, s->partial, s->blocks, s->stride, (int64_t)values * s->channels, s->out);
}

/* Rows of the blocks [begin, end), as far as they exist. */
static int64_t rows_of_blocks(int64_t rows, int64_t begin, int64_t end)
{
    int64_t last = end * SEP_BLOCK_ROWS;

    return (last < rows ? last : rows) - begin * SEP_BLOCK_ROWS;
}

/* Joins the blocks' (mean, M2) in the tree by Chan's rule; M2 of the whole becomes the variance. */
static void join_statistics(const sep_row_blocks *s, int values)
{
    for (int gap = 1; gap < s->blocks; gap *= 2)
        for (int b = 0; b + gap < s->blocks; b += 2 * gap)
            s->cpu->simd->batch_norm->join(s->partial + b * s->stride, rows_of_blocks(s->rows, b, b + gap),
                                           s->partial + (b + gap) * s->stride,
                                           rows_of_blocks(s->rows, b + gap, b + 2 * gap), s->channels);
    memcpy(s->out, s->partial, (size_t)values * (size_t)s->channels * sizeof(float));
    for (int c = s->channels; c < 2 * s->channels; c++)
        s->out[c] /= (float)s->rows;
}

/* ---- the work ---------------------------------------------------------------------------------------------------- */

typedef struct block_rule {
    int values; /* of a partial result, for each channel */
    int second; /* which other operand is read row by row; 0: none */
    bool normalises;
    void (*block)(const sep_row_blocks *sum, int64_t first, int rows, float *partial);
    void (*join)(const sep_row_blocks *sum, int values); /* NULL: blocks are results */
} block_rule;

static const block_rule rules[SEP_OP_COUNT] = {
    [SEP_OP_ROW_SUM] = {1, 0, false, row_sum_block, add_blocks},
    [SEP_OP_MUL_ROW_SUM] = {1, 1, false, mul_row_sum_block, add_blocks},
    [SEP_OP_BATCH_STATS] = {2, 0, false, batch_stats_block, join_statistics},
    [SEP_OP_BATCH_REDUCE] = {2, 4, true, batch_reduce_block, add_blocks},
    [SEP_OP_BATCH_APPLY] = {0, 0, true, batch_apply_block, NULL},
};

static size_t channel_bytes(const sep_call *call, int values)
{
    return sep_cpu_aligned((size_t)values * (size_t)sep_shape_last(&call->input[0].shape) * sizeof(float));
}

/* Workspace: 1 / deviation of each channel, what is done, the partial results. */
size_t sep_row_blocks_workspace(const sep_call *call)
{
    size_t blocks = (size_t)sep_cpu_blocks(sep_shape_rows(&call->input[0].shape));

    return channel_bytes(call, 1) + sep_cpu_aligned(blocks) + blocks * channel_bytes(call, rules[call->op].values);
}

static unsigned char *done_of(const sep_call *call)
{
    return (unsigned char *)sep_cpu_f32(&call->workspace) + channel_bytes(call, 1);
}

void sep_row_blocks_begin(const sep_call *call)
{
    memset(done_of(call), 0, (size_t)sep_cpu_blocks(sep_shape_rows(&call->input[0].shape)));
}

sep_row_blocks sep_row_blocks_of(const sep_cpu *cpu, const sep_call *call)
{
    if (call == NULL)
        return (sep_row_blocks){0};
    const block_rule *rule = &rules[call->op];
    sep_row_blocks sum = {
        .cpu = cpu,
        .op = call->op,
        .rows = sep_shape_rows(&call->input[0].shape),
        .channels = sep_shape_last(&call->input[0].shape),
        .x = sep_cpu_input(call, 0),
        .second = rule->second > 0 ? sep_cpu_input(call, rule->second) : NULL,
        .stride = (int64_t)(channel_bytes(call, rule->values) / sizeof(float)),
        .out = sep_cpu_f32(&call->output),
        .done = done_of(call),
    };

    sum.blocks = sep_cpu_blocks(sum.rows);
    sum.partial = (float *)(void *)(sum.done + sep_cpu_aligned((size_t)sum.blocks));
    if (call->op == SEP_OP_BATCH_APPLY)
        sum.y = sep_cpu_destination(&call->output);
    if (rule->normalises)
        sum.terms = sep_cpu_batch_norm_terms(call, sep_cpu_f32(&call->workspace));
    return sum;
}

static void run_block(const sep_row_blocks *sum, int64_t block)
{
    rules[sum->op].block(sum, block * SEP_BLOCK_ROWS, sep_cpu_block_rows(sum->rows, (int)block),
                         sum->partial + block * sum->stride);
}

void sep_row_blocks_ready(const sep_row_blocks *sum, int64_t first, int64_t end)
{
    int64_t begin = sep_cpu_pieces(first, SEP_BLOCK_ROWS), last = end / SEP_BLOCK_ROWS;

    if (sum->blocks == 0)
        return;
    if (end == sum->rows)
        last = sum->blocks;
    for (int64_t b = begin; b < last; b++) {
        run_block(sum, b);
        sum->done[b] = 1;
    }
}

void sep_row_blocks_finish(const sep_cpu *cpu, const sep_call *call)
{
    const sep_row_blocks sum = sep_row_blocks_of(cpu, call);

#pragma omp parallel for num_threads(cpu->threads) schedule(static) if (sum.blocks > 1)
    for (int b = 0; b < sum.blocks; b++)
        if (!sum.done[b])
            run_block(&sum, b);
    if (rules[sum.op].join)
        rules[sum.op].join(&sum, rules[sum.op].values);
}

/* ---- the kernels of the device's table --------------------------------------------------------------------------- */

#define DEFINE_KERNEL(name)                                                                                            \
    size_t sep_cpu_##name##_workspace(const sep_cpu *cpu, const sep_call *call)                                        \
    {                                                                                                                  \
        (void)cpu;                                                                                                     \
        return sep_row_blocks_workspace(call);                                                                         \
    }                                                                                                                  \
                                                                                                                       \
    void sep_cpu_##name(const sep_cpu *cpu, const sep_call *call, const sep_step_info *step)                           \
    {                                                                                                                  \
        (void)step;                                                                                                    \
        sep_row_blocks_begin(call);                                                                                    \
        sep_row_blocks_finish(cpu, call);                                                                              \
    }

DEFINE_KERNEL(row_sum)
DEFINE_KERNEL(mul_row_sum)
DEFINE_KERNEL(batch_stats)
DEFINE_KERNEL(batch_reduce)
DEFINE_KERNEL(batch_apply)
