/* Layer normalisation: every table against generic; output and gradients against double. */
#include "support.h"

#include <math.h>
#include <stdlib.h>

#define EPSILON 1e-5f

static const struct {
    int rows, channels, groups;
} shapes[] = {{1, 1, 1},   {3, 2, 1},    {6, 5, 3},    {35, 15, 1}, {14, 16, 7},
              {33, 17, 3}, {530, 31, 1}, {780, 48, 3}, {50, 96, 1}, {7, 331, 1}};

#define COUNT(array) ((int)(sizeof(array) / sizeof(array)[0]))

static support_case layer_norm(sep_op op, int rows, int channels, int groups)
{
    sep_shape affine = groups > 1 ? SEP_SHAPE(groups, channels) : SEP_SHAPE(channels);
    support_case c = {.op = op, .attributes.epsilon = EPSILON, .inputs = 3, .output = SEP_SHAPE(rows, channels)};

    c.input[0] = support_random(SEP_SHAPE(rows, channels), 1);
    c.input[1] = support_random(affine, 2);
    c.input[2] = op == SEP_OP_LAYER_NORM ? support_random(affine, 3) : support_random(SEP_SHAPE(rows, channels), 4);
    if (op == SEP_OP_LAYER_NORM_DPARAM)
        c.output = SEP_SHAPE(2, groups, channels);
    return c;
}

/* xhat in double. */
static double *normalised(const support_array *x, int rows, int channels, double *rstd)
{
    double *xhat = calloc((size_t)(rows * channels), sizeof(double));

    assert_non_null(xhat);
    for (int r = 0; r < rows; r++) {
        const float *row = x->f32 + r * channels;
        double mean = 0.0, variance = 0.0;

        for (int c = 0; c < channels; c++)
            mean += (double)row[c] / channels;
        for (int c = 0; c < channels; c++)
            variance += pow((double)row[c] - mean, 2.0) / channels;
        rstd[r] = 1.0 / sqrt(variance + (double)EPSILON);
        for (int c = 0; c < channels; c++)
            xhat[r * channels + c] = ((double)row[c] - mean) * rstd[r];
    }
    return xhat;
}

static void expect_forward(const support_case *c, const double *xhat, int groups, int channels, double *wanted)
{
    for (int64_t i = 0; i < support_count(&c->input[0]); i++) {
        int64_t a = i / channels % groups * channels + i % channels;

        wanted[i] = xhat[i] * (double)c->input[1].f32[a] + (double)c->input[2].f32[a];
    }
}

static void expect_dx(const support_case *c, const double *xhat, const double *rstd, int groups, int channels,
                      double *wanted)
{
    for (int64_t r = 0; r < sep_shape_rows(&c->input[0].shape); r++) {
        const float *dy = c->input[2].f32 + r * channels, *gamma = c->input[1].f32 + r % groups * channels;
        double mean_g = 0.0, mean_g_xhat = 0.0;

        for (int i = 0; i < channels; i++) {
            mean_g += (double)dy[i] * (double)gamma[i] / channels;
            mean_g_xhat += (double)dy[i] * (double)gamma[i] * xhat[r * channels + i] / channels;
        }
        for (int i = 0; i < channels; i++)
            wanted[r * channels + i] =
                rstd[r] * ((double)dy[i] * (double)gamma[i] - mean_g - xhat[r * channels + i] * mean_g_xhat);
    }
}

static void expect_dparam(const support_case *c, const double *xhat, int groups, int channels, double *wanted)
{
    for (int64_t i = 0; i < support_count(&c->input[0]); i++) {
        int64_t a = i / channels % groups * channels + i % channels;

        wanted[a] += (double)c->input[2].f32[i] * xhat[i];
        wanted[groups * channels + a] += (double)c->input[2].f32[i];
    }
}

static void check(sep_op op, int rows, int channels, int groups)
{
    support_case c = layer_norm(op, rows, channels, groups);
    double *rstd = calloc((size_t)rows, sizeof(double)), *xhat = normalised(&c.input[0], rows, channels, rstd);
    double *wanted = calloc((size_t)sep_shape_count(&c.output), sizeof(double));
    support_result r = support_run_generic(&c);

    assert_non_null(wanted);
    support_check_tables(&c);
    if (op == SEP_OP_LAYER_NORM)
        expect_forward(&c, xhat, groups, channels, wanted);
    else if (op == SEP_OP_LAYER_NORM_DX)
        expect_dx(&c, xhat, rstd, groups, channels, wanted);
    else
        expect_dparam(&c, xhat, groups, channels, wanted);
    support_assert_close(&r.output, wanted, channels < 3 ? 1e-3 : 2e-5);
    support_result_free(&r);
    support_case_free(&c);
    free(wanted);
    free(xhat);
    free(rstd);
}

static void forward(void **state)
{
    (void)state;
    for (int i = 0; i < COUNT(shapes); i++)
        check(SEP_OP_LAYER_NORM, shapes[i].rows, shapes[i].channels, shapes[i].groups);
}

static void gradient_of_x(void **state)
{
    (void)state;
    for (int i = 0; i < COUNT(shapes); i++)
        check(SEP_OP_LAYER_NORM_DX, shapes[i].rows, shapes[i].channels, shapes[i].groups);
}

static void gradient_of_parameters(void **state)
{
    (void)state;
    for (int i = 0; i < COUNT(shapes); i++)
        check(SEP_OP_LAYER_NORM_DPARAM, shapes[i].rows, shapes[i].channels, shapes[i].groups);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(forward),
        cmocka_unit_test(gradient_of_x),
        cmocka_unit_test(gradient_of_parameters),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
