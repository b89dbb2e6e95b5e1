/* Beyond the domain of a B-spline nothing is moved, as in ITK and elastix: points, rows, inverses, determinants, on all
 * tables of kernels. */
#include "support_warp.h"

#include "registration/transform/path.h"
#include "registration/transform/spline.h"
#include "simd/choose.h"

#include <math.h>
#include <string.h>

enum { DEPTH = 5, HEIGHT = 16, WIDTH = 37 };
enum { X0 = 5, X1 = 30, Y0 = 4, Y1 = 11, Z0 = 1, Z1 = 3 }; /* the domain's first and last voxels */

static const double shift[3] = {1.0, -0.5, 0.75};

/* ---- a small domain ---------------------------------------------------------------------------------------------- */

/* A spline whose domain is that box of the volume, so that its border lies on voxels. */
static sep_spatial_transform over_the_box(const sep_volume *v)
{
    const double first[3] = {X0, Y0, Z0};
    sep_volume box = *v;
    sep_spatial_transform t;
    double corner[3];

    box.width = X1 - X0 + 1;
    box.height = Y1 - Y0 + 1;
    box.depth = Z1 - Z0 + 1;
    sep_map_point((const double(*)[4])v->affine, first, corner);
    for (int i = 0; i < 3; i++)
        box.affine[i][3] = corner[i];
    sep_spatial_identity(&t);
    assert_int_equal(sep_spline_create(&box, (const int[3]){3, 2, 1}, &t.spline), SEP_OK);
    return t;
}

static sep_spatial_transform shifts_the_box(const sep_volume *v)
{
    sep_spatial_transform t = over_the_box(v);

    for (int i = 0; i < 3; i++)
        for (size_t n = 0; n < sep_spline_nodes(&t.spline); n++)
            t.spline.coefficient[i][n] = shift[i];
    return t;
}

static bool in_the_box(int x, int y, int z)
{
    return x >= X0 && x <= X1 && y >= Y0 && y <= Y1 && z >= Z0 && z <= Z1;
}

static void place_of(const sep_volume *v, int x, int y, int z, double p[3])
{
    const double voxel[3] = {x, y, z};

    sep_map_point((const double(*)[4])v->affine, voxel, p);
}

#define EACH_VOXEL                                                                                                     \
    for (int z = 0; z < DEPTH; z++)                                                                                    \
        for (int y = 0; y < HEIGHT; y++)                                                                               \
            for (int x = 0; x < WIDTH; x++)

/* ---- forwards ---------------------------------------------------------------------------------------------------- */

static void points_beyond_stay(void **state)
{
    sep_volume v = warp_example_volume(DEPTH, HEIGHT, WIDTH);
    sep_spatial_transform t = shifts_the_box(&v);

    (void)state;
    EACH_VOXEL
    {
        double p[3], to[3];

        place_of(&v, x, y, z, p);
        sep_spatial_point(&t, p, to);
        for (int i = 0; i < 3; i++)
            assert_true(fabs(to[i] - p[i] - (in_the_box(x, y, z) ? shift[i] : 0.0)) < 1e-9);
    }
    sep_spatial_free(&t);
    sep_volume_free(&v);
}

static void rows_beyond_stay(void **state)
{
    sep_volume v = warp_example_volume(DEPTH, HEIGHT, WIDTH);
    sep_spatial_transform t = shifts_the_box(&v);
    const char *names[4];

    (void)state;
    for (int s = 0, count = sep_simd_names(names); s < count; s++) {
        const sep_warp_options how = {.simd = names[s], .threads = 1};
        sep_field field;

        assert_int_equal(sep_spatial_field(&t, &v, &how, &field), SEP_OK);
        EACH_VOXEL
        for (int i = 0; i < 3; i++)
            assert_float_equal(sep_field_component(&field, i)[(z * HEIGHT + y) * WIDTH + x],
                               (float)(in_the_box(x, y, z) ? shift[i] : 0.0), 1e-4);
        sep_field_free(&field);
    }
    sep_spatial_free(&t);
    sep_volume_free(&v);
}

