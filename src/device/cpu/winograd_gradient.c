/* The weight gradient of Winograd convolution: see winograd.h. A unit of work is a block of tiles, as the definition
 * cuts them, times, where there would be too few units, a group of output channels. A unit takes its tiles in pieces
 * that stay in the second-level cache and resumes the chains from one piece to the next; then it transforms its sums to
 * the 3x3 weights. */
#include "device/cpu/winograd.h"

#include <omp.h>

#define PIECE_BYTES  (512 << 10) /* of the planes of a piece */
#define FEWEST_TILES 64          /* in a piece: each reads and writes all the sums once */

typedef struct plan {
    int tiles, block, blocks, piece;
    int group, groups; /* output channels */
    int64_t weights;
    sep_winograd_planes x, dy, sum;
    size_t weight_bytes, partial_bytes; /* of one block's weights, of all */
    size_t x_bytes, dy_bytes, bytes;    /* of a thread: planes, and all */
} plan;

static void plan_units(const sep_winograd_gradient *g, plan *p)
{
    int wanted = sep_cpu_wanted_units(g->cpu), unit = g->cpu->simd->tile->columns;
    int tile_bytes = SEP_WINOGRAD_PLANES * (g->x.channels + g->dy.channels) * (int)sizeof(float);

    p->tiles = sep_winograd_tiles_of(&g->x, g->images);
    p->block = sep_image_block_rows(p->tiles, 1, p->weights);
    p->blocks = sep_cpu_ceiling(p->tiles, p->block);
    p->piece = sep_cpu_min(p->block, sep_cpu_max(FEWEST_TILES, PIECE_BYTES / tile_bytes));
    p->groups = sep_cpu_min(sep_cpu_ceiling(g->dy.channels, unit), sep_cpu_ceiling(wanted, 2 * p->blocks));
    p->group = sep_cpu_ceiling(sep_cpu_ceiling(g->dy.channels, p->groups), unit) * unit;
    p->groups = sep_cpu_ceiling(g->dy.channels, p->group);
    p->group = sep_cpu_min(p->group, g->dy.channels);
}

static plan make_plan(const sep_winograd_gradient *g)
{
    plan p = {.weights = 9 * (int64_t)g->x.channels * g->dy.channels};

    plan_units(g, &p);
    p.x = sep_winograd_layout(p.piece, g->x.channels);
    p.dy = sep_winograd_layout(p.piece, p.group);
    p.sum = sep_winograd_layout(g->x.channels, p.group);
    p.weight_bytes = sep_cpu_aligned((size_t)p.weights * sizeof(float));
    p.partial_bytes = p.blocks > 1 ? p.weight_bytes * (size_t)p.blocks : 0;
    p.x_bytes = sep_winograd_bytes(&p.x);
    p.dy_bytes = sep_winograd_bytes(&p.dy);
    p.bytes = p.x_bytes + p.dy_bytes + sep_winograd_bytes(&p.sum);
    return p;
}

size_t sep_winograd_gradient_workspace(const sep_winograd_gradient *gradient)
{
    plan p = make_plan(gradient);

    return p.partial_bytes + p.bytes * (size_t)gradient->cpu->threads;
}

/* sum[e] += x[e] transposed * dy[e] over `tiles` tiles; `start` says whether the sums go on. */
static void multiply(const sep_winograd_gradient *g, const plan *p, int tiles, int channels, sep_tile_start start,
                     const float *x, const float *dy, float *sum)
{
    const float *a, *b;
    sep_tile_job job = {
        .rows = g->x.channels,
        .columns = channels,
        .taps = 1,
        .depth = tiles,
        .a = &a,
        .b = &b,
        .a_row = 1,
        .a_step = p->x.row,
        .b_row = p->dy.row,
        .c_row = p->sum.row,
        .start = start,
    };

    for (int e = 0; e < SEP_WINOGRAD_PLANES; e++) {
        a = x + e * p->x.plane;
        b = dy + e * p->dy.plane;
        job.c = sum + e * p->sum.plane;
        g->cpu->simd->tile->run(&job);
    }
}

/* The weight gradient of one block's tiles and of one group of output channels, into `dw`. */
static void run_unit(const sep_winograd_gradient *g, const plan *p, int block, int group, char *scratch, float *dw)
{
    const sep_simd_winograd *simd = g->cpu->simd->winograd;
    float *x = (float *)(void *)scratch, *dy = (float *)(void *)(scratch + p->x_bytes);
    float *sum = (float *)(void *)(scratch + p->x_bytes + p->dy_bytes);
    int column = group * p->group, channels = sep_cpu_min(p->group, g->dy.channels - column);
    int begin = block * p->block, end = sep_cpu_min(p->tiles, begin + p->block);

    for (int first = begin; first < end; first += p->piece) {
        int last = sep_cpu_min(end, first + p->piece);

        sep_winograd_load(&g->x, simd->input, first, last, 0, g->x.channels, x, &p->x);
        sep_winograd_load(&g->dy, simd->gradient, first, last, column, channels, dy, &p->dy);
        multiply(g, p, last - first, channels, first == begin ? SEP_TILE_ZERO : SEP_TILE_RESUME, x, dy, sum);
    }
    simd->weight_gradient(sum, &p->sum, g->x.channels, channels, dw + column, (ptrdiff_t)g->x.channels * g->dy.channels,
                          g->dy.channels);
}

void sep_winograd_gradient_run(const sep_winograd_gradient *g, void *workspace)
{
    plan p = make_plan(g);
    ptrdiff_t stride = (ptrdiff_t)(p.weight_bytes / sizeof(float));
    float *partial = p.blocks > 1 ? workspace : g->dw;
    char *scratch = (char *)workspace + p.partial_bytes;

#pragma omp parallel for num_threads(g->cpu->threads) schedule(dynamic)
    for (int i = 0; i < p.blocks * p.groups; i++)
        run_unit(g, &p, i / p.groups, i % p.groups, scratch + p.bytes * (size_t)omp_get_thread_num(),
                 partial + i / p.groups * stride);
    if (p.blocks > 1)
        sep_cpu_tree_sum(g->cpu, partial, p.blocks, stride, p.weights, g->dw);
}
