/* Which changes a run may go on with: by what the checkpoint says, and, of an earlier version, by its settings' text.
 */
#include "support_net.h"
#include "train/resume.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static sep_model_info make_info(const char *settings)
{
    sep_model_info info = {.students = 1,
                           .spec = {support_net("u-net", "base = 4", 2, 32, 32)},
                           .method = sep_strdup("supervised"),
                           .settings = sep_strdup(settings),
                           .iteration = 40,
                           .knows_run = true,
                           .seed = 5,
                           .labelled = {7, 1, 4},
                           .unlabelled = {63, 2, 0},
                           .validation = {20, 3, 0}};

    info.spec[0].channels = 1;
    assert_int_equal(sep_strings_add(&info.class_names, "background"), SEP_OK);
    assert_int_equal(sep_strings_add(&info.class_names, "disc"), SEP_OK);
    return info;
}

/* `why` NULL: the run may go on. */
static void check(const sep_model_info *saved, const sep_model_info *now, const char *accepted, const char *why)
{
    sep_strings keys = {0};

    if (accepted != NULL)
        assert_int_equal(sep_strings_add(&keys, accepted), SEP_OK);
    sep_status status = sep_run_compare("run", saved, now, &keys);
    if (why == NULL && status != SEP_OK)
        fail_msg("%s", sep_error_text());
    if (why != NULL && (status != SEP_ERR_ARGUMENT || strstr(sep_error_text(), why) == NULL))
        fail_msg("status %d; '%s' is not in '%s'", status, why, sep_error_text());
    sep_strings_free(&keys);
}

static void test_description(void **state)
{
    sep_model_info saved = make_info(""), now = make_info("");

    (void)state;
    check(&saved, &now, NULL, NULL);
#define DIFFERENT(field, value, accepted, why)                                                                         \
    do {                                                                                                               \
        const sep_model_info same = now;                                                                               \
        now.field = (value);                                                                                           \
        check(&saved, &now, accepted, why);                                                                            \
        now = same;                                                                                                    \
    } while (0)
    DIFFERENT(seed, 2147483648, NULL, "run: train.seed was 5, is 2147483648: a run can't go on with that");
    DIFFERENT(students, 2, NULL, "run: train.students was 1, is 2");
    DIFFERENT(spec[0].net, sep_net_find("cs-unet"), NULL, "run: student_0.net was u-net, is cs-unet");
    DIFFERENT(spec[0], support_net("u-net", "base = 8", 2, 32, 32), NULL, "run: student_0.base was 4, is 8");
    DIFFERENT(spec[0], support_net("u-net", "base = 4\nupsampling = transposed", 2, 32, 32), NULL,
              "run: student_0.upsampling was bilinear, is transposed");
    DIFFERENT(spec[0].width, 48, NULL, "run: data.patch_width was 32, is 48");
    DIFFERENT(image_zoom, SEP_ZOOM_CUBIC, NULL, "run: data.image_zoom was nearest, is cubic");
    DIFFERENT(view, SEP_PATCH_WINDOW, NULL, "run: data.view was whole, is window: a run can't go on with that");
    now.spacing[1] = 1.25f;
    DIFFERENT(spacing[0], 1.5f, NULL, "run: data.spacing was as stored, is 1.5 x 1.25 mm: a run can't go on with that");
    DIFFERENT(intensity.rule[0].kind, SEP_INTENSITY_WINDOW, NULL, "run: data.intensity was min-max, is window");
    DIFFERENT(spec[0].classes, 3, NULL, "run: data.classes was 2, is 3");
    DIFFERENT(labelled.scans, 3, NULL, "run: labelled data was 7 scans, is 3 scans: a run can't");
    DIFFERENT(labelled.labels, 5, NULL, "run: data.labels was as the run began, is drawn anew: set it back, or go on");
    DIFFERENT(labelled.labels, 5, "data.labels", NULL);
    DIFFERENT(labelled.labels, 0, NULL, NULL);
    DIFFERENT(unlabelled.hash, 9, NULL, "run: unlabelled data was 63 scans, is 63 other scans: a run can't");
    DIFFERENT(validation.scans, 10, NULL, "run: data.validation was 20 scans, is 10 scans: set it back, or go on");
    DIFFERENT(validation.scans, 10, "data.validation", NULL);
    sep_model_info_free(&saved);
    sep_model_info_free(&now);
}

