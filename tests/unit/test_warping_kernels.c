/* The kernels of warping: every table returns the bits of `generic`, the spline along a row is the spline, and the
 * determinant is that of differences. */
#include "support.h"

#include "simd/choose.h"

#include <math.h>
#include <string.h>

enum { COUNT = 48, SIDE = 9 };

/* Everything that one table computes from the same numbers. */
typedef struct results {
    float value[COUNT], cubic[COUNT], deformed[3][COUNT], determinant[COUNT];
    int32_t index[COUNT];
} results;

static const sep_control_grid grid = {
    .size = {SIDE, SIDE, SIDE}, .scale = {0.7f, 0.8f, 0.9f}, .offset = {0.1f, -0.2f, 0.05f}};

/* Points inside, on the borders and between two voxels, outside, and nowhere. */
static void draw_points(float points[3][COUNT])
{
    for (int i = 0; i < 3; i++) {
        support_array p = support_random_between(SEP_SHAPE(COUNT), (uint32_t)(20 + i), -1.5f, 9.5f);

        memcpy(points[i], p.f32, COUNT * sizeof(float));
        support_array_free(&p);
        points[i][3] = 0.0f;
        points[i][4] = (float)(SIDE - 1);
        points[i][5] = -0.5f;
        points[i][6] = (float)SIDE - 0.5f;
        points[i][7] = 1.5f;
        points[i][8] = 3e38f;
        points[i][COUNT - 1] = SEP_SAMPLE_NOWHERE;
    }
}

/* Rows share y and z. */
static void draw_row(float points[3][COUNT])
{
    draw_points(points);
    for (int s = 0; s < COUNT; s++) {
        points[1][s] = points[1][0];
        points[2][s] = points[2][0];
    }
}

static void compute(const sep_simd_warping *k, const float *data, const int size[3], results *r)
{
    static float points[3][COUNT], line[3 * SIDE];
    const float *const at[3] = {points[0], points[1], points[2]};
    const float *const c[3] = {data, data + 5, data + 11};
    const sep_lattice volume = {data, size[0], size[1], size[2]};
    float *const deformed[3] = {r->deformed[0], r->deformed[1], r->deformed[2]};

    memset(r, 0, sizeof *r);
    draw_points(points);
    k->linear(&volume, at, COUNT, -7.0f, r->value);
    k->cubic(size, data, at, COUNT, -7.0f, r->cubic);
    k->nearest(size, at, COUNT, r->index);
    k->spline_determinant(&grid, c, at, COUNT, r->determinant);
    draw_row(points);
    k->spline_row(&grid, c, at, COUNT, line, deformed);
}

/* Enough for the coefficients of SIDE voxels an axis and their ends, from an offset on. */
static support_array numbers(void)
{
    return support_random(SEP_SHAPE((SIDE + 2) * (SIDE + 2) * (SIDE + 2) + 11), 3);
}

static void tables_agree(void **state)
{
    static results wanted, got;
    const char *names[4];
    const int tables = sep_simd_names(names);
    const int sizes[][3] = {{SIDE, SIDE, SIDE}, {SIDE, SIDE, 1}, {5, 2, 3}, {1, 1, 1}};
    support_array data = numbers();

    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        compute(&sep_warping_generic, data.f32, sizes[i], &wanted);
        for (int t = 0; t < tables; t++) {
            const sep_simd *simd;

            assert_int_equal(sep_simd_choose(names[t], &simd), SEP_OK);
            compute(simd->warping, data.f32, sizes[i], &got);
            assert_memory_equal(&wanted, &got, sizeof got);
        }
    }
    support_array_free(&data);
}

/* The kernel of registration sums in another order. */
static void a_row_is_the_spline(void **state)
{
    static results r;
    static float points[3][COUNT], whole[3][COUNT];
    const int size[3] = {SIDE, SIDE, SIDE};
    support_array data = numbers();
    const float *const at[3] = {points[0], points[1], points[2]}, *const c[3] = {data.f32, data.f32 + 5, data.f32 + 11};
    float *const to[3] = {whole[0], whole[1], whole[2]};

    (void)state;
    compute(&sep_warping_generic, data.f32, size, &r);
    draw_row(points);
    sep_registration_generic.spline(&grid, c, at, COUNT, to);
    for (int i = 0; i < 3; i++)
        for (int s = 0; s < COUNT; s++)
            assert_true(fabsf(whole[i][s] - r.deformed[i][s]) <= 1e-6f * fmaxf(1.0f, fabsf(whole[i][s])));
    support_array_free(&data);
}

/* ---- determinants ------------------------------------------------------------------------------------------------ */

/* The derivative of the deformed point s by its coordinate `axis`. */
static void difference(const float *const c[3], float points[3][COUNT], int axis, int s, double derivative[3])
{
    const float step = 0.03125f;
    float at[3][16], to[3][16];
    const float *const from[3] = {at[0], at[1], at[2]};
    float *const moved[3] = {to[0], to[1], to[2]};

    for (int i = 0; i < 3; i++)
        for (int k = 0; k < 16; k++)
            at[i][k] = points[i][s] + (i == axis ? (k == 0 ? -step : step) : 0.0f);
    sep_registration_generic.spline(&grid, c, from, 16, moved);
    for (int i = 0; i < 3; i++)
        derivative[i] = ((double)to[i][1] - (double)to[i][0]) / (2.0 * (double)step);
}

static double determinant_of(double j[3][3])
{
    return j[0][0] * (j[1][1] * j[2][2] - j[1][2] * j[2][1]) - j[0][1] * (j[1][0] * j[2][2] - j[1][2] * j[2][0]) +
           j[0][2] * (j[1][0] * j[2][1] - j[1][1] * j[2][0]);
}

static void determinants_are_differences(void **state)
{
    static results r;
    static float points[3][COUNT];
    const int size[3] = {SIDE, SIDE, SIDE};
    support_array data = numbers();
    const float *const c[3] = {data.f32, data.f32 + 5, data.f32 + 11};
    int checked = 0;

    (void)state;
    compute(&sep_warping_generic, data.f32, size, &r);
    draw_points(points);
    for (int s = 10; s < COUNT - 1; s++) {
        double column[3][3];

        for (int axis = 0; axis < 3; axis++)
            difference(c, points, axis, s, column[axis]);
        if (points[0][s] < 0.5f || points[1][s] < 0.5f || points[2][s] < 0.5f || points[0][s] > 8.0f ||
            points[1][s] > 7.0f || points[2][s] > 6.0f)
            continue; /* a difference across the border of the spline is none */
        assert_float_equal((float)determinant_of(column), r.determinant[s], 5e-3);
        checked++;
    }
    assert_true(checked > 5);
    assert_true(r.determinant[COUNT - 1] == 1.0f); /* constant displacement far away */
    support_array_free(&data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(tables_agree), cmocka_unit_test(a_row_is_the_spline),
                                       cmocka_unit_test(determinants_are_differences)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
