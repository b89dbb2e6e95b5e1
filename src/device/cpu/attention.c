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

#define EDGES 4 /* whether a window lies at the lower and at the right edge of its map */

/* The workspace: the table by heads, the spread bias, the partial table gradients with their sum, the regions of a
 * window's tokens at each edge, and a scratch for each thread. */
typedef struct memory {
    float *turned, *bias, *partial, *sum, *regions, *threads;
    size_t per_thread, bytes; /* floats, bytes of all */
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
    memory m = {.per_thread = sep_cpu_aligned(scratch * sizeof(float)) / sizeof(float)};

    m.turned = take(&m.bytes, base, table ? heads * offsets : 0);
    m.bias = take(&m.bytes, base, table ? heads * (size_t)(l->tokens + 1) * (size_t)l->columns : 0);
    m.partial = take(&m.bytes, base, table && backward ? blocks * heads * offsets : 0);
    m.sum = take(&m.bytes, base, table && backward ? heads * offsets : 0);
    m.regions = take(&m.bytes, base, l->shift > 0 ? EDGES * (size_t)l->columns : 0);
    m.threads = take(&m.bytes, base, m.per_thread * (size_t)cpu->threads);
    return m;
}

static float *scratch_of_thread(const memory *m)
{
    return m->threads + m->per_thread * (size_t)omp_get_thread_num();
}

/* ---- bias and regions -------------------------------------------------------------------------------------------- */

/* The table as [heads, offsets]: then the queries of one row of the window find their biases towards a key, whose
 * offsets rise with x, side by side. */
static void turn_table(const layout *l, const float *table, float *turned)
{
    for (int h = 0; h < l->heads; h++)
        for (int o = 0; o < l->offsets; o++)
            turned[h * l->offsets + o] = table[o * l->heads + h];
}

static void copy_piece(float *to, const float *from, int window)
{
    if (window == 7) /* as published; a constant size needs no call */
        memcpy(to, from, 7 * sizeof(float));
    else
        memcpy(to, from, (size_t)window * sizeof(float));
}

/* The biases of key j for every query, and, in the row behind the keys', that for the last query. */
static void spread_key(const layout *l, const float *turned, int j, float *bias)
{
    int window = l->window, side = 2 * window - 1;
    float *row = bias + (int64_t)j * l->columns;

    for (int y = 0; y < window; y++)
        copy_piece(row + y * window, turned + (y - j / window + window - 1) * side + window - 1 - j % window, window);
    memset(row + l->tokens, 0, (size_t)(l->columns - l->tokens) * sizeof(float));
    bias[(int64_t)l->tokens * l->columns + j] = row[l->tokens - 1];
}

static float *bias_of(const layout *l, const memory *m, int head)
{
    return m->bias + (int64_t)head * (l->tokens + 1) * l->columns;
}

static void spread_bias(const sep_cpu *cpu, const layout *l, const float *table, const memory *m)
{
    turn_table(l, table, m->turned);
#pragma omp parallel for num_threads(cpu->threads) schedule(static)
    for (int i = 0; i < l->heads * l->tokens; i++) {
        int head = i / l->tokens;

        spread_key(l, m->turned + (int64_t)head * l->offsets, i % l->tokens, bias_of(l, m, head));
    }
}

/* The band of a rolled axis: what was not moved, the last window's own part, what came round the edge. */
static int band_of(const layout *l, int windows, int position)
{
    int size = windows * l->window;

    return position < size - l->window ? 0 : position < size - l->shift ? 1 : 2;
}

static int32_t *regions_at(const layout *l, const memory *m, int edge)
{
    return (int32_t *)(void *)m->regions + (int64_t)edge * l->columns;
}

