/* The definition of depthwise convolution: see depthwise.h. */
#include "simd/depthwise.h"

#include <math.h>

static float chain(const sep_depthwise_row *job, int i, int c)
{
    float acc = job->bias ? job->bias[c] : 0.0f;

    for (int t = 0; t < job->taps; t++)
        for (int kx = 0; kx < job->kernel; kx++)
            acc = fmaf(job->x[t][(i + kx) * job->x_pixel + c], job->w[t][kx * job->w_pixel + c], acc);
    return acc;
}

static void row(const sep_depthwise_row *job)
{
    for (int i = 0; i < job->width; i++)
        for (int c = 0; c < job->channels; c++)
            job->y[i * job->y_pixel + c] = chain(job, i, c);
}

static float sum_element(const sep_depthwise_sum *job, int ky, int kx, int c, float acc)
{
    for (int y = 0; y < job->rows; y++) {
        const float *x = job->x + (y + ky) * job->x_row + kx * job->x_pixel + c;
        const float *dy = job->dy + y * job->dy_row + c;

        for (int i = 0; i < job->width; i++)
            acc = fmaf(x[i * job->x_pixel], dy[i * job->dy_pixel], acc);
    }
    return acc;
}

static void sum(const sep_depthwise_sum *job)
{
    for (int ky = 0; ky < job->kernel; ky++)
        for (int kx = 0; kx < job->kernel; kx++) {
            float *dw = job->dw + (ky * job->kernel + kx) * job->dw_pixel;

            for (int c = 0; c < job->channels; c++)
                dw[c] = sum_element(job, ky, kx, c, dw[c]);
        }
}

const sep_simd_depthwise sep_depthwise_generic = {.row = row, .sum = sum};
