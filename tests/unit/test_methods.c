/* What methods are built of: passes, teachers, values of the host, losses; and what must not go unnoticed. */
#include "septum/losses.h"
#include "septum/ops.h"
#include "septum/train.h"
#include "train/step.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
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

/* `method` NULL: the one that the settings name. */
static void start_method(run *r, const char *settings, const sep_method *method)
{
    sep_random random = {.seed = 3, .stream = sep_stream("test")};

    memset(r, 0, sizeof *r);
    configure(settings, &r->config);
    r->config.method = method != NULL ? method : r->config.method;
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

static void start(run *r, const char *settings)
{
    start_method(r, settings, NULL);
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

/* ---- uniform numbers --------------------------------------------------------------------------------------------- */

enum { DRAWN = 1001 };

/* Keeps three inputs of two names. */
static sep_status build_drawing(sep_step *s)
{
    sep_node *first = sep_host_uniform(s, "first", SEP_SHAPE(DRAWN));

    assert_ptr_equal(sep_host_uniform(s, "first", SEP_SHAPE(DRAWN)), first);
    sep_keep(s->graph, first);
    sep_keep(s->graph, sep_host_uniform(s, "second", SEP_SHAPE(DRAWN)));
    sep_keep(s->graph, sep_host_uniform(s, "first", SEP_SHAPE(DRAWN + 1)));
    sep_learn(s, 0, "supervised", sep_supervised_loss(s, sep_student_halves(s, 0).labelled), NULL);
    return sep_graph_status(s->graph);
}

static const sep_method drawing = {
    .name = "drawing", .summary = "", .students_low = 1, .students_high = 1, .build = build_drawing};

static void fetch_value(const run *r, int i, float *values)
{
    assert_int_equal(sep_fetch(r->built.step.graph, r->built.step.host_value[i].node, values), SEP_OK);
}

static void check_uniform(const float *values)
{
    double sum = 0.0;

    for (int i = 0; i < DRAWN; i++) {
        assert_true(values[i] >= 0.0f && values[i] < 1.0f);
        sum += (double)values[i];
    }
    assert_true(fabs(sum / DRAWN - 0.5) < 0.03); /* three deviations */
}

/* Other numbers for another name and in another iteration; the same for the same. */
static void test_uniform_numbers_by_name(void **state)
{
    float first[DRAWN], second[DRAWN], more[DRAWN + 1], again[DRAWN];
    run r;

    (void)state;
    start_method(&r, "[train]\nmethod = supervised\n", &drawing);
    assert_int_equal(r.built.step.host_values, 3);
    step(&r, 7);
    fetch_value(&r, 0, first);
    fetch_value(&r, 1, second);
    fetch_value(&r, 2, more);
    check_uniform(first);
    check_uniform(second);
    assert_memory_not_equal(first, second, sizeof first);
    assert_memory_equal(first, more, sizeof first);
    step(&r, 8);
    fetch_value(&r, 0, again);
    assert_memory_not_equal(first, again, sizeof first);
    step(&r, 7);
    fetch_value(&r, 0, again);
    assert_memory_equal(first, again, sizeof first);
    end(&r);
}

static void draw_by_name(const sep_moment *now, float *values, int64_t count)
{
    for (int64_t i = 0; i < count; i++)
        values[i] = now->stream == sep_stream("first") ? 0.25f : 0.75f;
}

/* What tests put in the place of all draws knows whose numbers it gives. */
static void test_uniform_numbers_are_replaced(void **state)
{
    float first[DRAWN], second[DRAWN];
    run r;

    (void)state;
    start_method(&r, "[train]\nmethod = supervised\n", &drawing);
    for (int i = 0; i < r.built.step.host_values; i++)
        r.built.step.host_value[i].value = draw_by_name;
    step(&r, 0);
    fetch_value(&r, 0, first);
    fetch_value(&r, 1, second);
    assert_true(first[0] == 0.25f && second[DRAWN - 1] == 0.75f);
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
        cmocka_unit_test(test_uniform_numbers_by_name),
        cmocka_unit_test(test_uniform_numbers_are_replaced),
        cmocka_unit_test(test_terms),
        cmocka_unit_test(test_cps_by_dice_is_cross_teaching),
        cmocka_unit_test(test_settings_of_methods),
        cmocka_unit_test(test_parameter_that_nobody_moves),
        cmocka_unit_test(test_frozen_parameters_have_no_gradient),
        cmocka_unit_test(test_inference_within_training),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
