/* Window attention: one task is a head in a window (forward), or a head in 16 windows (backward: the unit in which the
 * gradient of the bias table is summed). The bias of every pair of tokens is spread out once a call. */
#include "device/cpu/cut.h"
#include "device/cpu/kernels.h"

#include <omp.h>
#include <string.h>

#define WINDOW_BLOCK 16 /* windows whose table gradients are summed before the tree; operation.h fixes it */

/* ---- shapes and scratch ------------------------------------------------------------------------------------------ */

typedef struct layout {
    int windows, window, tokens, columns, heads, dim, channels, offsets;
    int down, across, shift; /* windows along each axis of a map; cells by which the map is rolled */
} layout;

static layout layout_of(const sep_call *call)
{
    const sep_attributes *a = &call->attributes;
    const sep_shape *qkv = &call->input[0].shape;
    int channels = sep_shape_last(qkv) / 3, side = 2 * a->window - 1;

    return (layout){.windows = qkv->dim[0],
                    .window = a->window,
                    .tokens = a->window * a->window,
                    .columns = sep_attention_columns(a->window * a->window),
                    .heads = a->heads,
                    .dim = channels / a->heads,
                    .channels = channels,
                    .offsets = side * side,
                    .down = a->grid_height / a->window,
                    .across = a->grid_width / a->window,
                    .shift = a->shift};
}

/* The workspace: the table by heads, the spread bias, the partial table gradients with their sum, and for each thread
 * the regions of a window's tokens and a scratch. */
typedef struct memory {
    float *turned, *bias, *partial, *sum, *threads;
    size_t columns, per_thread, bytes; /* floats, floats, bytes of all */
} memory;

static float *take(size_t *bytes, float *base, size_t floats)
{
    float *at = base ? base + *bytes / sizeof(float) : NULL;

    *bytes += sep_cpu_aligned(floats * sizeof(float));
    return at;
}

/* `base` NULL: only the size. */
static memory lay_out(const sep_cpu *cpu, const layout *l, bool table, bool backward, float *base)
{
    size_t heads = (size_t)l->heads, offsets = (size_t)l->offsets;
    size_t blocks = (size_t)sep_cpu_pieces(l->windows, WINDOW_BLOCK);
    size_t scratch =
        backward ? sep_attention_gradient_scratch(l->window, l->dim) : sep_attention_scratch(l->tokens, l->dim);
    memory m = {.columns = (size_t)l->columns};

    m.per_thread = sep_cpu_aligned((m.columns + scratch) * sizeof(float)) / sizeof(float);

    m.turned = take(&m.bytes, base, table ? heads * offsets : 0);
    m.bias = take(&m.bytes, base, table ? heads * (size_t)l->tokens * (size_t)l->columns : 0);
    m.partial = take(&m.bytes, base, table && backward ? blocks * heads * offsets : 0);
    m.sum = take(&m.bytes, base, table && backward ? heads * offsets : 0);
    m.threads = take(&m.bytes, base, m.per_thread * (size_t)cpu->threads);
    return m;
}

static int32_t *region_of_thread(const memory *m)
{
    return (int32_t *)(void *)(m->threads + m->per_thread * (size_t)omp_get_thread_num());
}

static float *scratch_of_thread(const memory *m)
{
    return m->threads + m->per_thread * (size_t)omp_get_thread_num() + m->columns;
}

/* ---- bias and regions -------------------------------------------------------------------------------------------- */

/* The table as [heads, offsets], horizontal offsets falling: then the keys of one row of the window, whose offsets fall
 * as x rises, find theirs side by side. */
static void turn_table(const layout *l, const float *table, float *turned)
{
    int side = 2 * l->window - 1;

    for (int h = 0; h < l->heads; h++, turned += l->offsets)
        for (int dy = 0; dy < side; dy++)
            for (int dx = 0; dx < side; dx++)
                turned[dy * side + side - 1 - dx] = table[(dy * side + dx) * l->heads + h];
}

/* The bias of query i for every key. */
static void spread_row(const layout *l, const float *turned, int i, float *row)
{
    int window = l->window, side = 2 * window - 1;
    size_t bytes = (size_t)window * sizeof(float);

    for (int y = 0; y < window; y++)
        memcpy(row + y * window, turned + (i / window - y + window - 1) * side + window - 1 - i % window, bytes);
    memset(row + l->tokens, 0, (size_t)(l->columns - l->tokens) * sizeof(float));
}

static void spread_bias(const sep_cpu *cpu, const layout *l, const float *table, const memory *m)
{
    turn_table(l, table, m->turned);
#pragma omp parallel for num_threads(cpu->threads) schedule(static)
    for (int r = 0; r < l->heads * l->tokens; r++)
        spread_row(l, m->turned + (int64_t)(r / l->tokens) * l->offsets, r % l->tokens,
                   m->bias + (int64_t)r * l->columns);
}

/* The band of a rolled axis: what was not moved, the last window's own part, what came round the edge. */
static int band_of(const layout *l, int windows, int position)
{
    int size = windows * l->window;

    return position < size - l->window ? 0 : position < size - l->shift ? 1 : 2;
}

/* The regions of a window's tokens; false where all are the same and nothing is to be added. */
static bool find_regions(const layout *l, int window, int32_t *region)
{
    if (l->shift == 0)
        return false;

    int wy = window / l->across % l->down, wx = window % l->across;
    if (wy < l->down - 1 && wx < l->across - 1)
        return false;
    for (int i = 0; i < l->columns; i++) {
        int y = wy * l->window + i / l->window, x = wx * l->window + i % l->window;

        region[i] = 3 * band_of(l, l->down, y) + band_of(l, l->across, x);
    }
    return true;
}