/* Rows that cross the domain aslant. */
static void other_grids_agree_with_points(void **state)
{
    sep_volume v = warp_example_volume(DEPTH, HEIGHT, WIDTH), turned = v;
    sep_spatial_transform t = shifts_the_box(&v);
    const sep_warp_options how = {.threads = 1};
    sep_field field;
    int moved = 0;

    (void)state;
    warp_example_place(&turned, true);
    assert_int_equal(sep_spatial_field(&t, &turned, &how, &field), SEP_OK);
    EACH_VOXEL
    {
        double p[3], to[3];

        place_of(&turned, x, y, z, p);
        sep_spatial_point(&t, p, to);
        moved += to[0] != p[0];
        for (int i = 0; i < 3; i++)
            assert_float_equal(sep_field_component(&field, i)[(z * HEIGHT + y) * WIDTH + x], (float)(to[i] - p[i]),
                               1e-4);
    }
    assert_in_range(moved, 100, DEPTH * HEIGHT * WIDTH / 2);
    sep_field_free(&field);
    sep_spatial_free(&t);
    sep_volume_free(&v);
}

/* ---- backwards --------------------------------------------------------------------------------------------------- */

/* Where T takes what the inverse found: back, but in the gap that the border leaves. */
static void the_inverse_leads_back(void **state)
{
    sep_volume v = warp_example_volume(DEPTH, HEIGHT, WIDTH);
    sep_spatial_transform t = shifts_the_box(&v);
    int gap = 0;

    (void)state;
    EACH_VOXEL
    {
        double y_at[3], from[3], back[3], before[3];

        place_of(&v, x, y, z, y_at);
        assert_int_equal(sep_spatial_inverse_point(&t, y_at, from), SEP_OK);
        sep_spatial_point(&t, from, back);
        const bool returns = fabs(back[0] - y_at[0]) < 1e-3;
        for (int i = 0; i < 3; i++) {
            before[i] = y_at[i] - shift[i];
            assert_true(fabs(back[i] - (returns ? y_at[i] : before[i])) < 1e-3);
        }
        gap += !returns;
        assert_true(returns || in_the_box(x, y, z));
    }
    assert_in_range(gap, 1, 300);
    sep_spatial_free(&t);
    sep_volume_free(&v);
}

static void rows_go_back_as_points_do(void **state)
{
    sep_volume v = warp_example_volume(DEPTH, HEIGHT, WIDTH);
    sep_spatial_transform t = shifts_the_box(&v);
    float memory[3][SEP_PATH_CHUNK], *const at[3] = {memory[0], memory[1], memory[2]};
    const char *names[4];
    sep_map to_voxel;
    sep_path path;

    (void)state;
    assert_true(sep_map_invert((const double(*)[4])v.affine, to_voxel));
    for (int s = 0, count = sep_simd_names(names); s < count; s++) {
        assert_int_equal(sep_path_create(&t, v.affine, v.affine, true, names[s], &path), SEP_OK);
        EACH_VOXEL
        {
            double p[3];

            if (x == 0)
                sep_path_row(&path, 0, y, z, WIDTH, at);
            place_of(&v, x, y, z, p);
            assert_int_equal(sep_spatial_inverse_point(&t, p, p), SEP_OK);
            sep_map_point((const double(*)[4])to_voxel, p, p);
            for (int i = 0; i < 3; i++)
                assert_float_equal(at[i][x], (float)p[i], 5e-3);
        }
        sep_path_free(&path);
    }
    sep_spatial_free(&t);
    sep_volume_free(&v);
}

/* ---- determinants ------------------------------------------------------------------------------------------------ */

/* B-splines reproduce straight lines: here a tenth of x, in mm from the first node. */
static void determinants_beyond_are_one(void **state)
{
    sep_volume v = warp_example_volume(DEPTH, HEIGHT, WIDTH);
    sep_spatial_transform t = over_the_box(&v);
    const char *names[4];

    (void)state;
    for (size_t n = 0; n < sep_spline_nodes(&t.spline); n++)
        t.spline.coefficient[0][n] = 0.1 * t.spline.to_world[0][0] * (double)(n % (size_t)t.spline.size[0]);
    for (int s = 0, count = sep_simd_names(names); s < count; s++) {
        const sep_warp_options how = {.simd = names[s], .threads = 1};
        sep_jacobian summary;
        sep_volume map;

        assert_int_equal(sep_spatial_jacobian(&t, &v, &how, &map, &summary), SEP_OK);
        EACH_VOXEL
        assert_float_equal(map.data[(z * HEIGHT + y) * WIDTH + x], in_the_box(x, y, z) ? 1.1f : 1.0f, 1e-5);
        assert_true(summary.low == 1.0);
        sep_volume_free(&map);
    }
    sep_spatial_free(&t);
    sep_volume_free(&v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(points_beyond_stay),
        cmocka_unit_test(rows_beyond_stay),
        cmocka_unit_test(other_grids_agree_with_points),
        cmocka_unit_test(the_inverse_leads_back),
        cmocka_unit_test(rows_go_back_as_points_do),
        cmocka_unit_test(determinants_beyond_are_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
