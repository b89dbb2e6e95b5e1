/* Depthwise convolution in vectors: lanes are channels. 3x3 and 7x7 have kernels of their own for whole vectors of
 * channels; all else goes pixel by pixel. */
#include "simd/vector/depthwise_3x3.h"
#include "simd/vector/depthwise_7x7.h"

/* ---- any kernel, any number of channels -------------------------------------------------------------------------- */

/* Up to VEC_LANES channels of a pixel; p is pixel (0, 0) of the image. */
#define PIXEL(job, p, row, i, lanes)                                                                                   \
    ((row) >= 0 && (row) < (job)->height && (i) >= 0 && (i) < (job)->width                                             \
         ? vec_load_up_to((p) + (row) * (job)->x_row + (i) * (job)->x_pixel, lanes)                                    \
         : vec_zero())

static void any_pixel(const sep_depthwise_rows *job, int c, int row, int i)
{
    ptrdiff_t lanes = job->channels - c;
    float *y = job->y + row * job->y_row + i * job->y_pixel + c;
    const float *start = job->resume ? y : job->bias ? job->bias + c : NULL;
    vec acc = start ? vec_load_up_to(start, lanes) : vec_zero();

    for (int ky = 0; ky < job->kernel; ky++)
        for (int kx = 0; kx < job->kernel; kx++)
            acc = vec_fma(PIXEL(job, job->x + c, row + ky - job->padding, i + kx - job->padding, lanes),
                          vec_load_up_to(job->w + sep_depthwise_weight(job->kernel, ky * job->kernel + kx, c), lanes),
                          acc);
    vec_store_up_to(y, acc, lanes);
}

static void any_rows(const sep_depthwise_rows *job, int c)
{
    for (int row = job->first; row < job->first + job->rows; row++)
        for (int i = 0; i < job->width; i++)
            any_pixel(job, c, row, i);
}

static void any_sum_row(const sep_depthwise_sum *job, int c, int row, int ky, int kx)
{
    ptrdiff_t lanes = job->channels - c;
    float *dw = block_of(job, row) + sep_depthwise_weight(job->kernel, ky * job->kernel + kx, c);
    vec acc = is_fresh(job, row) ? vec_zero() : vec_load_up_to(dw, lanes);

    for (int i = 0; i < job->width; i++)
        acc = vec_fma(PIXEL(job, job->x + c, row + ky - job->padding, i + kx - job->padding, lanes),
                      vec_load_up_to(job->dy + row * job->dy_row + i * job->dy_pixel + c, lanes), acc);
    vec_store_up_to(dw, acc, lanes);
}

static void any_sum(const sep_depthwise_sum *job, int c)
{
    for (int row = job->first; row < job->first + job->rows; row++)
        for (int ky = 0; ky < job->kernel; ky++)
            for (int kx = 0; kx < job->kernel; kx++)
                any_sum_row(job, c, row, ky, kx);
}

/* ---- the table --------------------------------------------------------------------------------------------------- */

static void rows(const sep_depthwise_rows *job)
{
    int whole = job->channels / VEC_LANES * VEC_LANES, c = 0;

    if (job->kernel == 3) {
        for (; c < whole; c += VEC_LANES)
            rows_3x3(job, c);
    } else if (job->kernel == SIZE) {
        ring r;

        ring_open(&r, job->scratch, job->height, job->width, job->padding);
        for (; c < whole; c += VEC_LANES)
            rows_7x7(job, &r, c);
    }
    for (; c < job->channels; c += VEC_LANES)
        any_rows(job, c);
}

static void sum(const sep_depthwise_sum *job)
{
    int whole = job->channels / VEC_LANES * VEC_LANES, c = 0;

    if (job->kernel == 3) {
        for (; c < whole; c += VEC_LANES)
            sum_3x3(job, c);
    } else if (job->kernel == SIZE) {
        ring r;

        ring_open(&r, job->scratch, job->height, job->width, job->padding);
        for (; c < whole; c += VEC_LANES)
            sum_7x7(job, &r, c);
    }
    for (; c < job->channels; c += VEC_LANES)
        any_sum(job, c);
}

const sep_simd_depthwise SEP_ISA_NAME(sep_depthwise) = {.rows = rows, .sum = sum};
