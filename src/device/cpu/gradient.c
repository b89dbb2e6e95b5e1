/* Weight gradients: see gradient.h. A unit of work is a block of image rows times a group of columns times, where there
 * would be too few units, one piece of the kernel. A unit walks its block in bands that stay in the second-level cache
 * and resumes the chains from one band to the next.
 *
 * The lanes of a vector run over output channels. Where these are so few that most lanes would idle (a segmentation
 * head) the pieces are computed transposed, lanes over input channels, and turned at the end: a product is the same in
 * either order of its factors. */
#include "device/cpu/gradient.h"

#include <omp.h>

#define BAND_BYTES (3 * SEP_BAND_BYTES) /* larger than for other passes: each band reads and writes all of dw once */

/* How the work is cut; a function of the gradient. */
typedef struct plan {
    int height, width;      /* pixels summed over, of one image */
    int x_step, dy_step;    /* from one of them to the next, in x and in dy; one of the two is 1 */
    int reach, left, right; /* rows of x that one image row needs, zero pixels beside them */
    int pieces;             /* matrices that make up dw: kernel rows, or kernel elements */
    bool turned;            /* rows are output channels and columns those of x, not the reverse */
    int rows, columns;      /* of one piece */
    int block_rows, blocks; /* image rows in a block */
    int band;               /* image rows in a band */
    int group, groups;      /* columns in a group */
    int split;              /* units per block and group: 1, or one per piece */
    int64_t weights;
    size_t weight_bytes;              /* of one partial result, rounded up */
    size_t partials;                  /* partial results in the workspace, the sum of turned ones included */
    size_t band_bytes, scratch_bytes; /* of one thread: the band, and all */
} plan;

static void plan_shape(const sep_gradient *g, plan *p)
{
    const sep_image *sum_over = g->transposed ? &g->x : &g->dy;
    int wide = g->transposed ? g->x.channels : g->kernel * g->x.channels;

    p->height = sum_over->height;
    p->width = sum_over->width;
    p->x_step = g->transposed ? 1 : g->stride;
    p->dy_step = g->transposed ? g->stride : 1;
    p->reach = g->transposed ? 1 : g->kernel;
    p->left = g->transposed ? 0 : g->padding;
    p->right = g->transposed ? 0 : sep_cpu_max(0, g->stride * (p->width - 1) + g->kernel - g->padding - g->x.width);
    p->pieces = g->transposed ? g->kernel * g->kernel : g->kernel;
    p->turned = sep_cpu_is_narrow(g->cpu, g->dy.channels) && wide > g->dy.channels;
    p->rows = p->turned ? g->dy.channels : wide;
    p->columns = p->turned ? wide : g->dy.channels;
    p->weights = (int64_t)p->pieces * p->rows * p->columns;
}

static void plan_units(const sep_gradient *g, plan *p)
{
    int wanted = sep_cpu_wanted_units(g->cpu), unit = g->cpu->simd->tile->columns;
    int fitting = (sep_band_rows(&g->x, p->left, p->right, BAND_BYTES) - p->reach) / p->x_step + 1;

    p->block_rows = sep_image_block_rows(g->images * p->height, p->width, p->weights);
    p->blocks = sep_cpu_ceiling(g->images * p->height, p->block_rows);
    p->band = sep_cpu_min(sep_cpu_max(1, fitting), sep_cpu_min(p->block_rows, p->height));
    p->groups = sep_cpu_min(sep_cpu_ceiling(p->columns, unit), sep_cpu_ceiling(wanted, p->blocks));
    p->group = sep_cpu_ceiling(sep_cpu_ceiling(p->columns, p->groups), unit) * unit;
    p->groups = sep_cpu_ceiling(p->columns, p->group);
    p->split = p->blocks * p->groups < wanted ? p->pieces : 1;
}

static plan make_plan(const sep_gradient *g)
{
    plan p = {0};

    plan_shape(g, &p);
    plan_units(g, &p);
    p.weight_bytes = sep_cpu_aligned((size_t)p.weights * sizeof(float));
    p.partials = (p.blocks > 1 ? (size_t)p.blocks : 0) + (p.turned ? 1 : 0);
    p.band_bytes =
        sep_cpu_aligned(sep_band_floats(&g->x, p.x_step * (p.band - 1) + p.reach, p.left, p.right) * sizeof(float));
    p.scratch_bytes = p.band_bytes + sep_cpu_aligned((size_t)p.band * 2 * sizeof(float *));
    return p;
}

size_t sep_gradient_workspace(const sep_gradient *gradient)
{
    plan p = make_plan(gradient);

    return p.weight_bytes * p.partials + p.scratch_bytes * (size_t)gradient->cpu->threads;
}

typedef struct unit {
    float *dw;               /* of its block */
    int first, end;          /* image rows [first, end) over all images */
    int column, columns_end; /* of each piece */
    int piece, pieces_end;
} unit;

