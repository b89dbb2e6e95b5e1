/* Scores of label maps: against medpy's numbers, on empty masks, and over cases. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "metrics/distance.h"
#include "septum/metrics.h"

#include <jansson.h>
#include <math.h>
#include <string.h>

static void assert_close(double value, double expected, const char *what, const char *where)
{
    if (!(fabs(value - expected) <= 1e-12 * (1 + fabs(expected))))
        fail_msg("%s: %s is %.17g, expected %.17g", where, what, value, expected);
}

/* ---- goldens ----------------------------------------------------------------------------------------------------- */

typedef struct label_pair {
    sep_labels prediction, reference;
} label_pair;

/* Label maps without the image room: the scores need only the arrays. */
static void make_labels(sep_labels *labels, int depth, int height, int width, const double spacing[3])
{
    *labels = (sep_labels){.depth = depth, .height = height, .width = width, .has_geometry = true};
    for (int axis = 0; axis < 3; axis++)
        labels->spacing[axis] = (float)spacing[axis];
    labels->data = sep_calloc((size_t)depth * (size_t)height * (size_t)width, 1);
    assert_non_null(labels->data);
}

static void make_pair(label_pair *pair, int depth, int height, int width, const double spacing[3])
{
    make_labels(&pair->prediction, depth, height, width, spacing);
    make_labels(&pair->reference, depth, height, width, spacing);
}

static void free_pair(label_pair *pair)
{
    sep_free(pair->prediction.data);
    sep_free(pair->reference.data);
}

/* The masks of a golden become class 3 of maps that hold a class 1 besides. */
static void pair_of_golden(const json_t *golden, label_pair *pair)
{
    const json_t *shape = json_object_get(golden, "shape"), *steps = json_object_get(golden, "spacing");
    const char *masks = json_string_value(json_object_get(golden, "masks"));
    double spacing[3];
    for (size_t axis = 0; axis < 3; axis++)
        spacing[axis] = json_number_value(json_array_get(steps, axis));
    make_pair(pair, (int)json_integer_value(json_array_get(shape, 0)),
              (int)json_integer_value(json_array_get(shape, 1)), (int)json_integer_value(json_array_get(shape, 2)),
              spacing);
    for (size_t i = 0; masks[i]; i++) {
        pair->prediction.data[i] = strchr("pb", masks[i]) ? 3 : i % 5 == 0;
        pair->reference.data[i] = strchr("rb", masks[i]) ? 3 : i % 3 == 0;
    }
}

static void medpys_numbers(void **state)
{
    (void)state;
    json_error_t error;
    json_t *goldens = json_load_file("tests/golden/metrics.json", 0, &error), *golden;
    size_t index;
    assert_non_null(goldens);
    assert_true(json_array_size(goldens) > 8);
    json_array_foreach(goldens, index, golden)
    {
        label_pair pair;
        sep_class_score score;
        pair_of_golden(golden, &pair);
        assert_int_equal(sep_score_class(&pair.prediction, &pair.reference, 3, &score), SEP_OK);
        for (int policy = 0; policy < SEP_EMPTY_COUNT; policy++)
            for (sep_metric metric = 0; metric < SEP_METRIC_COUNT; metric++)
                assert_close(score.value[policy][metric],
                             json_real_value(json_object_get(golden, sep_metric_name(metric))), sep_metric_name(metric),
                             json_string_value(json_object_get(golden, "name")));
        free_pair(&pair);
    }
    json_decref(goldens);
}

/* ---- the distance transform against the definition --------------------------------------------------------------- */

enum { DEPTH = 5, HEIGHT = 13, WIDTH = 11, VOXELS = DEPTH * HEIGHT * WIDTH };

static double squared_distance(int a, int b, const double spacing[3])
{
    double x = (a % WIDTH - b % WIDTH) * spacing[0];
    double y = (a / WIDTH % HEIGHT - b / WIDTH % HEIGHT) * spacing[1];
    double z = (a / WIDTH / HEIGHT - b / WIDTH / HEIGHT) * spacing[2];
    return x * x + y * y + z * z;
}

static double nearest_feature(const bool *feature, int voxel, const double spacing[3])
{
    double nearest = INFINITY;
    for (int other = 0; other < VOXELS; other++)
        if (feature[other])
            nearest = fmin(nearest, squared_distance(voxel, other, spacing));
    return nearest;
}

