/* Weight gradients of plain and transposed convolution: dw is a sum over pixels of products x * dy. The image rows are
 * cut in blocks (sep_image_block_rows); a block is one chain an element, blocks join by tree sum (septum/operation.h).
 *
 *   plain        rows (n, p) of dy; kernel row ky pairs dy[p][q] with x[stride * p + ky - padding][stride * q -
 * padding], whose kernel * channels floats give the rows of one matrix dw[ky]. transposed   rows (n, h) of x;
 * dw[ky][kx] pairs x[h][w] with dy[stride * h + ky][stride * w + kx]. */
#ifndef SEPTUM_DEVICE_CPU_GRADIENT_H
#define SEPTUM_DEVICE_CPU_GRADIENT_H

#include "device/cpu/band.h"
#include "device/cpu/kernels.h"

typedef struct sep_gradient {
    const sep_cpu *cpu;
    bool transposed;
    int kernel, stride, padding;
    int images;
    sep_image x, dy; /* the first of `images` */
    float *dw;       /* [kernel][kernel][x.channels][dy.channels] */
} sep_gradient;

/* Bytes of scratch memory; pointers in the gradient need not be set. */
size_t sep_gradient_workspace(const sep_gradient *gradient);
void sep_gradient_run(const sep_gradient *gradient, void *workspace);

#endif