/* Columns that the tile takes at a time: what they read stays in the first or second-level cache over all rows. */
static int columns_at_once(const sep_gradient *g)
{
    return 2 * g->cpu->simd->tile->columns;
}

/* Where image row `first + i` starts in dy and, from the band, in x, for one piece of the kernel. */
static void point_rows(const sep_gradient *g, const plan *p, const sep_band *band, int piece, int first, int count,
                       const float **x, const float **dy)
{
    int row = g->transposed ? 0 : piece - g->padding;
    int dy_row = g->transposed ? piece / g->kernel : 0, dy_column = g->transposed ? piece % g->kernel : 0;

    for (int i = 0; i < count; i++) {
        int image = (first + i) / p->height, y = (first + i) % p->height;
        ptrdiff_t dy_y = (ptrdiff_t)image * g->dy.height + p->dy_step * y + dy_row;

        x[i] = sep_band_pixel(band, p->x_step * y + row, -p->left);
        dy[i] = g->dy.pixels + (dy_y * g->dy.width + dy_column) * g->dy.channels;
    }
}

/* One piece of dw over the `count` image rows from `first` (of one image), whose rows of x are in the band. */
static void run_piece(const sep_gradient *g, const plan *p, const unit *u, const sep_band *band, int piece, int first,
                      int count, const float **pointers)
{
    ptrdiff_t x_pixel = (ptrdiff_t)p->x_step * g->x.channels, dy_pixel = (ptrdiff_t)p->dy_step * g->dy.channels;
    const float **a = pointers, **b = pointers + count;
    sep_tile_job job = {
        .rows = p->rows,
        .taps = count,
        .depth = p->width,
        .a = a,
        .b = b,
        .a_row = 1,
        .a_step = p->turned ? dy_pixel : x_pixel,
        .b_row = p->turned ? x_pixel : dy_pixel,
        .c_row = p->columns,
        .start = first == u->first ? SEP_TILE_ZERO : SEP_TILE_RESUME,
    };

    point_rows(g, p, band, piece, first, count, p->turned ? b : a, p->turned ? a : b);
    for (int i = 0; i < count; i++)
        b[i] += u->column;
    for (int column = u->column; column < u->columns_end; column += columns_at_once(g)) {
        job.columns = sep_cpu_min(columns_at_once(g), u->columns_end - column);
        job.c = u->dw + (ptrdiff_t)piece * p->rows * p->columns + column;
        g->cpu->simd->tile->run(&job);
        for (int i = 0; i < count; i++)
            b[i] += job.columns;
    }
}

static void run_unit(const sep_gradient *g, const plan *p, const unit *u, void *scratch)
{
    const float **pointers = (const float **)(void *)((char *)scratch + p->band_bytes);
    int count;

    for (int first = u->first; first < u->end; first += count) {
        int y = first % p->height;
        sep_image image = g->x;
        sep_band band;

        count = sep_cpu_min(sep_cpu_min(p->band, u->end - first), p->height - y);
        image.pixels += (ptrdiff_t)(first / p->height) * image.height * image.width * image.channels;
        band = sep_band_load(&image, p->x_step * y - p->left, p->x_step * (count - 1) + p->reach, p->left, p->right,
                             scratch);
        for (int piece = u->piece; piece < u->pieces_end; piece++)
            run_piece(g, p, u, &band, piece, first, count, pointers);
    }
}

static unit make_unit(const sep_gradient *g, const plan *p, int number, float *dw)
{
    int part = number % p->split, group = number / p->split % p->groups, block = number / p->split / p->groups;

    return (unit){
        .dw = dw + (size_t)block * (p->weight_bytes / sizeof(float)),
        .first = block * p->block_rows,
        .end = sep_cpu_min(g->images * p->height, (block + 1) * p->block_rows),
        .column = group * p->group,
        .columns_end = sep_cpu_min(p->columns, (group + 1) * p->group),
        .piece = p->split > 1 ? part : 0,
        .pieces_end = p->split > 1 ? part + 1 : p->pieces,
    };
}

void sep_gradient_run(const sep_gradient *g, void *workspace)
{
    plan p = make_plan(g);
    size_t stride = p.weight_bytes / sizeof(float);
    char *scratch = (char *)workspace + p.weight_bytes * p.partials;
    float *sum = p.turned ? (float *)workspace + (p.partials - 1) * stride : g->dw;
    float *partial = p.blocks > 1 ? workspace : sum;

#pragma omp parallel for num_threads(g->cpu->threads) schedule(dynamic)
    for (int i = 0; i < p.blocks * p.groups * p.split; i++) {
        unit u = make_unit(g, &p, i, partial);

        run_unit(g, &p, &u, scratch + p.scratch_bytes * (size_t)omp_get_thread_num());
    }
    if (p.blocks > 1)
        sep_cpu_tree_sum(g->cpu, partial, p.blocks, (int64_t)stride, p.weights, sum);
    if (p.turned)
        sep_cpu_transpose(g->cpu, sum, g->dw, p.pieces, p.rows, p.columns);
}
