/* Depthwise convolution: stride 1, same size. Output channel j = m * C + c reads input channel c (M copies side by
 * side). Inner kernels in simd/depthwise.h; while they compute they fetch the piece of the maps that comes next, which
 * is the same thread's, as schedules are static. Orders of summation: septum/operation.h. */
#include "device/cpu/kernels.h"

#include <omp.h>
#include <string.h>

/* Of one map in a unit of work. The second-level cache has to hold that, as much of the other map, and the next two. */
#define BAND_BYTES (320 << 10)

/* The call as its passes see it. x and dx have C channels, y and dy M * C. */
typedef struct layer {
    const sep_cpu *cpu;
    int images, height, width, channels, copies, kernel, padding;
} layer;

static layer layer_of(const sep_cpu *cpu, const sep_call *call, const sep_shape *x, const sep_shape *y)
{
    return (layer){
        .cpu = cpu,
        .images = x->dim[0],
        .height = x->dim[1],
        .width = x->dim[2],
        .channels = x->dim[3],
        .copies = y->dim[3] / x->dim[3],
        .kernel = call->attributes.kernel,
        .padding = call->attributes.kernel / 2,
    };
}

static int fitting_rows(const layer *l)
{
    size_t row = (size_t)l->width * (size_t)l->channels * sizeof(float);

    return sep_cpu_min(l->height, sep_cpu_max(l->kernel, (int)(BAND_BYTES / row)));
}

/* Smaller maps are likely to be in the cache already, and fetching them would cost more than it saves. */
static bool is_fetched(const layer *l)
{
    return (size_t)l->images * (size_t)l->height * (size_t)l->width * (size_t)l->channels * sizeof(float) > BAND_BYTES;
}

static size_t scratch_bytes(const layer *l)
{
    return sep_cpu_aligned((size_t)sep_depthwise_scratch(l->width, l->kernel) * sizeof(float));
}

/* That of the calling thread. */
static float *own_scratch(const layer *l, float *scratch)
{
    return scratch + (size_t)omp_get_thread_num() * scratch_bytes(l) / sizeof(float);
}

/* ---- weights in slices (simd/depthwise.h), those of a copy after those of the one before ----------------------- */

static ptrdiff_t copy_floats(const layer *l)
{
    return (ptrdiff_t)sep_cpu_ceiling(l->channels, SEP_DEPTHWISE_SLICE) * l->kernel * l->kernel * SEP_DEPTHWISE_SLICE;
}

/* A copy of constant size is two instructions, any other a call. */
static void copy_channels(float *to, const float *from, int channels)
{
    if (channels >= SEP_DEPTHWISE_SLICE)
        memcpy(to, from, SEP_DEPTHWISE_SLICE * sizeof(float));
    else
        memcpy(to, from, (size_t)channels * sizeof(float));
}

/* Between weights [kernel][kernel][M * C] and slices, one way or the other. */
static void move_weights(const layer *l, float *weights, float *slices, bool to_slices)
{
    for (int k = 0; k < l->kernel * l->kernel; k++)
        for (int m = 0; m < l->copies; m++)
            for (int c = 0; c < l->channels; c += SEP_DEPTHWISE_SLICE) {
                float *dense = weights + (k * l->copies + m) * (ptrdiff_t)l->channels + c;
                float *slice = slices + m * copy_floats(l) + sep_depthwise_weight(l->kernel, k, c);

                copy_channels(to_slices ? slice : dense, to_slices ? dense : slice, l->channels - c);
            }
}

/* ---- forward and data gradient: rows of output pixels ------------------------------------------------------------ */

/* An image as it is walked: from its first pixel, or from its last when it is turned by 180 degrees. */
typedef struct walk {
    float *first;
    ptrdiff_t row, pixel;
} walk;

static walk walk_of(const layer *l, float *map, int image, int channels, bool turned)
{
    ptrdiff_t row = (ptrdiff_t)l->width * channels, floats = l->height * row;
    float *first = map + image * floats;

    return turned ? (walk){first + floats - channels, -row, -channels} : (walk){first, row, channels};
}

/* Where rows [first, end) begin in memory. */
static const float *begin_of(const walk *w, int first, int end)
{
    return w->row > 0 ? w->first + first * w->row : w->first + (end - 1) * w->row + (w->row - w->pixel);
}

/* All of a call that the units share. */
typedef struct rows_plan {
    const layer *layer;
    bool turned;
    int band, bands; /* output rows in a band, bands in an image */
    int in_channels, out_channels;
    float *in, *out, *weights, *scratch; /* weights in slices */
    const float *bias;
} rows_plan;

