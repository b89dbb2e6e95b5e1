/* Analytic gradients of every metric, by the parameters of every kind of map and by B-spline coefficients, against
 * central differences of the cost. */
#include "support.h"

#include "registration/search/bending.h"
#include "registration/search/objective.h"
#include "registration/transform/spline.h"
#include "simd/choose.h"

#include <math.h>
#include <string.h>

/* Smooth bumps: the cost is then smooth too, but for the kinks of linear interpolation, which many samples average. So
 * many voxels more on all sides keep the samples inside: one that leaves makes the cost jump. */
static sep_volume bumps(float phase, int margin)
{
    sep_volume v;

    assert_int_equal(sep_volume_create(&v, 12 + 2 * margin, 40 + 2 * margin, 36 + 2 * margin), SEP_OK);
    for (int z = 0; z < v.depth; z++)
        for (int y = 0; y < v.height; y++)
            for (int x = 0; x < v.width; x++) {
                const float a = ((float)(x - margin) - 17.0f - phase) / 9.0f,
                            b = ((float)(y - margin) - 20.0f + phase) / 11.0f, c = ((float)(z - margin) - 6.0f) / 5.0f;

                sep_volume_slice(&v, z)[y * v.width + x] = expf(-a * a - b * b - c * c) + 0.2f * a - 0.1f * b * c;
            }
    v.affine[0][0] = -1.5; /* left-handed, with an origin */
    v.affine[1][1] = 1.25;
    v.affine[2][2] = 4.0;
    v.affine[0][3] = 20.0 + 1.5 * margin;
    v.affine[1][3] = -1.25 * margin;
    v.affine[2][3] = -4.0 * margin;
    v.spacing[0] = 1.5f;
    v.spacing[1] = 1.25f;
    v.spacing[2] = 4.0f;
    v.has_geometry = true;
    return v;
}

typedef struct scene {
    sep_volume fixed, moving;
    sep_level level;
} scene;

static scene make_scene(sep_registration_metric metric, int margin)
{
    scene s = {.fixed = bumps(0.0f, 0), .moving = bumps(1.0f, margin)};
    const sep_simd *simd;

    assert_int_equal(sep_simd_choose(NULL, &simd), SEP_OK);
    const sep_lattice moving = {s.moving.data, s.moving.width, s.moving.height, s.moving.depth};
    s.level = (sep_level){.seed = 3, .patches = metric == SEP_LOCAL_CORRELATION};
    assert_int_equal(sep_samples_create(20000, &s.level.samples), SEP_OK);
    float range[2][2];
    sep_volume_range(&s.fixed, &range[0][0], &range[0][1]);
    sep_volume_range(&s.moving, &range[1][0], &range[1][1]);
    assert_int_equal(sep_measure_create(metric, 16, range[0], range[1], simd, &s.level.measure), SEP_OK);
    assert_int_equal(
        sep_evaluator_on_host(&moving, &s.level.measure.moving, &s.level.samples, simd, 1, &s.level.evaluator), SEP_OK);
    return s;
}

static void free_scene(scene *s)
{
    sep_evaluator_destroy(s->level.evaluator);
    sep_samples_free(&s->level.samples);
    sep_measure_free(&s->level.measure);
    sep_volume_free(&s->fixed);
    sep_volume_free(&s->moving);
}

/* Along `direction`, by steps of h: analytic and difference agree to `tolerance` of it and 0.1 % of the cost. */
static void check_direction(const sep_objective *o, const double *at, const double *direction, double h,
                            double tolerance)
{
    const size_t n = (size_t)o->parameters;
    double *work = sep_calloc(2 * n, sizeof *work), *gradient = work, *moved = work + n, cost[3];
    double slope = 0.0;

    assert_non_null(work);
    assert_int_equal(o->cost(o->context, at, 7, &cost[1], gradient), SEP_OK);
    for (int side = 0; side < 3; side += 2) {
        for (size_t i = 0; i < n; i++)
            moved[i] = at[i] + (side - 1) * h * direction[i];
        assert_int_equal(o->cost(o->context, moved, 7, &cost[side], NULL), SEP_OK);
    }
    for (size_t i = 0; i < n; i++)
        slope += gradient[i] * direction[i];
    const double difference = (cost[2] - cost[0]) / (2.0 * h);
    const double allowed = tolerance * fabs(difference) + 1e-3 * fabs(cost[1]);
    if (!(fabs(slope - difference) <= allowed))
        print_message("analytic %g, difference %g\n", slope, difference);
    assert_true(fabs(slope - difference) <= allowed);
    sep_free(work);
}

