/* row_sum, mul_row_sum and squared_norm: every table against generic, and against double. */
#include "support.h"

#include <math.h>

static const int row_counts[] = {1, 2, 7, 255, 256, 257, 1031};
static const int channel_counts[] = {1, 3, 4, 15, 16, 17, 64, 71, 130};

#define COUNT(array) ((int)(sizeof(array) / sizeof(array)[0]))

/* sums over rows of a (times b) in double */
static void check_row_sums(const support_case *c)
{
    support_result r = support_run_generic(c);
    int channels = sep_shape_last(&c->input[0].shape);
    double wanted[256] = {0};

    for (int64_t i = 0; i < support_count(&c->input[0]); i++)
        wanted[i % channels] += (double)c->input[0].f32[i] * (c->inputs > 1 ? (double)c->input[1].f32[i] : 1.0);
    support_assert_close(&r.output, wanted, 1e-4);
    support_result_free(&r);
}

static void row_sums(void **state)
{
    (void)state;
    for (int i = 0; i < COUNT(row_counts); i++) {
        for (int j = 0; j < COUNT(channel_counts); j++) {
            sep_shape shape = SEP_SHAPE(row_counts[i], channel_counts[j]);
            support_case c = {.op = SEP_OP_ROW_SUM, .inputs = 1, .output = SEP_SHAPE(channel_counts[j])};

            c.input[0] = support_random(shape, 1);
            c.input[1] = support_random(shape, 2);
            support_check_tables(&c);
            check_row_sums(&c);
            c.op = SEP_OP_MUL_ROW_SUM;
            c.inputs = 2;
            support_check_tables(&c);
            check_row_sums(&c);
            support_case_free(&c);
        }
    }
}

static void whole_numbers_are_exact(void **state)
{
    support_case c = {.op = SEP_OP_MUL_ROW_SUM, .inputs = 2, .output = SEP_SHAPE(19)};

    (void)state;
    c.input[0] = support_integers(SEP_SHAPE(3, 5, 67, 19), 3);
    c.input[1] = support_integers(SEP_SHAPE(3, 5, 67, 19), 4);

    support_result r = support_run_generic(&c);
    double wanted[19] = {0};
    for (int64_t i = 0; i < support_count(&c.input[0]); i++)
        wanted[i % 19] += (double)c.input[0].f32[i] * (double)c.input[1].f32[i];
    support_assert_close(&r.output, wanted, 0.0);
    support_result_free(&r);
    support_case_free(&c);
}

static void squared_norms(void **state)
{
    static const int counts[] = {1, 2, 15, 16, 17, 63, 4095, 4096, 4097, 13001};

    (void)state;
    for (int i = 0; i < COUNT(counts); i++) {
        support_case c = {.op = SEP_OP_SQUARED_NORM, .inputs = 1, .output = SEP_SHAPE(1)};
        double wanted = 0.0;

        c.input[0] = support_random(SEP_SHAPE(counts[i]), 5);
        support_check_tables(&c);
        for (int j = 0; j < counts[i]; j++)
            wanted += (double)c.input[0].f32[j] * (double)c.input[0].f32[j];

        support_result r = support_run_generic(&c);
        support_assert_close(&r.output, &wanted, 1e-6);
        support_result_free(&r);
        support_case_free(&c);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(row_sums),
        cmocka_unit_test(whole_numbers_are_exact),
        cmocka_unit_test(squared_norms),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
