/* Every method, a row each, on small phantoms: a run that was broken off in the middle of its schedule and continued
 * leaves the bits of one that was not, on every table of kernels and on an OpenCL device, and its checkpoint predicts.
 */
#include "support_training.h"
#include "verify/registered.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define SMALL_CCT_R                                                                                                    \
    "[cct-r]\nhidden = 8\nfeatures = 8\nanchors = 30\nkeys = 20\nconfidence = 0.3\neighth = yes\npartners = 2\n"       \
    "slices = 8\nweight = 0.1\n"

/* Settings that make a method's own parts take part from the first step on. */
static const struct {
    const char *name, *settings;
} methods[] = {
    {"supervised", "[train]\nema = 0.9\n"},
    {"mean-teacher", "[mean-teacher]\nsilent = 0\n"},
    {"uamt", "[uamt]\npasses = 2\nlimit = 0.9\n"},
    {"ict", ""},
    {"dct", "[train]\nbatch_statistics = separate\n"},
    {"cct", "[train]\nema = 0.9\nbatch_statistics = separate\n[student_0]\nclip = 1\n"},
    {"cps", "[train]\nema = 0.9\nvalidate = all\n[student_1]\nbase = 4\n"},
    {"cross-teaching", "[train]\nvalidate = mean\n[student_1]\nbase = 2\nupsampling = transposed\n"},
    {"mcsc", "[mcsc]\nhidden = 8\nfeatures = 8\nfull_patch = 5\neighth_patch = 2\nweight = 0.1\n"},
    {"mcsc-released", "[train]\nfaithful = yes\n[mcsc-released]\nfrozen_from = 1\nlabelled_until = 4\n"
                      "[mcsc]\nhidden = 8\nfeatures = 8\nfull_patch = 5\neighth_patch = 2\nweight = 0.1\n"},
    {"mcsc-v2",
     "[mcsc-v2]\nhidden = 8\nfeatures = 8\nanchors = 30\nkeys = 20\nmemory = 70\nconfidence = 0.3\nweight = 0.1\n"
     "[projector]\noptimiser = sgd\n"},
    {"cct-r", "[registered]\nfade = yes\n" SMALL_CCT_R},
    {"deep-atlas", "[train]\nema = 0.9\n[deep-atlas]\nbase = 4\nscale = 1\nsquarings = 2\npenalty = bending\n"
                   "[deformation]\noptimiser = adam\n"},
    {"copy-paste", "[train]\nema = 0.9\n[copy-paste]\npretraining = 0.4\n"},
    {"weak-to-strong", "[weak-to-strong]\nimages = 2\nthreshold = 0.4\n"},
    {"ad-mt", "[train]\nbatch_statistics = separate\n[ad-mt]\nlongest = 3\nthreshold = 0.4\n"},
    {"night", "[train]\nema = 0.9\n[night]\nwarm_up = 0.3\nrise = 0.3\nrelabel = 0.6\nthreshold = 0.5\nlowest = 0.3\n"},
};

/* Methods of one network, by registered labels and where it makes sense a contrast too. */
static const struct {
    const char *method, *settings;
} registered[] = {
    {"ict", "[train]\nregistered = yes\n[registered]\nfade = yes\n"},
    {"dct", "[train]\nregistered = yes\ncontrast = cct-r\n[registered]\nfade = yes\n" SMALL_CCT_R},
    {"cct", "[train]\nregistered = yes\ncontrast = cct-r\nbatch_statistics = separate\n" SMALL_CCT_R},
};

#define SMALL_PATCHES "full_patch = 5\nquarter_patch = 2\neighth_patch = 2\n"

static const struct {
    const char *name, *settings;
} contrasts[] = {
    {"scl", SMALL_PATCHES},
    {"balanced", SMALL_PATCHES},
    {"glcl", SMALL_PATCHES},
    {"mcsc", SMALL_PATCHES},
    {"reco", "queries = 20\nkeys = 20\n"},
    {"mcsc-v2", "anchors = 30\nkeys = 20\nmemory = 70\nconfidence = 0.3\n"},
    {"cct-r", "anchors = 30\nkeys = 20\nconfidence = 0.3\npartners = 2\nslices = 8\n"},
};

static void test_methods(void **state)
{
    sep_dataset *dataset = support_phantoms();

    (void)state;
    assert_int_equal(sep_phantoms_register(dataset), SEP_OK);
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
        support_training r;
        support_training_configure(&r, dataset, methods[i].name, methods[i].settings);
        support_check_method(&r, methods[i].name, (const int64_t[]){3, -1});
        sep_options_destroy(r.options);
    }
    sep_dataset_destroy(dataset);
}