/* The regions of the tokens of windows at an edge; of other windows all tokens are in one. */
static void find_regions(const layout *l, const memory *m)
{
    for (int edge = 1; edge < EDGES; edge++)
        for (int i = 0; i < l->columns; i++) {
            int y = (edge / 2) * (l->down - 1) * l->window + i / l->window;
            int x = (edge % 2) * (l->across - 1) * l->window + i % l->window;

            regions_at(l, m, edge)[i] = 3 * band_of(l, l->down, y) + band_of(l, l->across, x);
        }
}

/* NULL where all are the same and nothing is to be added. */
static const int32_t *regions_of(const layout *l, const memory *m, int window)
{
    int lower = window / l->across % l->down == l->down - 1, right = window % l->across == l->across - 1;

    return l->shift > 0 && (lower || right) ? regions_at(l, m, 2 * lower + right) : NULL;
}

static void prepare(const sep_cpu *cpu, const layout *l, const float *table, const memory *m)
{
    if (table)
        spread_bias(cpu, l, table, m);
    if (l->shift > 0)
        find_regions(l, m);
}

/* ---- forward ----------------------------------------------------------------------------------------------------- */

/* A head in a window: where its q begins in qkv, and its part in the output. */
typedef struct place {
    int window, head;
} place;

static int64_t query_of(const layout *l, place at)
{
    return (int64_t)at.window * l->tokens * 3 * l->channels + at.head * l->dim;
}

static int64_t output_of(const layout *l, place at)
{
    return (int64_t)at.window * l->tokens * l->channels + at.head * l->dim;
}

/* One head of one window, and which comes next. */
static sep_attention_terms terms_of(const sep_call *call, const layout *l, const memory *m, bool table, place at,
                                    place next)
{
    const float *q = sep_cpu_input(call, 0) + query_of(l, at);

    return (sep_attention_terms){
        .window = l->window,
        .dim = l->dim,
        .stride = 3 * (int64_t)l->channels,
        .out_stride = l->channels,
        .scale = call->attributes.scale,
        .q = q,
        .k = q + l->channels,
        .v = q + 2 * l->channels,
        .bias = table ? bias_of(l, m, at.head) : NULL,
        .region = regions_of(l, m, at.window),
        .ahead = query_of(l, next) - query_of(l, at),
        .out_ahead = output_of(l, next) - output_of(l, at),
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
    prepare(cpu, &l, table ? sep_cpu_input(call, 1) : NULL, &m);
#pragma omp parallel for num_threads(cpu->threads) schedule(static)
    for (int64_t i = 0; i < (int64_t)l.windows * l.heads; i++) {
        const place at = {(int)(i / l.heads), (int)(i % l.heads)};
        const place next = {(int)((i + 1) / l.heads), (int)((i + 1) % l.heads)};
        const sep_attention_terms terms = terms_of(call, &l, &m, table, at, next);

        cpu->simd->attention->forward(&terms, scratch_of_thread(&m), out + output_of(&l, at));
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
        const place at = {window, head};
        const place next = window + 1 < end ? (place){window + 1, head} : (place){first, head + 1};
        const sep_attention_terms terms = terms_of(call, l, m, offset_sums != NULL, at, next);
        float *dq = sep_cpu_f32(&call->output) + query_of(l, at);
        const sep_attention_gradient gradient = {
            .dout = dout + output_of(l, at),
            .dq = dq,
            .dk = dq + l->channels,
            .dv = dq + 2 * l->channels,
            .offset_sums = offset_sums,
        };

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
    prepare(cpu, &l, table ? sep_cpu_input(call, 1) : NULL, &m);
#pragma omp parallel for num_threads(cpu->threads) schedule(dynamic)
    for (int i = 0; i < blocks * l.heads; i++)
        block_gradient(cpu, call, &l, &m, i / l.heads, i % l.heads, table ? m.partial + (int64_t)i * l.offsets : NULL);
    if (table)
        finish_table(cpu, &l, &m, blocks, sep_cpu_f32(&call->output) + (int64_t)l.windows * l.tokens * 3 * l.channels);
}