static rows_plan plan_rows(const layer *l, const sep_call *call, bool turned)
{
    int wanted = sep_cpu_wanted_units(l->cpu), wide = l->copies * l->channels;
    rows_plan p = {
        .layer = l,
        .turned = turned,
        .in_channels = turned ? wide : l->channels,
        .out_channels = turned ? l->channels : wide,
        .in = sep_cpu_f32(&call->input[0]),
        .out = sep_cpu_f32(&call->output),
        .weights = sep_cpu_f32(&call->workspace),
        .scratch = sep_cpu_f32(&call->workspace) + l->copies * copy_floats(l),
        .bias = sep_cpu_input(call, 2),
    };

    p.bands = sep_cpu_max(sep_cpu_ceiling(l->height, fitting_rows(l)), sep_cpu_ceiling(wanted, l->images));
    p.band = sep_cpu_ceiling(l->height, sep_cpu_min(p.bands, l->height));
    p.bands = sep_cpu_ceiling(l->height, p.band);
    return p;
}

typedef struct unit {
    walk in, out;
    int first, end; /* output rows */
} unit;

static unit unit_of(const rows_plan *p, int number)
{
    int image = number / p->bands, first = number % p->bands * p->band;

    return (unit){
        .in = walk_of(p->layer, p->in, image, p->in_channels, p->turned),
        .out = walk_of(p->layer, p->out, image, p->out_channels, p->turned),
        .first = first,
        .end = sep_cpu_min(p->layer->height, first + p->band),
    };
}

/* Copy m. The data gradient is one chain through all copies. */
static void run_copy(const rows_plan *p, const unit *u, const unit *next, int m)
{
    const layer *l = p->layer;
    int rows = u->end - u->first, at = m * l->channels;
    ptrdiff_t fetched = (ptrdiff_t)at * rows * l->width;

    l->cpu->simd->depthwise->rows(&(sep_depthwise_rows){
        .height = l->height,
        .width = l->width,
        .channels = l->channels,
        .kernel = l->kernel,
        .padding = l->padding,
        .first = u->first,
        .rows = rows,
        .x = u->in.first + (p->turned ? at : 0),
        .x_row = u->in.row,
        .x_pixel = u->in.pixel,
        .w = p->weights + m * copy_floats(l),
        .y = u->out.first + (p->turned ? 0 : at),
        .y_row = u->out.row,
        .y_pixel = u->out.pixel,
        .bias = p->bias ? p->bias + at : NULL,
        .resume = p->turned && m > 0,
        .scratch = own_scratch(l, p->scratch),
        .next = {is_fetched(l) ? begin_of(&next->in, next->first, next->end) + fetched : NULL,
                 begin_of(&next->out, next->first, next->end) + fetched},
    });
}

static void run_rows(const layer *l, const sep_call *call, bool turned)
{
    rows_plan p = plan_rows(l, call, turned);

    move_weights(l, sep_cpu_f32(&call->input[1]), p.weights, true);
#pragma omp parallel for num_threads(l->cpu->threads) schedule(static)
    for (int i = 0; i < l->images * p.bands; i++) {
        unit u = unit_of(&p, i), next = unit_of(&p, i + 1);

        for (int m = 0; m < l->copies; m++)
            run_copy(&p, &u, &next, m);
    }
}

static size_t rows_workspace(const layer *l)
{
    return (size_t)(l->copies * copy_floats(l)) * sizeof(float) + scratch_bytes(l) * (size_t)l->cpu->threads;
}

size_t sep_cpu_depthwise_workspace(const sep_cpu *cpu, const sep_call *call)
{
    layer l = layer_of(cpu, call, &call->input[0].shape, &call->output.shape);

    return rows_workspace(&l);
}

void sep_cpu_depthwise(const sep_cpu *cpu, const sep_call *call, const sep_step_info *step)
{
    layer l = layer_of(cpu, call, &call->input[0].shape, &call->output.shape);

    (void)step;
    run_rows(&l, call, false);
}

size_t sep_cpu_depthwise_dx_workspace(const sep_cpu *cpu, const sep_call *call)
{
    layer l = layer_of(cpu, call, &call->output.shape, &call->input[0].shape);

    return rows_workspace(&l);
}

void sep_cpu_depthwise_dx(const sep_cpu *cpu, const sep_call *call, const sep_step_info *step)
{
    layer l = layer_of(cpu, call, &call->output.shape, &call->input[0].shape);

    (void)step;
    run_rows(&l, call, true);
}

