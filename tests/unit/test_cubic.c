/* Cubic interpolation of volumes against SciPy's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "golden/cubic.h"
#include "septum/registration.h"

#include <math.h>

/* The volumes of make_cubic_goldens.py. */
static sep_volume wave(int depth, int height, int width)
{
    sep_volume v;

    assert_int_equal(sep_volume_create(&v, depth, height, width), SEP_OK);
    for (int i = 0; i < depth * height * width; i++)
        v.data[i] = (float)((i * 7919 + 13) % 1009) / 1009.0f;
    return v;
}

/* One voxel that looks at the point. */
static float value_at(const sep_volume *volume, const double at[3])
{
    const sep_warp_options cubic = {.cubic = true, .outside = -1.0f};
    sep_spatial_transform shift;
    sep_volume grid, out;

    sep_spatial_identity(&shift);
    for (int i = 0; i < 3; i++)
        shift.matrix[i][3] = at[i];
    assert_int_equal(sep_volume_create(&grid, 1, 1, 1), SEP_OK);
    assert_int_equal(sep_warp_volume(volume, &shift, &grid, &cubic, &out), SEP_OK);
    const float value = out.data[0];
    sep_volume_free(&grid);
    sep_volume_free(&out);
    return value;
}

static void cubic_interpolation_is_that_of_scipy(void **state)
{
    (void)state;
    for (size_t k = 0; k < sizeof cubic_points / sizeof *cubic_points; k++) {
        const cubic_point *p = &cubic_points[k];
        sep_volume v = wave(p->size[2], p->size[1], p->size[0]);
        const double beyond[3] = {-0.75, 0.0, 0.0};

        const double value = (double)value_at(&v, p->at);
        if (!(fabs(value - p->value) < 1e-5))
            fail_msg("%dx%dx%d at (%g, %g, %g): %.9g, SciPy has %.9g", p->size[0], p->size[1], p->size[2], p->at[0],
                     p->at[1], p->at[2], value, p->value);
        assert_true(value_at(&v, beyond) == -1.0f);
        sep_volume_free(&v);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(cubic_interpolation_is_that_of_scipy)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
