/* Depthwise convolution, all three passes: `generic` against naive loops that spell out the order of summation, every
 * other table against `generic`, bit for bit. */
#include "support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct layer {
    int images, height, width, channels, copies, kernel;
} layer;

static const layer layers[] = {
    {1, 1, 1, 1, 1, 1},
    {2, 7, 7, 16, 3, 3},
    {1, 5, 8, 17, 1, 3},
    {1, 9, 15, 31, 1, 7},
    {3, 7, 7, 33, 2, 3},
    {1, 3, 4, 8, 1, 7},
    {1, 6, 5, 20, 2, 5},
    {2, 4, 3, 5, 1, 2},
    {1, 2, 13, 96, 1, 7},
    {40, 7, 7, 4, 3, 3},
    {1, 5, 9, 3, 1, 9},
    {1, 30, 29, 9, 1, 7},
    {1, 4, 6, 24, 1, 4},
    {1, 3, 11, 48, 3, 1},
    /* whole vectors: images larger than what the kernels hold at one time, narrow ones, several blocks of rows */
    {1, 40, 61, 16, 1, 7},
    {2, 30, 29, 16, 1, 7},
    {5, 7, 7, 32, 2, 7},
    {2, 15, 14, 24, 1, 7},
    {2, 9, 33, 32, 2, 3},
    {3, 2, 3, 16, 1, 7},
    {40, 7, 7, 16, 1, 3},
    {1, 50, 8, 16, 1, 3},
};

static float value(const support_array *a, int n, int y, int x, int c)
{
    const int *d = a->shape.dim;

    if (y < 0 || y >= d[1] || x < 0 || x >= d[2])
        return 0.0f;
    return a->f32[((((int64_t)n * d[1]) + y) * d[2] + x) * d[3] + c];
}

static float weight(const layer *l, const support_array *w, int ky, int kx, int j)
{
    return w->f32[((int64_t)ky * l->kernel + kx) * l->channels * l->copies + j];
}

static float naive_forward(const layer *l, const support_case *c, int n, int y, int x, int j)
{
    float acc = c->inputs > 2 ? c->input[2].f32[j] : 0.0f;
    int padding = l->kernel / 2;

    for (int ky = 0; ky < l->kernel; ky++)
        for (int kx = 0; kx < l->kernel; kx++)
            acc = fmaf(value(&c->input[0], n, y + ky - padding, x + kx - padding, j % l->channels),
                       weight(l, &c->input[1], ky, kx, j), acc);
    return acc;
}

static float naive_dx(const layer *l, const support_case *c, int n, int y, int x, int channel)
{
    int padding = l->kernel / 2;
    float acc = 0.0f;

    for (int m = 0; m < l->copies; m++)
        for (int ky = 0; ky < l->kernel; ky++)
            for (int kx = 0; kx < l->kernel; kx++) {
                int j = m * l->channels + channel;

                acc = fmaf(value(&c->input[0], n, y + padding - ky, x + padding - kx, j),
                           weight(l, &c->input[1], ky, kx, j), acc);
            }
    return acc;
}

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

static float naive_dw(const layer *l, const support_case *c, int ky, int kx, int j)
{
    int rows = l->images * l->height, padding = l->kernel / 2;
    int block = sep_image_block_rows(rows, l->width, sep_shape_count(&c->output)), blocks = (rows + block - 1) / block;
    float *partial = calloc((size_t)blocks, sizeof(float)), sum;

    assert_non_null(partial);
    for (int r = 0; r < rows; r++)
        for (int x = 0; x < l->width; x++) {
            int n = r / l->height, y = r % l->height;

            partial[r / block] = fmaf(value(&c->input[0], n, y + ky - padding, x + kx - padding, j % l->channels),
                                      value(&c->input[1], n, y, x, j), partial[r / block]);
        }
    sum = tree_sum(partial, blocks);
    free(partial);
    return sum;
}

static float naive_element(const layer *l, const support_case *c, const int *index)
{
    if (c->op == SEP_OP_DEPTHWISE)
        return naive_forward(l, c, index[0], index[1], index[2], index[3]);
    if (c->op == SEP_OP_DEPTHWISE_DX)
        return naive_dx(l, c, index[0], index[1], index[2], index[3]);
    return naive_dw(l, c, index[0], index[1], index[2] * l->channels * l->copies + index[3]);
}

/* dw has rank 3: [k, k, M*C]; an axis of 1 before its channels makes it four. */
static void check_against_naive(const layer *l, const support_case *c)
{
    support_result got = support_run_generic(c);
    const int *d = c->output.dim;
    int bound[4] = {d[0], d[1], c->output.rank == 4 ? d[2] : 1, c->output.rank == 4 ? d[3] : d[2]}, index[4];
    int64_t element = 0;

    for (index[0] = 0; index[0] < bound[0]; index[0]++)
        for (index[1] = 0; index[1] < bound[1]; index[1]++)
            for (index[2] = 0; index[2] < bound[2]; index[2]++)
                for (index[3] = 0; index[3] < bound[3]; index[3]++) {
                    float wanted = naive_element(l, c, index);

                    if (memcmp(&wanted, &got.output.f32[element], sizeof wanted) != 0)
                        fail_msg("%s, element %d %d %d %d: %.9g, expected %.9g", sep_op_name(c->op), index[0], index[1],
                                 index[2], index[3], (double)got.output.f32[element], (double)wanted);
                    element++;
                }
    support_result_free(&got);
}

typedef support_array make_array(sep_shape shape, uint32_t seed);

static support_case make_case(sep_op op, const layer *l, bool bias, make_array *make)
{
    int all = l->channels * l->copies;
    sep_shape x = SEP_SHAPE(l->images, l->height, l->width, l->channels), w = SEP_SHAPE(l->kernel, l->kernel, all);
    sep_shape y = SEP_SHAPE(l->images, l->height, l->width, all);
    support_case c = {.op = op, .inputs = 2, .attributes = {.kernel = l->kernel}};

    c.input[0] = make(op == SEP_OP_DEPTHWISE_DX ? y : x, 1);
    c.input[1] = make(op == SEP_OP_DEPTHWISE_DW ? y : w, 2);
    if (op == SEP_OP_DEPTHWISE && bias)
        c.input[c.inputs++] = make(SEP_SHAPE(all), 3);
    c.output = op == SEP_OP_DEPTHWISE ? y : op == SEP_OP_DEPTHWISE_DX ? x : w;
    return c;
}

static void check_layers(sep_op op)
{
    for (size_t i = 0; i < sizeof layers / sizeof layers[0]; i++)
        for (int integers = 0; integers < 2; integers++) {
            support_case c = make_case(op, &layers[i], integers, integers ? support_integers : support_random);

            check_against_naive(&layers[i], &c);
            support_check_tables(&c);
            support_case_free(&c);
        }
}

static void test_forward(void **state)
{
    (void)state;
    check_layers(SEP_OP_DEPTHWISE);
}

static void test_data_gradient(void **state)
{
    (void)state;
    check_layers(SEP_OP_DEPTHWISE_DX);
}

static void test_weight_gradient(void **state)
{
    (void)state;
    check_layers(SEP_OP_DEPTHWISE_DW);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_forward),
        cmocka_unit_test(test_data_gradient),
        cmocka_unit_test(test_weight_gradient),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
