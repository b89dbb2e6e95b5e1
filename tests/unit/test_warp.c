/* Warping: points land where the transform in double takes them, the identity changes nothing, the inverse leads back,
 * a field is its transform, and the bits do not depend on table or threads. */
#include "support_warp.h"

#include "registration/transform/path.h"
#include "registration/transform/spline.h"
#include "simd/choose.h"

#include <math.h>
#include <string.h>

/* ---- precision --------------------------------------------------------------------------------------------------- */

/* The farthest, in voxels of `from`, that a row of the grid lands from where double arithmetic takes it. */
static double row_error(const sep_path *path, const sep_spatial_transform *t, const sep_volume *from,
                        const sep_volume *grid, int y, int z)
{
    float memory[3][SEP_PATH_CHUNK], *const at[3] = {memory[0], memory[1], memory[2]};
    double worst = 0.0;
    sep_map to_voxel;

    assert_true(sep_map_invert((const double(*)[4])from->affine, to_voxel));
    sep_path_row(path, 0, y, z, grid->width, at);
    for (int x = 0; x < grid->width; x++) {
        const double voxel[3] = {x, y, z};
        double p[3];

        sep_map_point((const double(*)[4])grid->affine, voxel, p);
        if (!path->inverse)
            sep_spatial_point(t, p, p);
        else
            assert_int_equal(sep_spatial_inverse_point(t, p, p), SEP_OK);
        sep_map_point((const double(*)[4])to_voxel, p, p);
        for (int i = 0; i < 3; i++)
            worst = fmax(worst, fabs(p[i] - (double)at[i][x]));
    }
    return worst;
}

/* Over rows of a grid of 512 voxels along each axis, whose voxels nobody needs here. */
static double grid_error(const sep_spatial_transform *t, const sep_volume *from, const sep_volume *grid, bool inverse)
{
    double worst = 0.0;
    sep_path path;

    assert_int_equal(sep_path_create(t, from->affine, grid->affine, inverse, NULL, &path), SEP_OK);
    for (int z = 0; z < 512; z += 255)
        for (int y = 0; y < 512; y += 170)
            worst = fmax(worst, row_error(&path, t, from, grid, y, z));
    sep_path_free(&path);
    return worst;
}

static void points_land_where_double_takes_them(void **state)
{
    sep_volume fixed = {.depth = 512, .height = 512, .width = 512}, turned = fixed;

    (void)state;
    warp_example_place(&fixed, false);
    warp_example_place(&turned, true);
    sep_spatial_transform affine = warp_example_transform(&fixed, 0, 0.0),
                          bent = warp_example_transform(&fixed, 20, 4.0);

    assert_true(grid_error(&affine, &turned, &fixed, false) < 1e-3);
    assert_true(grid_error(&affine, &fixed, &turned, true) < 1e-3);
    assert_true(grid_error(&bent, &turned, &fixed, false) < 1e-3);
    assert_true(grid_error(&bent, &fixed, &turned, false) < 1e-3); /* a grid that the nodes do not lie along */
    assert_true(grid_error(&bent, &fixed, &fixed, true) < 5e-3);
    sep_spatial_free(&bent);
}

/* ---- values ------------------------------------------------------------------------------------------------------ */

static void the_identity_changes_nothing(void **state)
{
    sep_volume v = warp_example_volume(5, 9, 21), out;
    const sep_warp_options linear = {0}, cubic = {.cubic = true};
    sep_spatial_transform identity;

    (void)state;
    sep_spatial_identity(&identity);
    assert_int_equal(sep_warp_volume(&v, &identity, &v, &linear, &out), SEP_OK);
    assert_memory_equal(v.data, out.data, 5 * 9 * 21 * sizeof(float));
    sep_volume_free(&out);
    assert_int_equal(sep_warp_volume(&v, &identity, &v, &cubic, &out), SEP_OK);
    for (int i = 0; i < 5 * 9 * 21; i++)
        assert_float_equal(v.data[i], out.data[i], 1e-6);
    sep_volume_free(&out);
    sep_volume_free(&v);
}

