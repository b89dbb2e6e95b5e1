/* Convolution by the direct algorithm (test_device_winograd.c has the other) and transposed convolution, all three
 * passes: `generic` against naive loops that spell out the order of summation, every other table against `generic`, bit
 * for bit. */
#include "support.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct layer {
    int images, height, width, in, out, kernel, stride, padding;
} layer;

/* 1, primes, tails on either side of a vector's width, strides that divide nothing, kernels beyond the image,
 * channels that need several bands or several pieces of the weights. */
static const layer layers[] = {
    {1, 1, 1, 1, 1, 1, 1, 0},     {2, 5, 7, 1, 16, 3, 1, 1},  {1, 6, 6, 16, 4, 3, 1, 1},  {2, 7, 7, 17, 33, 3, 1, 1},
    {1, 9, 11, 3, 15, 3, 2, 1},   {1, 8, 8, 3, 9, 4, 4, 0},   {2, 9, 10, 5, 47, 4, 4, 0}, {1, 13, 5, 31, 48, 7, 1, 3},
    {1, 3, 2, 4, 3, 7, 1, 3},     {1, 10, 7, 8, 20, 2, 2, 0}, {1, 7, 9, 6, 65, 3, 4, 2},  {1, 5, 5, 3, 7, 2, 1, 1},
    {3, 16, 29, 12, 32, 3, 1, 1}, {1, 4, 6, 64, 96, 1, 1, 0}, {2, 8, 8, 13, 16, 1, 2, 0}, {1, 4, 4, 70, 129, 3, 1, 1},
    {1, 3, 31, 2, 24, 3, 1, 0},   {2, 40, 23, 7, 8, 3, 1, 1}, {1, 6, 5, 2, 5, 3, 3, 4},   {1, 16, 16, 300, 3, 3, 1, 1},
    {1, 2, 2, 700, 40, 3, 1, 1},
};
static const layer transposed_layers[] = {
    {1, 1, 1, 1, 1, 2, 2, 0},    {2, 5, 7, 17, 9, 2, 2, 0}, {1, 7, 3, 33, 16, 2, 2, 0}, {1, 4, 4, 3, 31, 4, 4, 0},
    {2, 13, 20, 8, 32, 2, 2, 0}, {1, 3, 5, 5, 2, 3, 3, 0},  {1, 2, 2, 4, 6, 1, 1, 0},
};
#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static int out_size(const layer *l, int size)
{
    return (size + 2 * l->padding - l->kernel) / l->stride + 1;
}

/* ---- naive passes ------------------------------------------------------------------------------------------------ */

static int64_t at4(const sep_shape *s, int a, int b, int c, int d)
{
    return (((int64_t)a * s->dim[1] + b) * s->dim[2] + c) * s->dim[3] + d;
}

/* A pixel's channel, +0 outside the image. */
static float pixel(const support_array *x, int n, int y, int xx, int c)
{
    if (y < 0 || y >= x->shape.dim[1] || xx < 0 || xx >= x->shape.dim[2])
        return 0.0f;
    return x->f32[at4(&x->shape, n, y, xx, c)];
}

static float naive_forward(const layer *l, const support_case *c, int n, int p, int q, int o)
{
    const support_array *w = &c->input[1];
    float acc = c->inputs > 2 ? c->input[2].f32[o] : 0.0f;

    for (int ky = 0; ky < l->kernel; ky++)
        for (int kx = 0; kx < l->kernel; kx++)
            for (int i = 0; i < l->in; i++)
                acc = fmaf(pixel(&c->input[0], n, p * l->stride + ky - l->padding, q * l->stride + kx - l->padding, i),
                           w->f32[at4(&w->shape, ky, kx, i, o)], acc);
    return acc;
}

static float naive_dx(const layer *l, const support_case *c, int n, int h, int x, int i)
{
    const support_array *w = &c->input[1];
    float acc = 0.0f;

    for (int ky = 0; ky < l->kernel; ky++)
        for (int kx = 0; kx < l->kernel; kx++) {
            int y = h + l->padding - ky, z = x + l->padding - kx;

            if (y % l->stride != 0 || z % l->stride != 0)
                continue;
            for (int o = 0; o < l->out; o++)
                acc = fmaf(pixel(&c->input[0], n, y / l->stride, z / l->stride, o),
                           w->f32[at4(&w->shape, ky, kx, i, o)], acc);
        }
    return acc;
}

