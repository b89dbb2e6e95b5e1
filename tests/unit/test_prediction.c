/* Prediction by symmetries and by several models, with networks that nobody trained. */
#include "septum/model.h"

#include "model/checkpoint.h"
#include "model/predictor.h"
#include "support_net.h"
#include "support_scratch.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum { SIDE = 32, PIXELS = SIDE * SIDE, CLASSES = 3 };

static sep_device *device;

/* ---- models ------------------------------------------------------------------------------------------------------ */

static void write_model(const char *path, int width, uint64_t seed, const char *last_class)
{
    sep_model_info info = {.students = 1, .method = (char[]){"supervised"}, .best_dice = -1};
    sep_predictor *predictor;
    sep_store *store;

    info.spec[0] = support_net("u-net", "base = 4", CLASSES, SIDE, width);
    assert_int_equal(sep_net_complete(&info.spec[0]), SEP_OK);
    assert_int_equal(sep_strings_add(&info.class_names, "background"), SEP_OK);
    assert_int_equal(sep_strings_add(&info.class_names, "wall"), SEP_OK);
    assert_int_equal(sep_strings_add(&info.class_names, last_class), SEP_OK);
    assert_int_equal(sep_store_create(device, seed, &store), SEP_OK);
    assert_int_equal(sep_predictor_create(store, info.spec, 1, false, 1, SEP_ZOOM_LINEAR, &predictor), SEP_OK);
    assert_int_equal(sep_checkpoint_write(path, store, &info), SEP_OK);
    sep_predictor_destroy(predictor);
    sep_store_destroy(store);
    sep_strings_free(&info.class_names);
}

static sep_model *make_model(const char *name, int width, uint64_t seed, const char *last_class)
{
    const char *path = scratch_path(name);
    sep_model *model;

    write_model(path, width, seed, last_class);
    assert_int_equal(sep_model_load(path, device, &model), SEP_OK);
    return model;
}

/* A slice of no symmetry, or its transpose. */
static sep_volume make_slice(bool transposed)
{
    sep_volume slice;

    assert_int_equal(sep_volume_create(&slice, 1, SIDE, SIDE), SEP_OK);
    for (int y = 0; y < SIDE; y++)
        for (int x = 0; x < SIDE; x++)
            slice.data[transposed ? x * SIDE + y : y * SIDE + x] =
                (float)((y * y + 3 * x) % 17) + (y > 20 && x < 9 ? 15.0f : 0.0f);
    return slice;
}

/* ---- symmetries -------------------------------------------------------------------------------------------------- */

/* How far the prediction of a transposed slice is from the transposed prediction. */
static float largest_difference(sep_model *model, sep_tta tta)
{
    const sep_segment_options how = {.tta = tta};
    sep_volume slice[2] = {make_slice(false), make_slice(true)}, probability[2][CLASSES];
    sep_labels labels;
    float largest = 0.0f;

    for (int i = 0; i < 2; i++) {
        assert_int_equal(sep_model_segment(model, &slice[i], &how, &labels, probability[i]), SEP_OK);
        sep_labels_free(&labels);
        sep_volume_free(&slice[i]);
    }
    for (int c = 0; c < CLASSES; c++)
        for (int i = 0; i < PIXELS; i++)
            largest =
                fmaxf(largest, fabsf(probability[0][c].data[i] - probability[1][c].data[i % SIDE * SIDE + i / SIDE]));
    for (int i = 0; i < 2 * CLASSES; i++)
        sep_volume_free(&probability[i / CLASSES][i % CLASSES]);
    return largest;
}

static void test_all_symmetries_are_symmetric(void **state)
{
    sep_model *model = make_model("one", SIDE, 1, "cavity");

    (void)state;
    assert_true(largest_difference(model, SEP_TTA_ALL) < 1e-5f);
    assert_true(largest_difference(model, SEP_TTA_FLIPS) > 1e-3f);
    assert_true(largest_difference(model, SEP_TTA_NONE) > 1e-3f);
    sep_model_destroy(model);
}

