/* Depthwise convolution: stride 1, same size. Output channel j = m * C + c reads input channel c (M copies side by
 * side). Rows come from padded bands (band.h); inner kernels in simd/depthwise.h. Orders of summation:
 * septum/operation.h. */
#include "device/cpu/band.h"
#include "device/cpu/kernels.h"

#include <omp.h>
#include <string.h>

#define BAND_BYTES (2 * SEP_BAND_BYTES) /* rows shared by neighbouring bands are copied twice: 7x7 wants tall bands */

/* Up to this size memory is the limit, and rows of output are fetched before they are written. */
#define FETCHED_KERNEL 3

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

static sep_image image_of(const layer *l, const float *pixels, int image, int channels)
{
    ptrdiff_t floats = (ptrdiff_t)l->height * l->width * channels;

    return (sep_image){.pixels = pixels ? pixels + image * floats : NULL,
                       .height = l->height,
                       .width = l->width,
                       .channels = channels};
}

/* ---- forward and data gradient: rows of output pixels ------------------------------------------------------------ */

/* `before` and `after` are the padding on either side; for the data gradient the kernel is mirrored and so are they. */
typedef struct rows_plan {
    int before, after;
    int band, bands; /* output rows in a band, bands in an image */
    size_t band_bytes, bytes;
} rows_plan;

static rows_plan plan_rows(const layer *l, int in_channels, bool mirrored)
{
    int end = l->kernel - 1 - l->padding, wanted = sep_cpu_wanted_units(l->cpu);
    rows_plan p = {.before = mirrored ? end : l->padding, .after = mirrored ? l->padding : end};
    sep_image image = image_of(l, NULL, 0, in_channels);
    int fitting = sep_cpu_max(l->kernel, sep_band_rows(&image, p.before, p.after, BAND_BYTES) - l->kernel + 1);
    size_t pointers = 2 * (size_t)(l->copies * l->kernel) * sizeof(float *);

    p.bands = sep_cpu_max(sep_cpu_ceiling(l->height, fitting), sep_cpu_ceiling(wanted, l->images));
    p.band = sep_cpu_ceiling(l->height, sep_cpu_min(p.bands, l->height));
    p.bands = sep_cpu_ceiling(l->height, p.band);
    p.band_bytes = sep_cpu_aligned(sep_band_floats(&image, p.band + l->kernel - 1, p.before, p.after) * sizeof(float));
    p.bytes = p.band_bytes + sep_cpu_aligned(pointers);
    return p;
}

/* Output row y of one image: copy m of each channel from the rows of x around it. */
static void forward_row(const layer *l, const sep_call *call, const sep_band *band, int y, float *out, const float **x)
{
    const float *weights = sep_cpu_input(call, 1), *bias = sep_cpu_input(call, 2);
    ptrdiff_t wide = (ptrdiff_t)l->copies * l->channels;
    const float **w = x + l->kernel;

    for (int m = 0; m < l->copies; m++) {
        for (int ky = 0; ky < l->kernel; ky++) {
            x[ky] = sep_band_pixel(band, y + ky - l->padding, -l->padding);
            w[ky] = weights + ky * l->kernel * wide + m * l->channels;
        }
        l->cpu->simd->depthwise->row(&(sep_depthwise_row){
            .width = l->width,
            .channels = l->channels,
            .kernel = l->kernel,
            .taps = l->kernel,
            .x = x,
            .w = w,
            .x_pixel = l->channels,
            .w_pixel = wide,
            .y_pixel = wide,
            .y = out + m * l->channels,
            .bias = bias ? bias + m * l->channels : NULL,
        });
    }
}

/* Row y of dx: kernel columns rise while columns of dy fall, so both rows are walked from their right ends. */
static void gradient_row(const layer *l, const sep_call *call, const sep_band *band, int y, float *out,
                         const float **dy)
{
    const float *weights = sep_cpu_input(call, 1);
    ptrdiff_t wide = (ptrdiff_t)l->copies * l->channels;
    const float **w = dy + l->copies * l->kernel;

    for (int m = 0; m < l->copies; m++)
        for (int ky = 0; ky < l->kernel; ky++) {
            int t = m * l->kernel + ky;

            dy[t] = sep_band_pixel(band, y + l->padding - ky, l->width - 1 + l->padding) + m * l->channels;
            w[t] = weights + ky * l->kernel * wide + m * l->channels;
        }
    l->cpu->simd->depthwise->row(&(sep_depthwise_row){
        .width = l->width,
        .channels = l->channels,
        .kernel = l->kernel,
        .taps = l->copies * l->kernel,
        .x = dy,
        .w = w,
        .x_pixel = -wide,
        .w_pixel = wide,
        .y_pixel = -(ptrdiff_t)l->channels,
        .y = out + (ptrdiff_t)(l->width - 1) * l->channels,
    });
}

static void run_rows(const layer *l, const sep_call *call, bool mirrored)
{
    int wide = l->copies * l->channels, in = mirrored ? wide : l->channels, out = mirrored ? l->channels : wide;
    rows_plan p = plan_rows(l, in, mirrored);
    const float *pixels = sep_cpu_input(call, 0);

#pragma omp parallel for num_threads(l->cpu->threads) schedule(dynamic)
    for (int unit = 0; unit < l->images * p.bands; unit++) {
        char *scratch = (char *)sep_cpu_f32(&call->workspace) + p.bytes * (size_t)omp_get_thread_num();
        int image = unit / p.bands, first = unit % p.bands * p.band, end = sep_cpu_min(l->height, first + p.band);
        sep_image source = image_of(l, pixels, image, in);
        sep_band band = sep_band_load(&source, first - p.before, end - first + l->kernel - 1, p.before, p.after,
                                      (float *)(void *)scratch);

        for (int y = first; y < end; y++) {
            ptrdiff_t floats = (ptrdiff_t)l->width * out;
            float *to = sep_cpu_f32(&call->output) + ((ptrdiff_t)image * l->height + y) * floats;

            if (l->kernel <= FETCHED_KERNEL)
                sep_cpu_fetch(y == first ? to : to + floats, y == first ? 2 * floats : floats);
            (mirrored ? gradient_row : forward_row)(l, call, &band, y, to,
                                                    (const float **)(void *)(scratch + p.band_bytes));
        }
    }
}

