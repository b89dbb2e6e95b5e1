/* What users start from: every configuration and study of configs/ is read, and its networks take its patches. */
#define _DEFAULT_SOURCE /* glob */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "study/plan.h"

#include "septum/train.h"

#include <glob.h>

enum { CLASSES = 4 }; /* where the data set would tell */

static void networks_fit(const char *name, const sep_train_config *config)
{
    for (int i = 0; i < config->students; i++) {
        sep_net_spec spec = config->student[i].net;
        spec.classes = config->data.classes > 0 ? config->data.classes : CLASSES;
        spec.channels = config->data.channels;
        spec.height = config->batch.height;
        spec.width = config->batch.width;
        if (sep_net_complete(&spec) != SEP_OK)
            fail_msg("%s, student_%d: %s", name, i, sep_error_text());
    }
}

static void check_config(const char *path)
{
    sep_options *options = sep_options_create();
    sep_train_config config;

    if (sep_options_load(options, path) != SEP_OK || sep_train_config_read(options, &config) != SEP_OK)
        fail_msg("%s: %s", path, sep_error_text());
    networks_fit(path, &config);
    sep_options_destroy(options);
}

static void check_study(const char *path)
{
    sep_study *study;
    sep_study_setup setup;

    if (sep_study_read(path, "out", NULL, &study) != SEP_OK)
        fail_msg("%s: %s", path, sep_error_text());
    for (int i = 0; i < study->runs; i++) {
        if (sep_study_set_up(study, &study->run[i], &setup) != SEP_OK)
            fail_msg("%s, %s: %s", path, study->run[i].name, sep_error_text());
        networks_fit(study->run[i].name, &setup.config);
        sep_study_setup_free(&setup);
    }
    sep_study_destroy(study);
}

static void check_all(const char *pattern, void (*check)(const char *path))
{
    glob_t found;

    assert_int_equal(glob(pattern, 0, NULL, &found), 0);
    for (size_t i = 0; i < found.gl_pathc; i++)
        check(found.gl_pathv[i]);
    globfree(&found);
}

static void configurations_can_be_trained(void **state)
{
    (void)state;
    check_all("configs/*.ini", check_config);
}

static void all_runs_of_studies_can_be_trained(void **state)
{
    (void)state;
    check_all("configs/studies/*.ini", check_study);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(configurations_can_be_trained),
        cmocka_unit_test(all_runs_of_studies_can_be_trained),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
