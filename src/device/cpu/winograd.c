/* Winograd convolution, forward and data gradient: see winograd.h. A unit of work is a block of tiles times, where
 * there would be too few units, a group of output channels. The transformed weights lie in panels as wide as the tile
 * kernel takes columns at a time, so that a product reads them from one end to the other. */
#include "device/cpu/winograd.h"

#include <omp.h>

#define BLOCK_BYTES  (512 << 10) /* of the planes of a block, before and after the products */
#define CACHED_BYTES (1 << 20)   /* weights up to here stay in the second-level cache from block to block */
#define MAX_WIDTH    32          /* columns in a panel of the weights */
#define ROWS_AT_ONCE 16          /* of the weights; where they are turned, these are a line of the cache */

/* ---- shared with the weight gradient ----------------------------------------------------------------------------- */

int sep_winograd_tiles_of(const sep_image *image, int images)
{
    return images * sep_cpu_ceiling(image->height, SEP_WINOGRAD_TILE) *
           sep_cpu_ceiling(image->width, SEP_WINOGRAD_TILE);
}

sep_winograd_tiles sep_winograd_side_by_side(const sep_image *first, int tile, int end, int *image)
{
    int rows = sep_cpu_ceiling(first->height, SEP_WINOGRAD_TILE);
    int columns = sep_cpu_ceiling(first->width, SEP_WINOGRAD_TILE);

    *image = tile / columns / rows;
    return (sep_winograd_tiles){
        .height = first->height,
        .width = first->width,
        .pixel = first->channels,
        .row = tile / columns % rows,
        .column = tile % columns,
        .count = sep_cpu_min(columns - tile % columns, end - tile),
    };
}

static ptrdiff_t image_floats(const sep_image *image)
{
    return (ptrdiff_t)image->height * image->width * image->channels;
}

void sep_winograd_load(const sep_image *x, sep_winograd_reader *read, int first, int end, int channel, int channels,
                       float *v, const sep_winograd_planes *to)
{
    for (int tile = first; tile < end;) {
        int image;
        sep_winograd_tiles tiles = sep_winograd_side_by_side(x, tile, end, &image);

        read(&tiles, x->pixels + image * image_floats(x) + channel, channels, v + (tile - first) * to->row, to);
        tile += tiles.count;
    }
}

#define LINE_FLOATS 16

sep_winograd_planes sep_winograd_layout(int rows, int columns)
{
    int lines = sep_cpu_ceiling(columns, LINE_FLOATS);
    ptrdiff_t row = (ptrdiff_t)(lines % 8 == 0 ? lines + 1 : lines) * LINE_FLOATS;

    return (sep_winograd_planes){.row = row, .plane = (rows * row / LINE_FLOATS | 1) * LINE_FLOATS};
}

size_t sep_winograd_bytes(const sep_winograd_planes *planes)
{
    return SEP_WINOGRAD_PLANES * (size_t)planes->plane * sizeof(float);
}

/* ---- the plan ---------------------------------------------------------------------------------------------------- */

/* How the work is cut; a function of the call. */
typedef struct plan {
    int tiles, block, blocks;
    int width, panels;              /* columns in a panel of the weights, panels */
    int group, groups;              /* panels in a unit, units a block */
    ptrdiff_t panel;                /* floats */
    sep_winograd_planes u, v, m;    /* transformed weights, pixels, products */
    size_t u_bytes, v_bytes, bytes; /* of the workspace; the last two a thread */
} plan;

/* Tiles that a block should have at least: weights that do not stay in the cache are read once a block. */
static int fewest_tiles(const sep_winograd *w)
{
    int64_t floats = (int64_t)SEP_WINOGRAD_PLANES * w->in.channels * w->out_channels;

    return floats * (int64_t)sizeof(float) > CACHED_BYTES ? 64 : 16;
}

/* Whole rows of tiles where that costs little: their sums can then be taken while they are in the cache. */
static int whole_rows(const sep_winograd *w, int block)
{
    int columns = sep_cpu_ceiling(w->in.width, SEP_WINOGRAD_TILE);

    return block >= columns ? block / columns * columns : block;
}

/* Blocks as large as the cache allows, but enough units for all threads; where blocks alone are not enough, output
 * channels are cut too, but no finer than needed: each group transforms the pixels again. */
