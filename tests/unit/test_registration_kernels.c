/* The kernels of registration: every table returns the bits of `generic`, gradients agree with differences, and splat
 * is the adjoint of gather. */
#include "support.h"

#include "simd/choose.h"

#include <math.h>
#include <string.h>

enum { COUNT = 48, SIDE = 9, BINS = 32 };

/* Everything that one table computes from the same numbers. */
typedef struct results {
    float moved[3][COUNT], value[COUNT], gradient[3][COUNT], inside[COUNT];
    float deformed[3][COUNT], splat[3][SIDE * SIDE * SIDE];
    float histogram[BINS * BINS], force[COUNT], sum[3][4];
    float rows[37], line[37];
} results;

static const float matrix[3][4] = {{1.1f, 0.2f, -0.1f, 0.3f}, {-0.2f, 0.9f, 0.05f, -0.4f}, {0.0f, 0.1f, 1.2f, 0.7f}};
static const sep_control_grid grid = {
    .size = {SIDE, SIDE, SIDE}, .scale = {0.7f, 0.8f, 0.9f}, .offset = {0.1f, -0.2f, 0.05f}};
static const sep_parzen parzen = {.bins = BINS, .scale = 9.0f, .offset = 15.0f};

/* Points inside, on the borders, outside, and nowhere. */
static void draw_points(float *const at[3])
{
    for (int i = 0; i < 3; i++) {
        support_array p = support_random_between(SEP_SHAPE(COUNT), (uint32_t)(10 + i), -1.5f, 8.5f);

        memcpy(at[i], p.f32, COUNT * sizeof(float));
        support_array_free(&p);
        at[i][3] = 0.0f;
        at[i][4] = (float)(SIDE - 1);
        at[i][COUNT - 1] = SEP_SAMPLE_NOWHERE;
    }
}

static void compute(const sep_simd_registration *k, const sep_lattice *volume, results *r)
{
    static float points[3][COUNT];
    float *const to_points[3] = {points[0], points[1], points[2]};
    const float *const at[3] = {points[0], points[1], points[2]};
    const float *const c[3] = {volume->data, volume->data + 5, volume->data + 11};
    float *const moved[3] = {r->moved[0], r->moved[1], r->moved[2]};
    float *const gradient[3] = {r->gradient[0], r->gradient[1], r->gradient[2]};
    const float *const slope[3] = {r->gradient[0], r->gradient[1], r->gradient[2]};
    float *const deformed[3] = {r->deformed[0], r->deformed[1], r->deformed[2]};
    float *const splat[3] = {r->splat[0], r->splat[1], r->splat[2]};
    int32_t row[COUNT];

    memset(r, 0, sizeof *r);
    draw_points(to_points);
    for (int s = 0; s < COUNT; s++)
        row[s] = BINS * (s * 7 % BINS);
    k->affine(matrix, at, COUNT, moved);
    k->linear(volume, at, COUNT, r->value, gradient, r->inside);
    k->spline(&grid, c, at, COUNT, deformed);
    k->spline_adjoint(&grid, at, slope, COUNT, splat);
    k->parzen_add(&parzen, row, r->value, r->inside, COUNT, r->histogram);
    k->parzen_force(&parzen, volume->data, row, r->value, r->inside, COUNT, r->force);
    k->affine_adjoint(r->force, slope, at, COUNT, r->sum);
    const float *const tap[3] = {volume->data, volume->data + 40, volume->data + 3}, weight[3] = {0.3f, -0.8f, 1.7f};
    k->filter(tap, weight, 3, 1, 37, r->rows);
    k->filter(tap, weight, 3, 4, 37, r->line);
}

/* The longest array that a kernel reads: a table of BINS x BINS, a lattice, coefficients from an offset on. */
static support_array numbers(void)
{
    return support_random(SEP_SHAPE(BINS * BINS + SIDE * SIDE * SIDE), 3);
}

static void tables_agree(void **state)
{
    static results wanted, got;
    const char *names[4];
    const int tables = sep_simd_names(names);
    const int sizes[][3] = {{SIDE, SIDE, SIDE}, {SIDE, SIDE, 1}, {5, 1, 3}, {1, 1, 1}};
    support_array data = numbers();

    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        const sep_lattice volume = {data.f32, sizes[i][0], sizes[i][1], sizes[i][2]};

        compute(&sep_registration_generic, &volume, &wanted);
        for (int t = 0; t < tables; t++) {
            const sep_simd *simd;

            assert_int_equal(sep_simd_choose(names[t], &simd), SEP_OK);
            compute(simd->registration, &volume, &got);
            assert_memory_equal(&wanted, &got, sizeof got);
        }
    }
    support_array_free(&data);
}

/* sum over samples of force . u(c)  =  sum over nodes of splat(force) . c */
static void splat_is_the_adjoint_of_gather(void **state)
{
    static results r;
    support_array data = numbers();
    const sep_lattice volume = {data.f32, SIDE, SIDE, SIDE};
    static float points[3][COUNT];
    float *const at[3] = {points[0], points[1], points[2]};
    double gathered = 0.0, splatted = 0.0;

    (void)state;
    draw_points(at);
    compute(&sep_registration_generic, &volume, &r);
    for (int i = 0; i < 3; i++) {
        const float *c = data.f32 + (i == 0 ? 0 : i == 1 ? 5 : 11);

        for (int s = 0; s < COUNT - 1; s++) /* the last point is too far away to take a difference */
            gathered += (double)r.gradient[i][s] * (double)(r.deformed[i][s] - points[i][s]);
        for (int n = 0; n < SIDE * SIDE * SIDE; n++)
            splatted += (double)r.splat[i][n] * (double)c[n];
    }
    assert_true(fabs(gathered) > 0.1);
    assert_true(fabs(gathered - splatted) < 1e-5 * fabs(gathered) + 1e-5);
    support_array_free(&data);
}

/* Inside one cell the interpolation is linear along each axis: a difference is exact but for rounding. */
static void gradients_are_differences(void **state)
{
    support_array data = numbers();
    const sep_lattice volume = {data.f32, SIDE, SIDE, SIDE};
    float at[2][3][16], value[2][16], gradient[2][3][16], inside[16];

    (void)state;
    for (int axis = 0; axis < 3; axis++) {
        for (int end = 0; end < 2; end++) {
            for (int s = 0; s < 16; s++)
                for (int i = 0; i < 3; i++)
                    at[end][i][s] = (float)((s * (i + 3)) % (SIDE - 1)) + 0.375f + (i == axis && end ? 0.25f : 0.0f);
            const float *const p[3] = {at[end][0], at[end][1], at[end][2]};
            float *const g[3] = {gradient[end][0], gradient[end][1], gradient[end][2]};
            sep_registration_generic.linear(&volume, p, 16, value[end], g, inside);
        }
        for (int s = 0; s < 16; s++)
            assert_float_equal((value[1][s] - value[0][s]) / 0.25f, gradient[0][axis][s], 1e-5);
    }
    support_array_free(&data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(tables_agree), cmocka_unit_test(splat_is_the_adjoint_of_gather),
                                       cmocka_unit_test(gradients_are_differences)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