/* ---- forward ----------------------------------------------------------------------------------------------------- */

/* Where the q of a head begins in qkv. */
static int64_t query_of(const layout *l, int window, int head)
{
    return (int64_t)window * l->tokens * 3 * l->channels + head * l->dim;
}

/* One head of one window. */
static sep_attention_terms terms_of(const sep_call *call, const layout *l, const memory *m, bool table, int window,
                                    int head)
{
    int32_t *region = region_of_thread(m);
    const float *q = sep_cpu_input(call, 0) + query_of(l, window, head);

    return (sep_attention_terms){
        .window = l->window,
        .dim = l->dim,
        .stride = 3 * (int64_t)l->channels,
        .out_stride = l->channels,
        .scale = call->attributes.scale,
        .q = q,
        .k = q + l->channels,
        .v = q + 2 * l->channels,
        .bias = table ? m->bias + (int64_t)head * l->tokens * l->columns : NULL,
        .region = find_regions(l, window, region) ? region : NULL,
    };
}

size_t sep_cpu_window_attention_workspace(const sep_cpu *cpu, const sep_call *call)
{
    const layout l = layout_of(call);

    return lay_out(cpu, &l, call->inputs > 1, false, NULL).bytes;
}

void sep_cpu_window_attention(const sep_cpu *cpu, const sep_call *call, const sep_step_info *step)
{
    const layout l = layout_of(call);
    const bool table = call->inputs > 1;
    const memory m = lay_out(cpu, &l, table, false, sep_cpu_f32(&call->workspace));
    float *out = sep_cpu_f32(&call->output);

    (void)step;
    if (table)
        spread_bias(cpu, &l, sep_cpu_input(call, 1), &m);
#pragma omp parallel for num_threads(cpu->threads) schedule(static)
    for (int64_t i = 0; i < (int64_t)l.windows * l.heads; i++) {
        int window = (int)(i / l.heads), head = (int)(i % l.heads);
        sep_attention_terms terms = terms_of(call, &l, &m, table, window, head);

        terms.ahead = query_of(&l, (int)((i + 1) / l.heads), (int)((i + 1) % l.heads)) - query_of(&l, window, head);
        cpu->simd->attention->forward(&terms, scratch_of_thread(&m),
                                      out + (int64_t)window * l.tokens * l.channels + head * l.dim);
    }
}

/* ---- gradient ---------------------------------------------------------------------------------------------------- */

size_t sep_cpu_window_attention_dx_workspace(const sep_cpu *cpu, const sep_call *call)
{
    const layout l = layout_of(call);

    return lay_out(cpu, &l, call->inputs > 2, true, NULL).bytes;
}

/* One head of the windows of one block; sums of ds over offsets go to `offset_sums` (NULL: there is no table). */
static void block_gradient(const sep_cpu *cpu, const sep_call *call, const layout *l, const memory *m, int block,
                           int head, float *offset_sums)
{
    const float *dout = sep_cpu_input(call, call->inputs - 1);
    int first = block * WINDOW_BLOCK, end = first + WINDOW_BLOCK < l->windows ? first + WINDOW_BLOCK : l->windows;

    if (offset_sums)
        memset(offset_sums, 0, (size_t)l->offsets * sizeof(float));
    for (int window = first; window < end; window++) {
        sep_attention_terms terms = terms_of(call, l, m, offset_sums != NULL, window, head);
        float *dq = sep_cpu_f32(&call->output) + query_of(l, window, head);
        const sep_attention_gradient gradient = {
            .dout = dout + (int64_t)window * l->tokens * l->channels + head * l->dim,
            .dq = dq,
            .dk = dq + l->channels,
            .dv = dq + 2 * l->channels,
            .offset_sums = offset_sums,
        };

        terms.ahead = query_of(l, window + 1, head) - query_of(l, window, head);
        terms.out_ahead = terms.ahead / 3;
        cpu->simd->attention->backward(&terms, &gradient, scratch_of_thread(m));
    }
}

/* [blocks, heads, offsets] to the tree sum over blocks, as [offsets, heads]. */
static void finish_table(const sep_cpu *cpu, const layout *l, const memory *m, int blocks, float *dtable)
{
    int64_t elements = (int64_t)l->heads * l->offsets;

    sep_cpu_tree_sum(cpu, m->partial, blocks, elements, elements, m->sum);
    for (int o = 0; o < l->offsets; o++)
        for (int h = 0; h < l->heads; h++)
            dtable[o * l->heads + h] = m->sum[h * l->offsets + o];
}

void sep_cpu_window_attention_dx(const sep_cpu *cpu, const sep_call *call, const sep_step_info *step)
{
    const layout l = layout_of(call);
    const bool table = call->inputs > 2;
    const memory m = lay_out(cpu, &l, table, true, sep_cpu_f32(&call->workspace));
    int blocks = (int)sep_cpu_pieces(l.windows, WINDOW_BLOCK);

    (void)step;
    if (table)
        spread_bias(cpu, &l, sep_cpu_input(call, 1), &m);
#pragma omp parallel for num_threads(cpu->threads) schedule(dynamic)
    for (int i = 0; i < blocks * l.heads; i++)
        block_gradient(cpu, call, &l, &m, i / l.heads, i % l.heads, table ? m.partial + (int64_t)i * l.offsets : NULL);
    if (table)
        finish_table(cpu, &l, &m, blocks, sep_cpu_f32(&call->output) + (int64_t)l.windows * l.tokens * 3 * l.channels);
}