static void test_registered(void **state)
{
    sep_dataset *dataset = support_phantoms();

    (void)state;
    assert_int_equal(sep_phantoms_register(dataset), SEP_OK);
    for (size_t i = 0; i < sizeof registered / sizeof *registered; i++) {
        char name[64];
        support_training r;
        snprintf(name, sizeof name, "registered-%s", registered[i].method);
        support_training_configure(&r, dataset, registered[i].method, registered[i].settings);
        support_check_method(&r, name, (const int64_t[]){3, -1});
        sep_options_destroy(r.options);
    }
    sep_dataset_destroy(dataset);
}

/* Every contrast on Mean Teacher, whose one network's pixels the teacher labels. */
static void test_contrasts(void **state)
{
    sep_dataset *dataset = support_phantoms();

    (void)state;
    assert_int_equal(sep_phantoms_register(dataset), SEP_OK);
    for (size_t i = 0; i < sizeof contrasts / sizeof *contrasts; i++) {
        char settings[320], name[64];
        support_training r;
        snprintf(name, sizeof name, "contrast-%s", contrasts[i].name);
        snprintf(settings, sizeof settings,
                 "[train]\ncontrast = %s\nbatch_statistics = separate\n"
                 "[%s]\nhidden = 8\nfeatures = 8\nquarter = yes\nweight = 0.1\n%s",
                 contrasts[i].name, contrasts[i].name, contrasts[i].settings);
        support_training_configure(&r, dataset, "mean-teacher", settings);
        support_check_method(&r, name, (const int64_t[]){3, -1});
        sep_options_destroy(r.options);
    }
    sep_dataset_destroy(dataset);
}

/* All pixels are compared before network 0 is frozen: with the row above, every stage that there is. The run is broken
 * off within a stage, there upon a boundary. */
static void test_released_stages(void **state)
{
    sep_dataset *dataset = support_phantoms();
    support_training r;

    (void)state;
    support_training_configure(&r, dataset, "mcsc-released",
                               "[mcsc-released]\nfrozen_from = 5\nlabelled_until = 2\n"
                               "[mcsc]\nhidden = 8\nfeatures = 8\nfull_patch = 5\neighth_patch = 2\nweight = 0.1\n");
    support_check_method(&r, "mcsc-released-stages", (const int64_t[]){1, 3, 5, -1});
    sep_options_destroy(r.options);
    sep_dataset_destroy(dataset);
}

/* Broken off in each stage, and upon the boundary at which the scans get labels of the networks' own. */
static void test_night_stages(void **state)
{
    sep_dataset *dataset = support_phantoms();
    support_training r;

    (void)state;
    support_training_configure(&r, dataset, "night",
                               "[night]\nwarm_up = 0.3\nrelabel = 0.6\n"
                               "threshold = 0.5\nlowest = 0.3\n");
    support_check_method(&r, "night-stages", (const int64_t[]){0, 2, 3, 4, -1});
    sep_options_destroy(r.options);
    sep_dataset_destroy(dataset);
}

/* So that a method or a contrast without a row here is noticed. */
static void test_all_have_a_row(void **state)
{
    (void)state;
    for (int i = 0; sep_methods[i] != NULL; i++) {
        bool found = false;
        for (size_t k = 0; k < sizeof methods / sizeof *methods; k++)
            found = found || strcmp(methods[k].name, sep_methods[i]->name) == 0;
        if (!found)
            fail_msg("no row for '%s'", sep_methods[i]->name);
    }
    for (int i = 0; sep_contrasts[i] != NULL; i++) {
        bool found = false;
        for (size_t k = 0; k < sizeof contrasts / sizeof *contrasts; k++)
            found = found || strcmp(contrasts[k].name, sep_contrasts[i]->name) == 0;
        if (!found)
            fail_msg("no row for '%s'", sep_contrasts[i]->name);
    }
}

/* Those for which the loader works. */
static void test_losses_by_distance(void **state)
{
    sep_dataset *dataset = support_phantoms();

    (void)state;
    for (int i = 0; sep_losses[i] != NULL; i++)
        if (sep_losses[i]->wants_distances) {
            char settings[64];
            support_training r;
            snprintf(settings, sizeof settings, "[train]\nloss = %s\n", sep_losses[i]->name);
            support_training_configure(&r, dataset, "mean-teacher", settings);
            support_check_method(&r, sep_losses[i]->name, (const int64_t[]){3, -1});
            sep_options_destroy(r.options);
        }
    sep_dataset_destroy(dataset);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_methods),
        cmocka_unit_test(test_registered),
        cmocka_unit_test(test_contrasts),
        cmocka_unit_test(test_released_stages),
        cmocka_unit_test(test_night_stages),
        cmocka_unit_test(test_all_have_a_row),
        cmocka_unit_test(test_losses_by_distance),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
