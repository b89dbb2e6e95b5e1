/* The largest component of each class: what is connected, which of equals stays, and which classes are left alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "septum/image.h"

#include <math.h>
#include <string.h>

enum { DEPTH = 2, HEIGHT = 3, WIDTH = 5, VOXELS = DEPTH * HEIGHT * WIDTH };

/* `rows` are the slices' rows, one behind the other, a digit a voxel. */
static sep_labels labels_of(const char *rows, bool ignores)
{
    sep_labels labels;

    assert_int_equal(sep_labels_create(&labels, DEPTH, HEIGHT, WIDTH), SEP_OK);
    labels.ignores = ignores;
    for (int i = 0; i < VOXELS; i++)
        labels.data[i] = rows[i] == 'x' ? SEP_IGNORED : (uint8_t)(rows[i] - '0');
    return labels;
}

static void assert_kept(const char *was, const bool *chosen, bool ignores, const char *is)
{
    sep_labels labels = labels_of(was, ignores);

    assert_int_equal(sep_labels_keep_largest(&labels, chosen), SEP_OK);
    for (int i = 0; i < VOXELS; i++)
        assert_int_equal(labels.data[i], is[i] == 'x' ? SEP_IGNORED : is[i] - '0');
    sep_labels_free(&labels);
}

static void test_corners_connect(void **state)
{
    (void)state;
    /* over a corner into the next slice; over an edge within one */
    assert_kept("10000"
                "00000"
                "00001"
                "00000"
                "01000"
                "00000",
                NULL, false,
                "10000"
                "00000"
                "00000"
                "00000"
                "01000"
                "00000");
    assert_kept("10010"
                "01000"
                "10000"
                "00000"
                "00000"
                "00000",
                NULL, false,
                "10000"
                "01000"
                "10000"
                "00000"
                "00000"
                "00000");
}

static void test_ends_of_rows_do_not_connect(void **state)
{
    (void)state;
    assert_kept("00001"
                "10000"
                "00000"
                "11000"
                "00000"
                "00000",
                NULL, false,
                "00000"
                "10000"
                "00000"
                "11000"
                "00000"
                "00000");
}

/* A component that only its last voxel joins together. */
static void test_late_joins(void **state)
{
    (void)state;
    assert_kept("10101"
                "10101"
                "11111"
                "00000"
                "00000"
                "00000",
                NULL, false,
                "10101"
                "10101"
                "11111"
                "00000"
                "00000"
                "00000");
}

static void test_first_of_equals(void **state)
{
    (void)state;
    assert_kept("00011"
                "00000"
                "11000"
                "00000"
                "00000"
                "00000",
                NULL, false,
                "00011"
                "00000"
                "00000"
                "00000"
                "00000"
                "00000");
}

static void test_classes_by_themselves(void **state)
{
    static const bool second[256] = {[2] = true};

    (void)state;
    assert_kept("12012"
                "12010"
                "10000"
                "00000"
                "00000"
                "00002",
                NULL, false,
                "12000"
                "12000"
                "10000"
                "00000"
                "00000"
                "00000");
    assert_kept("12012"
                "12010"
                "10000"
                "00000"
                "00000"
                "00002",
                second, false,
                "12010"
                "12010"
                "10000"
                "00000"
                "00000"
                "00000");
}

static void test_ignored_voxels_stay(void **state)
{
    (void)state;
    assert_kept("xx0x0"
                "00000"
                "00000"
                "00000"
                "00000"
                "00000",
                NULL, true,
                "xx0x0"
                "00000"
                "00000"
                "00000"
                "00000"
                "00000");
}

static void test_share_of_the_largest(void **state)
{
    double share[256];
    sep_labels labels = labels_of("11020"
                                  "00003"
                                  "10010"
                                  "00020"
                                  "00002"
                                  "xx0xx",
                                  true);

    (void)state;
    assert_int_equal(sep_labels_largest_share(&labels, share), SEP_OK);
    assert_true(share[1] == 0.5);
    assert_true(share[2] == 1.0);
    assert_true(share[3] == 1.0);
    assert_true(isnan(share[0]) && isnan(share[4]) && isnan(share[SEP_IGNORED]));
    sep_labels_free(&labels);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_corners_connect),
        cmocka_unit_test(test_ends_of_rows_do_not_connect),
        cmocka_unit_test(test_late_joins),
        cmocka_unit_test(test_first_of_equals),
        cmocka_unit_test(test_classes_by_themselves),
        cmocka_unit_test(test_ignored_voxels_stay),
        cmocka_unit_test(test_share_of_the_largest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
