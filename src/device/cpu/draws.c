/* Operations that choose rows: drawn from a mask, and in the slots of rings. */
#include "device/cpu/cut.h"
#include "device/cpu/kernels.h"

#include <math.h>
#include <string.h>

/* floor(u * n), made at least 0 and at most n - 1. */
static int cut(float u, int n)
{
    float place = u * (float)n;

    if (!(place > 0.0f))
        return 0;
    return place < (float)n ? (int)place : n - 1;
}

/* ---- rows of a mask ---------------------------------------------------------------------------------------------- */

#define WORD 32 /* rows of the mask whose marks are the bits of one word */

/* The marks of the mask as bits [words][classes], and how many rows of a class are marked before each word, [classes]
 * [words + 1], the last number being that of all. */
typedef struct draw {
    const float *mask, *uniform;
    uint32_t *bits;
    int32_t *before, *row;
    int64_t rows;
    int words, classes, entries;
    bool once;
} draw;

static int words_of(const sep_call *call)
{
    return (int)sep_cpu_pieces(sep_shape_rows(&call->input[0].shape), WORD);
}

static size_t bits_bytes(const sep_call *call)
{
    return sep_cpu_aligned((size_t)words_of(call) * (size_t)sep_shape_last(&call->input[0].shape) * sizeof(uint32_t));
}

size_t sep_cpu_draw_workspace(const sep_cpu *cpu, const sep_call *call)
{
    size_t classes = (size_t)sep_shape_last(&call->input[0].shape);

    (void)cpu;
    return bits_bytes(call) + classes * ((size_t)words_of(call) + 1) * sizeof(int32_t);
}

static draw draw_of(const sep_call *call)
{
    int32_t *bits = sep_cpu_i32(&call->workspace);

    return (draw){.mask = sep_cpu_input(call, 0),
                  .uniform = sep_cpu_input(call, 1),
                  .bits = (uint32_t *)bits,
                  .before = bits + bits_bytes(call) / sizeof *bits,
                  .row = sep_cpu_i32(&call->output),
                  .rows = sep_shape_rows(&call->input[0].shape),
                  .words = words_of(call),
                  .classes = sep_shape_last(&call->input[0].shape),
                  .entries = call->output.shape.dim[1],
                  .once = call->attributes.once};
}

static void mark(const float *restrict mask, int64_t rows, int classes, uint32_t *restrict bits)
{
    memset(bits, 0, (size_t)classes * sizeof *bits);
    for (int64_t r = 0; r < rows; r++)
        for (int c = 0; c < classes; c++)
            bits[c] |= (uint32_t)(mask[r * classes + c] > 0.0f) << r;
}

static void count(const draw *d, int c)
{
    int32_t *before = d->before + (size_t)c * ((size_t)d->words + 1);

    before[0] = 0;
    for (int w = 0; w < d->words; w++)
        before[w + 1] = before[w] + __builtin_popcount(d->bits[(size_t)w * (size_t)d->classes + (size_t)c]);
}

/* The number of the class's marked row k: the last word before which there are at most k, then the bit. The search has
 * no branch that depends on numbers, which would be guessed wrong every other time. */
static int32_t marked_row(const draw *d, int c, int k)
{
    const int32_t *own = d->before + (size_t)c * ((size_t)d->words + 1), *found = own;

    for (int left = d->words, half = left / 2; left > 1; left -= half, half = left / 2)
        found += found[half] <= k ? half : 0;
    uint32_t word = d->bits[(found - own) * d->classes + c];
    for (int left = k - *found; left > 0; left--)
        word &= word - 1;
    return (int32_t)(found - own) * WORD + __builtin_ctz(word);
}

/* Which of n marked rows entry i is, from its part of them; -1: none. */
static int chosen_once(int n, int entries, int i, float u)
{
    if (n <= entries)
        return i < n ? i : -1;
    int begin = (int)((int64_t)i * n / entries), end = (int)((int64_t)(i + 1) * n / entries);
    return begin + cut(u, end - begin);
}

static void choose(const draw *d, int c, int i)
{
    int at = c * d->entries + i, n = d->before[(size_t)c * ((size_t)d->words + 1) + (size_t)d->words];
    float u = d->uniform[at];
    int k = d->once ? chosen_once(n, d->entries, i, u) : n > 0 ? cut(u, n) : -1;

    d->row[at] = k < 0 ? -1 : marked_row(d, c, k);
}

void sep_cpu_draw(const sep_cpu *cpu, const sep_call *call, const sep_step_info *step)
{
    const draw d = draw_of(call);
    bool shared = d.rows * d.classes > SEP_CPU_TILE;

    (void)step;
#pragma omp parallel num_threads(cpu->threads) if (shared)
    {
#pragma omp for schedule(static)
        for (int w = 0; w < d.words; w++)
            mark(d.mask + (int64_t)w * WORD * d.classes, sep_cpu_piece(d.rows, WORD, w), d.classes,
                 d.bits + (int64_t)w * d.classes);
#pragma omp for schedule(static)
        for (int c = 0; c < d.classes; c++)
            count(&d, c);
#pragma omp for collapse(2) schedule(static)
        for (int c = 0; c < d.classes; c++)
            for (int i = 0; i < d.entries; i++)
                choose(&d, c, i);
    }
}

