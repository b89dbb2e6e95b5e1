/* Every method, a row each, on small phantoms: a run that was broken off in the middle of its schedule and continued
 * leaves the bits of one that was not, on every table of kernels and on an OpenCL device, and its checkpoint predicts.
 */
#include "data/phantom_dataset.h"
#include "support_training.h"

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
    {"weak-to-strong", "[weak-to-strong]\nwarm_up = 0\nimages = 2\nthreshold = 0.4\n"},
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

static void check_method(const sep_dataset *dataset, const char *name, const char *method, const char *settings,
                         const int64_t *broken_off)
{
    support_training r;

    support_training_configure(&r, dataset, method, settings);
    support_check_method(&r, name, broken_off);
    sep_options_destroy(r.options);
}

static void test_methods(void **state)
{
    sep_dataset *dataset = support_phantoms();

    (void)state;
    assert_int_equal(sep_phantom_dataset_register(dataset), SEP_OK);
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
        check_method(dataset, methods[i].name, methods[i].name, methods[i].settings, (const int64_t[]){3, -1});
    }
    sep_dataset_destroy(dataset);
}

static void test_registered(void **state)
{
    sep_dataset *dataset = support_phantoms();

    (void)state;
    assert_int_equal(sep_phantom_dataset_register(dataset), SEP_OK);
    for (size_t i = 0; i < sizeof registered / sizeof *registered; i++) {
        char name[64];
        snprintf(name, sizeof name, "registered-%s", registered[i].method);
        check_method(dataset, name, registered[i].method, registered[i].settings, (const int64_t[]){3, -1});
    }
    sep_dataset_destroy(dataset);
}

/* Every contrast on Mean Teacher, whose one network's pixels the teacher labels. */
static void test_contrasts(void **state)
{
    sep_dataset *dataset = support_phantoms();

    (void)state;
    assert_int_equal(sep_phantom_dataset_register(dataset), SEP_OK);
    for (size_t i = 0; i < sizeof contrasts / sizeof *contrasts; i++) {
        char settings[320], name[64];
        snprintf(name, sizeof name, "contrast-%s", contrasts[i].name);
        snprintf(settings, sizeof settings,
                 "[train]\ncontrast = %s\nbatch_statistics = separate\n"
                 "[%s]\nhidden = 8\nfeatures = 8\nquarter = yes\nweight = 0.1\n%s",
                 contrasts[i].name, contrasts[i].name, contrasts[i].settings);
        check_method(dataset, name, "mean-teacher", settings, (const int64_t[]){3, -1});
    }
    sep_dataset_destroy(dataset);
}

/* Behind a warm start heads, memories, teachers and other decoders begin. Broken off within it, upon its end, and
 * behind. */
static void test_warm_start(void **state)
{
    static const struct {
        const char *method, *settings;
    } late[] = {
        {"mean-teacher", "[train]\nwarm_start = 0.4\nema = 0.9\n[mean-teacher]\nsilent = 0\n"},
        {"cct", "[train]\nwarm_start = 0.4\nbatch_statistics = separate\n"},
        {"mcsc-v2", "[train]\nwarm_start = 0.4\n[mcsc-v2]\nhidden = 8\nfeatures = 8\nanchors = 30\nkeys = 20\n"
                    "memory = 70\nconfidence = 0.3\nweight = 0.1\n"},
    };
    sep_dataset *dataset = support_phantoms();

    (void)state;
    for (size_t i = 0; i < sizeof late / sizeof *late; i++) {
        char name[64];
        snprintf(name, sizeof name, "warm-start-%s", late[i].method);
        check_method(dataset, name, late[i].method, late[i].settings, (const int64_t[]){1, 3, 5, -1});
    }
    sep_dataset_destroy(dataset);
}

/* All pixels are compared before network 0 is frozen: with the row above, every stage that there is. The run is broken
 * off within a stage, there upon a boundary. */
static void test_released_stages(void **state)
{
    sep_dataset *dataset = support_phantoms();

    (void)state;
    check_method(dataset, "mcsc-released-stages", "mcsc-released",
                 "[mcsc-released]\nfrozen_from = 5\nlabelled_until = 2\n"
                 "[mcsc]\nhidden = 8\nfeatures = 8\nfull_patch = 5\neighth_patch = 2\nweight = 0.1\n",
                 (const int64_t[]){1, 3, 5, -1});
    sep_dataset_destroy(dataset);
}

/* Broken off in each stage, and upon the boundary at which the scans get labels of the networks' own. */
static void test_night_stages(void **state)
{
    sep_dataset *dataset = support_phantoms();

    (void)state;
    check_method(dataset, "night-stages", "night",
                 "[night]\nwarm_up = 0.3\nrelabel = 0.6\n"
                 "threshold = 0.5\nlowest = 0.3\n",
                 (const int64_t[]){0, 2, 3, 4, -1});
    sep_dataset_destroy(dataset);
}

/* ---- several channels -------------------------------------------------------------------------------------------- */

enum { CHANNELS = 3, SIDE = 32 };

static int images_seen, images_torn;

static bool is_image(const sep_operand *x)
{
    const int *d = x->shape.dim;

    return x->dtype == SEP_F32 && x->shape.rank == 4 && x->pitch == 0 && d[1] == SIDE && d[2] == SIDE &&
           d[3] == CHANNELS;
}

