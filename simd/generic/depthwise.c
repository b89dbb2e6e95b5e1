/* The definition of depthwise convolution: see depthwise.h. */
#include "simd/depthwise.h"

#include <math.h>

#define IS_INSIDE(job, row, i) ((row) >= 0 && (row) < (job)->height && (i) >= 0 && (i) < (job)->width)

/* x(row, i)[c] */
#define PIXEL(job, row, i, c) (IS_INSIDE(job, row, i) ? (job)->x[(row) * (job)->x_row + (i) * (job)->x_pixel + (c)] : 0)

static float chain(const sep_depthwise_rows *job, int row, int i, int c, float acc)
{
    int top = row - job->padding, left = i - job->padding;

    for (int ky = 0; ky < job->kernel; ky++)
        for (int kx = 0; kx < job->kernel; kx++)
            acc = fmaf(PIXEL(job, top + ky, left + kx, c),
                       job->w[sep_depthwise_weight(job->kernel, ky * job->kernel + kx, c)], acc);
    return acc;
}

static void rows(const sep_depthwise_rows *job)
{
    for (int row = job->first; row < job->first + job->rows; row++)
        for (int i = 0; i < job->width; i++)
            for (int c = 0; c < job->channels; c++) {
                float *y = job->y + row * job->y_row + i * job->y_pixel + c;

                *y = chain(job, row, i, c, job->resume ? *y : job->bias ? job->bias[c] : 0);
            }
}

static float sum_row(const sep_depthwise_sum *job, int row, int ky, int kx, int c, float acc)
{
    for (int i = 0; i < job->width; i++)
        acc = fmaf(PIXEL(job, row + ky - job->padding, i + kx - job->padding, c),
                   job->dy[row * job->dy_row + i * job->dy_pixel + c], acc);
    return acc;
}

static void sum(const sep_depthwise_sum *job)
{
    for (int r = 0; r < job->rows; r++) {
        float *dw = job->dw + (job->skipped + r) / job->block_rows * job->dw_block;
        bool fresh = (job->skipped + r) % job->block_rows == 0;

        for (int ky = 0; ky < job->kernel; ky++)
            for (int kx = 0; kx < job->kernel; kx++)
                for (int c = 0; c < job->channels; c++) {
                    float *sum = dw + sep_depthwise_weight(job->kernel, ky * job->kernel + kx, c);

                    *sum = sum_row(job, job->first + r, ky, kx, c, fresh ? 0 : *sum);
                }
    }
}

const sep_simd_depthwise sep_depthwise_generic = {.rows = rows, .sum = sum};