static void test_quarter_turns_need_squares(void **state)
{
    sep_model *model = make_model("wide", 2 * SIDE, 1, "cavity");
    sep_volume slice = make_slice(false);
    sep_labels labels;

    (void)state;
    assert_int_equal(sep_model_segment(model, &slice, &(sep_segment_options){.tta = SEP_TTA_ALL}, &labels, NULL),
                     SEP_ERR_ARGUMENT);
    assert_non_null(strstr(sep_error_text(), "quarter turns need square patches"));
    assert_null(labels.data);
    assert_int_equal(sep_model_segment(model, &slice, &(sep_segment_options){.tta = SEP_TTA_FLIPS}, &labels, NULL),
                     SEP_OK);
    sep_labels_free(&labels);
    sep_volume_free(&slice);
    sep_model_destroy(model);
}

/* ---- several models ---------------------------------------------------------------------------------------------- */

static double entropy(const float *p)
{
    double sum = 0;

    for (int c = 0; c < CLASSES; c++)
        sum -= (double)p[c] * log((double)p[c]);
    return sum / log(CLASSES);
}

static int first_largest(const float *p)
{
    int best = 0;

    for (int c = 1; c < CLASSES; c++)
        best = p[c] > p[best] ? c : best;
    return best;
}

static void check_voxel(const sep_prediction *single, const sep_prediction *both, const sep_volume *uncertainty, int i)
{
    float p[3][CLASSES];

    for (int c = 0; c < CLASSES; c++) {
        p[0][c] = single[0].probability[c].data[i];
        p[1][c] = single[1].probability[c].data[i];
        p[2][c] = both->probability[c].data[i];
        assert_true(p[2][c] == (p[0][c] + p[1][c]) / 2.0f);
    }
    assert_int_equal(both->labels.data[i], first_largest(p[2]));
    assert_true(fabs(entropy(p[2]) - (double)uncertainty->data[i]) < 1e-5);
    const double information = entropy(p[2]) - (entropy(p[0]) + entropy(p[1])) / 2;
    assert_true(fabs(information - (double)both->disagreement.data[i]) < 1e-5);
}

static void test_models_are_averaged(void **state)
{
    sep_model *model[2] = {make_model("first", SIDE, 1, "cavity"), make_model("second", SIDE, 2, "cavity")};
    const sep_segment_options how[2] = {{.tta = SEP_TTA_NONE}, {.tta = SEP_TTA_FLIPS}};
    sep_volume slice = make_slice(false), uncertainty;
    sep_prediction single[2], both;

    (void)state;
    for (int i = 0; i < 2; i++)
        assert_int_equal(sep_models_segment(&model[i], &how[i], 1, &slice, false, &single[i]), SEP_OK);
    assert_null(single[0].disagreement.data);
    assert_int_equal(sep_models_segment(model, how, 2, &slice, true, &both), SEP_OK);
    assert_int_equal(sep_prediction_uncertainty(&both, &uncertainty), SEP_OK);
    for (int i = 0; i < PIXELS; i++)
        check_voxel(single, &both, &uncertainty, i);
    sep_volume_free(&uncertainty);
    sep_prediction_free(&both);
    for (int i = 0; i < 2; i++) {
        sep_prediction_free(&single[i]);
        sep_model_destroy(model[i]);
    }
    sep_volume_free(&slice);
}

static void test_models_of_other_classes(void **state)
{
    static const char *const path[2] = {"a", "b"};
    sep_model *model[2] = {make_model("heart", SIDE, 1, "cavity"), make_model("lung", SIDE, 1, "airway")};

    (void)state;
    assert_int_equal(sep_models_check(model, path, 1), SEP_OK);
    assert_int_equal(sep_models_check(model, path, 2), SEP_ERR_ARGUMENT);
    assert_non_null(strstr(sep_error_text(), "class 2 is 'airway' in b and 'cavity' in a"));
    for (int i = 0; i < 2; i++)
        sep_model_destroy(model[i]);
}

static int open_device(void **state)
{
    (void)state;
    return sep_cpu_create(1, NULL, &device) == SEP_OK ? 0 : -1;
}

static int close_device(void **state)
{
    (void)state;
    sep_device_destroy(device);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_symmetries_are_symmetric),
        cmocka_unit_test(test_quarter_turns_need_squares),
        cmocka_unit_test(test_models_are_averaged),
        cmocka_unit_test(test_models_of_other_classes),
    };
    return cmocka_run_group_tests(tests, open_device, close_device);
}
