/* Samples of a level: where they are drawn, and their order. */
#include "support.h"

#include "registration/search/samples.h"

#include <math.h>
#include <string.h>

static sep_volume numbered(void)
{
    sep_volume v;

    assert_int_equal(sep_volume_create(&v, 5, 20, 30), SEP_OK);
    for (int i = 0; i < 5 * 20 * 30; i++)
        v.data[i] = (float)i;
    return v;
}

/* Half of the volume in x, shifted by three voxels in y, and turned about z a little. */
static const sep_sample_region half = {
    .map = {{0.98f, 0.1f, 0.0f, 1.0f}, {-0.1f, 0.98f, 0.0f, -3.0f}, {0.0f, 0.0f, 1.0f, 0.0f}}, .size = {15, 20, 5}};

static bool lies_in(const sep_sample_region *region, const sep_samples *s, int i)
{
    bool in = true;

    for (int axis = 0; axis < 3; axis++) {
        const float *m = region->map[axis], at = m[0] * s->at[0][i] + m[1] * s->at[1][i] + m[2] * s->at[2][i] + m[3];

        in = in && at >= -0.5f && at <= (float)region->size[axis] - 0.5f;
    }
    return in;
}

static void each_is_a_voxel(const sep_samples *s)
{
    for (int i = 0; i < s->count; i++)
        assert_true(s->fixed[i] == s->at[2][i] * 600.0f + s->at[1][i] * 30.0f + s->at[0][i]);
    for (int i = s->count; i < s->padded; i++)
        assert_true(s->at[0][i] == SEP_SAMPLE_NOWHERE);
}

static void a_region_has_all_of_them(void **state)
{
    sep_volume v = numbered();
    sep_samples s;

    (void)state;
    for (int patches = 0; patches < 2; patches++) {
        int outside = 0;

        assert_int_equal(sep_samples_create(patches ? 992 : 1000, &s), SEP_OK);
        assert_int_equal(sep_samples_draw(&s, &v, 3, 1, patches, NULL), SEP_OK);
        each_is_a_voxel(&s);
        for (int i = 0; i < s.count; i++)
            outside += !lies_in(&half, &s, i);
        assert_in_range(outside, 400, 700);
        assert_int_equal(sep_samples_draw(&s, &v, 3, 1, patches, &half), SEP_OK);
        each_is_a_voxel(&s);
        for (int i = 0; i < s.count; i++)
            assert_true(lies_in(&half, &s, i));
        sep_samples_free(&s);
    }
    sep_volume_free(&v);
}

/* What the region leaves of the draws without one are its own first ones, in the same order. */
static void others_are_passed_over(void **state)
{
    sep_volume v = numbered();
    sep_samples all, some;
    int next = 0;

    (void)state;
    assert_int_equal(sep_samples_create(256, &all), SEP_OK);
    assert_int_equal(sep_samples_create(256, &some), SEP_OK);
    assert_int_equal(sep_samples_draw(&all, &v, 9, 4, false, NULL), SEP_OK);
    assert_int_equal(sep_samples_draw(&some, &v, 9, 4, false, &half), SEP_OK);
    for (int i = 0; i < all.count; i++)
        if (lies_in(&half, &all, i))
            assert_true(some.fixed[next++] == all.fixed[i]);
    assert_in_range(next, 64, 192);
    sep_samples_free(&all);
    sep_samples_free(&some);
    sep_volume_free(&v);
}

static void a_region_that_is_missed_is_refused(void **state)
{
    sep_sample_region beside = half;
    sep_volume v = numbered();
    sep_samples s;

    (void)state;
    beside.map[0][3] = 1000.0f;
    assert_int_equal(sep_samples_create(160, &s), SEP_OK);
    assert_int_equal(sep_samples_draw(&s, &v, 3, 1, false, &beside), SEP_ERR_NUMERIC);
    assert_non_null(strstr(sep_error_text(), "too little overlap"));
    beside.map[0][3] = NAN;
    assert_int_equal(sep_samples_draw(&s, &v, 3, 1, true, &beside), SEP_ERR_NUMERIC);
    sep_samples_free(&s);
    sep_volume_free(&v);
}

/* Of a grid of cells of ten voxels: each cell's samples lie together, cells in rising order, and within one the samples
 * have the order in which they were drawn. */
static void samples_of_a_cell_lie_together(void **state)
{
    const sep_control_grid grid = {.size = {6, 5, 4}, .scale = {0.1f, 0.1f, 0.2f}};
    sep_volume v = numbered();
    sep_samples drawn, grouped;
    int next = 0;

    (void)state;
    assert_int_equal(sep_samples_create(1000, &drawn), SEP_OK);
    assert_int_equal(sep_samples_create(1000, &grouped), SEP_OK);
    assert_int_equal(sep_samples_draw(&drawn, &v, 5, 2, false, NULL), SEP_OK);
    assert_int_equal(sep_samples_draw(&grouped, &v, 5, 2, false, NULL), SEP_OK);
    assert_int_equal(sep_samples_group(&grouped, &grid), SEP_OK);
    each_is_a_voxel(&grouped);
    for (int y = 0; y < 2; y++)
        for (int x = 0; x < 3; x++)
            for (int i = 0; i < drawn.count; i++)
                if ((int)drawn.at[0][i] / 10 == x && (int)drawn.at[1][i] / 10 == y)
                    assert_true(grouped.fixed[next++] == drawn.fixed[i]);
    assert_int_equal(next, 1000);
    sep_samples_free(&drawn);
    sep_samples_free(&grouped);
    sep_volume_free(&v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_region_has_all_of_them),
        cmocka_unit_test(others_are_passed_over),
        cmocka_unit_test(a_region_that_is_missed_is_refused),
        cmocka_unit_test(samples_of_a_cell_lie_together),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
