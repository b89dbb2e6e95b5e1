/* Quantiles: every table and every OpenCL device against generic, and generic against double and a sort. */
#include "support.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) ((int)(sizeof(array) / sizeof(array)[0]))

static int by_value(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;

    return (x > y) - (x < y);
}

/* In double, of the sorted elements. */
static double quantile_of(const support_array *x, float share)
{
    int64_t count = support_count(x);
    double position = (double)share * (double)(count - 1), low = floor(position);
    support_array sorted = support_copy(x->f32, x->shape);

    qsort(sorted.f32, (size_t)count, sizeof(float), by_value);
    double a = (double)sorted.f32[(int64_t)low], b = position > low ? (double)sorted.f32[(int64_t)low + 1] : a;
    support_array_free(&sorted);
    return position > low ? a + (position - low) * (b - a) : a;
}

static void check_quantile(const support_array *x, float share)
{
    support_case c = {.op = SEP_OP_QUANTILE, .inputs = 2, .output = SEP_SHAPE(1)};

    c.input[0] = support_copy(x->f32, x->shape);
    c.input[1] = support_copy(&share, SEP_SHAPE(1));
    support_check_tables(&c);
    support_result r = support_run_generic(&c);
    double wanted = quantile_of(x, share), got = (double)r.output.f32[0];
    if (!(got == wanted || fabs(got - wanted) <= 1e-7 + 1e-7 * fabs(wanted)))
        fail_msg("of %lld elements the quantile %.9g is %.9g, expected %.9g", (long long)support_count(x),
                 (double)share, got, wanted);
    support_result_free(&r);
    support_case_free(&c);
}

static void check_quantiles(support_array x)
{
    static const float shares[] = {0.0f, 1.0f, 0.8f, 0x1.fffffep-1f};

    for (int i = 0; i < COUNT(shares); i++)
        check_quantile(&x, shares[i]);
    support_array_free(&x);
}

/* Spread over both signs; few values that come often; all equal; with zeros of both signs and infinities. */
static void quantiles(void **state)
{
    static const int counts[] = {1, 2, 63, 64, 16385};
    static const float ends[] = {INFINITY, -INFINITY, 0.0f, -0.0f, 1e-30f, -1e-30f, FLT_MAX, 1.0f};

    (void)state;
    for (int i = 0; i < COUNT(counts); i++) {
        check_quantiles(support_random(SEP_SHAPE(counts[i], 1), 11));
        check_quantiles(support_integers(SEP_SHAPE(counts[i]), 12));
        check_quantiles(support_array_create(SEP_SHAPE(counts[i]), SEP_F32));
    }
    support_array mixed = support_random(SEP_SHAPE(5, 1, 3), 13);
    memcpy(mixed.f32, ends, sizeof ends);
    for (int i = 0; i <= 14; i++)
        if (i != 0 && i != 13) /* there the quantile is infinite */
            check_quantile(&mixed, (float)i / 14.0f);
    support_array_free(&mixed);
}

/* As many entropies as a batch has; and a step whose place a float of the position's size would miss by a hundredth. */
static void quantiles_of_many(void **state)
{
    const int count = 300007;
    const float share = 0.3f;
    support_array x = support_random_between(SEP_SHAPE(count), 14, 0.0f, 1.4f);

    (void)state;
    check_quantile(&x, share);
    int zeros = (int)((double)share * (double)(count - 1)) + 1;
    for (int i = 0; i < count; i++)
        x.f32[i] = i * 7 % count < zeros ? 0.0f : 1.0f; /* 7 does not divide `count` */
    check_quantile(&x, share);
    support_array_free(&x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quantiles),
        cmocka_unit_test(quantiles_of_many),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
