/* Group normalisation: every table against generic; output and gradient against double. */
#include "support.h"

#include <math.h>
#include <stdlib.h>

#define EPSILON 1e-6f

static const struct {
    int samples, height, width, channels, groups;
} shapes[] = {{1, 1, 2, 4, 2}, {3, 5, 3, 6, 3}, {2, 19, 17, 12, 4}, {1, 33, 24, 34, 2}, {5, 3, 3, 32, 32}};

#define COUNT(array) ((int)(sizeof(array) / sizeof(array)[0]))

/* All operations of one norm with ReLU behind it, on the same numbers. */
static support_case group_norm(sep_op op, int i)
{
    int n = shapes[i].samples, channels = shapes[i].channels;
    sep_shape map = SEP_SHAPE(n, shapes[i].height, shapes[i].width, channels);
    support_case c = {.op = op,
                      .attributes = {.epsilon = EPSILON, .groups = shapes[i].groups, .activation = SEP_RELU},
                      .inputs = op == SEP_OP_GROUP_STATS    ? 1
                                : op == SEP_OP_GROUP_APPLY  ? 4
                                : op == SEP_OP_GROUP_REDUCE ? 5
                                                            : 6,
                      .output = op == SEP_OP_GROUP_APPLY || op == SEP_OP_GROUP_DX ? map : SEP_SHAPE(n, 2, channels)};

    c.input[0] = support_random(map, 1);
    return c;
}

/* The result of an operation as the input of another. */
static support_array result_of(const support_case *c)
{
    support_result r = support_run_generic(c);
    support_array copy = support_copy(r.output.f32, r.output.shape);

    support_result_free(&r);
    return copy;
}

static support_case with_operands(sep_op op, int i)
{
    support_case stats = group_norm(SEP_OP_GROUP_STATS, i), c = group_norm(op, i);
    sep_shape row = SEP_SHAPE(shapes[i].channels);

    c.input[1] = result_of(&stats);
    c.input[2] = support_random(row, 2);
    c.input[3] = support_random(row, 3);
    if (c.inputs > 4)
        c.input[4] = support_random(c.input[0].shape, 4);
    if (c.inputs > 5) {
        support_case reduce = with_operands(SEP_OP_GROUP_REDUCE, i);
        c.input[5] = result_of(&reduce);
        support_case_free(&reduce);
    }
    support_case_free(&stats);
    return c;
}

/* Elements of sample n and group g, in turn: the flat index of number k. */
static int64_t element(int i, int n, int g, int k)
{
    int size = shapes[i].channels / shapes[i].groups;
    int64_t pixel = (int64_t)n * shapes[i].height * shapes[i].width + k / size;

    return pixel * shapes[i].channels + g * size + k % size;
}

static int elements(int i)
{
    return shapes[i].height * shapes[i].width * shapes[i].channels / shapes[i].groups;
}

/* Mean and 1 / deviation of a group. */
static void moments(const support_case *c, int i, int n, int g, double *mean, double *rstd)
{
    double sum = 0.0, squares = 0.0;

    for (int k = 0; k < elements(i); k++)
        sum += (double)c->input[0].f32[element(i, n, g, k)];
    *mean = sum / elements(i);
    for (int k = 0; k < elements(i); k++)
        squares += pow((double)c->input[0].f32[element(i, n, g, k)] - *mean, 2.0);
    *rstd = 1.0 / sqrt(squares / elements(i) + (double)EPSILON);
}

/* y of a group, or dx where there is a dy. */
static void expect_group(const support_case *c, int i, int n, int g, double *wanted)
{
    double mean, rstd, e0 = 0.0, e1 = 0.0;

    moments(c, i, n, g, &mean, &rstd);
    for (int pass = 0; pass < 2; pass++)
        for (int k = 0; k < elements(i); k++) {
            int64_t at = element(i, n, g, k), channel = at % shapes[i].channels;
            double gamma = (double)c->input[2].f32[channel], xhat = ((double)c->input[0].f32[at] - mean) * rstd;
            double u = xhat * gamma + (double)c->input[3].f32[channel];
            double part = c->inputs > 4 && u > 0.0 ? gamma * (double)c->input[4].f32[at] : 0.0;

            if (pass == 0) {
                e0 += part / elements(i);
                e1 += part * xhat / elements(i);
            } else {
                wanted[at] = c->inputs > 4 ? rstd * (part - e0 - xhat * e1) : u > 0.0 ? u : 0.0;
            }
        }
}

static void check_values(sep_op op, int i)
{
    support_case c = with_operands(op, i);
    double *wanted = calloc((size_t)support_count(&c.input[0]), sizeof(double));
    support_result r = support_run_generic(&c);

    assert_non_null(wanted);
    for (int n = 0; n < shapes[i].samples; n++)
        for (int g = 0; g < shapes[i].groups; g++)
            expect_group(&c, i, n, g, wanted);
    support_assert_close(&r.output, wanted, 1e-4);
    support_result_free(&r);
    support_case_free(&c);
    free(wanted);
}

static void same_bits_on_every_table(void **state)
{
    static const sep_op ops[] = {SEP_OP_GROUP_APPLY, SEP_OP_GROUP_REDUCE, SEP_OP_GROUP_DX};

    (void)state;
    for (int i = 0; i < COUNT(shapes); i++) {
        support_case stats = group_norm(SEP_OP_GROUP_STATS, i);
        support_check_tables(&stats);
        support_case_free(&stats);
        for (int k = 0; k < COUNT(ops); k++) {
            support_case c = with_operands(ops[k], i);
            support_check_tables(&c);
            support_case_free(&c);
        }
    }
}

static void forward(void **state)
{
    (void)state;
    for (int i = 0; i < COUNT(shapes); i++)
        check_values(SEP_OP_GROUP_APPLY, i);
}

static void gradient(void **state)
{
    (void)state;
    for (int i = 1; i < COUNT(shapes); i++) /* the first has groups of four numbers, and a gradient that cancels */
        check_values(SEP_OP_GROUP_DX, i);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_bits_on_every_table),
        cmocka_unit_test(forward),
        cmocka_unit_test(gradient),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
