/* Softmax, its logarithm, their gradients and argmax: every table against generic, and against double. */
#include "support.h"

#include <math.h>
#include <stdlib.h>

static const struct {
    int rows, channels;
} shapes[] = {{1, 1}, {1, 2}, {37, 2}, {1031, 4}, {4099, 9}, {65, 15}, {33, 16}, {17, 17}, {9, 49}, {5, 130}};

#define COUNT(array) ((int)(sizeof(array) / sizeof(array)[0]))

/* Row functions in double: a and b are rows of the inputs. */
typedef void row_formula(const double *a, const double *b, int channels, double *out);

static void softmax_row(const double *x, const double *unused, int channels, double *p)
{
    double sum = 0.0;

    (void)unused;
    for (int c = 0; c < channels; c++)
        sum += exp(x[c]);
    for (int c = 0; c < channels; c++)
        p[c] = exp(x[c]) / sum;
}

static void log_softmax_row(const double *x, const double *unused, int channels, double *y)
{
    softmax_row(x, unused, channels, y);
    for (int c = 0; c < channels; c++)
        y[c] = log(y[c]);
}

static void softmax_dx_row(const double *p, const double *dp, int channels, double *dx)
{
    double sum = 0.0;

    for (int c = 0; c < channels; c++)
        sum += p[c] * dp[c];
    for (int c = 0; c < channels; c++)
        dx[c] = p[c] * (dp[c] - sum);
}

static void log_softmax_dx_row(const double *y, const double *dy, int channels, double *dx)
{
    double sum = 0.0;

    for (int c = 0; c < channels; c++)
        sum += dy[c];
    for (int c = 0; c < channels; c++)
        dx[c] = dy[c] - exp(y[c]) * sum;
}

static void check(sep_op op, int inputs, row_formula *formula)
{
    for (int s = 0; s < COUNT(shapes); s++) {
        int channels = shapes[s].channels;
        support_case c = {.op = op, .inputs = inputs, .output = SEP_SHAPE(shapes[s].rows, channels)};
        double *wanted = calloc((size_t)(shapes[s].rows * channels), sizeof(double)), a[130], b[130];

        assert_non_null(wanted);
        c.input[0] = support_random_between(c.output, 1, -6.0f, 0.0f);
        c.input[1] = support_random(c.output, 2);
        for (int r = 0; r < shapes[s].rows; r++) {
            for (int i = 0; i < channels; i++) {
                a[i] = (double)c.input[0].f32[r * channels + i];
                b[i] = (double)c.input[1].f32[r * channels + i];
            }
            formula(a, b, channels, wanted + r * channels);
        }
        support_check_tables(&c);

        support_result r = support_run_generic(&c);
        support_assert_close(&r.output, wanted, 2e-5);
        support_result_free(&r);
        support_case_free(&c);
        free(wanted);
    }
}

static void softmax(void **state)
{
    (void)state;
    check(SEP_OP_SOFTMAX, 1, softmax_row);
    check(SEP_OP_SOFTMAX_DX, 2, softmax_dx_row);
}

static void log_softmax(void **state)
{
    (void)state;
    check(SEP_OP_LOG_SOFTMAX, 1, log_softmax_row);
    check(SEP_OP_LOG_SOFTMAX_DX, 2, log_softmax_dx_row);
}

static void extreme_logits_stay_finite(void **state)
{
    const float logits[] = {1000.0f, -1000.0f, 999.0f, -1e30f, 0.0f, 1e30f};
    support_case c = {.op = SEP_OP_SOFTMAX, .inputs = 1, .output = SEP_SHAPE(2, 3)};

    (void)state;
    c.input[0] = support_copy(logits, c.output);
    support_check_tables(&c);
    support_result r = support_run_generic(&c);
    for (int i = 0; i < 6; i++)
        assert_true(r.output.f32[i] >= 0.0f && r.output.f32[i] <= 1.0f);
    support_result_free(&r);
    support_case_free(&c);
}

/* Sums start from +0, so a row of -0 has the sum +0, and -0 - +0 stays -0. */
static void zeros_keep_their_sign(void **state)
{
    (void)state;
    for (int channels = 1; channels <= 33; channels++) {
        support_case c = {.op = SEP_OP_SOFTMAX_DX, .inputs = 2, .output = SEP_SHAPE(3, channels)};

        c.input[0] = support_random_between(c.output, 1, 0.0f, 1.0f);
        c.input[1] = support_array_create(c.output, SEP_F32);
        for (int i = 0; i < 3 * channels; i++)
            c.input[1].f32[i] = -0.0f;
        support_check_tables(&c);
        c.op = SEP_OP_LOG_SOFTMAX_DX;
        support_check_tables(&c);
        support_result r = support_run_generic(&c);
        assert_true(signbit(r.output.f32[0]));
        support_result_free(&r);
        support_case_free(&c);
    }
}

static void argmax_takes_the_first(void **state)
{
    (void)state;
    for (int s = 0; s < COUNT(shapes); s++) {
        int channels = shapes[s].channels;
        support_case c = {
            .op = SEP_OP_ARGMAX, .inputs = 1, .output = SEP_SHAPE(shapes[s].rows), .output_dtype = SEP_I32};

        c.input[0] = support_integers(SEP_SHAPE(shapes[s].rows, channels), 3);
        support_check_tables(&c);

        support_result r = support_run_generic(&c);
        for (int row = 0; row < shapes[s].rows; row++) {
            const float *x = c.input[0].f32 + row * channels;
            int best = 0;

            for (int i = 1; i < channels; i++)
                best = x[i] > x[best] ? i : best;
            assert_int_equal(r.output.i32[row], best);
        }
        support_result_free(&r);
        support_case_free(&c);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(softmax),
        cmocka_unit_test(log_softmax),
        cmocka_unit_test(extreme_logits_stay_finite),
        cmocka_unit_test(zeros_keep_their_sign),
        cmocka_unit_test(argmax_takes_the_first),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
