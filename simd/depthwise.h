/* Depthwise convolution: each channel has its own kernel x kernel weights; stride 1, same size.
 *
 * Strides are in floats. Those of rows and pixels may be negative: the data gradient is the forward pass over maps that
 * are turned by 180 degrees. Pixel (row, i) of an image outside it is +0, and takes part. Channels are dense. Nothing
 * needs alignment; outputs overlap no input.
 *
 * Weights and their gradients come in slices of 16 channels, so that all that a kernel needs at one time lies together:
 * w(ky, kx)[c] is the float at sep_depthwise_weight(kernel, ky * kernel + kx, c).
 *
 * `next` is two pieces of memory that are wanted after this job, as many floats as it has output: a hint to fetch them
 * while it computes; they are not read, and need not exist. Without the first there is nothing to fetch. */
#ifndef SEPTUM_SIMD_DEPTHWISE_H
#define SEPTUM_SIMD_DEPTHWISE_H

#include <stdbool.h>
#include <stddef.h>

#define SEP_DEPTHWISE_SLICE 16 /* channels */

static inline ptrdiff_t sep_depthwise_weight(int kernel, int tap, int c)
{
    int slice = c / SEP_DEPTHWISE_SLICE;

    return ((ptrdiff_t)slice * kernel * kernel + tap) * SEP_DEPTHWISE_SLICE + c % SEP_DEPTHWISE_SLICE;
}

/* Output rows [first, first + rows) of one image, each element one chain from bias[c], from what y holds (`resume`) or
 * from +0, over kernel rows ky, then columns kx:
 *
 *     acc = fma(x(row + ky - padding, i + kx - padding)[c], w(ky, kx)[c], acc) */
typedef struct sep_depthwise_rows {
    int height, width, channels, kernel, padding;
    int first, rows;
    const float *x, *w;
    float *y; /* x and y: pixel (0, 0) of the image */
    ptrdiff_t x_row, x_pixel, y_row, y_pixel;
    const float *bias; /* NULL: none */
    bool resume;
    float *scratch;
    const float *next[2];
} sep_depthwise_rows;

/* Adds the products of x and dy over rows [first, first + rows) of one image to dw:
 *
 *     dw(ky, kx)[c] = fma(x(row + ky - padding, i + kx - padding)[c], dy(row, i)[c], dw(ky, kx)[c])
 *
 * Chains are cut into blocks: row first + r adds to the dw at dw + (skipped + r) / block_rows * dw_block. That holds
 * the sum over the rows before, if there are any in its block, or else anything. */
typedef struct sep_depthwise_sum {
    int height, width, channels, kernel, padding;
    int first, rows, skipped, block_rows;
    const float *x, *dy;
    float *dw; /* x and dy: pixel (0, 0) of the image */
    ptrdiff_t x_row, x_pixel, dy_row, dy_pixel, dw_block;
    float *scratch;
    const float *next[2];
} sep_depthwise_sum;

typedef struct sep_simd_depthwise {
    void (*rows)(const sep_depthwise_rows *job);
    void (*sum)(const sep_depthwise_sum *job);
} sep_simd_depthwise;

/* Scratch memory of a job: padded rows of 16 channels, as many as the first-level cache holds beside the rest but at
 * least those under a kernel, and one of zeros. */
#define SEP_DEPTHWISE_RING_BYTES (30 << 10)

static inline int sep_depthwise_ring_rows(int width, int kernel)
{
    int rows = SEP_DEPTHWISE_RING_BYTES / (int)sizeof(float) / SEP_DEPTHWISE_SLICE / (width + kernel - 1);

    return rows > kernel ? rows : kernel;
}

static inline ptrdiff_t sep_depthwise_scratch(int width, int kernel)
{
    return (ptrdiff_t)(sep_depthwise_ring_rows(width, kernel) + 1) * (width + kernel - 1) * SEP_DEPTHWISE_SLICE;
}

extern const sep_simd_depthwise sep_depthwise_generic, sep_depthwise_avx2, sep_depthwise_avx512, sep_depthwise_neon;

#endif
