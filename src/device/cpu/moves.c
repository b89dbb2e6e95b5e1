/* Operations that only move data: channels, stretches, windows and blocks. Each row of channels is one memcpy. */
#include "device/cpu/cut.h"
#include "device/cpu/kernels.h"

#include <string.h>

#define LINE  16  /* floats of a cache line */
#define AHEAD 256 /* floats that are fetched ahead */

/* Rows of channels are short: copies of a known size cost less than a call. */
static void copy(float *to, const float *from, int64_t count)
{
    for (; count >= LINE; count -= LINE, to += LINE, from += LINE) {
        __builtin_prefetch(from + AHEAD);
        memcpy(to, from, LINE * sizeof(float));
    }
    for (; count > 0; count--)
        *to++ = *from++;
}

/* ---- channels ---------------------------------------------------------------------------------------------------- */

/* Channels [from_begin, + count) of every row of `from` to [to_begin, + count) of `to`; both have rows of so many
 * channels. */
typedef struct channel_move {
    const float *from;
    float *to;
    int from_channels, from_begin, to_channels, to_begin, count;
} channel_move;

static void move_tile(const channel_move *m, int64_t first, int64_t rows)
{
    const float *from = m->from + first * m->from_channels + m->from_begin;
    float *to = m->to + first * m->to_channels + m->to_begin;

    for (int64_t r = 0; r < rows; r++, from += m->from_channels, to += m->to_channels)
        copy(to, from, m->count);
}

/* All moves of a tile of rows before the next tile. */
static void move_channels(const sep_cpu *cpu, const channel_move *moves, int count, const sep_shape *shape)
{
    int64_t rows = sep_shape_rows(shape), size = sep_cpu_tile_rows(sep_shape_last(shape));
    int64_t tiles = sep_cpu_pieces(rows, size);

#pragma omp parallel for num_threads(cpu->threads) schedule(static) if (tiles > 1)
    for (int64_t i = 0; i < tiles; i++)
        for (int m = 0; m < count; m++)
            move_tile(&moves[m], i * size, sep_cpu_piece(rows, size, i));
}

void sep_cpu_concat(const sep_cpu *cpu, const sep_call *call, const sep_step_info *step)
{
    int a = sep_shape_last(&call->input[0].shape), b = sep_shape_last(&call->input[1].shape);
    float *y = sep_cpu_f32(&call->output);
    const channel_move moves[] = {{sep_cpu_input(call, 0), y, a, 0, a + b, 0, a},
                                  {sep_cpu_input(call, 1), y, b, 0, a + b, a, b}};

    (void)step;
    move_channels(cpu, moves, 2, &call->output.shape);
}

void sep_cpu_slice(const sep_cpu *cpu, const sep_call *call, const sep_step_info *step)
{
    const channel_move m = {.from = sep_cpu_input(call, 0),
                            .to = sep_cpu_f32(&call->output),
                            .from_channels = sep_shape_last(&call->input[0].shape),
                            .from_begin = call->attributes.begin,
                            .to_channels = call->attributes.count,
                            .count = call->attributes.count};

    (void)step;
    move_channels(cpu, &m, 1, &call->output.shape);
}

/* ---- samples ----------------------------------------------------------------------------------------------------- */

void sep_cpu_concat_batch(const sep_cpu *cpu, const sep_call *call, const sep_step_info *step)
{
    const float *a = sep_cpu_input(call, 0), *b = sep_cpu_input(call, 1);
    float *y = sep_cpu_f32(&call->output);
    int64_t first = sep_shape_count(&call->input[0].shape), count = sep_shape_count(&call->output.shape);
    int64_t of_a = sep_cpu_pieces(first, SEP_CPU_TILE), of_b = sep_cpu_pieces(count - first, SEP_CPU_TILE);

    (void)step;
#pragma omp parallel for num_threads(cpu->threads) schedule(static) if (of_a + of_b > 1)
    for (int64_t i = 0; i < of_a + of_b; i++) {
        int64_t at = (i < of_a ? i : i - of_a) * SEP_CPU_TILE;
        if (i < of_a)
            copy(y + at, a + at, sep_cpu_piece(first, SEP_CPU_TILE, i));
        else
            copy(y + first + at, b + at, sep_cpu_piece(count - first, SEP_CPU_TILE, i - of_a));
    }
}

/* Where pixel (y, x) of a square map of side s comes from, turned by so many quarters against the clock. */
static int64_t turned_from(int y, int x, int s, int quarters)
{
    switch (quarters) {
    case 0:
        return (int64_t)y * s + x;
    case 1:
        return (int64_t)x * s + s - 1 - y;
    case 2:
        return (int64_t)(s - 1 - y) * s + s - 1 - x;
    default:
        return (int64_t)(s - 1 - x) * s + y;
    }
}

