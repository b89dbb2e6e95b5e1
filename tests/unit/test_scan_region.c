/* Where a scan is looked at, and how uncertain it is there, by hand. */
#include "features/scan_region.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { DEPTH = 5, SIDE = 10, PLANE = SIDE * SIDE };

typedef struct seen {
    sep_labels labels;
    sep_volume uncertainty;
    sep_scan_region region;
} seen;

static seen start(void)
{
    seen s = {0};

    assert_int_equal(sep_labels_create(&s.labels, DEPTH, SIDE, SIDE), SEP_OK);
    assert_int_equal(sep_volume_create(&s.uncertainty, DEPTH, SIDE, SIDE), SEP_OK);
    return s;
}

static void find(seen *s)
{
    assert_int_equal(sep_scan_region_find(&s->labels, &s->uncertainty, &s->region), SEP_OK);
}

static void end(seen *s)
{
    sep_labels_free(&s->labels);
    sep_volume_free(&s->uncertainty);
    sep_scan_region_free(&s->region);
}

/* One voxel of slice 2 with its 26 neighbours; what is uncertain elsewhere does not count. */
static void test_border(void **state)
{
    seen s = start();
    int slice[SEP_TELLING_SLICES];

    (void)state;
    sep_labels_slice(&s.labels, 2)[4 * SIDE + 4] = 1;
    for (int i = 0; i < PLANE; i++) {
        sep_volume_slice(&s.uncertainty, 0)[i] = 1.0f;
        sep_volume_slice(&s.uncertainty, 2)[i] = 0.25f;
        sep_volume_slice(&s.uncertainty, 3)[i] = 0.5f;
    }
    find(&s);
    assert_false(s.region.empty);
    assert_int_equal(s.region.voxels, 27);
    assert_true(fabs(sep_region_uncertainty(&s.region, &s.uncertainty) - (9 * 0.25 + 9 * 0.5) / 27) < 1e-12);
    assert_int_equal(sep_region_telling_slices(&s.region, &s.uncertainty, SEP_SLICE_AXIS_Z, slice), 2);
    assert_true(slice[0] == 3 && slice[1] == 2);
    end(&s);
}

/* At a corner the border ends with the scan. */
static void test_corner(void **state)
{
    seen s = start();

    (void)state;
    s.labels.data[0] = 1;
    find(&s);
    assert_int_equal(s.region.voxels, 8);
    assert_true(sep_region_uncertainty(&s.region, &s.uncertainty) == 0.0);
    end(&s);
}

/* A long doubtful border comes before few voxels of larger doubt; of equal slices the lower one first, three at most.
 */
static void test_slices(void **state)
{
    seen s = start();
    int slice[SEP_TELLING_SLICES];

    (void)state;
    for (int z = 0; z < DEPTH; z++)
        for (int i = 0; i < PLANE; i++)
            sep_labels_slice(&s.labels, z)[i] = 1;
    sep_volume_slice(&s.uncertainty, 0)[7] = 1.0f;
    for (int i = 0; i < SIDE; i++) {
        sep_volume_slice(&s.uncertainty, 1)[i] = 0.25f;
        sep_volume_slice(&s.uncertainty, 3)[i] = 0.5f;
        sep_volume_slice(&s.uncertainty, 4)[i] = 0.25f;
    }
    find(&s);
    assert_int_equal(sep_region_telling_slices(&s.region, &s.uncertainty, SEP_SLICE_AXIS_Z, slice), 3);
    assert_true(slice[0] == 3 && slice[1] == 1 && slice[2] == 4);
    end(&s);
}

/* The same voxels cut along each axis: the slices are those in which the doubtful ones lie. */
static void test_axes(void **state)
{
    seen s = start();
    int slice[SEP_TELLING_SLICES];

    (void)state;
    for (int i = 0; i < DEPTH * PLANE; i++)
        s.labels.data[i] = 1;
    s.uncertainty.data[2 * PLANE + 7 * SIDE + 4] = 1.0f; /* z, y, x */
    s.uncertainty.data[3 * PLANE + 7 * SIDE + 9] = 0.5f;
    find(&s);
    assert_int_equal(sep_region_telling_slices(&s.region, &s.uncertainty, SEP_SLICE_AXIS_Z, slice), 2);
    assert_true(slice[0] == 2 && slice[1] == 3);
    assert_int_equal(sep_region_telling_slices(&s.region, &s.uncertainty, SEP_SLICE_AXIS_Y, slice), 1);
    assert_int_equal(slice[0], 7);
    assert_int_equal(sep_region_telling_slices(&s.region, &s.uncertainty, SEP_SLICE_AXIS_X, slice), 2);
    assert_true(slice[0] == 4 && slice[1] == 9);
    end(&s);
}

/* Six of 500 voxels are looked at, and those that are as uncertain. */
static void test_no_foreground(void **state)
{
    seen s = start();

    (void)state;
    for (int i = 0; i < 10; i++)
        s.uncertainty.data[40 * i] = i < 4 ? 0.75f : 0.5f;
    find(&s);
    assert_true(s.region.empty);
    assert_int_equal(s.region.voxels, 10);
    assert_true(fabs(sep_region_uncertainty(&s.region, &s.uncertainty) - (4 * 0.75 + 6 * 0.5) / 10) < 1e-12);
    end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_border), cmocka_unit_test(test_corner),
                                       cmocka_unit_test(test_slices), cmocka_unit_test(test_axes),
                                       cmocka_unit_test(test_no_foreground)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
