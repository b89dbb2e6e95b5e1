/* What methods are built of: passes, teachers, values of the host, losses; and what must not go unnoticed. */
#include "septum/losses.h"
#include "septum/ops.h"
#include "septum/train.h"
#include "train/step.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { SIDE = 16, CLASSES = 3, LABELLED = 2, UNLABELLED = 2, PIXELS = SIDE * SIDE };

/* ---- a run of a method ------------------------------------------------------------------------------------------- */

typedef struct run {
    sep_train_config config;
    sep_device *device;
    sep_store *store;
    sep_step_graph built;
    float image[(LABELLED + UNLABELLED) * PIXELS];
    int32_t label[(LABELLED + UNLABELLED) * PIXELS];
    sep_batch batch;
} run;

/* Settings as a run's file has them; the data is never read. */
static void configure(const char *settings, sep_train_config *config)
{
    static sep_options *options; /* the configuration's strings are its */

    sep_options_destroy(options);
    options = sep_options_create();
    assert_int_equal(sep_options_load_text(options, "common",
                                           "[data]\nfolder = none\npatch_size = 16\n[train]\niterations = 10\n"
                                           "labelled_batch = 2\nunlabelled_batch = 2\n[student_0]\nbase = 2\n"),
                     SEP_OK);
    assert_int_equal(sep_options_load_text(options, "method", settings), SEP_OK);
    if (sep_train_config_read(options, config) != SEP_OK)
        fail_msg("%s", sep_error_text());
}

static void start(run *r, const char *settings)
{
    sep_random random = {.seed = 3, .stream = sep_stream("test")};

    memset(r, 0, sizeof *r);
    configure(settings, &r->config);
    assert_int_equal(sep_cpu_create(1, NULL, &r->device), SEP_OK);
    assert_int_equal(sep_store_create(r->device, r->config.seed, &r->store), SEP_OK);
    if (sep_step_build(&r->config, CLASSES, r->store, &r->built) != SEP_OK ||
        sep_graph_compile(r->built.step.graph) != SEP_OK)
        fail_msg("%s", sep_error_text());
    for (int i = 0; i < (LABELLED + UNLABELLED) * PIXELS; i++) {
        r->image[i] = sep_random_uniform(&random, (uint64_t)i);
        r->label[i] = (int32_t)((float)CLASSES * r->image[i]);
    }
    r->batch = (sep_batch){.count = LABELLED + UNLABELLED, .labelled = LABELLED, .image = r->image, .label = r->label};
}

static void end(run *r)
{
    sep_step_free(&r->built);
    sep_store_destroy(r->store);
    sep_device_destroy(r->device);
}

static void step(run *r, int64_t iteration)
{
    double rates[SEP_MAX_STUDENTS];

    if (sep_step_run(&r->config, &r->built, &r->batch, iteration, rates) != SEP_OK)
        fail_msg("%s", sep_error_text());
}

static float first_of(const run *r, const char *name)
{
    const sep_tensor *tensor = sep_store_find(r->store, name);
    float *values;

    assert_non_null(tensor);
    values = sep_calloc((size_t)sep_shape_count(&tensor->shape), sizeof *values);
    assert_int_equal(sep_tensor_read(r->store, tensor, values), SEP_OK);
    float first = values[0];
    sep_free(values);
    return first;
}

/* ---- teachers ---------------------------------------------------------------------------------------------------- */

#define WEIGHT "encoder_0.conv_0.weight"

/* It starts as its student does, follows by min(1 - 1 / (t + 1), decay), and has statistics of its own. */
static void test_teacher_follows_its_student(void **state)
{
    run r;

    (void)state;
    start(&r, "[train]\nmethod = mean-teacher\n[mean-teacher]\ndecay = 0.6\n");
    assert_true(first_of(&r, "teacher_0." WEIGHT) == first_of(&r, "student_0." WEIGHT));
    float teacher = 0.0f;
    for (int64_t t = 0; t < 4; t++) {
        step(&r, t);
        float keep = fminf(1.0f - 1.0f / (float)(t + 1), 0.6f), student = first_of(&r, "student_0." WEIGHT);
        teacher = fmaf(keep, teacher - student, student);
        assert_true(fabsf(first_of(&r, "teacher_0." WEIGHT) - teacher) < 1e-6f);
    }
    assert_true(first_of(&r, "teacher_0." WEIGHT) != first_of(&r, "student_0." WEIGHT));
    assert_true(first_of(&r, "teacher_0.encoder_0.norm_0.running") !=
                first_of(&r, "student_0.encoder_0.norm_0.running"));
    assert_null(sep_store_find(r.store, "teacher_0." WEIGHT ".moments"));
    end(&r);
}

