/* t-SNE: its parts against numpy's; clusters that are apart stay apart; the same bits for any number of threads and on
 * every table of kernels. */
#include "features/tsne.h"
#include "golden/features.h"
#include "simd/choose.h"
#include "support_features.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define PERPLEXITY 5.0 /* of the goldens */
enum { ROOM = (GOLDEN_COUNT + SEP_POINT_LANES - 1) / SEP_POINT_LANES * SEP_POINT_LANES };

/* ---- the parts --------------------------------------------------------------------------------------------------- */

static void find_affinities(const char *simd, int threads, float *affinity)
{
    float feature[GOLDEN_COUNT * GOLDEN_CHANNELS];
    sep_distances distances;

    support_features(feature, GOLDEN_COUNT, GOLDEN_CHANNELS, GOLDEN_CLASSES);
    assert_int_equal(sep_distances_create(feature, GOLDEN_COUNT, GOLDEN_CHANNELS, false, &distances), SEP_OK);
    assert_int_equal(distances.room, ROOM);
    assert_int_equal(sep_affinities(&distances, PERPLEXITY, simd, threads, affinity), SEP_OK);
    sep_distances_free(&distances);
}

static void affinities_are_those_of_numpy(void **state)
{
    float affinity[GOLDEN_COUNT * ROOM] = {0};
    double sum = 0.0;

    (void)state;
    find_affinities(NULL, 1, affinity);
    for (int i = 0; i < GOLDEN_COUNT; i++)
        for (int j = 0; j < ROOM; j++) {
            const double value = (double)affinity[i * ROOM + j];
            sum += value;
            if (j < GOLDEN_COUNT)
                assert_true(fabs(value - golden_affinity[i * GOLDEN_COUNT + j]) < 1e-7);
            else
                assert_true(value == 0.0);
        }
    assert_true(fabs(sum - 1.0) < 1e-5);
}

/* `array`: [axis][place, pull, push]. */
static void find_forces(const float *affinity, float array[2][3][ROOM], double near[GOLDEN_COUNT], sep_forces *forces)
{
    *forces = (sep_forces){.count = GOLDEN_COUNT, .room = ROOM, .affinity = affinity, .near = near};
    for (int axis = 0; axis < 2; axis++) {
        forces->place[axis] = array[axis][0];
        forces->pull[axis] = array[axis][1];
        forces->push[axis] = array[axis][2];
        for (int i = GOLDEN_COUNT; i < ROOM; i++)
            array[axis][0][i] = SEP_FAR;
        support_places(array[axis][0], axis, GOLDEN_COUNT);
    }
    sep_forces_find(forces, 1);
}

static void gradient_and_divergence_are_those_of_numpy(void **state)
{
    float affinity[GOLDEN_COUNT * ROOM] = {0}, array[2][3][ROOM];
    double near[GOLDEN_COUNT], divergence;
    sep_forces forces;

    (void)state;
    find_affinities(NULL, 1, affinity);
    find_forces(affinity, array, near, &forces);
    for (int i = 0; i < GOLDEN_COUNT; i++)
        for (int axis = 0; axis < 2; axis++) {
            const double got = (double)forces.pull[axis][i] - (double)forces.push[axis][i] / forces.sum;
            assert_true(fabs(got - golden_gradient[2 * i + axis]) < 1e-7);
        }
    assert_int_equal(sep_forces_divergence(&forces, NULL, 1, &divergence), SEP_OK);
    assert_true(fabs(divergence - golden_divergence[0]) < 1e-5);
}

/* ---- the whole --------------------------------------------------------------------------------------------------- */

enum { COUNT = 70, CHANNELS = 6, ITERATIONS = 500 };

