/* Cross entropy, Dice and mean squared error with their gradients: every table against generic, and against double. */
#include "support.h"

#include <math.h>
#include <stdlib.h>

#define SMOOTH 1e-5f

static const struct {
    int rows, channels;
} shapes[] = {{1, 1}, {1, 2}, {15, 4}, {256, 4}, {1031, 4}, {2500, 9}, {70, 16}, {300, 17}, {33, 40}};

#define COUNT(array) ((int)(sizeof(array) / sizeof(array)[0]))

/* Input 0 in [0, 1), or logits; labels of which some mark rows without one. */
static support_case on_labels(sep_op op, int s)
{
    sep_shape shape = SEP_SHAPE(shapes[s].rows, shapes[s].channels);
    support_case c = {.op = op, .attributes.smooth = SMOOTH, .inputs = 2, .output = SEP_SHAPE(1)};

    c.input[0] = support_random_between(shape, 1, 0.0f, 1.0f);
    c.input[1] = support_labels(SEP_SHAPE(shapes[s].rows), 2, shapes[s].channels);
    if (shapes[s].rows > 10) {
        c.input[1].i32[3] = -1;
        c.input[1].i32[7] = shapes[s].channels;
    }
    return c;
}

static bool labelled(const support_case *c, int64_t row)
{
    return c->input[1].i32[row] >= 0 && c->input[1].i32[row] < sep_shape_last(&c->input[0].shape);
}

static int labelled_rows(const support_case *c)
{
    int count = 0;

    for (int64_t r = 0; r < support_count(&c->input[1]); r++)
        count += labelled(c, r);
    return count > 0 ? count : 1;
}

static void check(const support_case *c, const double *wanted, double tolerance)
{
    support_result r = support_run_generic(c);

    support_check_tables(c);
    support_assert_close(&r.output, wanted, tolerance);
    support_result_free(&r);
}

static double *doubles(int64_t count)
{
    double *d = calloc((size_t)count, sizeof(double));

    assert_non_null(d);
    return d;
}

/* ---- cross entropy ----------------------------------------------------------------------------------------------- */

/* The probability of class k in row r. */
static double probability(const support_array *logits, int64_t r, int k)
{
    int channels = sep_shape_last(&logits->shape);
    double sum = 0.0;

    for (int c = 0; c < channels; c++)
        sum += exp((double)logits->f32[r * channels + c]);
    return exp((double)logits->f32[r * channels + k]) / sum;
}

static void cross_entropy(void **state)
{
    (void)state;
    for (int s = 0; s < COUNT(shapes); s++) {
        support_case c = on_labels(SEP_OP_CROSS_ENTROPY, s);
        int rows = shapes[s].rows, channels = shapes[s].channels, count = labelled_rows(&c);
        double loss = 0.0, *dx = doubles(rows * channels);
        const float dloss = 0.3f;

        for (int i = 0; i < rows * channels; i++) {
            int r = i / channels, k = i % channels;

            if (!labelled(&c, r))
                continue;
            dx[i] = (double)dloss / count * (probability(&c.input[0], r, k) - (k == c.input[1].i32[r]));
            if (k == c.input[1].i32[r])
                loss -= log(probability(&c.input[0], r, k)) / count;
        }
        check(&c, &loss, 2e-6);
        c.op = SEP_OP_CROSS_ENTROPY_DX;
        c.input[2] = support_copy(&dloss, SEP_SHAPE(1));
        c.inputs = 3;
        c.output = c.input[0].shape;
        check(&c, dx, 1e-7);
        support_case_free(&c);
        free(dx);
    }
}

/* ---- Dice -------------------------------------------------------------------------------------------------------- */

static double *dice_sums(const support_case *c)
{
    int channels = sep_shape_last(&c->input[0].shape);
    double *sums = doubles(3 * channels);

    for (int64_t i = 0; i < support_count(&c->input[0]); i++) {
        int64_t k = i % channels;
        double p = (double)c->input[0].f32[i], g = c->input[1].i32[i / channels] == k ? 1.0 : 0.0;

        if (!labelled(c, i / channels))
            continue;
        sums[k] += p * g;
        sums[channels + k] += p * p;
        sums[2 * channels + k] += g;
    }
    return sums;
}

static double dice_loss(const double *sums, int channels)
{
    double loss = 0.0;

    for (int k = 0; k < channels; k++)
        loss += 1.0 - (2.0 * sums[k] + (double)SMOOTH) / (sums[channels + k] + sums[2 * channels + k] + (double)SMOOTH);
    return loss / channels;
}