/* ---- patches ----------------------------------------------------------------------------------------------------- */

typedef struct patches {
    const float *uniform;
    int32_t *pixel;
    int maps, count, across, side, groups, height, width;
    bool by_row;
} patches;

static patches patches_of(const sep_call *call)
{
    const sep_attributes *a = &call->attributes;
    int count = call->input[0].shape.dim[1];

    return (patches){.uniform = sep_cpu_input(call, 0),
                     .pixel = sep_cpu_i32(&call->output),
                     .maps = call->input[0].shape.dim[0],
                     .count = count,
                     .across = (int)sqrtf((float)count),
                     .side = a->block,
                     .groups = a->groups,
                     .height = a->grid_height,
                     .width = a->grid_width,
                     .by_row = a->by_row};
}

/* How many of a map's patches come before patch q. */
static int rank(const float *uniform, int count, int q)
{
    int before = 0;

    for (int other = 0; other < count; other++)
        before += uniform[other] < uniform[q] || (uniform[other] == uniform[q] && other < q);
    return before;
}

/* Patch q of map m among the pixels of its group. */
static void write_patch(const patches *p, int m, int q, int group)
{
    int first = (m * p->height + q / p->across * p->side) * p->width + q % p->across * p->side;
    int32_t *own = p->pixel + (int64_t)group * p->maps * p->side * p->side;

    for (int row = 0; row < p->side; row++) {
        int line = p->by_row ? row * p->maps + m : m * p->side + row;
        for (int column = 0; column < p->side; column++)
            own[line * p->side + column] = first + row * p->width + column;
    }
}

void sep_cpu_patch_rows(const sep_cpu *cpu, const sep_call *call, const sep_step_info *step)
{
    const patches p = patches_of(call);

    (void)step;
#pragma omp parallel for collapse(2) num_threads(cpu->threads) schedule(static) if (p.maps * p.count > 256)
    for (int m = 0; m < p.maps; m++)
        for (int q = 0; q < p.count; q++) {
            int group = rank(p.uniform + (int64_t)m * p.count, p.count, q);
            if (group < p.groups)
                write_patch(&p, m, q, group);
        }
}

/* ---- slots of a ring --------------------------------------------------------------------------------------------- */

static int filled(int state, int capacity)
{
    return sep_cpu_min(state, capacity);
}

static int next_slot(int state, int capacity)
{
    return state < capacity ? state : state - capacity;
}

void sep_cpu_ring_draw(const sep_cpu *cpu, const sep_call *call, const sep_step_info *step)
{
    const int32_t *state = sep_cpu_i32(&call->input[0]);
    const float *u = sep_cpu_input(call, 1);
    int32_t *slot = sep_cpu_i32(&call->output);
    int capacity = call->attributes.capacity, entries = call->output.shape.dim[1];

    (void)cpu;
    (void)step;
    for (int c = 0; c < call->output.shape.dim[0]; c++) {
        int there = filled(state[c], capacity);
        for (int i = 0; i < entries; i++, u++, slot++)
            *slot = there > 0 ? c * capacity + cut(*u, there) : -1;
    }
}

void sep_cpu_ring_slots(const sep_cpu *cpu, const sep_call *call, const sep_step_info *step)
{
    const int32_t *state = sep_cpu_i32(&call->input[0]), *drawn = sep_cpu_i32(&call->input[1]);
    int32_t *slot = sep_cpu_i32(&call->output);
    int capacity = call->attributes.capacity, entries = call->output.shape.dim[1];

    (void)cpu;
    (void)step;
    for (int c = 0; c < call->output.shape.dim[0]; c++) {
        int next = next_slot(state[c], capacity);
        for (int i = 0; i < entries; i++, drawn++, slot++) {
            *slot = *drawn >= 0 ? c * capacity + next : -1;
            if (*drawn >= 0)
                next = next + 1 < capacity ? next + 1 : 0;
        }
    }
}

void sep_cpu_ring_next(const sep_cpu *cpu, const sep_call *call, const sep_step_info *step)
{
    const int32_t *state = sep_cpu_i32(&call->input[0]), *drawn = sep_cpu_i32(&call->input[1]);
    int32_t *next = sep_cpu_i32(&call->output);
    int capacity = call->attributes.capacity, entries = call->input[1].shape.dim[1];

    (void)cpu;
    (void)step;
    for (int c = 0; c < call->output.shape.dim[0]; c++) {
        next[c] = state[c];
        for (int i = 0; i < entries; i++, drawn++)
            next[c] += *drawn >= 0;
        next[c] -= next[c] < 2 * capacity ? 0 : capacity;
    }
}