size_t sep_cpu_depthwise_workspace(const sep_cpu *cpu, const sep_call *call)
{
    layer l = layer_of(cpu, call, &call->input[0].shape, &call->output.shape);

    return plan_rows(&l, l.channels, false).bytes * (size_t)cpu->threads;
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

    return plan_rows(&l, l.copies * l.channels, true).bytes * (size_t)cpu->threads;
}

void sep_cpu_depthwise_dx(const sep_cpu *cpu, const sep_call *call, const sep_step_info *step)
{
    layer l = layer_of(cpu, call, &call->output.shape, &call->input[0].shape);

    (void)step;
    run_rows(&l, call, true);
}

/* ---- weight gradient: blocks of image rows ----------------------------------------------------------------------- */

typedef struct sum_plan {
    int after;
    int block_rows, blocks, band;
    int64_t weights;
    size_t partial_bytes, bytes; /* one block's partial result, rounded up; scratch of a thread */
} sum_plan;

static sum_plan plan_sum(const layer *l)
{
    sum_plan p = {.after = l->kernel - 1 - l->padding};
    sep_image image = image_of(l, NULL, 0, l->channels);
    int rows = l->images * l->height;

    p.weights = (int64_t)l->kernel * l->kernel * l->copies * l->channels;
    p.block_rows = sep_image_block_rows(rows, l->width, p.weights);
    p.blocks = sep_cpu_ceiling(rows, p.block_rows);
    p.band = sep_cpu_max(l->kernel, sep_band_rows(&image, l->padding, p.after, BAND_BYTES) - l->kernel + 1);
    p.band = sep_cpu_min(p.band, sep_cpu_min(l->height, p.block_rows));
    p.partial_bytes = sep_cpu_aligned((size_t)p.weights * sizeof(float));
    p.bytes = sep_cpu_aligned(sep_band_floats(&image, p.band + l->kernel - 1, l->padding, p.after) * sizeof(float));
    return p;
}

/* `count` image rows of one image from row `y`. */
static void sum_band(const layer *l, const sep_band *band, const float *dy, int y, int count, float *dw)
{
    ptrdiff_t wide = (ptrdiff_t)l->copies * l->channels;

    for (int m = 0; m < l->copies; m++)
        l->cpu->simd->depthwise->sum(&(sep_depthwise_sum){
            .rows = count,
            .width = l->width,
            .channels = l->channels,
            .kernel = l->kernel,
            .x = sep_band_pixel(band, y - l->padding, -l->padding),
            .dy = dy + m * l->channels,
            .x_row = band->row,
            .x_pixel = l->channels,
            .dy_row = l->width * wide,
            .dy_pixel = wide,
            .dw_pixel = wide,
            .dw = dw + m * l->channels,
        });
}

static void sum_block(const layer *l, const sep_call *call, const sum_plan *p, int block, float *dw, float *scratch)
{
    ptrdiff_t dy_row = (ptrdiff_t)l->width * l->copies * l->channels;
    int end = sep_cpu_min(l->images * l->height, (block + 1) * p->block_rows), count;

    memset(dw, 0, (size_t)p->weights * sizeof(float));
    for (int row = block * p->block_rows; row < end; row += count) {
        int image = row / l->height, y = row % l->height;
        sep_image x = image_of(l, sep_cpu_input(call, 0), image, l->channels);
        sep_band band;

        count = sep_cpu_min(sep_cpu_min(p->band, end - row), l->height - y);
        band = sep_band_load(&x, y - l->padding, count + l->kernel - 1, l->padding, p->after, scratch);
        sep_cpu_fetch(sep_cpu_input(call, 1) + (row + count) * dy_row, sep_cpu_min(count, end - row - count) * dy_row);
        sum_band(l, &band, sep_cpu_input(call, 1) + row * dy_row, y, count, dw);
    }
}

size_t sep_cpu_depthwise_dw_workspace(const sep_cpu *cpu, const sep_call *call)
{
    layer l = layer_of(cpu, call, &call->input[0].shape, &call->input[1].shape);
    sum_plan p = plan_sum(&l);

    return p.partial_bytes * (size_t)p.blocks + p.bytes * (size_t)cpu->threads;
}

void sep_cpu_depthwise_dw(const sep_cpu *cpu, const sep_call *call, const sep_step_info *step)
{
    layer l = layer_of(cpu, call, &call->input[0].shape, &call->input[1].shape);
    sum_plan p = plan_sum(&l);
    float *partial = sep_cpu_f32(&call->workspace);
    ptrdiff_t stride = (ptrdiff_t)(p.partial_bytes / sizeof(float)), own = (ptrdiff_t)(p.bytes / sizeof(float));

    (void)step;
#pragma omp parallel for num_threads(cpu->threads) schedule(dynamic)
    for (int block = 0; block < p.blocks; block++)
        sum_block(&l, call, &p, block, partial + block * stride,
                  partial + p.blocks * stride + omp_get_thread_num() * own);
    sep_cpu_tree_sum(cpu, partial, p.blocks, stride, p.weights, sep_cpu_f32(&call->output));
}