static void dice_gradient(const support_case *c, const double *sums, double dloss, double *dp)
{
    int channels = sep_shape_last(&c->input[0].shape);

    for (int64_t i = 0; i < support_count(&c->input[0]); i++) {
        int64_t k = i % channels;
        double above = 2.0 * sums[k] + (double)SMOOTH;
        double below = sums[channels + k] + sums[2 * channels + k] + (double)SMOOTH;
        double g = c->input[1].i32[i / channels] == k ? 1.0 : 0.0;

        dp[i] = !labelled(c, i / channels)
                    ? 0.0
                    : dloss / channels * (above * 2.0 * (double)c->input[0].f32[i] / (below * below) - 2.0 * g / below);
    }
}

static void dice(void **state)
{
    (void)state;
    for (int s = 0; s < COUNT(shapes); s++) {
        support_case c = on_labels(SEP_OP_DICE_SUMS, s), d = {.op = SEP_OP_DICE, .inputs = 1, .output = SEP_SHAPE(1)};
        int channels = shapes[s].channels;
        double *sums = dice_sums(&c), *dp = doubles(support_count(&c.input[0])), loss = dice_loss(sums, channels);
        const float dloss = 0.7f;

        c.output = SEP_SHAPE(3, channels);
        check(&c, sums, 1e-5);

        support_result r = support_run_generic(&c);
        d.attributes = c.attributes;
        d.input[0] = r.output;
        check(&d, &loss, 1e-6);

        dice_gradient(&c, sums, (double)dloss, dp);
        c.op = SEP_OP_DICE_DX;
        c.input[2] = r.output;
        c.input[3] = support_copy(&dloss, SEP_SHAPE(1));
        c.inputs = 4;
        c.output = c.input[0].shape;
        check(&c, dp, 2e-6);
        r.output = (support_array){0};
        support_result_free(&r);
        support_case_free(&c);
        free(sums);
        free(dp);
    }
}

/* ---- nobody annotated anything ------------------------------------------------------------------------------------
 */

static void without_labels(void **state)
{
    const float dloss = 0.3f;
    const double zero[16] = {0.0};

    (void)state;
    for (int s = 2; s < 7; s++) {
        support_case c = on_labels(SEP_OP_CROSS_ENTROPY, s);
        double *none = doubles(support_count(&c.input[0]));

        for (int r = 0; r < shapes[s].rows; r++)
            c.input[1].i32[r] = -1;
        check(&c, zero, 1e-9);
        c.op = SEP_OP_CROSS_ENTROPY_DX;
        c.input[2] = support_copy(&dloss, SEP_SHAPE(1));
        c.inputs = 3;
        c.output = c.input[0].shape;
        check(&c, none, 1e-9);
        support_case_free(&c);
        free(none);
    }
}

/* ---- labels as numbers ------------------------------------------------------------------------------------------- */

static void one_hot(void **state)
{
    (void)state;
    for (int s = 0; s < COUNT(shapes); s++) {
        support_case labels = on_labels(SEP_OP_ONE_HOT, s), c = {.op = SEP_OP_ONE_HOT, .inputs = 1};
        double *wanted = doubles(support_count(&labels.input[0]));

        c.output = labels.input[0].shape;
        c.input[0] = labels.input[1];
        for (int64_t r = 0; r < shapes[s].rows; r++)
            if (labelled(&labels, r))
                wanted[r * shapes[s].channels + c.input[0].i32[r]] = 1.0;
        check(&c, wanted, 0.0);
        support_case_free(&labels);
        free(wanted);
    }
}

/* ---- mean squared error ------------------------------------------------------------------------------------------ */

static void mse(void **state)
{
    (void)state;
    for (int s = 0; s < COUNT(shapes); s++) {
        sep_shape shape = SEP_SHAPE(shapes[s].rows, shapes[s].channels);
        support_case c = {.op = SEP_OP_MSE, .inputs = 2, .output = SEP_SHAPE(1)};
        int64_t count = sep_shape_count(&shape);
        double loss = 0.0, *dx = doubles(count);
        const float dloss = 0.4f;

        c.input[0] = support_random(shape, 1);
        c.input[1] = support_random(shape, 2);
        for (int64_t i = 0; i < count; i++) {
            double d = (double)c.input[0].f32[i] - (double)c.input[1].f32[i];

            loss += d * d / (double)count;
            dx[i] = 2.0 * (double)dloss / (double)count * d;
        }
        check(&c, &loss, 1e-6);
        c.op = SEP_OP_MSE_DX;
        c.input[2] = support_copy(&dloss, SEP_SHAPE(1));
        c.inputs = 3;
        c.output = shape;
        check(&c, dx, 1e-7);
        support_case_free(&c);
        free(dx);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cross_entropy), cmocka_unit_test(dice),    cmocka_unit_test(without_labels),
        cmocka_unit_test(mse),           cmocka_unit_test(one_hot),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
