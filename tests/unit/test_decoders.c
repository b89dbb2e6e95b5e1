/* Several decoders behind one encoder, by cct: what they start from, who moves them, what disturbs their maps. */
#include "support_training.h"
#include "train/step.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { SAMPLES = 4, PIXELS = 32 * 32, DECODERS = 4 };

typedef struct started {
    support_training training;
    sep_device *device;
    sep_store *store;
    sep_step_graph built;
} started;

static sep_status build(started *r, const char *settings)
{
    *r = (started){0};
    support_training_configure(&r->training, NULL, "cct", settings);
    assert_int_equal(sep_cpu_create(1, NULL, &r->device), SEP_OK);
    assert_int_equal(sep_store_create(r->device, 9, &r->store), SEP_OK);
    return sep_step_build(&r->training.config, SUPPORT_CLASSES, r->store, &r->built);
}

static void start(started *r, const char *settings)
{
    if (build(r, settings) != SEP_OK || sep_graph_compile(r->built.step.graph) != SEP_OK)
        fail_msg("%s", sep_error_text());
}

static void end(started *r)
{
    sep_step_free(&r->built);
    sep_store_destroy(r->store);
    sep_device_destroy(r->device);
    sep_options_destroy(r->training.options);
}

/* On noise that is its own label. */
static void step(started *r, int64_t iteration)
{
    static float image[SAMPLES * PIXELS];
    static int32_t label[SAMPLES * PIXELS];
    sep_random random = {.seed = 3, .stream = sep_stream("test")};
    double rates[SEP_MAX_STUDENTS];

    for (int i = 0; i < SAMPLES * PIXELS; i++) {
        image[i] = sep_random_uniform(&random, (uint64_t)i);
        label[i] = (int32_t)((float)SUPPORT_CLASSES * image[i]);
    }
    const sep_batch batch = {.count = SAMPLES, .labelled = SAMPLES / 2, .image = image, .label = label};
    if (sep_step_run(&r->training.config, &r->built, &batch, iteration, rates) != SEP_OK)
        fail_msg("%s", sep_error_text());
}

/* All parameters whose names start so, one behind the other; the caller frees them. */
static float *parameters_of(const started *r, const char *prefix, size_t *count)
{
    float *values = NULL;

    *count = 0;
    for (int pass = 0; pass < 2; pass++) {
        size_t at = 0;
        for (int i = 0; i < sep_store_count(r->store); i++) {
            const sep_tensor *tensor = sep_store_tensor(r->store, i);
            if (tensor->role != SEP_ROLE_PARAMETER || strncmp(tensor->name, prefix, strlen(prefix)) != 0)
                continue;
            if (pass == 1)
                assert_int_equal(sep_tensor_read(r->store, tensor, values + at), SEP_OK);
            at += (size_t)sep_shape_count(&tensor->shape);
        }
        if (pass == 0)
            values = sep_calloc(at, sizeof *values);
        *count = at;
    }
    return values;
}

/* By how much a step moves them: sum of squares. */
static double moved(const float *before, const float *after, size_t count)
{
    double squares = 0.0;

    for (size_t i = 0; i < count; i++)
        squares += ((double)after[i] - (double)before[i]) * ((double)after[i] - (double)before[i]);
    return squares;
}

/* The student's optimiser moves its auxiliary decoders; where gradients are clipped, by the norm over all of them. */
static void check_clipped_norm(const char *more)
{
    static const char *const prefix[] = {"student_0.", "auxiliary_0_1.", "auxiliary_0_2.", "auxiliary_0_3."};
    const double limit = 0.01;
    char settings[512];
    float *before[DECODERS];
    size_t count[DECODERS];
    double squares = 0.0;
    started r;

    snprintf(settings, sizeof settings,
             "[student_0]\noptimiser = sgd\nlearning_rate = 1\nschedule = constant\nweight_decay = 0\nclip = 0.01\n%s",
             more);
    start(&r, settings);
    for (int i = 0; i < DECODERS; i++)
        before[i] = parameters_of(&r, prefix[i], &count[i]);
    step(&r, 0);
    for (int i = 0; i < DECODERS; i++) {
        float *after = parameters_of(&r, prefix[i], &count[i]);
        double mine = moved(before[i], after, count[i]);
        assert_true(mine > 0.0 && mine < limit * limit);
        squares += mine;
        sep_free(before[i]);
        sep_free(after);
    }
    assert_true(fabs(sqrt(squares) - limit) < 1e-3 * limit);
    end(&r);
}

