/* Estimates of Dice from probabilities, and how well they agree with what they estimate: numbers worked out by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "septum/quality.h"

#include <math.h>
#include <string.h>

static void assert_close(double value, double wanted, double within)
{
    if (!(fabs(value - wanted) <= within))
        fail_msg("%.9g, not %.9g", value, wanted);
}

/* ---- estimates --------------------------------------------------------------------------------------------------- */

static void test_soft_dice(void **state)
{
    static const float probability[3][4] = {
        {0.75f, 0.25f, 0.5f, 0.0f}, {0.25f, 0.75f, 0.5f, 1.0f}, {0.0f, 0.0f, 0.0f, 0.0f}};
    static const uint8_t label[4] = {0, 1, 0, 1};
    sep_volume volume[3];
    sep_labels labels;
    double dice[2];

    (void)state;
    assert_int_equal(sep_labels_create(&labels, 1, 2, 2), SEP_OK);
    memcpy(labels.data, label, sizeof label);
    for (int c = 0; c < 3; c++) {
        assert_int_equal(sep_volume_create(&volume[c], 1, 2, 2), SEP_OK);
        memcpy(volume[c].data, probability[c], sizeof probability[c]);
    }
    sep_soft_dice(&labels, volume, 3, dice);
    assert_close(dice[0], 2 * 1.75 / (2.5 + 2), 1e-12);
    assert_true(isnan(dice[1]));
    assert_close(sep_quality_mean(dice, 2), dice[0], 0);
    assert_close(sep_quality_mean(&dice[1], 1), 0, 0);
    for (int c = 0; c < 3; c++)
        sep_volume_free(&volume[c]);
    sep_labels_free(&labels);
}

static double logit(double p)
{
    return log(p / (1 - p));
}

/* Pairs on a line of slope 2: pulled towards 1 by one pair's weight. */
static void test_calibration(void **state)
{
    const double x[] = {0.5, 0.8, 0.9}, mean = (logit(0.5) + logit(0.8) + logit(0.9)) / 3;
    double y[3], square = 0;

    (void)state;
    for (int i = 0; i < 3; i++) {
        y[i] = 1 / (1 + exp(-(2 * logit(x[i]) - 3)));
        square += (logit(x[i]) - mean) * (logit(x[i]) - mean);
    }
    const sep_calibration fitted = sep_calibration_fit(x, y, 3, 3);
    assert_int_equal(fitted.cases, 3);
    assert_close(fitted.slope, (2 * square + 1) / (square + 1), 1e-4);
    assert_close(fitted.intercept, 2 * mean - 3 - fitted.slope * mean, 1e-4);
    assert_close(sep_calibration_apply(&fitted, 0.8), 1 / (1 + exp(-(fitted.intercept + fitted.slope * logit(0.8)))),
                 1e-6);
    assert_true(isnan(sep_calibration_apply(&fitted, (double)NAN)));
}

static void test_calibration_of_little(void **state)
{
    static const double x[] = {0.6, 0.9}, falling[] = {0.9, 0.1};
    const sep_calibration none = {0}, one = sep_calibration_fit(&x[1], &(double){0.8}, 1, 1);

    (void)state;
    assert_close(sep_calibration_apply(&none, 0.7), 0.7, 0);
    assert_close(one.slope, 1, 0); /* one pair: a shift */
    assert_close(sep_calibration_apply(&one, 0.9), 0.8, 1e-6);
    assert_close(sep_calibration_fit(x, falling, 2, 2).slope, 0, 0); /* better ones are never estimated worse */
    assert_in_range((int)(1000 * sep_calibration_apply(&one, 1.0)), 900, 1000);
    assert_in_range((int)(1000 * sep_calibration_apply(&one, 0.0)), 0, 100);
}

/* ---- agreement --------------------------------------------------------------------------------------------------- */

static void test_correlations(void **state)
{
    static const double x[] = {1, 2, 3, 4}, y[] = {1, 3, 2, 10}, same[] = {5, 5, 5, 5}, ties[] = {1, 1, 2, 3};
    double spearman;

    (void)state;
    /* deviations -1.5 -0.5 0.5 1.5 and -3 -1 -2 6: products sum to 13, squares to 5 and 50 */
    assert_close(sep_pearson(x, y, 4), 13 / sqrt(5.0 * 50.0), 1e-12);
    /* ranks 1 3 2 4: 1 - 6 * 2 / (4 * 15) */
    assert_int_equal(sep_spearman(x, y, 4, &spearman), SEP_OK);
    assert_close(spearman, 0.8, 1e-12);
    /* ranks 1.5 1.5 3 4: products 4.5, squares 5 and 4.5 */
    assert_int_equal(sep_spearman(x, ties, 4, &spearman), SEP_OK);
    assert_close(spearman, 4.5 / sqrt(5.0 * 4.5), 1e-12);
    assert_true(isnan(sep_pearson(x, same, 4)));
    assert_true(isnan(sep_pearson(x, y, 1)));
    /* the mean of nine times 0.1 is not 0.1 */
    assert_true(
        isnan(sep_pearson((double[]){.1, .1, .1, .1, .1, .1, .1, .1, .1}, (double[]){1, 2, 3, 4, 5, 6, 7, 8, 9}, 9)));
}

static void test_auroc(void **state)
{
    static const double score[] = {0.9, 0.4, 0.6, 0.6, 0.1};
    static const bool positive[] = {true, false, true, false, false}, none[5] = {false};

    (void)state;
    /* six pairs: 0.9 wins three, 0.6 wins two and draws one */
    assert_close(sep_auroc(score, positive, 5), 5.5 / 6, 1e-12);
    assert_true(isnan(sep_auroc(score, none, 5)));
    assert_true(isnan(sep_auroc(score, positive, 1)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_soft_dice),
        cmocka_unit_test(test_calibration),
        cmocka_unit_test(test_calibration_of_little),
        cmocka_unit_test(test_correlations),
        cmocka_unit_test(test_auroc),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
