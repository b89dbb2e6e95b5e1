/* The sweep: what the forward and data-gradient passes of plain and transposed convolution have in common. Each output
 * pixel is a chain over taps; a tap is an input pixel (or several side by side) times a matrix of weights.
 *
 *   gather   out[y][x] takes kernel rows at in[stride * y + ky - padding], its columns side by side in memory:
 *            `kernel` taps of depth kernel * channels. Convolution forward, transposed convolution's data gradient.
 *   scatter  out[y][x] takes in[(y + padding - ky) / stride] where that divides: convolution's data gradient,
 * transposed convolution forward. Output pixels of one phase (y % stride, x % stride) have the same taps and are one
 *            matrix.
 *
 * Weights are [kernel][kernel][in.channels][out_channels], in either case in the order of the chain. */
#ifndef SEPTUM_DEVICE_CPU_SWEEP_H
#define SEPTUM_DEVICE_CPU_SWEEP_H

#include "device/cpu/band.h"
#include "device/cpu/kernels.h"
#include "device/cpu/row_blocks.h"

typedef struct sep_sweep {
    const sep_cpu *cpu;
    bool scatter;
    int kernel, stride, padding;
    int images;
    sep_image in; /* the first of `images` */
    const float *weights, *bias;
    float *out;
    int out_height, out_width, out_channels;
    const sep_row_blocks *follow; /* work over the output's rows, or NULL */
} sep_sweep;

/* Bytes of scratch memory; pointers in the sweep need not be set. */
size_t sep_sweep_workspace(const sep_sweep *sweep);
void sep_sweep_run(const sep_sweep *sweep, void *workspace);

#endif