static void test_optimiser_of_several_decoders(void **state)
{
    (void)state;
    check_clipped_norm("");
    check_clipped_norm("[train]\nbatch_statistics = separate\n");
    check_clipped_norm("net = swin-unet\nhead_channels = 4\nwindow = 1\n");
    check_clipped_norm("net = cs-unet\nhead_channels = 4\nwindow = 1\n");
}

/* Of one kind, with another start each, and none of an encoder. */
static void test_auxiliary_decoders(void **state)
{
    static const char *const head[] = {"student_0.head.weight", "auxiliary_0_1.head.weight",
                                       "auxiliary_0_2.head.weight", "auxiliary_0_3.head.weight"};
    float *weight[DECODERS];
    size_t count;
    started r;

    (void)state;
    start(&r, "");
    for (int i = 0; i < DECODERS; i++)
        weight[i] = parameters_of(&r, head[i], &count);
    for (int i = 0; i < DECODERS; i++)
        for (int k = 0; k < i; k++)
            assert_memory_not_equal(weight[i], weight[k], count * sizeof *weight[i]);
    for (int i = 0; i < DECODERS; i++)
        sep_free(weight[i]);
    assert_null(sep_store_find(r.store, "auxiliary_0_1.encoder_0.conv_0.weight"));
    assert_null(sep_store_find(r.store, "auxiliary_0_0.head.weight"));
    assert_null(sep_store_find(r.store, "auxiliary_0_4.head.weight"));
    end(&r);
}

/* What the host draws where it draws `count` numbers. */
static void read_draws(started *r, int64_t iteration, int64_t count, float *values)
{
    int found = 0;

    step(r, iteration);
    for (int i = 0; i < r->built.step.host_values; i++)
        if (sep_shape_count(sep_node_shape(r->built.step.host_value[i].node)) == count) {
            assert_int_equal(sep_fetch(r->built.step.graph, r->built.step.host_value[i].node, values), SEP_OK);
            found++;
        }
    assert_int_equal(found, 1); /* both kinds of samples meet the same */
}

static void test_disturbances(void **state)
{
    enum { MAPS = 5, ELEMENTS = PIXELS * (4 + 2 + 1) + PIXELS / 2 + PIXELS / 4 };
    float factors[ELEMENTS], limits[MAPS], later[MAPS];
    double sum = 0.0, squares = 0.0;
    started r;

    (void)state;
    start(&r, "[train]\nbatch_statistics = separate\n");
    read_draws(&r, 2, ELEMENTS, factors);
    read_draws(&r, 2, MAPS, limits);
    read_draws(&r, 3, MAPS, later);
    for (int i = 0; i < ELEMENTS; i++) {
        assert_true(factors[i] >= 0.7f && factors[i] <= 1.3f);
        sum += (double)factors[i];
        squares += (double)((factors[i] - 1.0f) * (factors[i] - 1.0f));
    }
    assert_true(fabs(sum / ELEMENTS - 1.0) < 0.02);
    assert_true(fabs(squares / ELEMENTS - 0.03) < 0.003); /* of a uniform: 0.3^2 / 3 */
    for (int i = 0; i < MAPS; i++) {
        assert_true(limits[i] >= 0.7f && limits[i] <= 0.9f && limits[i] != later[i]);
        assert_true(i == 0 || limits[i] != limits[i - 1]);
    }
    end(&r);
}

static void test_limits_the_wrong_way_round(void **state)
{
    started r;

    (void)state;
    assert_int_equal(build(&r, "[cct]\nlimit_low = 0.8\nlimit_high = 0.75\n"), SEP_ERR_ARGUMENT);
    assert_string_equal(sep_error_text(), "cct.limit_low = 0.8 is above cct.limit_high = 0.75");
    end(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_optimiser_of_several_decoders),
        cmocka_unit_test(test_auxiliary_decoders),
        cmocka_unit_test(test_disturbances),
        cmocka_unit_test(test_limits_the_wrong_way_round),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
