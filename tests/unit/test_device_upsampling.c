/* Upsampling: every table against generic; values against double; each gradient against its forward as the adjoint. */
#include "support.h"

#include <math.h>

static const int shapes[][4] = {{1, 1, 1, 1},  {1, 2, 3, 2},  {2, 1, 5, 16},
                                {2, 7, 4, 17}, {1, 3, 16, 5}, {1, 13, 2, 40}};

#define COUNT(array) ((int)(sizeof(array) / sizeof(array)[0]))

static support_case upsampling(sep_op op, int factor, const int *s)
{
    support_case c = {.op = op, .inputs = 1, .output = SEP_SHAPE(s[0], factor * s[1], factor * s[2], s[3])};

    c.input[0] = support_random(SEP_SHAPE(s[0], s[1], s[2], s[3]), 1);
    return c;
}

static double at(const support_array *x, int n, int row, int column, int channel)
{
    const int *d = x->shape.dim;

    return (double)x->f32[((n * d[1] + row) * d[2] + column) * d[3] + channel];
}

/* Linear interpolation at `source` along an axis of `inputs`. */
static void weights(double source, int inputs, int *low, int *high, double *fraction)
{
    *low = (int)source < inputs - 1 ? (int)source : inputs - 1;
    *high = *low + 1 < inputs ? *low + 1 : *low;
    *fraction = source - *low;
}

static double bilinear(const support_array *x, int factor, int n, int oy, int ox, int channel)
{
    int height = x->shape.dim[1], width = x->shape.dim[2], y0, y1, x0, x1;
    double fx, fy;

    weights(oy * (height - 1.0) / (factor * height - 1.0), height, &y0, &y1, &fy);
    weights(ox * (width - 1.0) / (factor * width - 1.0), width, &x0, &x1, &fx);
    return (1.0 - fy) * ((1.0 - fx) * at(x, n, y0, x0, channel) + fx * at(x, n, y0, x1, channel)) +
           fy * ((1.0 - fx) * at(x, n, y1, x0, channel) + fx * at(x, n, y1, x1, channel));
}

static double nearest(const support_array *x, int factor, int n, int oy, int ox, int channel)
{
    return at(x, n, oy / factor, ox / factor, channel);
}

static void check_values(sep_op op, int factor, double (*wanted)(const support_array *, int, int, int, int, int))
{
    for (int s = 0; s < COUNT(shapes); s++) {
        support_case c = upsampling(op, factor, shapes[s]);
        support_result r = support_run_generic(&c);
        const int *d = c.output.dim;

        support_check_tables(&c);
        for (int i = 0; i < (int)support_count(&r.output); i++) {
            double value =
                wanted(&c.input[0], factor, i / d[3] / d[2] / d[1], i / d[3] / d[2] % d[1], i / d[3] % d[2], i % d[3]);

            if (fabs((double)r.output.f32[i] - value) > 3e-6)
                fail_msg("element %d is %.9g, expected %.9g", i, (double)r.output.f32[i], value);
        }
        support_result_free(&r);
        support_case_free(&c);
    }
}

static double dot(const support_array *a, const support_array *b)
{
    double sum = 0.0;

    for (int64_t i = 0; i < support_count(a); i++)
        sum += (double)a->f32[i] * (double)b->f32[i];
    return sum;
}

/* <upsample(x), dy> = <x, gradient(dy)> for all x and dy. */
static void check_adjoint(sep_op forward, sep_op gradient, int factor)
{
    for (int s = 0; s < COUNT(shapes); s++) {
        support_case c = upsampling(forward, factor, shapes[s]);
        support_case g = {.op = gradient, .inputs = 1, .output = c.input[0].shape};

        g.input[0] = support_random(c.output, 2);
        support_check_tables(&g);

        support_result y = support_run_generic(&c), dx = support_run_generic(&g);
        assert_true(fabs(dot(&y.output, &g.input[0]) - dot(&c.input[0], &dx.output)) < 1e-4);
        support_result_free(&y);
        support_result_free(&dx);
        support_case_free(&c);
        support_case_free(&g);
    }
}

static void bilinear_values(void **state)
{
    (void)state;
    for (int factor = 2; factor <= 4; factor++)
        check_values(SEP_OP_UPSAMPLE_BILINEAR, factor, bilinear);
}

/* Channels of a wider tensor, and an output too large for the caches. */
static void bilinear_beside_other_channels(void **state)
{
    (void)state;
    for (int s = 0; s < COUNT(shapes); s++) {
        support_case c = upsampling(SEP_OP_UPSAMPLE_BILINEAR, 2 + s % 3, shapes[s]);
        support_case g = {.op = SEP_OP_UPSAMPLE_BILINEAR_DX, .inputs = 1, .output = c.input[0].shape};

        g.input[0] = support_random(c.output, 2);
        c.output_gap = g.input_gap[0] = 5 + s;
        support_check_tables(&c);
        support_check_tables(&g);
        support_case_free(&c);
        support_case_free(&g);
    }
    support_case large = upsampling(SEP_OP_UPSAMPLE_BILINEAR, 2, (const int[]){1, 100, 90, 32});
    support_check_tables(&large);
    large.output_gap = 16;
    support_check_tables(&large);
    support_case_free(&large);
}

static void nearest_values(void **state)
{
    (void)state;
    check_values(SEP_OP_UPSAMPLE_NEAREST, 2, nearest);
}

static void gradients_are_adjoint(void **state)
{
    (void)state;
    for (int factor = 2; factor <= 4; factor++)
        check_adjoint(SEP_OP_UPSAMPLE_BILINEAR, SEP_OP_UPSAMPLE_BILINEAR_DX, factor);
    check_adjoint(SEP_OP_UPSAMPLE_NEAREST, SEP_OP_UPSAMPLE_NEAREST_DX, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bilinear_values),
        cmocka_unit_test(bilinear_beside_other_channels),
        cmocka_unit_test(nearest_values),
        cmocka_unit_test(gradients_are_adjoint),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