/* Joins count floats by the tree of operation.h. */
static float tree_sum(float *b, int count)
{
    for (; count > 1; count = (count + 1) / 2) {
        for (int i = 0; i < count / 2; i++)
            b[i] = b[2 * i] + b[2 * i + 1];
        if (count % 2 == 1)
            b[count / 2] = b[count - 1];
    }
    return b[0];
}

/* `rows` image rows of `width` pixels in blocks; x and dy give the factors of a product. */
typedef float factor(const layer *l, const support_array *a, int n, int y, int x, const int *index);

static float naive_dw(const layer *l, const support_case *c, int height, int width, factor *x, factor *dy,
                      const int *index)
{
    int rows = c->input[0].shape.dim[0] * height;
    int block = sep_image_block_rows(rows, width, sep_shape_count(&c->output)), blocks = (rows + block - 1) / block;
    float *partial = calloc((size_t)blocks, sizeof(float)), sum;

    assert_non_null(partial);
    for (int r = 0; r < rows; r++)
        for (int q = 0; q < width; q++)
            partial[r / block] = fmaf(x(l, &c->input[0], r / height, r % height, q, index),
                                      dy(l, &c->input[1], r / height, r % height, q, index), partial[r / block]);
    sum = tree_sum(partial, blocks);
    free(partial);
    return sum;
}

static float plain_x(const layer *l, const support_array *a, int n, int y, int x, const int *index)
{
    return pixel(a, n, y * l->stride + index[0] - l->padding, x * l->stride + index[1] - l->padding, index[2]);
}

static float plain_dy(const layer *l, const support_array *a, int n, int y, int x, const int *index)
{
    (void)l;
    return pixel(a, n, y, x, index[3]);
}

static float transposed_x(const layer *l, const support_array *a, int n, int y, int x, const int *index)
{
    (void)l;
    return pixel(a, n, y, x, index[2]);
}

static float transposed_dy(const layer *l, const support_array *a, int n, int y, int x, const int *index)
{
    return pixel(a, n, y * l->stride + index[0], x * l->stride + index[1], index[3]);
}

static float naive_transposed(const layer *l, const support_case *c, int n, int y, int x, int o)
{
    const support_array *w = &c->input[1];
    float acc = c->inputs > 2 ? c->input[2].f32[o] : 0.0f;

    for (int i = 0; i < l->in; i++)
        acc = fmaf(pixel(&c->input[0], n, y / l->stride, x / l->stride, i),
                   w->f32[at4(&w->shape, y % l->stride, x % l->stride, i, o)], acc);
    return acc;
}

static float naive_transposed_dx(const layer *l, const support_case *c, int n, int h, int x, int i)
{
    const support_array *w = &c->input[1];
    float acc = 0.0f;

    for (int ky = 0; ky < l->kernel; ky++)
        for (int kx = 0; kx < l->kernel; kx++)
            for (int o = 0; o < l->out; o++)
                acc = fmaf(pixel(&c->input[0], n, h * l->stride + ky, x * l->stride + kx, o),
                           w->f32[at4(&w->shape, ky, kx, i, o)], acc);
    return acc;
}

static float naive_element(const layer *l, const support_case *c, const int *index)
{
    const sep_shape *first = &c->input[0].shape, *second = &c->input[1].shape;

    switch (c->op) {
    case SEP_OP_CONV2D:
        return naive_forward(l, c, index[0], index[1], index[2], index[3]);
    case SEP_OP_CONV2D_DX:
        return naive_dx(l, c, index[0], index[1], index[2], index[3]);
    case SEP_OP_CONV2D_DW:
        return naive_dw(l, c, second->dim[1], second->dim[2], plain_x, plain_dy, index);
    case SEP_OP_CONV_TRANSPOSE2D:
        return naive_transposed(l, c, index[0], index[1], index[2], index[3]);
    case SEP_OP_CONV_TRANSPOSE2D_DX:
        return naive_transposed_dx(l, c, index[0], index[1], index[2], index[3]);
    default:
        return naive_dw(l, c, first->dim[1], first->dim[2], transposed_x, transposed_dy, index);
    }
}

/* ---- cases ------------------------------------------------------------------------------------------------------- */

typedef support_array make_array(sep_shape shape, uint32_t seed);

