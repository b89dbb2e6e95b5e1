/* Spaces of features: which voxels become points, principal components and silhouettes against numpy's, NumPy's files
 * to the byte. */
#include "features/npy.h"
#include "features/pca.h"
#include "features/sample.h"
#include "features/silhouette.h"
#include "golden/features.h"
#include "support_features.h"
#include "support_scratch.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define NEAR(got, wanted, tolerance) assert_true(fabs((got) - (wanted)) <= (tolerance))

/* ---- shares ------------------------------------------------------------------------------------------------------ */

static void shares_are_equal_as_far_as_there_is_enough(void **state)
{
    const int64_t have[4] = {3, 0, 100, 100};
    const int order[4] = {3, 2, 1, 0};
    int64_t share[4];

    (void)state;
    assert_int_equal(sep_share_evenly(have, order, 4, 44, share), 44);
    assert_int_equal(share[0], 3);
    assert_int_equal(share[1], 0);
    assert_int_equal(share[2], 20);
    assert_int_equal(share[3], 21); /* first in order */
    assert_int_equal(sep_share_evenly(have, order, 4, 2, share), 2);
    assert_int_equal(share[3] + share[2], 2);
    assert_int_equal(sep_share_evenly(have, order, 4, 1000, share), 203);
}

/* ---- points ------------------------------------------------------------------------------------------------------ */

enum { SCANS = 2, DEPTH = 3, SIDE = 8, CLASSES = 3 };

/* Class 1 in one row of each slice, class 2 in one voxel of the first scan; the second ignores its last row. */
static void make_labels(sep_labels labels[SCANS])
{
    for (int i = 0; i < SCANS; i++) {
        assert_int_equal(sep_labels_create(&labels[i], DEPTH, SIDE, SIDE), SEP_OK);
        for (int z = 0; z < DEPTH; z++)
            memset(sep_labels_slice(&labels[i], z), 1, SIDE);
    }
    sep_labels_slice(&labels[0], 1)[SIDE * 3 + 4] = 2;
    labels[1].ignores = true;
    for (int z = 0; z < DEPTH; z++)
        memset(sep_labels_slice(&labels[1], z) + SIDE * (SIDE - 1), SEP_IGNORED, SIDE);
}

static sep_point *draw(const sep_labels labels[SCANS], int wanted, uint64_t seed, int *count)
{
    sep_point *point;

    assert_int_equal(sep_sample_points(labels, SCANS, CLASSES, wanted, seed, &point, count), SEP_OK);
    return point;
}

static int count_points(const sep_point *point, int count, int label, int scan, int z)
{
    int found = 0;

    for (int i = 0; i < count; i++)
        found += point[i].label == label && (scan < 0 || point[i].scan == scan) && (z < 0 || point[i].voxel.z == z);
    return found;
}

static void check_points(const sep_labels labels[SCANS], const sep_point *point, int count)
{
    for (int i = 0; i < count; i++) {
        const sep_voxel *v = &point[i].voxel;
        const sep_labels *map = &labels[point[i].scan];
        assert_int_equal(sep_labels_slice(map, v->z)[v->y * SIDE + v->x], point[i].label);
        assert_true(i == 0 || memcmp(&point[i], &point[i - 1], sizeof *point) != 0);
    }
}

static void points_are_spread_over_classes_scans_and_slices(void **state)
{
    sep_labels labels[SCANS];
    int count;

    (void)state;
    make_labels(labels);
    sep_point *point = draw(labels, 90, 1, &count);
    assert_int_equal(count, 30 + 30 + 1); /* class 2 has one voxel */
    check_points(labels, point, count);
    for (int i = 0; i < SCANS; i++)
        for (int z = 0; z < DEPTH; z++) {
            assert_int_equal(count_points(point, count, 0, i, z), 5);
            assert_int_equal(count_points(point, count, 1, i, z), 5);
        }
    assert_int_equal(count_points(point, count, 2, 0, 1), 1);
    sep_free(point);

    point = draw(labels, 12, 1, &count); /* fewer than slices: four a class */
    assert_int_equal(count, 9);
    assert_int_equal(count_points(point, count, 1, 0, -1), 2);
    assert_int_equal(count_points(point, count, 1, 1, -1), 2);
    sep_free(point);
    for (int i = 0; i < SCANS; i++)
        sep_labels_free(&labels[i]);
}

