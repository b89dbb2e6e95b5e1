/* The kernels in tiles (cl/tiles.cl): matrix products, convolutions as products, weight gradients. */
#ifndef SEPTUM_DEVICE_OPENCL_PRODUCT_H
#define SEPTUM_DEVICE_OPENCL_PRODUCT_H

#include "device/opencl/opencl.h"

/* `batches` products c = a b, a[rows][depth], c[rows][columns] dense; b[k][j] at k * b_step + j * b_column; a batch's
 * operands are so many floats from the last one's. `panel` > 0: a linear layer, its start bias (or NULL) and its chains
 * in panels; 0: one chain an output. With `gate` the activation's slope there multiplies the result, without it the
 * activation is applied to a. */
typedef struct sep_cl_product {
    int rows, columns, depth, batches, panel;
    const sep_operand *a, *b, *bias, *gate, *c;
    int b_step, b_column;
    int64_t a_batch, b_batch, c_batch;
    sep_activation activation;
    float slope;
    const sep_operand *room; /* of a's size: needed where sep_cl_has_blas and the activation is applied to a */
} sep_cl_product;

sep_status sep_cl_multiply(sep_cl *cl, const sep_cl_product *product) SEP_MUST_CHECK;

/* One side of a weight gradient: pixels of `channels` channels. Pixel (y, x) of the map that is summed over and tap
 * (ky, kx) take pixel (step * y + tap * ky + first, ..) of `images` images height x width; outside it is +0. A tap's
 * pixels lie `plane` floats from the last one's. */
typedef struct sep_cl_side {
    const sep_operand *pixels;
    int height, width, channels, step, tap, first;
    int64_t plane;
} sep_cl_side;

/* Per block of `block_rows` map rows and tap: sum[i][j] = chain over pixels of a_i * b_j; at sum + block * block_floats
 * + tap * a.channels * b.channels. The activation is applied to a. */
typedef struct sep_cl_outer {
    sep_cl_side a, b;
    int images, height, width, block_rows, blocks;
    int taps, kernel; /* tap t is (t / kernel, t % kernel) */
    const sep_operand *sum;
    int64_t block_floats;
    sep_activation activation;
    float slope;
} sep_cl_outer;

sep_status sep_cl_sum_outer(sep_cl *cl, const sep_cl_outer *outer) SEP_MUST_CHECK;

/* Whether so many columns take the narrow form of a program. */
bool sep_cl_is_narrow(int columns);
/* The tiles of a program, after it was begun. */
typedef struct sep_cl_tile {
    int rows, columns;
    size_t group;
} sep_cl_tile;
sep_cl_tile sep_cl_tile_of(const sep_cl *cl, sep_cl_program program);

#endif
