/* Corresponding points: voxels are those of double arithmetic, the bits do not depend on table or threads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "registration/transform/matrix.h"
#include "registration/transform/spline.h"
#include "septum/registration.h"
#include "simd/choose.h"

#include <math.h>
#include <string.h>

enum { VOLUMES = 5, POINTS = 1100 };

/* A grid without voxels, each another. */
static sep_volume grid_of(int v)
{
    sep_volume grid = {.depth = 10 + v, .height = 60 - 3 * v, .width = 50 + 2 * v};

    for (int i = 0; i < 3; i++)
        grid.affine[i][i] = 1.0 + 0.1 * v * (i + 1);
    grid.affine[0][1] = 0.1 * v;
    grid.affine[1][3] = -4.0 * v;
    return grid;
}

/* Every other one is deformed. */
static sep_spatial_transform transform_of(const sep_volume *fixed, int v)
{
    sep_spatial_transform t;

    sep_spatial_identity(&t);
    t.matrix[0][0] = 1.0 + 0.03 * v;
    t.matrix[1][0] = 0.04 * v;
    t.matrix[2][3] = 0.7 * v;
    if (v % 2 == 0)
        return t;
    assert_int_equal(sep_spline_create(fixed, (const int[3]){4, 5, 2}, &t.spline), SEP_OK);
    for (int i = 0; i < 3; i++)
        for (size_t n = 0; n < sep_spline_nodes(&t.spline); n++)
            t.spline.coefficient[i][n] = 2.0 * sin((double)n * (1.3 + i));
    return t;
}

typedef struct scene {
    sep_volume fixed, grid[VOLUMES];
    sep_spatial_transform transform[VOLUMES];
    float x[POINTS], y[POINTS], z[POINTS];
} scene;

static void make_scene(scene *s)
{
    s->fixed = grid_of(0);
    for (int v = 0; v < VOLUMES; v++) {
        s->grid[v] = grid_of(v);
        s->transform[v] = transform_of(&s->fixed, v);
    }
    for (int p = 0; p < POINTS; p++) {
        s->x[p] = (float)(p * 7 % s->fixed.width);
        s->y[p] = (float)(p * 11 % s->fixed.height);
        s->z[p] = (float)(p * 3 % s->fixed.depth);
    }
}

static void find(const scene *s, const char *simd, int threads, int32_t *voxel)
{
    const sep_spatial_transform *transform[VOLUMES];
    const sep_volume *grid[VOLUMES];
    const float *const at[3] = {s->x, s->y, s->z};
    sep_correspondence *c;

    for (int v = 0; v < VOLUMES; v++) {
        transform[v] = &s->transform[v];
        grid[v] = &s->grid[v];
    }
    assert_int_equal(sep_correspondence_create(&s->fixed, VOLUMES, transform, grid, simd, &c), SEP_OK);
    sep_correspondence_find(c, at, POINTS, threads, voxel);
    sep_correspondence_destroy(c);
}

/* Where double arithmetic lands; *sure is false where that is within 0.002 of a border between voxels. */
static int32_t wanted(const scene *s, int v, int p, bool *sure)
{
    const double voxel[3] = {(double)s->x[p], (double)s->y[p], (double)s->z[p]};
    const int size[3] = {s->grid[v].width, s->grid[v].height, s->grid[v].depth};
    double at[3];
    sep_map to_voxel;
    int nearest[3];

    assert_true(sep_map_invert((const double(*)[4])s->grid[v].affine, to_voxel));
    sep_map_point((const double(*)[4])s->fixed.affine, voxel, at);
    sep_spatial_point(&s->transform[v], at, at);
    sep_map_point((const double(*)[4])to_voxel, at, at);
    *sure = true;
    for (int i = 0; i < 3; i++) {
        nearest[i] = (int)floor(at[i] + 0.5);
        *sure = *sure && fabs(at[i] + 0.5 - floor(at[i] + 0.5) - 0.5) < 0.498;
    }
    for (int i = 0; i < 3; i++)
        if (nearest[i] < 0 || nearest[i] >= size[i])
            return -1;
    return (nearest[2] * size[1] + nearest[1]) * size[0] + nearest[0];
}

static void voxels_are_those_of_double_arithmetic(void **state)
{
    static int32_t voxel[VOLUMES * POINTS];
    static scene s;
    int checked = 0, outside = 0;

    (void)state;
    make_scene(&s);
    find(&s, NULL, 0, voxel);
    for (int v = 0; v < VOLUMES; v++)
        for (int p = 0; p < POINTS; p++) {
            bool sure;
            const int32_t right = wanted(&s, v, p, &sure);

            if (!sure)
                continue;
            assert_int_equal(voxel[v * POINTS + p], right);
            checked++;
            outside += right < 0;
        }
    assert_true(checked > VOLUMES * POINTS * 9 / 10);
    assert_in_range(outside, 10, checked / 2);
    for (int v = 0; v < VOLUMES; v++)
        sep_spatial_free(&s.transform[v]);
}

static void the_bits_are_the_same(void **state)
{
    static int32_t voxel[VOLUMES * POINTS], other[VOLUMES * POINTS];
    static scene s;
    const char *names[4];

    (void)state;
    make_scene(&s);
    find(&s, "generic", 1, voxel);
    for (int t = 0, count = sep_simd_names(names); t < count; t++)
        for (int threads = 1; threads <= 3; threads++) {
            find(&s, names[t], threads, other);
            assert_memory_equal(voxel, other, sizeof voxel);
        }
    for (int v = 0; v < VOLUMES; v++)
        sep_spatial_free(&s.transform[v]);
}

static void a_grid_without_volume_is_refused(void **state)
{
    sep_volume fixed = grid_of(0), flat = fixed;
    const sep_volume *grid[1] = {&flat};
    sep_spatial_transform identity;
    const sep_spatial_transform *transform[1] = {&identity};
    sep_correspondence *c;

    (void)state;
    sep_spatial_identity(&identity);
    memset(flat.affine, 0, sizeof flat.affine);
    assert_int_equal(sep_correspondence_create(&fixed, 1, transform, grid, NULL, &c), SEP_ERR_FORMAT);
    assert_null(c);
    sep_correspondence_destroy(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(voxels_are_those_of_double_arithmetic),
        cmocka_unit_test(the_bits_are_the_same),
        cmocka_unit_test(a_grid_without_volume_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