static void points_are_a_function_of_the_seed(void **state)
{
    sep_labels labels[SCANS];
    int count[3];

    (void)state;
    make_labels(labels);
    sep_point *point[3] = {draw(labels, 60, 1, &count[0]), draw(labels, 60, 1, &count[1]),
                           draw(labels, 60, 2, &count[2])};
    assert_memory_equal(point[0], point[1], (size_t)count[0] * sizeof *point[0]);
    assert_int_equal(count[0], count[2]);
    assert_true(memcmp(point[0], point[2], (size_t)count[0] * sizeof *point[0]) != 0);
    for (int i = 0; i < 3; i++)
        sep_free(point[i]);
    for (int i = 0; i < SCANS; i++)
        sep_labels_free(&labels[i]);
}

static void too_few_points_and_no_labels_are_errors(void **state)
{
    sep_labels labels[SCANS];
    sep_point *point;
    int count;

    (void)state;
    make_labels(labels);
    assert_int_equal(sep_sample_points(labels, SCANS, CLASSES, 2, 1, &point, &count), SEP_ERR_ARGUMENT);
    for (int i = 0; i < SCANS; i++) {
        labels[i].ignores = true;
        memset(labels[i].data, SEP_IGNORED, DEPTH * SIDE * SIDE);
    }
    assert_int_equal(sep_sample_points(labels, SCANS, CLASSES, 20, 1, &point, &count), SEP_ERR_ARGUMENT);
    for (int i = 0; i < SCANS; i++)
        sep_labels_free(&labels[i]);
}

/* ---- numbers ----------------------------------------------------------------------------------------------------- */

static void components_are_those_of_numpy(void **state)
{
    float feature[GOLDEN_COUNT * GOLDEN_CHANNELS];
    sep_pca pca;

    (void)state;
    support_features(feature, GOLDEN_COUNT, GOLDEN_CHANNELS, GOLDEN_CLASSES);
    assert_int_equal(sep_pca_find(feature, GOLDEN_COUNT, GOLDEN_CHANNELS, &pca), SEP_OK);
    for (int i = 0; i < 2 * GOLDEN_COUNT; i++)
        NEAR(pca.score[i], golden_score[i], 1e-7);
    for (int k = 0; k < 2; k++)
        NEAR(pca.explained[k], golden_explained[k], 1e-8);
    sep_pca_free(&pca);
}

static void features_without_variance_have_components_of_zero(void **state)
{
    const float feature[6] = {2, 2, 2, 2, 2, 2};
    sep_pca pca;

    (void)state;
    for (int channels = 1; channels <= 2; channels++) {
        assert_int_equal(sep_pca_find(feature, 6 / channels, channels, &pca), SEP_OK);
        for (int i = 0; i < 2 * (6 / channels); i++)
            assert_true(pca.score[i] == 0.0);
        assert_true(pca.explained[0] == 0.0 && pca.explained[1] == 0.0);
        sep_pca_free(&pca);
    }
}

static void eigenvectors_diagonalise(void **state)
{
    /* Eigenvalues 1, 2 and 4. */
    const double matrix[9] = {2, 1, 0, 1, 3, 1, 0, 1, 2};
    double turned[9], vectors[9], sum = 0.0;

    (void)state;
    memcpy(turned, matrix, sizeof matrix);
    sep_eigen_symmetric(turned, 3, vectors);
    for (int k = 0; k < 3; k++) {
        sum += turned[4 * k];
        for (int i = 0; i < 3; i++) {
            double product = 0.0;
            for (int j = 0; j < 3; j++)
                product += matrix[3 * i + j] * vectors[3 * j + k];
            NEAR(product, turned[4 * k] * vectors[3 * i + k], 1e-14);
        }
    }
    NEAR(sum, 7.0, 1e-14);
    NEAR(turned[0] * turned[4] * turned[8], 8.0, 1e-13);
}