/* Forth and back is where it was, but for the borders of the classes. */
static void the_inverse_leads_back(void **state)
{
    sep_volume grid = warp_example_volume(12, 40, 40);
    sep_labels map = warp_example_labels(&grid), there, back;
    sep_spatial_transform t = warp_example_transform(&grid, 4, 1.0);
    sep_warp_options how = {.linear = true};
    int same = 0, inside = 0;

    (void)state;
    assert_int_equal(sep_warp_labels(&map, &t, &grid, &how, &there), SEP_OK);
    how.inverse = true;
    assert_int_equal(sep_warp_labels(&there, &t, &grid, &how, &back), SEP_OK);
    for (int i = 0; i < 12 * 40 * 40; i++) {
        inside += map.data[i] != 0 && back.data[i] != 0;
        same += map.data[i] != 0 && back.data[i] == map.data[i];
    }
    assert_true(inside > 1500);
    assert_true(same > inside * 9 / 10);
    sep_labels_free(&map);
    sep_labels_free(&there);
    sep_labels_free(&back);
    sep_spatial_free(&t);
    sep_volume_free(&grid);
}

/* ---- fields ------------------------------------------------------------------------------------------------------ */

/* A transform and the field made of it on a grid are one at the grid's voxels. */
static void a_field_is_its_transform(void **state)
{
    const sep_warp_options how = {0};
    sep_volume v = warp_example_volume(12, 30, 37), by_spline, by_field;
    sep_spatial_transform t = warp_example_transform(&v, 4, 1.5), dense, copy;
    double voxel[3] = {11.0, 7.0, 5.0}, p[3], q[3];

    (void)state;
    sep_spatial_identity(&dense);
    assert_int_equal(sep_spatial_field(&t, &v, &how, &dense.field), SEP_OK);
    assert_int_equal(sep_spatial_copy(&dense, &copy), SEP_OK);
    sep_map_point((const double(*)[4])v.affine, voxel, voxel);
    sep_spatial_point(&t, voxel, p);
    sep_spatial_point(&copy, voxel, q);
    for (int i = 0; i < 3; i++)
        assert_true(fabs(p[i] - q[i]) < 1e-3);
    assert_int_equal(sep_warp_volume(&v, &t, &v, &how, &by_spline), SEP_OK);
    assert_int_equal(sep_warp_volume(&v, &copy, &v, &how, &by_field), SEP_OK);
    for (int i = 0; i < 12 * 30 * 37; i++)
        if (by_spline.data[i] > 0.0f && by_field.data[i] > 0.0f)
            assert_float_equal(by_spline.data[i], by_field.data[i], 1e-3);
    sep_spatial_free(&t);
    sep_spatial_free(&dense);
    sep_spatial_free(&copy);
    sep_volume_free(&by_spline);
    sep_volume_free(&by_field);
    sep_volume_free(&v);
}

/* ---- bits -------------------------------------------------------------------------------------------------------- */

static uint64_t hash_of(const sep_volume *v, const sep_labels *map, const sep_spatial_transform *t,
                        const sep_warp_options *how)
{
    const size_t count = (size_t)v->depth * (size_t)v->height * (size_t)v->width;
    sep_volume out;
    sep_labels moved;

    assert_int_equal(sep_warp_volume(v, t, v, how, &out), SEP_OK);
    assert_int_equal(sep_warp_labels(map, t, v, how, &moved), SEP_OK);
    const uint64_t hash = sep_hash(sep_hash(0, out.data, count * sizeof(float)), moved.data, count);
    sep_volume_free(&out);
    sep_labels_free(&moved);
    return hash;
}

static void the_bits_are_the_same(void **state)
{
    sep_volume v = warp_example_volume(6, 40, 45);
    sep_labels map = warp_example_labels(&v);
    sep_spatial_transform t[2] = {warp_example_transform(&v, 0, 0.0), warp_example_transform(&v, 4, 1.5)};
    const char *names[4];

    (void)state;
    for (int k = 0; k < 2 * 8; k++) {
        sep_warp_options how = {.inverse = k & 1, .linear = k & 2, .cubic = k & 4, .simd = "generic", .threads = 1};
        const uint64_t wanted = hash_of(&v, &map, &t[k / 8], &how);

        for (int s = 0, count = sep_simd_names(names); s < count; s++)
            for (how.threads = 1; how.threads <= 3; how.threads++) {
                how.simd = names[s];
                assert_true(hash_of(&v, &map, &t[k / 8], &how) == wanted);
            }
    }
    sep_spatial_free(&t[1]);
    sep_labels_free(&map);
    sep_volume_free(&v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(points_land_where_double_takes_them),
        cmocka_unit_test(the_identity_changes_nothing),
        cmocka_unit_test(the_inverse_leads_back),
        cmocka_unit_test(a_field_is_its_transform),
        cmocka_unit_test(the_bits_are_the_same),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
