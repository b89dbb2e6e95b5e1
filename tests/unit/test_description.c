/* A checkpoint's description: what is no description of a model is refused before anything else is read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "model/description.h"

#include <string.h>

static const char sound[] =
    "{\"version\":1,\"method\":\"cross-teaching\",\"nets\":["
    "{\"net\":\"u-net\",\"classes\":2,\"height\":32,\"width\":32,\"base\":4},"
    "{\"net\":\"u-net\",\"classes\":2,\"height\":32,\"width\":32,\"base\":8}],"
    "\"class_names\":[\"background\",\"heart\"],\"intensity\":{\"window\":true,\"low\":-125,\"high\":275},"
    "\"image_zoom\":1,\"orientation\":null,\"iteration\":60,\"best_student\":1,\"best_iteration\":40,"
    "\"best_dice\":0.5}";

/* The sound description with its first `part` replaced. */
static sep_status read_with(const char *part, const char *replacement, sep_model_info *info)
{
    const char *at = strstr(sound, part);

    assert_non_null(at);
    char *text = sep_format("%.*s%s%s", (int)(at - sound), sound, replacement, at + strlen(part));
    assert_non_null(text);
    *info = (sep_model_info){0};
    const sep_status status = sep_description_read(text, info);
    sep_free(text);
    return status;
}

static double setting(const sep_net_spec *spec, const char *name)
{
    const sep_setting *s = spec->net->settings;

    while (strcmp(s->name, name) != 0)
        s++;
    return sep_setting_get(s, &spec->options);
}

/* A network's settings stand beside what every network has: none may have a name of those. */
static void test_names_of_settings(void **state)
{
    static const char *const taken[] = {"net", "classes", "channels", "height", "width"};

    (void)state;
    for (int i = 0; sep_nets[i] != NULL; i++)
        for (const sep_setting *s = sep_nets[i]->settings; s->name != NULL; s++)
            for (size_t k = 0; k < sizeof taken / sizeof *taken; k++)
                if (strcmp(s->name, taken[k]) == 0)
                    fail_msg("%s: the setting '%s'", sep_nets[i]->name, s->name);
}

static void test_sound(void **state)
{
    sep_model_info info;

    (void)state;
    assert_int_equal(read_with("60", "61", &info), SEP_OK);
    assert_int_equal(info.students, 2);
    assert_int_equal((int)setting(&info.spec[1], "base"), 8);
    assert_int_equal(info.best.student, 1);
    assert_int_equal(info.iteration, 61);
    assert_int_equal(info.image_zoom, SEP_ZOOM_CUBIC);
    assert_true(info.intensity.rule[0].kind == SEP_INTENSITY_WINDOW && info.intensity.rule[0].low == -125.0f &&
                info.intensity.rule[0].high == 275.0f);
    assert_string_equal(info.class_names.item[1], "heart");
    sep_model_info_free(&info);
}

static void test_slices(void **state)
{
    static const char *const wrong[] = {"\"view\":2,\"iteration\"", "\"spacing\":[1.5],\"iteration\"",
                                        "\"spacing\":[0,1],\"iteration\"", "\"spacing\":[1,1e9],\"iteration\"",
                                        "\"spacing\":1.5,\"iteration\""};
    sep_model_info info, again = {0};
    char *text;

    (void)state;
    assert_int_equal(read_with("60", "60", &info), SEP_OK);
    assert_true(info.view == SEP_PATCH_WHOLE && info.spacing[0] == 0.0f);
    sep_model_info_free(&info);
    assert_int_equal(read_with("\"iteration\"", "\"view\":1,\"spacing\":[1.5,1.25],\"iteration\"", &info), SEP_OK);
    assert_true(info.view == SEP_PATCH_WINDOW && info.spacing[0] == 1.5f && info.spacing[1] == 1.25f);
    assert_int_equal(sep_description_write(&info, &text), SEP_OK);
    assert_int_equal(sep_description_read(text, &again), SEP_OK);
    assert_true(again.view == info.view && again.spacing[0] == 1.5f && again.spacing[1] == 1.25f);
    sep_free(text);
    sep_model_info_free(&again);
    sep_model_info_free(&info);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_int_equal(read_with("\"iteration\"", wrong[i], &info), SEP_ERR_FORMAT);
        sep_model_info_free(&info);
    }
}