static void distance_transform_is_exact(void **state)
{
    (void)state;
    const double spacings[][3] = {{1, 1, 1}, {1.4, 1.6, 9.7}, {3, 0.5, 0.25}};
    const uint32_t rarity[] = {VOXELS, 40, 3};
    sep_random random = {.seed = 5, .stream = sep_stream("features")};
    bool feature[VOXELS];
    double squared[VOXELS];
    for (int s = 0; s < 3; s++)
        for (int r = 0; r < 3; r++) {
            random.iteration = (uint32_t)(3 * s + r);
            for (int i = 0; i < VOXELS; i++) {
                feature[i] = sep_random_below(&random, (uint64_t)i, rarity[r]) == 0;
                squared[i] = feature[i] ? 0.0 : INFINITY;
            }
            assert_int_equal(sep_distance_transform(squared, DEPTH, HEIGHT, WIDTH, spacings[s]), SEP_OK);
            for (int i = 0; i < VOXELS; i++) {
                double expected = nearest_feature(feature, i, spacings[s]);
                if (isinf(expected))
                    assert_true(isinf(squared[i]));
                else
                    assert_close(squared[i], expected, "distance", "transform");
            }
        }
}

/* ---- empty masks ------------------------------------------------------------------------------------------------- */

static const double steps[3] = {2, 3, 4};

static void assert_empty_score(bool in_prediction, bool in_reference, double strict_dice, double medpy_dice, bool far)
{
    label_pair pair;
    sep_class_score score;
    make_pair(&pair, 4, 5, 6, steps);
    pair.prediction.data[7] = in_prediction;
    pair.reference.data[9] = in_reference;
    assert_int_equal(sep_score_class(&pair.prediction, &pair.reference, 1, &score), SEP_OK);
    const double *strict = score.value[SEP_EMPTY_STRICT], *medpy = score.value[SEP_EMPTY_MEDPY];
    assert_close(strict[SEP_METRIC_DICE], strict_dice, "dice", "strict");
    assert_close(medpy[SEP_METRIC_DICE], medpy_dice, "dice", "medpy");
    for (sep_metric metric = SEP_METRIC_HD; metric < SEP_METRIC_COUNT; metric++) {
        double diagonal = sep_metric_in_mm(metric) ? sqrt(10 * 10 + 12 * 12 + 12 * 12) : sqrt(5 * 5 + 4 * 4 + 3 * 3);
        assert_close(strict[metric], far ? diagonal : 0, sep_metric_name(metric), "strict");
        assert_close(medpy[metric], 0, sep_metric_name(metric), "medpy");
    }
    free_pair(&pair);
}

static void empty_masks_follow_their_policy(void **state)
{
    (void)state;
    assert_empty_score(false, false, 1, 0, false);
    assert_empty_score(false, true, 0, 0, true);
    assert_empty_score(true, false, 0, 1, true);
}

/* ---- cases and means --------------------------------------------------------------------------------------------- */

static void fill(sep_labels *labels, int from, int to, uint8_t label)
{
    for (int i = from; i < to; i++)
        labels->data[i] = label;
}

static void means_over_cases_then_classes(void **state)
{
    (void)state;
    const char *const names[] = {"left", "right"};
    sep_evaluation evaluation;
    label_pair pair;
    make_pair(&pair, 1, 4, 10, steps);
    assert_int_equal(sep_evaluation_create(&evaluation, 3, names), SEP_OK);

    fill(&pair.prediction, 0, 10, 1);
    fill(&pair.reference, 0, 10, 1);
    fill(&pair.prediction, 20, 30, 2);
    fill(&pair.reference, 25, 35, 2);
    assert_int_equal(sep_evaluation_add(&evaluation, "a", &pair.prediction, &pair.reference), SEP_OK);
    fill(&pair.prediction, 20, 30, 0);
    pair.reference.has_geometry = false;
    assert_int_equal(sep_evaluation_add(&evaluation, "b", &pair.prediction, &pair.reference), SEP_OK);

    sep_mean left = sep_evaluation_class(&evaluation, 0, SEP_EMPTY_STRICT, SEP_METRIC_DICE);
    sep_mean right = sep_evaluation_class(&evaluation, 1, SEP_EMPTY_STRICT, SEP_METRIC_DICE);
    sep_mean overall = sep_evaluation_overall(&evaluation, SEP_EMPTY_STRICT, SEP_METRIC_DICE);
    assert_close(left.mean, 1, "mean", "left");
    assert_close(left.deviation, 0, "deviation", "left");
    assert_close(right.mean, 0.25, "mean", "right");
    assert_close(right.deviation, 0.25, "deviation", "right");
    assert_close(sep_evaluation_case(&evaluation, 0, SEP_EMPTY_STRICT, SEP_METRIC_DICE).mean, 0.75, "mean", "a");
    assert_close(overall.mean, 0.625, "mean", "overall");
    assert_close(overall.deviation, 0.125, "deviation", "overall");
    assert_false(evaluation.has_mm);
    assert_string_equal(evaluation.class_names.item[1], "right");
    sep_evaluation_free(&evaluation);
    free_pair(&pair);
}

