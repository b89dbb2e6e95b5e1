/* exp, log and erf against libm in double over dense samples. */
#include "support.h"

#include <math.h>

#include "simd/elementary.h"

/* |got - wanted| in units of the last place of a float near `wanted`. */
static double ulps(float got, double wanted)
{
    int exponent;

    frexp(wanted, &exponent);
    if (exponent < -125)
        exponent = -125;
    return fabs((double)got - wanted) / ldexp(1.0, exponent - 24);
}

typedef struct accuracy {
    double worst;
    float at;
} accuracy;

static void note(accuracy *a, float x, double error)
{
    if (!(error <= a->worst)) {
        a->worst = error;
        a->at = x;
    }
}

/* Every `step`-th float between two positive numbers. */
#define FOR_FLOATS(x, low, high, step) for (float x = (low); x <= (high); x = sep_of_bits(sep_bits(x) + (step)))

static void exp_is_within_an_ulp(void **state)
{
    accuracy a = {0};

    (void)state;
    FOR_FLOATS(x, 1e-9f, SEP_EXP_HIGHEST, 997) note(&a, x, ulps(sep_expf(x), exp((double)x)));
    FOR_FLOATS(x, 1e-9f, -SEP_EXP_LOWEST, 997) note(&a, -x, ulps(sep_expf(-x), exp(-(double)x)));
    print_message("exp: %.3f ulp at %.9g\n", a.worst, (double)a.at);
    assert_true(a.worst < 1.0);
}

static void exp_has_the_right_ends(void **state)
{
    (void)state;
    assert_true(sep_expf(0.0f) == 1.0f && sep_expf(-0.0f) == 1.0f);
    assert_true(isfinite(sep_expf(SEP_EXP_HIGHEST)) && isinf(sep_expf(88.38f)) && isinf(sep_expf(INFINITY)));
    assert_true(sep_expf(SEP_EXP_LOWEST) >= 0x1p-126f);
    assert_true(sep_expf(-87.32f) == 0.0f && sep_expf(-INFINITY) == 0.0f);
    assert_true(isnan(sep_expf(NAN)));
}

static void log_is_within_an_ulp(void **state)
{
    accuracy a = {0};

    (void)state;
    FOR_FLOATS(x, 0x1p-149f, 3e38f, 4999) note(&a, x, ulps(sep_logf(x), log((double)x)));
    FOR_FLOATS(x, 0.6f, 16.5f, 37) note(&a, x, ulps(sep_logf(x), log((double)x)));
    print_message("log: %.3f ulp at %.9g\n", a.worst, (double)a.at);
    assert_true(a.worst < 1.0);
}

static void log_has_the_right_ends(void **state)
{
    (void)state;
    assert_true(sep_logf(1.0f) == 0.0f);
    assert_true(isinf(sep_logf(0.0f)) && sep_logf(0.0f) < 0.0f);
    assert_true(isinf(sep_logf(INFINITY)) && sep_logf(INFINITY) > 0.0f);
    assert_true(isnan(sep_logf(-1.0f)) && isnan(sep_logf(NAN)));
}

static void erf_is_within_an_ulp(void **state)
{
    accuracy a = {0}, absolute = {0};

    (void)state;
    FOR_FLOATS(x, 1e-30f, 10.0f, 997)
    {
        note(&a, x, ulps(sep_erff(x), erf((double)x)));
        note(&absolute, x, fabs((double)sep_erff(x) - erf((double)x)));
        assert_true(sep_erff(-x) == -sep_erff(x));
    }
    print_message("erf: %.3f ulp at %.9g, %.3g absolute\n", a.worst, (double)a.at, absolute.worst);
    assert_true(absolute.worst < 1e-7);
    assert_true(a.worst < 1.5);
    assert_true(sep_erff(INFINITY) == 1.0f && sep_erff(0.0f) == 0.0f && isnan(sep_erff(NAN)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(exp_is_within_an_ulp), cmocka_unit_test(exp_has_the_right_ends),
                                       cmocka_unit_test(log_is_within_an_ulp), cmocka_unit_test(log_has_the_right_ends),
                                       cmocka_unit_test(erf_is_within_an_ulp)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
