/* Depthwise convolution: each channel has its own kernel x kernel weights. Images come padded, so no kernel meets a
 * border. Strides are in floats and may be negative (the data gradient is the forward pass over a mirrored row);
 * channels are dense. Nothing needs alignment; the output overlaps no input. */
#ifndef SEPTUM_SIMD_DEPTHWISE_H
#define SEPTUM_SIMD_DEPTHWISE_H

#include <stddef.h>

/* One row of output pixels, each channel c of pixel i one chain from bias[c] (or +0)
 * over tap rows t, then columns kx:
 *
 *     acc = fma(x[t][(i + kx) * x_pixel + c], w[t][kx * w_pixel + c], acc) */
typedef struct sep_depthwise_row {
    int width, channels, kernel, taps;
    const float *const *x; /* one pointer a tap row, to the pixel that kx = 0 reads for i = 0 */
    const float *const *w;
    ptrdiff_t x_pixel, w_pixel, y_pixel;
    float *y;
    const float *bias; /* NULL: chains start from +0 */
} sep_depthwise_row;

/* Adds to dw[ky][kx][c] the products of x and dy over `rows` rows of `width` pixels, resuming the chain:
 *
 *     dw = fma(x[(row + ky) * x_row + (i + kx) * x_pixel + c], dy[row * dy_row + i * dy_pixel + c], dw) */
typedef struct sep_depthwise_sum {
    int rows, width, channels, kernel;
    const float *x, *dy;
    ptrdiff_t x_row, x_pixel, dy_row, dy_pixel, dw_pixel; /* dw[ky][kx] at dw + (ky * kernel + kx) * dw_pixel */
    float *dw;
} sep_depthwise_sum;

typedef struct sep_simd_depthwise {
    void (*row)(const sep_depthwise_row *job);
    void (*sum)(const sep_depthwise_sum *job);
} sep_simd_depthwise;

extern const sep_simd_depthwise sep_depthwise_generic, sep_depthwise_avx2, sep_depthwise_avx512, sep_depthwise_neon;

#endif