static void classes_are_named_by_number(void **state)
{
    (void)state;
    sep_evaluation evaluation;
    assert_int_equal(sep_evaluation_create(&evaluation, 3, NULL), SEP_OK);
    assert_string_equal(evaluation.class_names.item[1], "class 2");
    assert_close(sep_evaluation_class(&evaluation, 0, SEP_EMPTY_STRICT, SEP_METRIC_DICE).mean, 0, "mean", "no cases");
    sep_evaluation_free(&evaluation);
    assert_int_equal(sep_evaluation_create(&evaluation, 1, NULL), SEP_ERR_ARGUMENT);
    assert_int_equal(sep_evaluation_create(&evaluation, 257, NULL), SEP_ERR_ARGUMENT);
}

static void assert_said(const sep_evaluation *evaluation, const char *expected)
{
    char *text;
    assert_int_equal(sep_evaluation_say_absent(evaluation, &text), SEP_OK);
    assert_non_null(text);
    assert_string_equal(text, expected);
    sep_free(text);
}

/* Sparse labels: 1 and 5, each at Dice 0.5 and 1; 3 is predicted where nothing has it. */
static void absent_classes_are_left_out(void **state)
{
    (void)state;
    sep_evaluation evaluation;
    label_pair pair;
    char *text;
    make_pair(&pair, 1, 4, 10, steps);
    assert_int_equal(sep_evaluation_create(&evaluation, 6, NULL), SEP_OK);
    fill(&pair.prediction, 0, 10, 1);
    fill(&pair.reference, 5, 15, 1);
    fill(&pair.prediction, 20, 30, 5);
    fill(&pair.reference, 20, 30, 5);
    fill(&pair.prediction, 32, 39, 3);
    assert_int_equal(sep_evaluation_say_absent(&evaluation, &text), SEP_OK);
    assert_null(text); /* no case yet, so nothing is missing */
    assert_int_equal(sep_evaluation_add(&evaluation, "a", &pair.prediction, &pair.reference), SEP_OK);
    for (int policy = 0; policy < SEP_EMPTY_COUNT; policy++) {
        sep_mean overall = sep_evaluation_overall(&evaluation, (sep_empty_policy)policy, SEP_METRIC_DICE);
        sep_mean in_case = sep_evaluation_case(&evaluation, 0, (sep_empty_policy)policy, SEP_METRIC_DICE);
        assert_close(overall.mean, 0.75, "mean", "overall");
        assert_close(in_case.mean, 0.75, "mean", "case");
        assert_close(in_case.deviation, 0.25, "deviation", "case");
        assert_true(isnan(sep_evaluation_class(&evaluation, 1, (sep_empty_policy)policy, SEP_METRIC_DICE).mean));
    }
    assert_said(&evaluation, "classes 2, 3, 4 are in no reference: left out of the mean; but predictions have 7 voxels "
                             "of 3");

    /* one reference with class 3 is enough */
    fill(&pair.reference, 32, 39, 3);
    assert_int_equal(sep_evaluation_add(&evaluation, "b", &pair.prediction, &pair.reference), SEP_OK);
    assert_close(sep_evaluation_class(&evaluation, 2, SEP_EMPTY_STRICT, SEP_METRIC_DICE).mean, 0.5, "mean", "class 3");
    assert_close(sep_evaluation_overall(&evaluation, SEP_EMPTY_STRICT, SEP_METRIC_DICE).mean, 2.0 / 3, "mean", "three");
    assert_said(&evaluation, "classes 2, 4 are in no reference: left out of the mean");
    sep_evaluation_free(&evaluation);
    free_pair(&pair);
}