static void check_weight_of_consistency(const char *settings, int64_t iteration, float wanted)
{
    run r;
    float weight = -1.0f;

    start(&r, settings);
    step(&r, iteration);
    for (int i = 0; i < r.built.step.host_values; i++)
        if (sep_shape_count(sep_node_shape(r.built.step.host_value[i].node)) == 1)
            assert_int_equal(sep_fetch(r.built.step.graph, r.built.step.host_value[i].node, &weight), SEP_OK);
    assert_true(fabsf(weight - wanted) <= 1e-7f);
    end(&r);
}

/* consistency_weight * exp(-5 (1 - t / T)^2), and nothing while it is silent. */
static void test_ramp_and_silence(void **state)
{
    static const char silent[] = "[train]\nmethod = mean-teacher\n[mean-teacher]\nsilent = 5\n";

    (void)state;
    check_weight_of_consistency(silent, 4, 0.0f);
    check_weight_of_consistency(silent, 5, 0.1f * expf(-1.25f));
    check_weight_of_consistency("[train]\nmethod = cps\n", 0, 0.1f * expf(-5.0f));
}

static void test_noise_is_bounded(void **state)
{
    run r;
    float noise[UNLABELLED * PIXELS];
    double squares = 0.0;
    int bounded = 0;

    (void)state;
    start(&r, "[train]\nmethod = mean-teacher\n");
    step(&r, 2);
    for (int i = 0; i < r.built.step.host_values; i++)
        if (sep_shape_count(sep_node_shape(r.built.step.host_value[i].node)) == UNLABELLED * PIXELS)
            assert_int_equal(sep_fetch(r.built.step.graph, r.built.step.host_value[i].node, noise), SEP_OK);
    for (int i = 0; i < UNLABELLED * PIXELS; i++) {
        assert_true(fabsf(noise[i]) <= 0.2f);
        bounded += fabsf(noise[i]) == 0.2f;
        squares += (double)(noise[i] * noise[i]);
    }
    assert_true(bounded > 0 && bounded < UNLABELLED * PIXELS / 10); /* 4.6 % lie beyond two deviations */
    assert_true(fabs(sqrt(squares / (UNLABELLED * PIXELS)) - 0.096) < 0.008);
    end(&r);
}

/* ---- several decoders -------------------------------------------------------------------------------------------- */

/* All parameters whose names start so, one behind the other; the caller frees them. */
static float *parameters_of(const run *r, const char *prefix, size_t *count)
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
static void check_clipped_norm(const char *statistics)
{
    static const char *const prefix[] = {"student_0.", "auxiliary_0_1.", "auxiliary_0_2.", "auxiliary_0_3."};
    const double limit = 0.05;
    char settings[256];
    float *before[4];
    size_t count[4];
    double squares = 0.0;
    run r;

    snprintf(settings, sizeof settings,
             "[train]\nmethod = cct\nbatch_statistics = %s\n[student_0]\noptimiser = sgd\nlearning_rate = 1\n"
             "schedule = constant\nweight_decay = 0\nclip = 0.05\n",
             statistics);
    start(&r, settings);
    for (int i = 0; i < 4; i++)
        before[i] = parameters_of(&r, prefix[i], &count[i]);
    step(&r, 0);
    for (int i = 0; i < 4; i++) {
        float *after = parameters_of(&r, prefix[i], &count[i]);
        double mine = moved(before[i], after, count[i]);
        assert_true(mine > 0.0 && mine < limit * limit);
        squares += mine;
        sep_free(before[i]);
        sep_free(after);
    }
    assert_true(fabs(sqrt(squares) - limit) < 1e-4 * limit);
    end(&r);
}

static void test_optimiser_of_several_decoders(void **state)
{
    (void)state;
    check_clipped_norm("joint");
    check_clipped_norm("separate");
}

/* Of one kind, with another start each, and none of an encoder. */
static void test_auxiliary_decoders(void **state)
{
    run r;

    (void)state;
    start(&r, "[train]\nmethod = cct\n");
    float own = first_of(&r, "student_0.head.weight");
    float first = first_of(&r, "auxiliary_0_1.head.weight"), second = first_of(&r, "auxiliary_0_2.head.weight");
    assert_true(own != first && own != second && first != second);
    assert_null(sep_store_find(r.store, "auxiliary_0_1." WEIGHT));
    assert_null(sep_store_find(r.store, "auxiliary_0_0.head.weight"));
    assert_null(sep_store_find(r.store, "auxiliary_0_4.head.weight"));
    end(&r);
}