void sep_cpu_turn(const sep_cpu *cpu, const sep_call *call, const sep_step_info *step)
{
    const float *from = sep_cpu_input(call, 0);
    float *to = sep_cpu_f32(&call->output);
    const int *d = call->output.shape.dim, quarters = (int)sep_cpu_input(call, 1)[0] & 3;
    const int wanted = call->attributes.back ? (4 - quarters) & 3 : quarters, side = d[1], channels = d[3];

    (void)step;
#pragma omp parallel for num_threads(cpu->threads) schedule(static)
    for (int row = 0; row < d[0] * side; row++)
        for (int x = 0; x < side; x++) {
            int64_t map = (int64_t)(row / side) * side * side;
            copy(to + ((int64_t)row * side + x) * channels,
                 from + (map + turned_from(row % side, x, side, wanted)) * channels, channels);
        }
}

/* ---- a stretch of the flat order --------------------------------------------------------------------------------- */

void sep_cpu_place(const sep_cpu *cpu, const sep_call *call, const sep_step_info *step)
{
    const float *x = sep_cpu_input(call, 0);
    float *y = sep_cpu_f32(&call->output);
    int64_t count = sep_shape_count(&call->output.shape), begin = call->attributes.begin;
    int64_t end = begin + sep_shape_count(&call->input[0].shape), tiles = sep_cpu_pieces(count, SEP_CPU_TILE);

    (void)step;
#pragma omp parallel for num_threads(cpu->threads) schedule(static) if (tiles > 1)
    for (int64_t i = 0; i < tiles; i++) {
        int64_t at = i * SEP_CPU_TILE, stop = at + sep_cpu_piece(count, SEP_CPU_TILE, i);
        int64_t from = at > begin ? at : begin, to = stop < end ? stop : end;

        memset(y + at, 0, (size_t)(stop - at) * sizeof(float));
        if (from < to)
            copy(y + from, x + (from - begin), to - from);
    }
}

/* ---- into a memory ----------------------------------------------------------------------------------------------- */

/* Columns [begin, begin + count) of all rows, in order: threads share the columns, so that the last of a slot is the
 * last in every one. */
static void put_columns(const sep_call *call, int64_t columns, int64_t begin, int64_t count)
{
    const int32_t *slot = sep_cpu_i32(&call->input[1]), *x = sep_cpu_i32(&call->input[2]);
    int32_t *memory = sep_cpu_i32(&call->output);
    int64_t rows = sep_shape_count(&call->input[1].shape), slots = call->output.shape.dim[0];

    for (int64_t n = 0; n < rows; n++)
        if (slot[n] >= 0 && slot[n] < slots)
            memcpy(memory + slot[n] * columns + begin, x + n * columns + begin, (size_t)count * sizeof *x);
}

static void put_halves(const sep_call *call, int64_t columns, int64_t begin, int64_t count)
{
    const int32_t *slot = sep_cpu_i32(&call->input[1]);
    const float *x = sep_cpu_input(call, 2);
    uint16_t *memory = (uint16_t *)sep_cpu_i32(&call->output);
    int64_t rows = sep_shape_count(&call->input[1].shape), slots = call->output.shape.dim[0];

    for (int64_t n = 0; n < rows; n++)
        for (int64_t i = begin; i < begin + count && slot[n] >= 0 && slot[n] < slots; i++)
            memory[slot[n] * columns + i] = sep_half_of(x[n * columns + i]);
}

void sep_cpu_put(const sep_cpu *cpu, const sep_call *call, const sep_step_info *step)
{
    int64_t columns = sep_shape_count(&call->output.shape) / call->output.shape.dim[0];
    int64_t tiles = sep_cpu_pieces(columns, SEP_CPU_TILE);

    (void)step;
#pragma omp parallel for num_threads(cpu->threads) schedule(static) if (tiles > 1)
    for (int64_t i = 0; i < tiles; i++)
        (call->output.dtype == SEP_F16 ? put_halves : put_columns)(call, columns, i * SEP_CPU_TILE,
                                                                   sep_cpu_piece(columns, SEP_CPU_TILE, i));
}

void sep_cpu_overwrite(const sep_cpu *cpu, const sep_call *call, const sep_step_info *step)
{
    const int32_t *x = sep_cpu_i32(&call->input[1]);
    int32_t *memory = sep_cpu_i32(&call->output);
    int64_t count = sep_shape_count(&call->output.shape), tiles = sep_cpu_pieces(count, SEP_CPU_TILE);

    (void)step;
#pragma omp parallel for num_threads(cpu->threads) schedule(static) if (tiles > 1)
    for (int64_t i = 0; i < tiles; i++)
        memcpy(memory + i * SEP_CPU_TILE, x + i * SEP_CPU_TILE,
               (size_t)sep_cpu_piece(count, SEP_CPU_TILE, i) * sizeof *x);
}

/* ---- windows and blocks ------------------------------------------------------------------------------------------ */

/* A map [N, height, width, channels] and the same pixels in another order. Whole runs of a row are copied, to the map
 * or from it. */
typedef struct rearrangement {
    float *map, *other;
    bool to_map;
    int images, height, width, channels;
} rearrangement;