static void plan_units(const sep_winograd *w, plan *p)
{
    int wanted = sep_cpu_wanted_units(w->cpu), fewest = fewest_tiles(w);
    int tile_bytes = SEP_WINOGRAD_PLANES * (w->in.channels + w->out_channels) * (int)sizeof(float);
    int fitting = sep_cpu_max(fewest, BLOCK_BYTES / tile_bytes);

    p->tiles = sep_winograd_tiles_of(&w->in, w->images);
    p->blocks = sep_cpu_max(sep_cpu_ceiling(p->tiles, fitting), sep_cpu_min(wanted, sep_cpu_ceiling(p->tiles, fewest)));
    p->block = whole_rows(w, sep_cpu_ceiling(p->tiles, p->blocks));
    p->blocks = sep_cpu_ceiling(p->tiles, p->block);
    p->groups = sep_cpu_min(p->panels, sep_cpu_ceiling(wanted, 2 * p->blocks));
    p->group = sep_cpu_ceiling(p->panels, p->groups);
    p->groups = sep_cpu_ceiling(p->panels, p->group);
}

static plan make_plan(const sep_winograd *w)
{
    plan p = {.width = sep_cpu_min(sep_cpu_min(w->cpu->simd->tile->columns, MAX_WIDTH), w->out_channels)};

    p.panels = sep_cpu_ceiling(w->out_channels, p.width);
    p.panel = (ptrdiff_t)w->in.channels * p.width;
    plan_units(w, &p);
    p.u = (sep_winograd_planes){.row = p.width, .plane = sep_winograd_layout(p.panels, (int)p.panel).plane};
    p.v = sep_winograd_layout(p.block, w->in.channels);
    p.m = sep_winograd_layout(p.block, p.group * p.width);
    p.u_bytes = sep_winograd_bytes(&p.u);
    p.v_bytes = sep_winograd_bytes(&p.v);
    p.bytes = p.v_bytes + sep_winograd_bytes(&p.m);
    return p;
}

size_t sep_winograd_workspace(const sep_winograd *winograd)
{
    plan p = make_plan(winograd);

    return p.u_bytes + p.bytes * (size_t)winograd->cpu->threads;
}

/* ---- the weights ------------------------------------------------------------------------------------------------- */

/* Some taps [in][out] of the forward pass: tap t at first + t * tap, `row` floats from a row to the next. */
typedef struct taps {
    const float *first;
    ptrdiff_t tap, row;
} taps;

/* Turned by 180 degrees, the taps [in][out] are those of the weights [out][in] transposed, from last to first: a block
 * of them, [9][ROWS_AT_ONCE][MAX_WIDTH]. */
static taps turn(const sep_winograd *w, int row, int rows, int column, int columns, float *block)
{
    int in = w->in.channels;
    ptrdiff_t tap = (ptrdiff_t)in * w->out_channels;
    const float *from = w->weights + (ptrdiff_t)column * in + row;

    for (int t = 0; t < 9; t++)
        w->cpu->simd->transpose->matrix(from + (8 - t) * tap, in, block + t * ROWS_AT_ONCE * MAX_WIDTH, MAX_WIDTH,
                                        columns, rows);
    return (taps){.first = block, .tap = ROWS_AT_ONCE * MAX_WIDTH, .row = MAX_WIDTH};
}

static void transform_weights(const sep_winograd *w, const plan *p, float *u)
{
    int in = w->in.channels, out = w->out_channels;

#pragma omp parallel for collapse(2) num_threads(w->cpu->threads)
    for (int panel = 0; panel < p->panels; panel++)
        for (int row = 0; row < in; row += ROWS_AT_ONCE) {
            int column = panel * p->width, rows = sep_cpu_min(ROWS_AT_ONCE, in - row);
            int columns = sep_cpu_min(p->width, out - column);
            float block[9 * ROWS_AT_ONCE * MAX_WIDTH];
            taps from = {w->weights + (ptrdiff_t)row * out + column, (ptrdiff_t)in * out, out};

            if (w->turned)
                from = turn(w, row, rows, column, columns, block);
            w->cpu->simd->winograd->weights(from.first, from.tap, from.row, rows, columns,
                                            u + panel * p->panel + row * p->u.row, &p->u);
        }
}

/* ---- a unit ------------------------------------------------------------------------------------------------------ */

typedef struct unit {
    int first, end;        /* tiles */
    int panel, panels_end; /* of the weights */
} unit;

static const float *weights_of(const plan *p, const float *u, int plane, int panel)
{
    return u + plane * p->u.plane + panel * p->panel;
}