static support_case make_case(sep_op op, const layer *l, bool bias, make_array *make)
{
    bool transposed = op >= SEP_OP_CONV_TRANSPOSE2D;
    int down_height = transposed ? l->height * l->stride : out_size(l, l->height);
    int down_width = transposed ? l->width * l->stride : out_size(l, l->width);
    sep_shape x = SEP_SHAPE(l->images, l->height, l->width, l->in),
              y = SEP_SHAPE(l->images, down_height, down_width, l->out);
    sep_shape w = SEP_SHAPE(l->kernel, l->kernel, l->in, l->out);
    bool forward = op == SEP_OP_CONV2D || op == SEP_OP_CONV_TRANSPOSE2D;
    bool dx = op == SEP_OP_CONV2D_DX || op == SEP_OP_CONV_TRANSPOSE2D_DX;
    support_case c = {.op = op, .inputs = 2};

    c.attributes =
        (sep_attributes){.kernel = l->kernel, .stride = l->stride, .padding = l->padding, .algorithm = SEP_DIRECT};
    c.input[0] = make(dx ? y : x, 1);
    c.input[1] = make(forward || dx ? w : y, 2);
    if (forward && bias)
        c.input[c.inputs++] = make(SEP_SHAPE(l->out), 3);
    c.output = forward ? y : dx ? x : w;
    return c;
}

static void check_against_naive(const layer *l, const support_case *c)
{
    support_result got = support_run_generic(c);
    int64_t element = 0;
    int index[4];

    for (index[0] = 0; index[0] < c->output.dim[0]; index[0]++)
        for (index[1] = 0; index[1] < c->output.dim[1]; index[1]++)
            for (index[2] = 0; index[2] < c->output.dim[2]; index[2]++)
                for (index[3] = 0; index[3] < c->output.dim[3]; index[3]++) {
                    float wanted = naive_element(l, c, index);

                    if (memcmp(&wanted, &got.output.f32[element], sizeof wanted) != 0)
                        fail_msg("%s, element %d %d %d %d: %.9g, expected %.9g", sep_op_name(c->op), index[0], index[1],
                                 index[2], index[3], (double)got.output.f32[element], (double)wanted);
                    element++;
                }
    support_result_free(&got);
}

static void check_layer(sep_op op, const layer *l)
{
    static make_array *const makes[] = {support_random, support_integers};

    for (size_t m = 0; m < COUNT(makes); m++) {
        support_case c = make_case(op, l, m == 0, makes[m]);

        check_against_naive(l, &c);
        support_check_tables(&c);
        support_case_free(&c);
    }
}

static void check_layers(sep_op op, const layer *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        check_layer(op, &list[i]);
}

static void test_forward(void **state)
{
    (void)state;
    check_layers(SEP_OP_CONV2D, layers, COUNT(layers));
}

static void test_data_gradient(void **state)
{
    (void)state;
    check_layers(SEP_OP_CONV2D_DX, layers, COUNT(layers));
}

static void test_weight_gradient(void **state)
{
    (void)state;
    check_layers(SEP_OP_CONV2D_DW, layers, COUNT(layers));
}

static void test_transposed_forward(void **state)
{
    (void)state;
    check_layers(SEP_OP_CONV_TRANSPOSE2D, transposed_layers, COUNT(transposed_layers));
}

static void test_transposed_data_gradient(void **state)
{
    (void)state;
    check_layers(SEP_OP_CONV_TRANSPOSE2D_DX, transposed_layers, COUNT(transposed_layers));
}

static void test_transposed_weight_gradient(void **state)
{
    (void)state;
    check_layers(SEP_OP_CONV_TRANSPOSE2D_DW, transposed_layers, COUNT(transposed_layers));
}

/* Taps outside the image are products with +0, not left out: an infinite weight makes NaN of them. */
static void test_outside_takes_part(void **state)
{
    support_case c = make_case(SEP_OP_CONV2D, &(layer){1, 3, 3, 1, 1, 3, 1, 1}, false, support_random);
    support_result got;

    (void)state;
    c.input[1].f32[0] = INFINITY;
    got = support_run_generic(&c);
    assert_true(got.output.f32[0] != got.output.f32[0]);
    assert_true(got.output.f32[4] == got.output.f32[4]);
    support_result_free(&got);
    support_check_tables(&c);
    support_case_free(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_forward),
        cmocka_unit_test(test_data_gradient),
        cmocka_unit_test(test_weight_gradient),
        cmocka_unit_test(test_transposed_forward),
        cmocka_unit_test(test_transposed_data_gradient),
        cmocka_unit_test(test_transposed_weight_gradient),
        cmocka_unit_test(test_outside_takes_part),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