/* ---- weight gradient: blocks of image rows ----------------------------------------------------------------------- */

/* Image rows are numbered through all images. A unit of work is a group of blocks, so that neighbouring blocks share
 * the rows of x that both read. */
typedef struct sum_plan {
    int block_rows, blocks, group, groups;
    ptrdiff_t floats; /* of a block's partial result */
    const float *x, *dy;
    float *partial, *sum, *scratch;
} sum_plan;

static sum_plan plan_sum(const layer *l)
{
    int rows = l->images * l->height, fitting;
    sum_plan p = {.floats = l->copies * copy_floats(l)};

    p.block_rows = sep_image_block_rows(rows, l->width, (int64_t)l->kernel * l->kernel * l->copies * l->channels);
    p.blocks = sep_cpu_ceiling(rows, p.block_rows);
    fitting = sep_cpu_ceiling(fitting_rows(l), p.block_rows);
    p.groups = sep_cpu_max(sep_cpu_ceiling(p.blocks, fitting), sep_cpu_min(p.blocks, sep_cpu_wanted_units(l->cpu)));
    p.group = sep_cpu_ceiling(p.blocks, p.groups);
    p.groups = sep_cpu_ceiling(p.blocks, p.group);
    return p;
}

/* Copy m of rows [row, row + count), which are of one image. */
static void sum_copy(const layer *l, const sum_plan *p, int row, int count, int m)
{
    int image = row / l->height, wide = l->copies * l->channels, end = row + count;
    ptrdiff_t x_row = (ptrdiff_t)l->width * l->channels, dy_row = (ptrdiff_t)l->width * wide;
    ptrdiff_t fetched = m * count * x_row;

    l->cpu->simd->depthwise->sum(&(sep_depthwise_sum){
        .height = l->height,
        .width = l->width,
        .channels = l->channels,
        .kernel = l->kernel,
        .padding = l->padding,
        .first = row % l->height,
        .rows = count,
        .skipped = row % p->block_rows,
        .block_rows = p->block_rows,
        .x = p->x + image * l->height * x_row,
        .x_row = x_row,
        .x_pixel = l->channels,
        .dy = p->dy + image * l->height * dy_row + m * l->channels,
        .dy_row = dy_row,
        .dy_pixel = wide,
        .dw = p->partial + row / p->block_rows * p->floats + m * copy_floats(l),
        .dw_block = p->floats,
        .scratch = own_scratch(l, p->scratch),
        .next = {is_fetched(l) ? p->x + (end + l->kernel - 1 - l->padding) * x_row + fetched : NULL,
                 p->dy + end * dy_row + fetched},
    });
}

static void sum_group(const layer *l, const sum_plan *p, int group)
{
    int first = group * p->group, last = sep_cpu_min(p->blocks, first + p->group);
    int end = sep_cpu_min(l->images * l->height, last * p->block_rows), count;

    for (int row = first * p->block_rows; row < end; row += count) {
        count = sep_cpu_min(sep_cpu_min(fitting_rows(l), end - row), l->height - row % l->height);
        for (int m = 0; m < l->copies; m++)
            sum_copy(l, p, row, count, m);
    }
}

size_t sep_cpu_depthwise_dw_workspace(const sep_cpu *cpu, const sep_call *call)
{
    layer l = layer_of(cpu, call, &call->input[0].shape, &call->input[1].shape);
    sum_plan p = plan_sum(&l);

    return (size_t)(p.blocks + 1) * (size_t)p.floats * sizeof(float) + scratch_bytes(&l) * (size_t)cpu->threads;
}

void sep_cpu_depthwise_dw(const sep_cpu *cpu, const sep_call *call, const sep_step_info *step)
{
    layer l = layer_of(cpu, call, &call->input[0].shape, &call->input[1].shape);
    sum_plan p = plan_sum(&l);

    (void)step;
    p.x = sep_cpu_input(call, 0);
    p.dy = sep_cpu_input(call, 1);
    p.partial = sep_cpu_f32(&call->workspace);
    p.sum = p.partial + p.blocks * p.floats;
    p.scratch = p.sum + p.floats;
#pragma omp parallel for num_threads(cpu->threads) schedule(static)
    for (int group = 0; group < p.groups; group++)
        sum_group(&l, &p, group);
    if (p.blocks > 1)
        sep_cpu_tree_sum(cpu, p.partial, p.blocks, p.floats, p.floats, p.sum);
    move_weights(&l, sep_cpu_f32(&call->output), p.blocks > 1 ? p.sum : p.partial, false);
}