/* What the host draws where it draws `count` numbers. */
static void read_draws(run *r, int64_t iteration, int64_t count, float *values)
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
    enum { MAPS = 5, ELEMENTS = PIXELS * (2 + 1) + PIXELS / 2 + PIXELS / 4 + PIXELS / 8 };
    float factors[ELEMENTS], limits[MAPS], later[MAPS];
    double sum = 0.0, squares = 0.0;
    run r;

    (void)state;
    start(&r, "[train]\nmethod = cct\nbatch_statistics = separate\n");
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
    run r = {0};

    (void)state;
    configure("[train]\nmethod = cct\n[cct]\nlimit_low = 0.8\nlimit_high = 0.75\n", &r.config);
    assert_int_equal(sep_cpu_create(1, NULL, &r.device), SEP_OK);
    assert_int_equal(sep_store_create(r.device, r.config.seed, &r.store), SEP_OK);
    assert_int_equal(sep_step_build(&r.config, CLASSES, r.store, &r.built), SEP_ERR_ARGUMENT);
    assert_string_equal(sep_error_text(), "cct.limit_low = 0.8 is above cct.limit_high = 0.75");
    end(&r);
}

/* ---- losses ------------------------------------------------------------------------------------------------------ */

static void check_terms(const char *settings, int count, const char *const *names)
{
    run r;
    float terms[SEP_MAX_TERMS];

    start(&r, settings);
    step(&r, 0);
    assert_int_equal(r.built.step.terms, count);
    assert_int_equal(sep_step_terms(&r.built, terms), SEP_OK);
    for (int i = 0; i < count; i++) {
        assert_string_equal(r.built.step.term[i].name, names[i]);
        assert_true(isfinite(terms[i]) && terms[i] >= 0.0f);
    }
    end(&r);
}

static void test_terms(void **state)
{
    (void)state;
    check_terms("[train]\nmethod = supervised\n", 1, (const char *const[]){"supervised"});
    check_terms("[train]\nmethod = mean-teacher\n", 2, (const char *const[]){"supervised", "consistency"});
    check_terms("[train]\nmethod = cct\n", 2, (const char *const[]){"supervised", "consistency"});
    check_terms("[train]\nmethod = cps\n", 4,
                (const char *const[]){"supervised", "pseudo labels", "supervised", "pseudo labels"});
    check_terms("[train]\nmethod = cross-teaching\n", 4,
                (const char *const[]){"supervised", "cross teaching", "supervised", "cross teaching"});
}

/* CPS by Dice is cross teaching: the same networks, losses and weights. */
static void test_cps_by_dice_is_cross_teaching(void **state)
{
    run cps, cross;
    uint64_t first, second;

    (void)state;
    start(&cps, "[train]\nmethod = cps\n[cps]\nloss = dice\n");
    start(&cross, "[train]\nmethod = cross-teaching\n");
    for (int64_t t = 0; t < 3; t++) {
        step(&cps, t);
        step(&cross, t);
    }
    assert_int_equal(sep_store_hash(cps.store, &first), SEP_OK);
    assert_int_equal(sep_store_hash(cross.store, &second), SEP_OK);
    assert_true(first == second);
    end(&cps);
    end(&cross);
}

static void test_settings_of_methods(void **state)
{
    static const char *const bad[] = {"[mean-teacher]\ndecay = 2\n", "[mean-teacher]\ndecoy = 1\n",
                                      "[cps]\nloss = dice\n"};
    sep_train_config config;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        sep_options *options = sep_options_create();
        assert_int_equal(
            sep_options_load_text(options, "data", "[data]\nfolder = none\n[train]\nmethod = mean-teacher\n"), SEP_OK);
        assert_int_equal(sep_options_load_text(options, "bad", bad[i]), SEP_OK);
        assert_int_not_equal(sep_train_config_read(options, &config), SEP_OK);
        assert_non_null(strstr(sep_error_text(), "bad:2"));
        sep_options_destroy(options);
    }
}

/* ---- what must not go unnoticed ---------------------------------------------------------------------------------- */

typedef struct bare {
    sep_device *device;
    sep_store *store;
    sep_graph *graph;
} bare;

static bare begin(void)
{
    bare b;

    assert_int_equal(sep_cpu_create(1, NULL, &b.device), SEP_OK);
    assert_int_equal(sep_store_create(b.device, 1, &b.store), SEP_OK);
    b.graph = sep_graph_create(b.store, true);
    assert_non_null(b.graph);
    return b;
}