/* `pixels` consecutive pixels of the map's row. */
static void move_run(const rearrangement *r, int64_t map_pixel, int64_t other_pixel, int pixels)
{
    float *map = r->map + map_pixel * r->channels, *other = r->other + other_pixel * r->channels;

    if (r->to_map)
        copy(map, other, (int64_t)pixels * r->channels);
    else
        copy(other, map, (int64_t)pixels * r->channels);
}

/* Row `row` of window (wy, wx) of an image: pixels of the map rolled by (-shift, -shift), so a run may wrap round. */
static void move_window_row(const rearrangement *r, int window, int shift, int64_t image, int wy, int wx, int row)
{
    int across = r->width / window, y = (wy * window + row + shift) % r->height, x = (wx * window + shift) % r->width;
    int before_edge = r->width - x < window ? r->width - x : window;
    int64_t map_row = (image * r->height + y) * r->width;
    int64_t other = (((image * (r->height / window) + wy) * across + wx) * window + row) * window;

    move_run(r, map_row + x, other, before_edge);
    if (before_edge < window)
        move_run(r, map_row, other + before_edge, window - before_edge);
}

static void move_windows(const sep_cpu *cpu, const rearrangement *r, int window, int shift)
{
    int down = r->height / window, across = r->width / window;

#pragma omp parallel for num_threads(cpu->threads) schedule(static)
    for (int64_t i = 0; i < (int64_t)r->images * down * across; i++)
        for (int row = 0; row < window; row++)
            move_window_row(r, window, shift, i / (down * across), (int)(i / across % down), (int)(i % across), row);
}

/* Either order: `map` is the operand with shape [N, H, W, C]. */
static rearrangement rearrangement_of(const sep_operand *map, const sep_operand *other, bool to_map)
{
    return (rearrangement){.map = sep_cpu_f32(map),
                           .other = sep_cpu_f32(other),
                           .to_map = to_map,
                           .images = map->shape.dim[0],
                           .height = map->shape.dim[1],
                           .width = map->shape.dim[2],
                           .channels = map->shape.dim[3]};
}

void sep_cpu_window_partition(const sep_cpu *cpu, const sep_call *call, const sep_step_info *step)
{
    const rearrangement r = rearrangement_of(&call->input[0], &call->output, false);

    (void)step;
    move_windows(cpu, &r, call->attributes.window, call->attributes.shift);
}

void sep_cpu_window_reverse(const sep_cpu *cpu, const sep_call *call, const sep_step_info *step)
{
    const rearrangement r = rearrangement_of(&call->output, &call->input[0], true);

    (void)step;
    move_windows(cpu, &r, call->attributes.window, call->attributes.shift);
}

/* Row y of the map: its pixel x is number (y % p, x % p) of block (y / p, x / p), in row or column order. */
static void move_block_row(const rearrangement *r, int block, bool column_major, int64_t image, int y)
{
    int down = r->height / block, across = r->width / block, run = column_major ? 1 : block;

    for (int x = 0; x < r->width; x += run) {
        int place = column_major ? x % block * block + y % block : y % block * block + x % block;
        int64_t of_block = (image * down + y / block) * across + x / block;

        sep_cpu_fetch(r->other + ((of_block + 2) * block * block + place) * r->channels, (ptrdiff_t)run * r->channels);
        move_run(r, (image * r->height + y) * r->width + x, of_block * block * block + place, run);
    }
}

static void move_blocks(const sep_cpu *cpu, const rearrangement *r, const sep_attributes *attributes)
{
#pragma omp parallel for num_threads(cpu->threads) schedule(static)
    for (int64_t i = 0; i < (int64_t)r->images * r->height; i++)
        move_block_row(r, attributes->block, attributes->column_major, i / r->height, (int)(i % r->height));
}

void sep_cpu_space_to_depth(const sep_cpu *cpu, const sep_call *call, const sep_step_info *step)
{
    const rearrangement r = rearrangement_of(&call->input[0], &call->output, false);

    (void)step;
    move_blocks(cpu, &r, &call->attributes);
}

void sep_cpu_depth_to_space(const sep_cpu *cpu, const sep_call *call, const sep_step_info *step)
{
    const rearrangement r = rearrangement_of(&call->output, &call->input[0], true);

    (void)step;
    move_blocks(cpu, &r, &call->attributes);
}

/* ---- rows and columns -------------------------------------------------------------------------------------------- */

/* Numbers by themselves go in squares of registers. */
void sep_cpu_transpose_map(const sep_cpu *cpu, const sep_call *call, const sep_step_info *step)
{
    const int *d = call->input[0].shape.dim, rows = d[1], columns = d[2], channels = d[3];
    const float *x = sep_cpu_input(call, 0);
    float *y = sep_cpu_f32(&call->output);

    (void)step;
    if (channels == 1) {
        sep_cpu_transpose(cpu, x, y, d[0], rows, columns);
        return;
    }
#pragma omp parallel for num_threads(cpu->threads) schedule(static)
    for (int64_t i = 0; i < (int64_t)d[0] * columns; i++)
        for (int row = 0; row < rows; row++)
            copy(y + (i * rows + row) * channels, x + ((i / columns * rows + row) * columns + i % columns) * channels,
                 channels);
}