/* While a panel is at work the next one is fetched: deep layers have many, which lie in memory. */
static void multiply(const sep_winograd *w, const plan *p, const unit *at, const float *u, const float *v, float *m)
{
    const float *a, *b;
    sep_tile_job job = {
        .rows = at->end - at->first,
        .taps = 1,
        .depth = w->in.channels,
        .a = &a,
        .b = &b,
        .a_row = p->v.row,
        .a_step = 1,
        .b_row = p->u.row,
        .c_row = p->m.row,
        .fetch_bytes = (ptrdiff_t)w->in.channels * p->u.row * (ptrdiff_t)sizeof(float),
        .start = SEP_TILE_ZERO,
    };

    for (int e = 0; e < SEP_WINOGRAD_PLANES; e++) {
        a = v + e * p->v.plane;
        for (int panel = at->panel; panel < at->panels_end; panel++) {
            const bool last = panel + 1 == at->panels_end, end = last && e + 1 == SEP_WINOGRAD_PLANES;

            b = weights_of(p, u, e, panel);
            job.fetch = end ? b : weights_of(p, u, last ? e + 1 : e, last ? at->panel : panel + 1);
            job.c = m + e * p->m.plane + (ptrdiff_t)(panel - at->panel) * p->width;
            job.columns = sep_cpu_min(p->width, w->out_channels - panel * p->width);
            w->cpu->simd->tile->run(&job);
        }
    }
}

static void store(const sep_winograd *w, const plan *p, const unit *at, const float *m)
{
    sep_image out = {.height = w->in.height, .width = w->in.width, .channels = w->out_channels};
    int column = at->panel * p->width;
    int channels = sep_cpu_min(w->out_channels, at->panels_end * p->width) - column;

    for (int tile = at->first; tile < at->end;) {
        int image;
        sep_winograd_tiles tiles = sep_winograd_side_by_side(&out, tile, at->end, &image);

        w->cpu->simd->winograd->output(&tiles, m + (tile - at->first) * p->m.row, &p->m, channels,
                                       w->bias ? w->bias + column : NULL, w->out + image * image_floats(&out) + column);
        tile += tiles.count;
    }
}

/* Hands the image rows that a block of tiles has completed to the sum that follows. */
static void hand_over(const sep_winograd *w, const plan *p, int first, int end)
{
    int columns = sep_cpu_ceiling(w->in.width, SEP_WINOGRAD_TILE);
    int rows = sep_cpu_ceiling(w->in.height, SEP_WINOGRAD_TILE);

    for (int row = sep_cpu_ceiling(first, columns); p->groups == 1 && row < end / columns;) {
        int image = row / rows, last = sep_cpu_min(end / columns, (image + 1) * rows);
        int64_t top = (int64_t)image * w->in.height + (row - image * rows) * SEP_WINOGRAD_TILE;
        int bottom = sep_cpu_min(w->in.height, (last - image * rows) * SEP_WINOGRAD_TILE);

        sep_row_blocks_ready(w->follow, top * w->in.width, ((int64_t)image * w->in.height + bottom) * w->in.width);
        row = last;
    }
}

size_t sep_winograd_packed_bytes(const sep_winograd *winograd)
{
    return make_plan(winograd).u_bytes;
}

void sep_winograd_pack(const sep_winograd *winograd, float *packed)
{
    plan p = make_plan(winograd);

    transform_weights(winograd, &p, packed);
}

void sep_winograd_run(const sep_winograd *w, void *workspace)
{
    plan p = make_plan(w);
    const float *u = w->packed ? w->packed : workspace;
    char *scratch = (char *)workspace + p.u_bytes;

    if (!w->packed)
        transform_weights(w, &p, workspace);
#pragma omp parallel for num_threads(w->cpu->threads) schedule(dynamic)
    for (int i = 0; i < p.blocks * p.groups; i++) {
        int block = i / p.groups, group = i % p.groups;
        unit at = {.first = block * p.block, .panel = group * p.group};
        float *v = (float *)(void *)(scratch + p.bytes * (size_t)omp_get_thread_num());
        float *m = v + p.v_bytes / sizeof(float);

        at.end = sep_cpu_min(p.tiles, at.first + p.block);
        at.panels_end = sep_cpu_min(p.panels, at.panel + p.group);
        sep_winograd_load(&w->in, w->cpu->simd->winograd->input, at.first, at.end, 0, w->in.channels, v, &p.v);
        multiply(w, &p, &at, u, v, m);
        store(w, &p, &at, m);
        hand_over(w, &p, at.first, at.end);
    }
}