/* A checkpoint of a version that did not say what it was made with, beside this text of settings. */
static void compare_texts(bool knows_run, const char *was, const char *is, const char *accepted, const char *why)
{
    sep_model_info saved = make_info(was), now = make_info(is);

    saved.knows_run = knows_run;
    check(&saved, &now, accepted, why);
    sep_model_info_free(&saved);
    sep_model_info_free(&now);
}

static void test_settings(void **state)
{
    (void)state;
    for (int knows_run = 0; knows_run < 2; knows_run++) {
        compare_texts(
            knows_run, "[train]\niterations = 9\n", "[train]\niterations = 10\n", NULL,
            "train.iterations was 9, is 10: set it back, or go on with the change by --change train.iterations");
        compare_texts(knows_run, "[train]\niterations = 9\n", "[train]\niterations = 10\n", "train.iterations", NULL);
        compare_texts(knows_run, "[student_3]\npower = 0.9\n", "[student_3]\npower = 0.5\n", NULL,
                      "student_3.power was 0.9, is 0.5: set it back");
        compare_texts(knows_run, "[train]\nloss = dice\n", "[train]\nloss = focal\n", NULL,
                      "train.loss was dice, is focal: set it back, or go on");
        compare_texts(knows_run, "[focal]\ngamma = 2\n", "[focal]\ngamma = 1\n", NULL,
                      "focal.gamma was 2, is 1: set it back, or go on");
        compare_texts(knows_run, "[focal]\nweights = 1\n", "[focal]\nweights = 1, 2\n", "focal.weights", NULL);
        compare_texts(knows_run, "[student_0]\nclip = 0.50\n", "[student_0]\nclip = 0.5\n", NULL, NULL);
        compare_texts(knows_run, "[train]\nlog_every = 9\n", "[train]\nlog_every = 10\n", NULL, NULL);
        compare_texts(knows_run, "[data]\nfolder = a\n", "[data]\nfolder = b\n", NULL, NULL);
        compare_texts(knows_run, "[data]\nmask_threshold = 1\n", "[data]\nmask_threshold = 2\n", NULL,
                      "data.mask_threshold was 1, is 2: a run can't");
        /* what only one side knows */
        compare_texts(knows_run, "[train]\nseed = 5\n", "[train]\nseed = 5\nnovelty = 1\n", NULL, NULL);
        compare_texts(knows_run, "[train]\nbygone = 5\n", "[train]\nseed = 5\n", NULL, NULL);
    }
    /* with the scans known, how they were chosen does not matter */
    compare_texts(true, "[data]\nlabelled_cases = 7\n", "[data]\nlabelled_cases = 3\n", NULL, NULL);
    compare_texts(false, "[data]\nlabelled_cases = 7\n", "[data]\nlabelled_cases = 3\n", NULL,
                  "data.labelled_cases was 7, is 3: a run can't");
    compare_texts(false, "[data]\nvalidation_count = 7\n", "[data]\nvalidation_count = 3\n", NULL,
                  "go on with the change by --change data.validation_count");
    compare_texts(false, "[train]\nseed = 5\n", "[train]\nseed = 6\n", NULL, "train.seed was 5, is 6: a run can't");
}

static void test_what_can_be_accepted(void **state)
{
    (void)state;
    compare_texts(true, "", "", "train.seed", "--change train.seed: no setting of that name can change within a run");
    compare_texts(true, "", "", "data.labelled_cases", "--change data.labelled_cases: no setting");
    compare_texts(true, "", "", "iterations", "--change iterations: no setting");
    compare_texts(true, "", "", "student_1.learning_rate", NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_description),
        cmocka_unit_test(test_settings),
        cmocka_unit_test(test_what_can_be_accepted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
