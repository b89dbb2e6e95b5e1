/* Windows of maps: chosen by a score, cut out, and added back where they came from. */
#include "device/cpu/cut.h"
#include "device/cpu/kernels.h"
#include "simd/elementary.h"

#include <omp.h>
#include <string.h>

/* ---- choosing ---------------------------------------------------------------------------------------------------- */

/* Places of a window of side `window` on a sample's score, and what is left of them. */
typedef struct places {
    int rows, columns, window, overlap;
    uint32_t *key; /* [rows, columns], rises as the score does; 0: gone */
} places;

static places places_of(const sep_call *call)
{
    const int *map = call->input[0].shape.dim, window = call->attributes.window;

    return (places){.rows = map[1] - window + 1,
                    .columns = map[2] - window + 1,
                    .window = window,
                    .overlap = call->attributes.overlap};
}

static size_t key_bytes(const places *p)
{
    return sep_cpu_aligned((size_t)p->rows * (size_t)p->columns * sizeof *p->key);
}

/* A thread's keys; then the sums of a window's width of each row of the score, and those of a row of places. */
static size_t thread_bytes(const sep_call *call)
{
    const places p = places_of(call);
    size_t lines = (size_t)call->input[0].shape.dim[1] + 1;

    return key_bytes(&p) + sep_cpu_aligned(lines * (size_t)p.columns * sizeof(float));
}

static int teams_of(const sep_cpu *cpu, const sep_call *call)
{
    return sep_cpu_min(cpu->threads, call->output.shape.dim[0]);
}

size_t sep_cpu_choose_windows_workspace(const sep_cpu *cpu, const sep_call *call)
{
    return (size_t)teams_of(cpu, call) * thread_bytes(call);
}

/* y[i] = x[i] + x[i + step] + ..., `terms` of them, from +0. */
static void sum_shifted(const float *restrict x, int step, int terms, int count, float *restrict y)
{
    memset(y, 0, (size_t)count * sizeof *y);
    for (int t = 0; t < terms; t++)
        for (int i = 0; i < count; i++)
            y[i] += x[(ptrdiff_t)t * step + i];
}

static inline uint32_t key_of(float x)
{
    uint32_t bits = (uint32_t)sep_bits(x), key = bits ^ (bits >> 31 ? UINT32_MAX : 1U << 31);

    return key > 0 ? key : 1;
}

static void score_places(const places *p, const float *score, int height, int width, float *line)
{
    float *sum = line + (ptrdiff_t)height * p->columns;

    for (int r = 0; r < height; r++)
        sum_shifted(score + (ptrdiff_t)r * width, 1, p->window, p->columns, line + (ptrdiff_t)r * p->columns);
    for (int r = 0; r < p->rows; r++) {
        sum_shifted(line + (ptrdiff_t)r * p->columns, p->columns, p->window, p->columns, sum);
        for (int c = 0; c < p->columns; c++)
            p->key[(ptrdiff_t)r * p->columns + c] = key_of(sum[c]);
    }
}

/* The first of the best that are left; -1: none is. */
static int best_place(const places *p)
{
    uint32_t best = 0;
    int at = 0;

    for (int i = 0; i < p->rows * p->columns; i++)
        best = p->key[i] > best ? p->key[i] : best;
    if (best == 0)
        return -1;
    while (p->key[at] != best)
        at++;
    return at;
}

/* Those go whose windows share too much with that one's. */
static void take_away(const places *p, int taken)
{
    const int row = taken / p->columns, column = taken % p->columns, reach = p->window - 1;

    for (int r = sep_cpu_max(0, row - reach); r <= sep_cpu_min(p->rows - 1, row + reach); r++)
        for (int c = sep_cpu_max(0, column - reach); c <= sep_cpu_min(p->columns - 1, column + reach); c++) {
            int rows = p->window - (r > row ? r - row : row - r);
            int columns = p->window - (c > column ? c - column : column - c);
            if (rows * columns > p->overlap)
                p->key[(ptrdiff_t)r * p->columns + c] = 0;
        }
}

static void choose(const places *p, int stride, int width, int count, int32_t *at)
{
    for (int k = 0; k < count; k++) {
        int best = best_place(p);
        at[k] = best < 0 ? -1 : (stride * (best / p->columns)) * (stride * width) + stride * (best % p->columns);
        if (best >= 0)
            take_away(p, best);
    }
}