/* Each channel twice the one before it; something of an image is not 0. */
static bool is_whole(const float *pixel, size_t pixels)
{
    bool some = false;

    for (size_t i = 0; i < pixels; i++, pixel += CHANNELS) {
        for (int c = 1; c < CHANNELS; c++)
            if (pixel[c] != 2.0f * pixel[c - 1])
                return false;
        some = some || pixel[0] != 0.0f;
    }
    return some;
}

/* Looks at every image that goes into a network's first convolution, or is warped or put beside another. */
static sep_status run_and_look(sep_device *device, const sep_call *call, const sep_step_info *step)
{
    const bool takes_images = call->op == SEP_OP_CONV2D || call->op == SEP_OP_WARP_MAP || call->op == SEP_OP_CONCAT;

    for (int i = 0; i < call->inputs && takes_images; i++) {
        const sep_operand *x = &call->input[i];
        if (!is_image(x))
            continue;
        const size_t values = (size_t)sep_shape_count(&x->shape);
        float *image = sep_calloc(values, sizeof *image);

        assert_non_null(image);
        assert_int_equal(device->backend->download(device, x->buffer, x->offset, image, values * sizeof *image),
                         SEP_OK);
        images_seen++;
        images_torn += !is_whole(image, values / CHANNELS);
        sep_free(image);
    }
    return support_plain_run(device, call, step);
}

#define TOGETHER                                                                                                       \
    "[data]\naugmentation = strong\n[augmentation]\nbias_probability = 0\nnoise_probability = 0\n"                     \
    "blur_probability = 0\nbrightness_probability = 0\ncontrast_probability = 0\nresolution_probability = 0\n"         \
    "gamma_probability = 0\ngamma_inverted_probability = 0\nregistered_probability = 0.5\nregistered_style = no\n"

/* Methods that cut, mix and label images: through views, boxes, carried slices, counterparts and the labelling of whole
 * scans, which the decision at the end looks at again, all channels stay together and in their order. */
static void test_channels_stay_together(void **state)
{
    static const struct {
        const char *name, *settings;
    } rows[] = {
        {"night", "[train]\nema = 0.9\ndecide = yes\n[night]\nwarm_up = 0.3\nrelabel = 0.6\nthreshold = 0.5\n"},
        {"night", "[train]\nregistered = yes\n[night]\nwarm_up = 0.3\nrelabel = 0.6\nthreshold = 0.5\n"},
        {"night", "[data]\nview = window\n[night]\nwarm_up = 0.1\nrelabel = 0.2\nthreshold = 0.5\n"},
        {"copy-paste", "[copy-paste]\npretraining = 0.4\n"},
        {"weak-to-strong", "[weak-to-strong]\nwarm_up = 0\nimages = 2\nthreshold = 0.4\n"},
        {"ict", ""},
        {"deep-atlas", "[deep-atlas]\nbase = 4\nscale = 1\nsquarings = 2\n[deformation]\noptimiser = adam\n"},
    };
    sep_dataset *dataset = support_phantoms_of(CHANNELS);

    (void)state;
    assert_int_equal(sep_phantom_dataset_register(dataset), SEP_OK);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char settings[1024];
        support_training r;

        snprintf(settings, sizeof settings, "%s%s", TOGETHER, rows[i].settings);
        support_training_configure(&r, dataset, rows[i].name, settings);
        images_seen = images_torn = 0;
        if (support_train_through(&r, NULL, false, run_and_look) != SEP_OK)
            fail_msg("%s: %s", rows[i].name, sep_error_text());
        if (images_torn > 0 || images_seen < SUPPORT_STEPS)
            fail_msg("%s: of %d images %d are torn", rows[i].name, images_seen, images_torn);
        sep_options_destroy(r.options);
    }
    sep_dataset_destroy(dataset);
}

/* Broken off, before and where a new network begins, on all tables, and predicted with. */
static void test_night_of_channels(void **state)
{
    sep_dataset *dataset = support_phantoms_of(CHANNELS);

    (void)state;
    assert_int_equal(sep_phantom_dataset_register(dataset), SEP_OK);
    check_method(dataset, "night-channels", "night",
                 "[data]\naugmentation = strong\n[augmentation]\nregistered_probability = 0.5\n"
                 "[train]\nstudents = 2\nema = 0.9\nregistered = yes\n"
                 "[night]\nwarm_up = 0.3\nrelabel = 0.6\nrestart = yes\nthreshold = 0.5\nlowest = 0.3\n",
                 (const int64_t[]){2, 4, -1});
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
            snprintf(settings, sizeof settings, "[train]\nloss = %s\n", sep_losses[i]->name);
            check_method(dataset, sep_losses[i]->name, "mean-teacher", settings, (const int64_t[]){3, -1});
        }
    sep_dataset_destroy(dataset);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_methods),
        cmocka_unit_test(test_registered),
        cmocka_unit_test(test_contrasts),
        cmocka_unit_test(test_warm_start),
        cmocka_unit_test(test_released_stages),
        cmocka_unit_test(test_night_stages),
        cmocka_unit_test(test_channels_stay_together),
        cmocka_unit_test(test_night_of_channels),
        cmocka_unit_test(test_all_have_a_row),
        cmocka_unit_test(test_losses_by_distance),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