static void references_without_any_class_have_no_mean(void **state)
{
    (void)state;
    const char *const names[] = {"lesion"};
    sep_evaluation evaluation;
    label_pair pair;
    make_pair(&pair, 1, 4, 10, steps);
    assert_int_equal(sep_evaluation_create(&evaluation, 2, names), SEP_OK);
    assert_int_equal(sep_evaluation_add(&evaluation, "a", &pair.prediction, &pair.reference), SEP_OK);
    assert_true(isnan(sep_evaluation_overall(&evaluation, SEP_EMPTY_STRICT, SEP_METRIC_DICE).mean));
    assert_true(isnan(sep_evaluation_case(&evaluation, 0, SEP_EMPTY_STRICT, SEP_METRIC_DICE).mean));
    assert_said(&evaluation, "class 1 (lesion) is in no reference: left out of the mean");
    sep_evaluation_free(&evaluation);
    free_pair(&pair);
}

static void long_runs_of_absent_classes_are_short(void **state)
{
    (void)state;
    sep_evaluation evaluation;
    label_pair pair;
    make_pair(&pair, 1, 4, 10, steps);
    assert_int_equal(sep_evaluation_create(&evaluation, 54, NULL), SEP_OK);
    fill(&pair.reference, 0, 5, 2);
    fill(&pair.reference, 5, 9, 53);
    assert_int_equal(sep_evaluation_add(&evaluation, "a", &pair.prediction, &pair.reference), SEP_OK);
    assert_said(&evaluation, "classes 1, 3 to 52 are in no reference: left out of the mean");
    sep_evaluation_free(&evaluation);
    free_pair(&pair);
}

static void maps_that_do_not_fit_are_refused(void **state)
{
    (void)state;
    sep_evaluation evaluation;
    label_pair pair, other;
    make_pair(&pair, 2, 4, 5, steps);
    make_pair(&other, 2, 5, 4, steps);
    assert_int_equal(sep_evaluation_create(&evaluation, 3, NULL), SEP_OK);

    assert_int_equal(sep_evaluation_add(&evaluation, "heart", &pair.prediction, &other.reference), SEP_ERR_SHAPE);
    assert_non_null(strstr(sep_error_text(), "heart"));
    assert_non_null(strstr(sep_error_text(), "2 x 4 x 5"));

    pair.prediction.data[3] = 3;
    assert_int_equal(sep_evaluation_add(&evaluation, "heart", &pair.prediction, &pair.reference), SEP_ERR_FORMAT);
    assert_non_null(strstr(sep_error_text(), "prediction holds label 3"));
    pair.prediction.data[3] = 255;
    assert_int_equal(sep_evaluation_add(&evaluation, "heart", &pair.prediction, &pair.reference), SEP_ERR_FORMAT);
    assert_non_null(strstr(sep_error_text(), "heart: prediction: the values 0,255 are grey levels"));
    pair.prediction.data[3] = 2;

    pair.reference.spacing[1] = 0;
    assert_int_equal(sep_evaluation_add(&evaluation, "heart", &pair.prediction, &pair.reference), SEP_ERR_FORMAT);
    assert_non_null(strstr(sep_error_text(), "spacing"));
    assert_int_equal(evaluation.case_names.count, 0);
    sep_evaluation_free(&evaluation);
    free_pair(&pair);
    free_pair(&other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(medpys_numbers),
        cmocka_unit_test(distance_transform_is_exact),
        cmocka_unit_test(empty_masks_follow_their_policy),
        cmocka_unit_test(means_over_cases_then_classes),
        cmocka_unit_test(classes_are_named_by_number),
        cmocka_unit_test(absent_classes_are_left_out),
        cmocka_unit_test(references_without_any_class_have_no_mean),
        cmocka_unit_test(long_runs_of_absent_classes_are_short),
        cmocka_unit_test(maps_that_do_not_fit_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