static void check_kind(scene *s, sep_transform_kind kind)
{
    sep_affine_problem problem = {.level = &s->level, .kind = kind, .centre = {-5.0, 22.0, 20.0}, .strain = 0.05};
    const sep_objective o = sep_affine_objective(&problem);
    double at[SEP_MAX_PARAMETERS];

    sep_parameters_identity(kind, at);
    for (int i = 0; i < o.parameters; i++)
        at[i] += 0.02 * ((i * 7) % 5 - 2);
    for (int i = 0; i < o.parameters; i++) {
        double direction[SEP_MAX_PARAMETERS] = {0};

        direction[i] = 1.0;
        check_direction(&o, at, direction, i < o.parameters - 3 ? 1e-3 : 2e-2, 0.03);
    }
}

static void test_linear_maps(void **state)
{
    (void)state;
    for (int metric = SEP_CORRELATION; metric <= SEP_MEAN_SQUARES; metric++)
        for (int kind = SEP_RIGID; kind <= SEP_AFFINE; kind++) {
            scene s = make_scene((sep_registration_metric)metric, 4);

            s.level.fixed = &s.fixed;
            s.level.moving = &s.moving;
            check_kind(&s, (sep_transform_kind)kind);
            free_scene(&s);
        }
}

/* Samples beyond the border, in hundredths of all. */
static int beyond_border(const sep_samples *s)
{
    int beyond = 0;

    for (int i = 0; i < s->count; i++)
        beyond += s->beyond[0][i] != 0.0f || s->beyond[1][i] != 0.0f || s->beyond[2][i] != 0.0f;
    return 100 * beyond / s->count;
}

/* A thin grid, with and without the energy, whose samples stay inside or are taken beyond the border on all sides:
 * along single coefficients, and along a random direction. */
static void check_spline(sep_registration_metric metric, double bending, bool held)
{
    const double map[3][4] = {{1.02, 0.03, 0.0, 0.4}, {-0.03, 0.98, 0.0, -0.3}, {0.0, 0.01, 1.0, 0.5}};
    scene s = make_scene(metric, held ? 0 : 4);
    sep_spline spline;
    sep_spline_problem problem;

    s.level.fixed = &s.fixed;
    s.level.moving = &s.moving;
    if (held)
        assert_int_equal(sep_level_hold(&s.level, map), SEP_OK);
    assert_int_equal(sep_spline_create(&s.fixed, (const int[3]){4, 3, 1}, &spline), SEP_OK);
    assert_int_equal(sep_spline_problem_create(&s.level, map, &spline, bending, &problem), SEP_OK);
    const sep_objective o = sep_spline_objective(&problem);
    double *at = sep_calloc(2 * (size_t)o.parameters, sizeof *at), *direction = at + o.parameters;

    for (int i = 0; i < o.parameters; i++) {
        at[i] = 0.1 * ((i * 37) % 11 - 5) + (held ? 4.0 : 0.0);
        direction[i] = (i * 53) % 7 - 3.0;
    }
    check_direction(&o, at, direction, 1e-3, 0.03);
    assert_int_equal(beyond_border(&s.level.samples) >= 5, held);
    for (int i = 0; i < o.parameters; i += 17) {
        memset(direction, 0, (size_t)o.parameters * sizeof *direction);
        direction[i] = 1.0;
        check_direction(&o, at, direction, 2e-2, 0.03);
    }
    sep_free(at);
    sep_spline_problem_free(&problem);
    sep_spline_free(&spline);
    free_scene(&s);
}

static void test_splines(void **state)
{
    (void)state;
    for (int metric = SEP_CORRELATION; metric <= SEP_MEAN_SQUARES; metric++) {
        check_spline((sep_registration_metric)metric, 0.0, false);
        check_spline((sep_registration_metric)metric, 2.0, false);
        check_spline((sep_registration_metric)metric, 0.0, true);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_linear_maps),
        cmocka_unit_test(test_splines),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