/* What was decided is written and read as it was; what the networks can't have is damage. */
static void test_decisions(void **state)
{
    sep_model_info info, back = {0};
    char *text;

    (void)state;
    assert_int_equal(read_with("60", "60", &info), SEP_OK);
    assert_false(info.decisions.known);
    info.decisions = (sep_decisions){.known = true,
                                     .tta = SEP_TTA_ALL,
                                     .largest = {[1] = true},
                                     .calibration = {.cases = 3, .slope = 0.75, .intercept = -0.1}};
    assert_int_equal(sep_description_write(&info, &text), SEP_OK);
    assert_int_equal(sep_description_read(text, &back), SEP_OK);
    assert_memory_equal(info.decisions.largest, back.decisions.largest, sizeof back.decisions.largest);
    assert_true(back.decisions.known && back.decisions.tta == SEP_TTA_ALL && back.decisions.calibration.cases == 3);
    assert_true(back.decisions.calibration.slope == 0.75 && back.decisions.calibration.intercept == -0.1);
    sep_free(text);
    sep_model_info_free(&info);
    sep_model_info_free(&back);
}

static void test_decisions_that_are_none(void **state)
{
    static const char *const wrong[] = {
        "60,\"tta\":\"often\"",
        "60,\"tta\":1",
        "60,\"tta\":\"none\",\"components\":[2]",
        "60,\"tta\":\"none\",\"components\":[0]",
        "60,\"tta\":\"none\",\"components\":[\"heart\"]",
        "60,\"tta\":\"none\",\"calibration\":{\"cases\":3,\"slope\":-1,\"intercept\":0}",
        "60,\"tta\":\"none\",\"calibration\":{\"slope\":1,\"intercept\":0}"};
    sep_model_info info;

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_int_equal(read_with("60", wrong[i], &info), SEP_ERR_FORMAT);
        sep_model_info_free(&info);
    }
}

/* All networks had all settings then, and some had other names. */
static void test_earlier_version(void **state)
{
    sep_model_info info;

    (void)state;
    assert_int_equal(
        read_with("\"base\":4", "\"base\":4,\"depth\":0,\"window\":0,\"transposed\":true,\"layer_scale\":0.0", &info),
        SEP_OK);
    assert_true(setting(&info.spec[0], "base") == 4.0 && setting(&info.spec[0], "upsampling") == 1.0);
    assert_true(setting(&info.spec[1], "upsampling") == 0.0);
    sep_model_info_free(&info);
    assert_int_equal(read_with("{\"net\":\"u-net\",\"classes\":2,\"height\":32,\"width\":32,\"base\":4}",
                               "{\"net\":\"cs-unet\",\"classes\":2,\"height\":32,\"width\":32,\"base\":4,\"depth\":3,"
                               "\"window\":1,\"head_channels\":2,\"transposed\":false,\"no_dropout\":true,"
                               "\"layer_scale\":0.69999998807907104}",
                               &info),
                     SEP_OK);
    assert_true(setting(&info.spec[0], "blocks") == 3.0 && setting(&info.spec[0], "no_dropout") == 1.0);
    assert_true(setting(&info.spec[0], "layer_scale") == (double)0.7f);
    sep_model_info_free(&info);
}

static void test_damaged(void **state)
{
    static const char *const change[][2] = {
        {"\"best_student\":1", "\"best_student\":2"},
        {"\"best_student\":1", "\"best_student\":-2"},
        {"\"best_student\":1", "\"best_student\":4294967297"}, /* 1 in 32 bits */
        {"\"iteration\":60", "\"iteration\":-1"},
        {"\"high\":275", "\"high\":-125"},
        {"\"high\":275", "\"high\":1e300"}, /* infinite in float32 */
        {"\"low\":-125", "\"low\":-1e300"},
        {"\"height\":32", "\"height\":64"},
        {"\"classes\":2", "\"classes\":3"},
        {"\"height\":32", "\"height\":4294967328"}, /* 32 in 32 bits */
        {"\"base\":4", "\"base\":-4"},
        {"\"u-net\"", "\"v-net\""},
        {"\"heart\"", "7"},
        {"\"heart\"", "\"heart\",\"lung\""},
        {"\"orientation\":null", "\"orientation\":[1,0,0,0,1,0,0,0,2]"},
        {"\"method\":", "\"methods\":"},
        {"0.5}", "0.5"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof change / sizeof *change; i++) {
        sep_model_info info;

        assert_int_equal(read_with(change[i][0], change[i][1], &info), SEP_ERR_FORMAT);
        assert_ptr_equal(strstr(sep_error_text(), "the checkpoint's description is damaged"), sep_error_text());
        sep_model_info_free(&info);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names_of_settings),
        cmocka_unit_test(test_sound),
        cmocka_unit_test(test_decisions),
        cmocka_unit_test(test_decisions_that_are_none),
        cmocka_unit_test(test_slices),
        cmocka_unit_test(test_earlier_version),
        cmocka_unit_test(test_damaged),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