void sep_cpu_choose_windows(const sep_cpu *cpu, const sep_call *call, const sep_step_info *step)
{
    const int *map = call->input[0].shape.dim, count = call->attributes.capacity;
    const float *score = sep_cpu_input(call, 0);
    char *memory = (char *)sep_cpu_f32(&call->workspace);
    int32_t *at = sep_cpu_i32(&call->output);
    int teams = teams_of(cpu, call);

    (void)step;
#pragma omp parallel for num_threads(teams) schedule(static) if (teams > 1)
    for (int n = 0; n < map[0]; n++) {
        char *own = memory + (size_t)omp_get_thread_num() * thread_bytes(call);
        places p = places_of(call);
        p.key = (uint32_t *)(void *)own;
        score_places(&p, score + (ptrdiff_t)n * map[1] * map[2], map[1], map[2],
                     (float *)(void *)(own + key_bytes(&p)));
        choose(&p, call->attributes.stride, map[2], count, at + (ptrdiff_t)n * count);
    }
}

/* ---- there and back ---------------------------------------------------------------------------------------------- */

/* Maps, windows of them, and where these lie. */
typedef struct cut {
    const int32_t *at; /* [samples, count] */
    int samples, height, width, channels, count, window;
} cut;

static cut cut_of(const sep_call *call, const sep_operand *maps)
{
    const int *map = maps->shape.dim;

    return (cut){.at = sep_cpu_i32(&call->input[1]),
                 .samples = map[0],
                 .height = map[1],
                 .width = map[2],
                 .channels = map[3],
                 .count = call->input[1].shape.dim[1],
                 .window = call->attributes.window};
}

static bool lies_within(const cut *c, int32_t at)
{
    return at >= 0 && at / c->width <= c->height - c->window && at % c->width <= c->width - c->window;
}

static void gather_window(const cut *c, const float *map, int32_t at, float *y)
{
    const size_t line = (size_t)c->window * (size_t)c->channels;

    if (!lies_within(c, at)) {
        memset(y, 0, (size_t)c->window * line * sizeof *y);
        return;
    }
    for (int r = 0; r < c->window; r++)
        memcpy(y + (size_t)r * line, map + ((ptrdiff_t)r * c->width + at) * c->channels, line * sizeof *y);
}

void sep_cpu_gather_windows(const sep_cpu *cpu, const sep_call *call, const sep_step_info *step)
{
    const cut c = cut_of(call, &call->input[0]);
    const int64_t map = (int64_t)c.height * c.width * c.channels, size = (int64_t)c.window * c.window * c.channels;
    const int64_t windows = (int64_t)c.samples * c.count;
    const float *x = sep_cpu_input(call, 0);
    float *y = sep_cpu_f32(&call->output);

    (void)step;
#pragma omp parallel for num_threads(cpu->threads) schedule(static) if (windows * size > SEP_CPU_TILE)
    for (int64_t i = 0; i < windows; i++)
        gather_window(&c, x + i / c.count * map, c.at[i], y + i * size);
}

/* A row of a sample's map: zeros, and in order what the windows that hold some of it have there. */
static void scatter_row(const sep_cpu *cpu, const cut *c, const float *x, int64_t sample, int row, float *y)
{
    const int line = c->window * c->channels;

    memset(y, 0, (size_t)c->width * (size_t)c->channels * sizeof *y);
    for (int k = 0; k < c->count; k++) {
        const int32_t at = c->at[sample * c->count + k];
        const int within = row - at / c->width;
        if (!lies_within(c, at) || within < 0 || within >= c->window)
            continue;
        float *to = y + (ptrdiff_t)(at % c->width) * c->channels;
        cpu->simd->elementwise->add(to, x + ((sample * c->count + k) * c->window + within) * line, line, to);
    }
}

void sep_cpu_scatter_windows(const sep_cpu *cpu, const sep_call *call, const sep_step_info *step)
{
    const cut c = cut_of(call, &call->output);
    const int64_t rows = (int64_t)c.samples * c.height, line = (int64_t)c.width * c.channels;
    const float *x = sep_cpu_input(call, 0);
    float *y = sep_cpu_f32(&call->output);

    (void)step;
#pragma omp parallel for num_threads(cpu->threads) schedule(static) if (rows * line > SEP_CPU_TILE)
    for (int64_t r = 0; r < rows; r++)
        scatter_row(cpu, &c, x, r / c.height, (int)(r % c.height), y + r * line);
}
