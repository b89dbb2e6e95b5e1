/* Which scans are suggested, against numbers computed by hand. */
#include "features/suggestions.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { MOST = 6 };

typedef struct expected {
    int scan;
    double score, distance;
} expected;

/* One channel, whose values have variance 1 unless said otherwise. */
static void check(const sep_seen_scan *scan, int count, double weight, bool one_a_case, const expected *wanted,
                  int wanted_count)
{
    sep_suggestion got[MOST];
    int found;

    assert_int_equal(sep_suggest(scan, count, 1, weight, one_a_case, MOST, got, &found), SEP_OK);
    assert_int_equal(found, wanted_count);
    for (int i = 0; i < found; i++) {
        assert_int_equal(got[i].scan, wanted[i].scan);
        assert_true(fabs(got[i].score - wanted[i].score) < 1e-12);
        assert_true(fabs(got[i].distance - wanted[i].distance) < 1e-12);
    }
}

/* Scans at -2, -1, 0, 1 and 2, variance 2: of equal doubt the farthest is first, then the one in the middle between
 * that and the labelled one, then those that are left, in order. */
static void test_farthest_first(void **state)
{
    static const float at[] = {-2.0f, -1.0f, 0.0f, 1.0f, 2.0f};
    const double unit = 1.0 / sqrt(2.0);
    sep_seen_scan scan[5];

    (void)state;
    for (int i = 0; i < 5; i++)
        scan[i] = (sep_seen_scan){.uncertainty = 0.3, .feature = &at[i], .group = i, .labelled = i == 0};
    check(scan, 5, 0.5, true,
          (const expected[]){{4, 1.0, 4 * unit}, {2, 0.75, 2 * unit}, {1, 0.625, unit}, {3, 0.625, unit}}, 4);
    check(scan, 5, 1.0, true, (const expected[]){{1, 1.0, unit}, {2, 1.0, unit}, {3, 1.0, unit}, {4, 1.0, unit}}, 4);
}

/* Two far scans are alike: after one the other brings nothing new, and doubt decides. */
static void test_doubt_and_novelty(void **state)
{
    static const float low = -1.0f, high = 1.0f;
    const sep_seen_scan scan[] = {
        {0.9, &low, 0, true}, {0.2, &low, 1, false}, {0.4, &high, 2, false}, {0.3, &high, 3, false}};

    (void)state;
    check(scan, 4, 0.5, true, (const expected[]){{2, 1.0, 2.0}, {3, 0.375, 0.0}, {1, 0.25, 0.0}}, 3);
    check(scan, 4, 0.25, true, (const expected[]){{2, 1.0, 2.0}, {3, 0.1875, 0.0}, {1, 0.125, 0.0}}, 3);
}

static void test_cases(void **state)
{
    static const float low = -1.0f, high = 1.0f;
    const sep_seen_scan scan[] = {
        {0.9, &low, 0, true}, {0.5, &low, 0, false}, {0.5, &high, 1, false}, {0.4, &high, 1, false}};

    (void)state;
    check(scan, 4, 0.5, true, (const expected[]){{2, 1.0, 2.0}}, 1);
    check(scan, 4, 0.5, false, (const expected[]){{2, 1.0, 2.0}, {1, 0.5, 0.0}, {3, 0.4, 0.0}}, 3);
}

/* Nothing that differs, nothing doubted, nothing labelled. */
static void test_nothing_to_go_by(void **state)
{
    static const float same = 3.0f;
    const sep_seen_scan alike[] = {{0.0, &same, 0, true}, {0.0, &same, 1, false}, {0.0, &same, 2, false}};
    const sep_seen_scan unlabelled[] = {{0.1, &same, 0, false}, {0.2, &same, 1, false}};
    sep_suggestion got[MOST];
    int found;

    (void)state;
    check(alike, 3, 0.5, true, (const expected[]){{1, 0.0, 0.0}, {2, 0.0, 0.0}}, 2);
    assert_int_equal(sep_suggest(unlabelled, 2, 1, 0.5, true, 1, got, &found), SEP_OK);
    assert_int_equal(found, 1);
    assert_int_equal(got[0].scan, 1);
    assert_true(got[0].score == 0.5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_farthest_first), cmocka_unit_test(test_doubt_and_novelty),
                                       cmocka_unit_test(test_cases), cmocka_unit_test(test_nothing_to_go_by)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