/* Two Gaussian clusters, ten deviations apart in each channel: even points in one, odd ones in the other. */
static void make_clusters(float feature[COUNT * CHANNELS], double start[2 * COUNT])
{
    const sep_random random = {.seed = 7, .stream = sep_stream("test_tsne")};

    for (int i = 0; i < COUNT; i++)
        for (int c = 0; c < CHANNELS; c++)
            feature[i * CHANNELS + c] =
                sep_random_normal(&random, (uint64_t)(i * CHANNELS + c)) + (i % 2 ? 10.0f : 0.0f);
    for (int i = 0; i < COUNT; i++)
        for (int axis = 0; axis < 2; axis++)
            start[2 * i + axis] = (double)feature[i * CHANNELS + axis];
}

static sep_tsne_result reduce(int threads, const char *simd)
{
    float feature[COUNT * CHANNELS];
    double start[2 * COUNT];
    sep_tsne_result result;

    make_clusters(feature, start);
    if (sep_tsne(feature, COUNT, CHANNELS, start,
                 &(sep_tsne_options){.perplexity = 10.0, .iterations = ITERATIONS, .threads = threads, .simd = simd},
                 &result) != SEP_OK)
        fail_msg("%s", sep_error_text());
    return result;
}

static double squared_distance(const sep_tsne_result *r, int i, int j)
{
    const double dx = (double)r->place[0][i] - (double)r->place[0][j],
                 dy = (double)r->place[1][i] - (double)r->place[1][j];

    return dx * dx + dy * dy;
}

static void clusters_stay_apart(void **state)
{
    sep_tsne_result result = reduce(1, NULL);
    double within = 0.0, between = INFINITY;

    (void)state;
    for (int i = 0; i < COUNT; i++)
        for (int j = 0; j < i; j++)
            if (i % 2 == j % 2)
                within = fmax(within, squared_distance(&result, i, j));
            else
                between = fmin(between, squared_distance(&result, i, j));
    assert_true(between > within);
    assert_true(result.divergence > 0.0 && result.divergence < 1.0);
    sep_tsne_free(&result);
}

static void assert_same(const sep_tsne_result *a, const sep_tsne_result *b)
{
    for (int axis = 0; axis < 2; axis++)
        assert_memory_equal(a->place[axis], b->place[axis], COUNT * sizeof(float));
    assert_memory_equal(&a->divergence, &b->divergence, sizeof a->divergence);
}

static void bits_are_the_same_for_all_threads_and_tables(void **state)
{
    sep_tsne_result first = reduce(1, "generic");
    const char *names[4];
    const int tables = sep_simd_names(names);

    (void)state;
    for (int table = 0; table < tables; table++)
        for (int threads = 1; threads <= 3; threads++) {
            sep_tsne_result again = reduce(threads, names[table]);
            assert_same(&first, &again);
            sep_tsne_free(&again);
        }
    sep_tsne_free(&first);
}

static void points_that_are_one_stay_one(void **state)
{
    float feature[2 * COUNT];
    double start[2 * COUNT] = {0};
    sep_tsne_result result;

    (void)state;
    for (int i = 0; i < 2 * COUNT; i++)
        feature[i] = 3.0f;
    assert_int_equal(sep_tsne(feature, COUNT, 2, start, &(sep_tsne_options){.iterations = 20}, &result), SEP_OK);
    for (int i = 0; i < COUNT; i++)
        assert_true(result.place[0][i] == 0.0f && result.place[1][i] == 0.0f);
    assert_true(fabs(result.perplexity - (COUNT - 1) / 3.0) < 1e-12); /* 30 would be more */
    assert_true(fabs(result.divergence) < 1e-5);
    sep_tsne_free(&result);
    assert_int_equal(sep_tsne(feature, 3, 2, start, &(sep_tsne_options){0}, &result), SEP_ERR_ARGUMENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(affinities_are_those_of_numpy), cmocka_unit_test(gradient_and_divergence_are_those_of_numpy),
        cmocka_unit_test(clusters_stay_apart),           cmocka_unit_test(bits_are_the_same_for_all_threads_and_tables),
        cmocka_unit_test(points_that_are_one_stay_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
