/* Contrasts: a loss worked out by hand, choices that do not fit, and batches in which something is missing. */
#include "contrasts/patches.h"
#include "septum/ops.h"
#include "support.h"
#include "support_training.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define MUST(call)                                                                                                     \
    do {                                                                                                               \
        if ((call) != SEP_OK)                                                                                          \
            fail_msg("%s: %s", #call, sep_error_text());                                                               \
    } while (0)

/* ---- six pixels -------------------------------------------------------------------------------------------------- */

/* Two networks' maps of 2 x 2 pixels, one sample, two channels; two of the eight pixels have no label. What is left, of
 * classes a and b: features x = (1, 0) and y = (0, 1).
 *
 *     a: x x y     b: y y x
 *
 * At temperature 1 a cosine is 1 for equal features, else 0. Balanced:
 *     a pixel x of a:  Z = (e + 1) / 2 + (1 + 1 + e) / 3,   its mean over the others of a: 1/2
 *     the pixel y of a: Z = (1 + 1) / 2 + (e + e + 1) / 3,  its mean: 0
 * and b is a with x and y exchanged: the loss is (2 (ln Z_x - 1/2) + ln Z_y) / 3. */
static const float feature[2][8] = {{1, 0, 1, 0, 0, 1, 1, 0}, {0, 1, 0, 1, 1, 0, 0, 1}};
static const int32_t label[2][4] = {{0, 0, 0, -1}, {1, 1, 1, -1}};

static double by_hand(void)
{
    double e = exp(1.0), x = (e + 1.0) / 2.0 + (2.0 + e) / 3.0, y = 1.0 + (2.0 * e + 1.0) / 3.0;

    return (2.0 * (log(x + 1e-6) - 0.5) + log(y + 1e-6)) / 3.0;
}

static void read_settings(const char *text, bool faithful, sep_contrast_settings *settings)
{
    sep_options *options = sep_options_create();

    MUST(sep_options_load_text(options, "test", text));
    MUST(sep_contrast_settings_read(options, NULL, faithful, settings));
    sep_options_destroy(options);
}

/* Projectors that leave a row as it is. */
static void make_identities(sep_store *store)
{
    static const float identity[4] = {1, 0, 0, 1};

    for (int i = 0; i < sep_store_count(store); i++) {
        sep_tensor *tensor = sep_store_tensor(store, i);
        if (strstr(tensor->name, ".weight") != NULL)
            MUST(sep_tensor_write(store, tensor, identity));
        else
            MUST(sep_tensor_write(store, tensor, (const float[2]){0}));
    }
}

static void test_six_pixels(void **state)
{
    sep_contrast_settings settings;
    sep_device *device = support_device(NULL, 1);
    sep_node *map[2], *labels[2];
    sep_store *store;
    float loss, draws = 0.0f;

    (void)state;
    read_settings(
        "[train]\ncontrast = balanced\n[balanced]\nhidden = 2\nfeatures = 2\ntemperature = 1\nfull_patch = 2\n", false,
        &settings);
    MUST(sep_store_create(device, 1, &store));
    sep_step step = {.graph = sep_graph_create(store, true), .contrast = &settings, .labelled = 1, .students = 2};
    step.spec[0].net = step.spec[1].net = sep_net_find("u-net");
    sep_contrasted at = {.samples = 1, .labelled = 1, .height = 2, .width = 2, .classes = 2, .views = 2};
    for (int i = 0; i < 2; i++) {
        map[i] = sep_input(step.graph, "map", SEP_SHAPE(1, 2, 2, 2), SEP_F32);
        labels[i] = sep_input(step.graph, "label", SEP_SHAPE(1, 2, 2), SEP_I32);
        at.view[i].student = i;
        at.view[i].map = map[i];
        at.view[i].label = labels[i];
    }
    sep_node *node = settings.contrast->build(&step, &at);
    sep_keep(step.graph, node);
    MUST(sep_graph_compile(step.graph));
    make_identities(store);
    for (int i = 0; i < 2; i++) {
        MUST(sep_feed(step.graph, map[i], feature[i]));
        MUST(sep_feed(step.graph, labels[i], label[i]));
    }
    for (int i = 0; i < step.host_values; i++)
        MUST(sep_feed(step.graph, step.host_value[i].node, &draws));
    MUST(sep_graph_run(step.graph, &(sep_step_info){.seed = 1}));
    MUST(sep_fetch(step.graph, node, &loss));
    if (!(fabs((double)loss - by_hand()) < 1e-6))
        fail_msg("the loss is %.8f, by hand it is %.8f", (double)loss, by_hand());
    sep_graph_destroy(step.graph);
    sep_store_destroy(store);
    sep_device_destroy(device);
}

/* ---- what released code does otherwise ------------------------------------------------------------------------------
 */

/* That of mcsc counts its weight twice; the others are of other sources. */
static void test_only_mcsc_was_released_counted_twice(void **state)
{
    (void)state;
    for (int i = 0; sep_contrasts[i] != NULL; i++) {
        const char *name = sep_contrasts[i]->name;
        char text[64];
        sep_contrast_settings settings;

        snprintf(text, sizeof text, "[train]\ncontrast = %s\n", name);
        read_settings(text, true, &settings);
        assert_int_equal(settings.options.common.counted,
                         strcmp(name, "mcsc") == 0 ? SEP_COUNTED_TWICE : SEP_COUNTED_ONCE);
    }
}

/* ---- what does not fit ------------------------------------------------------------------------------------------- */

static void refuse(const char *text, const char *expected)
{
    sep_options *options = sep_options_create();
    sep_train_config config;

    MUST(sep_options_load_text(options, "test", "[data]\nfolder = none\n"));
    MUST(sep_options_load_text(options, "test", text));
    assert_int_not_equal(sep_train_config_read(options, &config), SEP_OK);
    if (strstr(sep_error_text(), expected) == NULL)
        fail_msg("'%s' does not say '%s'", sep_error_text(), expected);
    sep_options_destroy(options);
}

static void test_refusals(void **state)
{
    (void)state;
    refuse("[train]\nmethod = ict\ncontrast = mcsc\n", "method 'ict' compares no feature maps");
    refuse("[train]\nmethod = cps\ncontrast = best\n", "train.contrast");
    refuse("[train]\nmethod = cps\ncontrast = mcsc\n[reco]\nqueries = 3\n", "reco");
    refuse("[train]\nmethod = mcsc\n[mcsc]\ntemperature = 0\n", "mcsc.temperature");
    refuse("[train]\nmethod = mcsc\n[mcsc]\nfull = no\neighth = no\n", "mcsc: none of full, quarter and eighth is yes");
}

/* What only the step's graph knows. */
static void refuse_step(const char *method, const char *settings, int classes, const char *expected)
{
    sep_device *device = support_device(NULL, 1);
    sep_memory_plan plan;
    support_training r;

    support_training_configure(&r, NULL, method, settings);
    assert_int_equal(sep_train_memory(&r.config, classes, device, &plan), SEP_ERR_ARGUMENT);
    if (strstr(sep_error_text(), expected) == NULL)
        fail_msg("'%s' does not say '%s'", sep_error_text(), expected);
    sep_options_destroy(r.options);
    sep_device_destroy(device);
}

static void test_memories_that_do_not_fit(void **state)
{
    (void)state;
    refuse_step("cps",
                "[data]\npatch_size = 64\n[train]\ncontrast = cct-r\n"
                "[cct-r]\nslices = 1048576\nmebibytes = 1048576\n",
                SUPPORT_CLASSES, "maps of 64x64 of 1048576 samples, more pixels than can be numbered");
    refuse_step("mcsc-v2", "[mcsc-v2]\nmemory = 16777216\n", 256,
                "mcsc-v2.memory = 16777216 of each of 256 classes is more rows than can be numbered");
}

static void test_contrasts_of_nothing(void **state)
{
    (void)state;
    refuse_step("mcsc-v2", "[mcsc-v2]\npushed = 0\n", SUPPORT_CLASSES,
                "mcsc-v2.pushed = 0 of mcsc-v2.memory = 60000 is not a row");
    refuse_step("mcsc-v2", "[mcsc-v2]\nmemory = 19\n", SUPPORT_CLASSES,
                "mcsc-v2.pushed = 0.1 of mcsc-v2.memory = 19 is not a row");
    refuse_step("mcsc-v2", "[mcsc-v2]\nconfidence = 1\n", SUPPORT_CLASSES,
                "mcsc-v2.confidence = 1: no probability exceeds it");
    refuse_step("cps", "[train]\ncontrast = cct-r\n[cct-r]\nreps = no\nconfidence = 1\n", SUPPORT_CLASSES,
                "cct-r.confidence = 1: no probability exceeds it");
}

/* ---- what is missing --------------------------------------------------------------------------------------------- */

/* Ends with a finite loss in every step, or it would fail. */
static void train(const char *method, const char *settings)
{
    sep_dataset *dataset = support_phantoms();
    sep_train_result result;
    support_training r;
    sep_device *device = support_device(NULL, 1);

    support_training_configure(&r, dataset, method, settings);
    if (sep_train(&r.config, dataset, device, NULL, NULL, false, &result) != SEP_OK)
        fail_msg("%s: %s", settings, sep_error_text());
    sep_device_destroy(device);
    sep_options_destroy(r.options);
    sep_dataset_destroy(dataset);
}

#define SMALL "hidden = 4\nfeatures = 4\nanchors = 8\nkeys = 6\nmemory = 20\nquarter = yes\n"

/* No anchor that sure, all pixels certain, none certain, a class that no network predicts, no negatives at all. */
static void test_missing_classes(void **state)
{
    (void)state;
    train("mcsc-v2", "[mcsc-v2]\n" SMALL "confidence = 0.9999\n");
    train("mcsc-v2", "[mcsc-v2]\n" SMALL "confidence = 0\nuncertain = 0\n");
    train("mcsc-v2", "[mcsc-v2]\n" SMALL "confidence = 0\nuncertain = 1\n");
    train("mcsc-v2", "[mcsc-v2]\n" SMALL "rank_certain = 0\nrank_uncertain = 256\nuncertain = 1\n");
    train("mcsc-v2", "[mcsc-v2]\n" SMALL "rank_certain = 256\nrank_uncertain = 256\n");
    train("cps", "[train]\ncontrast = reco\n[reco]\nhidden = 4\nfeatures = 4\nvalid = 1\nhard = 0\n");
    train("mcsc", "[mcsc]\nhidden = 4\nfeatures = 4\nfull_patch = 1\neighth_patch = 1\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_six_pixels),
        cmocka_unit_test(test_only_mcsc_was_released_counted_twice),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_memories_that_do_not_fit),
        cmocka_unit_test(test_contrasts_of_nothing),
        cmocka_unit_test(test_missing_classes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