static void finish(bare *b)
{
    sep_graph_destroy(b->graph);
    sep_store_destroy(b->store);
    sep_device_destroy(b->device);
}

static void test_parameter_that_nobody_moves(void **state)
{
    bare b = begin();
    sep_optimiser sgd = sep_optimiser_default(SEP_SGD);
    sep_node *hyper = sep_input(b.graph, "hyper", SEP_SHAPE(4), SEP_F32);
    const sep_init ones = {SEP_INIT_CONSTANT, 1.0f};

    (void)state;
    sep_scope_push(b.graph, "student_0");
    sep_node *w = sep_parameter(b.graph, "w", SEP_SHAPE(4), ones);
    sep_scope_pop(b.graph);
    sep_scope_push(b.graph, "projector");
    sep_node *p = sep_parameter(b.graph, "p", SEP_SHAPE(4), ones);
    sep_scope_pop(b.graph);
    assert_int_equal(sep_graph_differentiate(b.graph, sep_mse(b.graph, w, p)), SEP_OK);
    assert_int_equal(sep_optimise(b.graph, "student_0.", &sgd, hyper), SEP_OK);
    assert_int_equal(sep_check_all_updated(b.graph), SEP_ERR_ARGUMENT);
    assert_string_equal(sep_error_text(), "parameter 'projector.p' has a gradient, but no optimiser moves it");
    assert_int_equal(sep_optimise(b.graph, "projector.", &sgd, hyper), SEP_OK);
    assert_int_equal(sep_check_all_updated(b.graph), SEP_OK);
    finish(&b);
}

static void test_frozen_parameters_have_no_gradient(void **state)
{
    bare b = begin();
    const sep_init ones = {SEP_INIT_CONSTANT, 1.0f};
    sep_node *w = sep_parameter(b.graph, "w", SEP_SHAPE(4), ones);

    (void)state;
    sep_frozen_push(b.graph);
    sep_node *v = sep_parameter(b.graph, "v", SEP_SHAPE(4), ones);
    sep_frozen_pop(b.graph);
    assert_int_equal(sep_graph_differentiate(b.graph, sep_mse(b.graph, w, v)), SEP_OK);
    assert_non_null(sep_gradient(w));
    assert_null(sep_gradient(v));
    finish(&b);
}

/* Within a training step: no dropout, batch norm by the running statistics (mean 0, variance 1 at the start), which do
 * not move; and gradients all the same. */
static void test_inference_within_training(void **state)
{
    bare b = begin();
    sep_node *x = sep_input(b.graph, "x", SEP_SHAPE(1, 2, 2, 1), SEP_F32);
    const float values[4] = {1, 2, 3, 6};
    float got[4], running[2];
    sep_step_info info = {0};

    (void)state;
    sep_inference_push(b.graph);
    sep_node *y = sep_dropout(b.graph, sep_batch_norm(b.graph, "norm", x), 0.5f);
    sep_inference_pop(b.graph);
    sep_keep(b.graph, y);
    assert_int_equal(sep_graph_differentiate(b.graph, sep_mse(b.graph, y, x)), SEP_OK);
    assert_int_equal(sep_graph_compile(b.graph), SEP_OK);
    assert_int_equal(sep_feed(b.graph, x, values), SEP_OK);
    assert_int_equal(sep_graph_run(b.graph, &info), SEP_OK);
    assert_int_equal(sep_fetch(b.graph, y, got), SEP_OK);
    for (int i = 0; i < 4; i++)
        assert_true(fabsf(got[i] - values[i]) < 1e-4f);
    assert_int_equal(sep_tensor_read(b.store, sep_store_find(b.store, "norm.running"), running), SEP_OK);
    assert_true(running[0] == 0.0f && running[1] == 1.0f);
    finish(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_teacher_follows_its_student),
        cmocka_unit_test(test_ramp_and_silence),
        cmocka_unit_test(test_noise_is_bounded),
        cmocka_unit_test(test_optimiser_of_several_decoders),
        cmocka_unit_test(test_auxiliary_decoders),
        cmocka_unit_test(test_disturbances),
        cmocka_unit_test(test_limits_the_wrong_way_round),
        cmocka_unit_test(test_terms),
        cmocka_unit_test(test_cps_by_dice_is_cross_teaching),
        cmocka_unit_test(test_settings_of_methods),
        cmocka_unit_test(test_parameter_that_nobody_moves),
        cmocka_unit_test(test_frozen_parameters_have_no_gradient),
        cmocka_unit_test(test_inference_within_training),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