static void silhouettes_are_those_of_the_definition(void **state)
{
    float feature[GOLDEN_COUNT * GOLDEN_CHANNELS];
    uint8_t label[GOLDEN_COUNT];
    sep_silhouettes s[2];

    (void)state;
    support_features(feature, GOLDEN_COUNT, GOLDEN_CHANNELS, GOLDEN_CLASSES);
    for (int i = 0; i < GOLDEN_COUNT; i++)
        label[i] = (uint8_t)(i % GOLDEN_CLASSES);
    for (int threads = 1; threads <= 2; threads++)
        assert_int_equal(
            sep_silhouette(feature, GOLDEN_COUNT, GOLDEN_CHANNELS, label, GOLDEN_CLASSES, threads, &s[threads - 1]),
            SEP_OK);
    assert_memory_equal(&s[0], &s[1], sizeof s[0]);
    for (int c = 0; c < GOLDEN_CLASSES; c++)
        NEAR(s[0].of_class[c], golden_silhouette[c], 1e-6);
    NEAR(s[0].mean, golden_silhouette[GOLDEN_CLASSES], 1e-6);
}

static void silhouettes_of_one_class_are_no_numbers(void **state)
{
    const float feature[6] = {1, 0, 0, 1, 1, 1};
    const uint8_t one[3] = {1, 1, 1}, two[3] = {0, 1, 1};
    sep_silhouettes s;

    (void)state;
    assert_int_equal(sep_silhouette(feature, 3, 2, one, 3, 1, &s), SEP_OK);
    assert_true(isnan(s.mean) && isnan(s.of_class[0]) && isnan(s.of_class[1]));
    assert_int_equal(sep_silhouette(feature, 3, 2, two, 3, 1, &s), SEP_OK);
    assert_true(s.of_class[0] == 0.0 && isnan(s.of_class[2])); /* the only point of its class */
}

/* ---- files ------------------------------------------------------------------------------------------------------- */

static void assert_same_bytes(const char *path, const char *golden)
{
    void *bytes, *wanted;
    size_t count, wanted_count;

    assert_int_equal(sep_file_read(path, &bytes, &count), SEP_OK);
    assert_int_equal(sep_file_read(golden, &wanted, &wanted_count), SEP_OK);
    assert_int_equal(count, wanted_count);
    assert_memory_equal(bytes, wanted, count);
    sep_free(bytes);
    sep_free(wanted);
}

static void files_are_those_of_numpy(void **state)
{
    float feature[GOLDEN_COUNT * GOLDEN_CHANNELS];
    uint8_t label[GOLDEN_COUNT];

    (void)state;
    support_features(feature, GOLDEN_COUNT, GOLDEN_CHANNELS, GOLDEN_CLASSES);
    for (int i = 0; i < GOLDEN_COUNT; i++)
        label[i] = (uint8_t)(i % GOLDEN_CLASSES);
    const char *path = scratch_path("array.npy");
    assert_int_equal(sep_npy_write(path, SEP_NPY_F32, feature, GOLDEN_COUNT, GOLDEN_CHANNELS), SEP_OK);
    assert_same_bytes(path, "tests/golden/features.npy");
    assert_int_equal(sep_npy_write(path, SEP_NPY_U8, label, GOLDEN_COUNT, 0), SEP_OK);
    assert_same_bytes(path, "tests/golden/labels.npy");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shares_are_equal_as_far_as_there_is_enough),
        cmocka_unit_test(points_are_spread_over_classes_scans_and_slices),
        cmocka_unit_test(points_are_a_function_of_the_seed),
        cmocka_unit_test(too_few_points_and_no_labels_are_errors),
        cmocka_unit_test(components_are_those_of_numpy),
        cmocka_unit_test(features_without_variance_have_components_of_zero),
        cmocka_unit_test(eigenvectors_diagonalise),
        cmocka_unit_test(silhouettes_are_those_of_the_definition),
        cmocka_unit_test(silhouettes_of_one_class_are_no_numbers),
        cmocka_unit_test(files_are_those_of_numpy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
