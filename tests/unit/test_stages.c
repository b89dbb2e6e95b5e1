/* Stages of a method: a network that only one of them has, teachers and optimisers that count their own steps, one
 * arena for all; runs that are broken off around a boundary, and such as go on from the best checkpoint. */
#include "septum/ops.h"
#include "support_scratch.h"
#include "support_training.h"
#include "train/stages.h"

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

/* ---- methods ----------------------------------------------------------------------------------------------------- */

enum { BOUNDARY = 4 };

static int second_from_boundary(const sep_moment *now)
{
    return now->iteration >= BOUNDARY;
}

static int by_turns(const sep_moment *now)
{
    return (int)(now->iteration % 2);
}

static void since_begin(const sep_moment *now, float *values, int64_t count)
{
    for (int64_t i = 0; i < count; i++)
        values[i] = (float)(1 + now->iteration - now->stage_begin);
}

/* The first stage learns from labels. In the second the student and its teacher, which see the same, are to agree, and
 * another student, unknown to the first, learns from labels. */
static sep_status build_apprentice(sep_step *s)
{
    sep_graph *g = s->graph;
    sep_node *logits = sep_student_halves(s, 0).labelled;

    sep_learn(s, 0, "supervised", sep_supervised_loss(s, logits), NULL);
    if (s->stage == 0 || logits == NULL)
        return sep_graph_status(g);
    sep_node *image = sep_batch_range(g, s->image, 0, s->labelled);
    sep_node *taught = sep_teacher(s, 0, image, 0.75f).logits;
    sep_node *own = sep_student(s, 0, image).logits;
    sep_learn(s, 0, "agreement", sep_mse(g, own, sep_detach(g, taught)), since_begin);
    sep_learn(s, 1, "supervised", sep_supervised_loss(s, sep_student(s, 1, image).logits), NULL);
    return sep_graph_status(g);
}

/* Each student learns from labels in a stage of its own. */
static sep_status build_turn(sep_step *s)
{
    sep_node *image = sep_batch_range(s->graph, s->image, 0, s->labelled);

    if (s->stage == 0)
        sep_keep(s->graph, sep_teacher(s, 0, image, 0.75f).logits);
    sep_learn(s, s->stage, "supervised", sep_supervised_loss(s, sep_student(s, s->stage, image).logits), NULL);
    return sep_graph_status(s->graph);
}

static sep_status build_first_only(sep_step *s)
{
    sep_node *image = sep_batch_range(s->graph, s->image, 0, s->labelled);

    sep_learn(s, 0, "supervised", sep_supervised_loss(s, sep_student(s, 0, image).logits), NULL);
    return sep_graph_status(s->graph);
}

/* Both learn from labels in either stage. */
static sep_status build_pair(sep_step *s)
{
    sep_node *image = sep_batch_range(s->graph, s->image, 0, s->labelled);

    sep_keep(s->graph, sep_teacher(s, 0, image, 0.75f).logits);
    for (int i = 0; i < 2; i++)
        sep_learn(s, i, "supervised", sep_supervised_loss(s, sep_student(s, i, image).logits), NULL);
    return sep_graph_status(s->graph);
}

static bool always(const void *options)
{
    (void)options;
    return true;
}

static sep_status build_stray(sep_step *s)
{
    sep_net_output net = sep_student(s, s->stage, sep_batch_range(s->graph, s->image, 0, s->labelled));

    if (s->stage == 1) {
        sep_head_push(s, "stray");
        sep_node *x = sep_conv2d(s->graph, "first", net.full, &(sep_conv){.channels = 2, .kernel = 1});
        sep_head_pop(s);
        sep_learn(s, 1, "stray", x == NULL ? NULL : sep_mean_all(s->graph, sep_square(s->graph, x)), NULL);
    }
    sep_learn(s, s->stage, "supervised", sep_supervised_loss(s, net.logits), NULL);
    return sep_graph_status(s->graph);
}

#define STAGED(its_name, function, builder, best)                                                                      \
    {                                                                                                                  \
        .name = (its_name), .summary = "", .students_low = 2, .students_high = 2, .stages = 2, .stage = (function),    \
        .stage_starts_from_best = (best), .build = (builder)                                                           \
    }
static const sep_method apprentice = STAGED("apprentice", second_from_boundary, build_apprentice, false);
static const sep_method from_best = STAGED("from-best", second_from_boundary, build_apprentice, true);
static const sep_method turns = STAGED("turns", by_turns, build_turn, false);
static const sep_method first_only = STAGED("first-only", by_turns, build_first_only, false);
static const sep_method stray = STAGED("stray", by_turns, build_stray, false);
static const sep_method restarting = {
    .name = "restarting",
    .summary = "",
    .students_low = 2,
    .students_high = 2,
    .stages = 2,
    .stage = second_from_boundary,
    .relabels = 1,
    .restarts = always,
    .build = build_pair,
};

static void configure(support_training *r, const sep_dataset *dataset, const sep_method *method, const char *settings)
{
    char text[256];

    snprintf(text, sizeof text, "[student_0]\nno_dropout = yes\n[student_1]\nbase = 4\noptimiser = adamw\n%s",
             settings);
    support_training_configure(r, dataset, "cross-teaching", text);
    r->config.method = method;
}

static void unconfigure(support_training *r, sep_dataset *dataset)
{
    sep_options_destroy(r->options);
    sep_dataset_destroy(dataset);
}

/* ---- steps ------------------------------------------------------------------------------------------------------- */

typedef struct steps {
    support_training run;
    sep_dataset *dataset;
    sep_device *device;
    sep_store *store;
    sep_stages stages;
    sep_loader *loader;
} steps;

static sep_status build_stages(steps *s)
{
    MUST(sep_cpu_create(1, NULL, &s->device));
    MUST(sep_store_create(s->device, 1, &s->store));
    return sep_stages_build(&s->run.config, SUPPORT_CLASSES, s->store, &s->stages);
}

static sep_status build_steps(steps *s, const sep_method *method)
{
    *s = (steps){.dataset = support_phantoms()};
    configure(&s->run, s->dataset, method, "");
    return build_stages(s);
}

static void compile_steps(steps *s)
{
    sep_batch_config batches;

    MUST(sep_stages_compile(&s->stages));
    MUST(sep_stages_batches(&s->stages, &batches));
    MUST(sep_loader_create(s->dataset, &batches, 0, &s->loader));
}

static void start_steps(steps *s, const sep_method *method)
{
    MUST(build_steps(s, method));
    compile_steps(s);
}

static void end_steps(steps *s)
{
    sep_loader_destroy(s->loader);
    sep_stages_free(&s->stages);
    sep_store_destroy(s->store);
    sep_device_destroy(s->device);
    unconfigure(&s->run, s->dataset);
}

/* The learning rate of student 1. */
static double step(steps *s, int64_t iteration)
{
    const sep_batch *batch;
    double rates[SEP_MAX_STUDENTS];

    MUST(sep_loader_next(s->loader, &batch));
    MUST(sep_stages_run(&s->stages, batch, iteration, rates));
    MUST(sep_stages_read_terms(&s->stages));
    return rates[1];
}

static float first_of(const steps *s, const char *name)
{
    const sep_tensor *tensor = sep_store_find(s->store, name);
    float *values;

    assert_non_null(tensor);
    values = sep_calloc(sep_tensor_bytes(tensor), 1);
    MUST(sep_tensor_read(s->store, tensor, values));
    const float first = values[0];
    sep_free(values);
    return first;
}

#define WEIGHT "encoder_0.conv_0.weight"

static void run_to_boundary(steps *s)
{
    for (int64_t t = 0; t < BOUNDARY; t++)
        step(s, t);
}

/* The first step of AdamW is as long as the rate, whenever it comes. */
static void check_first_step(steps *s, int64_t iteration)
{
    const float before = first_of(s, "student_1." WEIGHT);
    const double rate = step(s, iteration), moved = fabs((double)(first_of(s, "student_1." WEIGHT) - before)) / rate;

    assert_true(moved > 0.8 && moved < 1.2);
}

/* A teacher starts with the second stage, as a copy: there is nothing that they do not agree on, until it averages. */
static void test_teacher_starts_with_its_stage(void **state)
{
    steps s;
    float teacher = 0.0f;

    (void)state;
    start_steps(&s, &apprentice);
    run_to_boundary(&s);
    assert_true(first_of(&s, "teacher_0." WEIGHT) != first_of(&s, "student_0." WEIGHT));
    for (int64_t n = 0; n < 6; n++) {
        step(&s, BOUNDARY + n);
        assert_int_equal(s.stages.begin, BOUNDARY);
        assert_true((s.stages.terms[1][1] == 0.0f) == (n <= 1));
        const float keep = fminf(1.0f - 1.0f / (float)(n + 1), 0.75f), student = first_of(&s, "student_0." WEIGHT);
        teacher = fmaf(keep, teacher - student, student);
        assert_true(fabsf(first_of(&s, "teacher_0." WEIGHT) - teacher) < 1e-6f);
    }
    end_steps(&s);
}

/* By turns, too: the teacher counts the steps of its stage, and is no copy whenever that comes again. */
static void test_teacher_of_every_other_step(void **state)
{
    steps s;
    float teacher = 0.0f;

    (void)state;
    start_steps(&s, &turns);
    for (int64_t t = 0; t < 6; t++) {
        const float before = first_of(&s, "student_0." WEIGHT);
        step(&s, t);
        const float keep = fminf(1.0f - 1.0f / (float)(t / 2 + 1), 0.75f), student = first_of(&s, "student_0." WEIGHT);
        assert_true((student != before) == (t % 2 == 0));
        teacher = t % 2 == 0 ? fmaf(keep, teacher - student, student) : teacher;
        assert_true(fabsf(first_of(&s, "teacher_0." WEIGHT) - teacher) < 1e-6f);
    }
    end_steps(&s);
}

static void test_optimiser_counts_its_steps(void **state)
{
    steps s;

    (void)state;
    start_steps(&s, &apprentice);
    const float before = first_of(&s, "student_1." WEIGHT);
    run_to_boundary(&s);
    assert_true(first_of(&s, "student_1." WEIGHT) == before);
    check_first_step(&s, BOUNDARY);
    end_steps(&s);
}

/* Other weights than at first, an optimiser that counts anew, and a teacher that is the new student's. */
static void test_networks_begin_anew(void **state)
{
    steps s;

    (void)state;
    start_steps(&s, &restarting);
    const float first = first_of(&s, "student_1." WEIGHT);
    run_to_boundary(&s);
    assert_false(sep_stages_restarts(&s.stages));
    MUST(sep_stages_seek(&s.stages, BOUNDARY));
    assert_true(sep_stages_restarts(&s.stages));
    MUST(sep_store_restart(s.store, 1));
    assert_true(first_of(&s, "student_1." WEIGHT) == first);
    MUST(sep_store_restart(s.store, 2));
    assert_true(first_of(&s, "student_1." WEIGHT) != first);
    check_first_step(&s, BOUNDARY);
    assert_true(first_of(&s, "teacher_0." WEIGHT) == first_of(&s, "student_0." WEIGHT));
    step(&s, BOUNDARY + 1);
    assert_false(sep_stages_restarts(&s.stages));
    end_steps(&s);
}

/* ---- a warm start ------------------------------------------------------------------------------------------------ */

/* Steps of a method that the configuration names, with these settings more. */
static void start_named(steps *s, const char *method, const char *settings)
{
    *s = (steps){.dataset = support_phantoms()};
    support_training_configure(&s->run, s->dataset, method, settings);
    MUST(build_stages(s));
    compile_steps(s);
}

/* BOUNDARY of SUPPORT_STEPS. */
#define HALF_WARM "[train]\nwarm_start = 0.5\n"

/* Until it ends, student 0 is to the bit that of a run without unlabelled images; behind that it is not. */
static void test_warm_start_is_labelled_only(void **state)
{
    steps warm, plain;

    (void)state;
    start_named(&warm, "cross-teaching", HALF_WARM);
    start_named(&plain, "supervised", "");
    for (int64_t t = 0; t < SUPPORT_STEPS; t++) {
        step(&warm, t);
        step(&plain, t);
        assert_int_equal(warm.stages.stage, t >= BOUNDARY);
        assert_true((first_of(&warm, "student_0." WEIGHT) == first_of(&plain, "student_0." WEIGHT)) == (t < BOUNDARY));
    }
    end_steps(&warm);
    end_steps(&plain);
}

/* A teacher is a copy when the method begins, and counts from there. */
static void test_teacher_starts_behind_warm_start(void **state)
{
    steps s;

    (void)state;
    start_named(&s, "mean-teacher", HALF_WARM);
    const float before = first_of(&s, "teacher_0." WEIGHT);
    run_to_boundary(&s);
    assert_true(first_of(&s, "teacher_0." WEIGHT) == before);
    const float taught = first_of(&s, "student_0." WEIGHT);
    assert_true(taught != before);
    step(&s, BOUNDARY);
    assert_true(first_of(&s, "teacher_0." WEIGHT) == first_of(&s, "student_0." WEIGHT));
    step(&s, BOUNDARY + 1);
    assert_true(first_of(&s, "teacher_0." WEIGHT) != first_of(&s, "student_0." WEIGHT));
    end_steps(&s);
}

/* A projector does not move before. */
static void test_head_starts_behind_warm_start(void **state)
{
    static const char weight[] = "projector_full.second.weight";
    steps s;

    (void)state;
    start_named(&s, "mcsc-v2",
                HALF_WARM "[mcsc-v2]\nhidden = 8\nfeatures = 8\nanchors = 30\nkeys = 20\nmemory = 70\n"
                          "confidence = 0.3\nweight = 0.1\n");
    const float before = first_of(&s, weight);
    run_to_boundary(&s);
    assert_true(first_of(&s, weight) == before);
    for (int64_t t = BOUNDARY; t < SUPPORT_STEPS; t++)
        step(&s, t);
    assert_true(first_of(&s, weight) != before);
    end_steps(&s);
}

static void test_who_takes_a_warm_start(void **state)
{
    (void)state;
    for (int i = 0; sep_methods[i] != NULL; i++) {
        const sep_method *method = sep_methods[i];
        sep_options *options = sep_options_create();
        sep_train_config config;
        char text[128];

        assert_non_null(options);
        snprintf(text, sizeof text, "[data]\nfolder = none\npatch_size = 32\n[train]\nmethod = %s\nwarm_start = 0.25\n",
                 method->name);
        MUST(sep_options_load_text(options, "test", text));
        const sep_status status = sep_train_config_read(options, &config);
        if (method->stages > 1) {
            assert_int_equal(status, SEP_ERR_ARGUMENT);
            assert_non_null(strstr(sep_error_text(), "has stages of its own"));
        } else {
            assert_int_equal(status, SEP_OK);
            assert_true((config.warm_start > 0.0f) == sep_method_takes_warm_start(method));
        }
        sep_options_destroy(options);
    }
}

/* ---- building ---------------------------------------------------------------------------------------------------- */

static sep_buffer *(*plain_create)(sep_device *device, size_t bytes);
static size_t created;

static sep_buffer *count_bytes(sep_device *device, size_t bytes)
{
    created += bytes;
    return plain_create(device, bytes);
}

static void test_stages_share_an_arena(void **state)
{
    sep_memory_plan plan, first, second;
    steps s;

    (void)state;
    MUST(build_steps(&s, &apprentice));
    MUST(sep_stages_plan(&s.stages, &plan));
    MUST(sep_graph_plan(s.stages.graph[0].step.graph, &first));
    MUST(sep_graph_plan(s.stages.graph[1].step.graph, &second));
    assert_true(first.activations < second.activations);
    assert_int_equal(plan.activations, second.activations);
    assert_int_equal(plan.inputs, first.inputs + second.inputs);
    const sep_backend *own = s.device->backend;
    sep_backend counting = *own;
    plain_create = own->buffer_create;
    counting.buffer_create = count_bytes;
    created = 0;
    s.device->backend = &counting;
    MUST(sep_stages_compile(&s.stages));
    s.device->backend = own;
    assert_int_equal(created, plan.total);
    end_steps(&s);
}

static void check_refused(const sep_method *method, const char *why)
{
    steps s;

    assert_int_equal(build_steps(&s, method), SEP_ERR_ARGUMENT);
    assert_string_equal(sep_error_text(), why);
    end_steps(&s);
}

static void test_what_no_stage_moves(void **state)
{
    (void)state;
    check_refused(&first_only, "no stage of method 'first-only' trains student 1");
    check_refused(&stray, "parameter 'stray.first.weight' has a gradient, but no optimiser moves it");
}

/* ---- runs -------------------------------------------------------------------------------------------------------- */

/* Broken off before the boundary, at it, and behind it. */
static void test_run_goes_on(void **state)
{
    static const int64_t broken_off[] = {1, BOUNDARY - 1, BOUNDARY, BOUNDARY + 2, -1};
    sep_dataset *dataset = support_phantoms();
    support_training r;

    (void)state;
    configure(&r, dataset, &apprentice, "");
    support_check_method(&r, "apprentice", broken_off);
    r.config.method = &turns;
    r.config.ema = 0.5f;
    support_check_method(&r, "turns", broken_off);
    unconfigure(&r, dataset);
}

static void check_log(const char *path)
{
    void *text;
    size_t count;

    MUST(sep_file_read(path, &text, &count));
    assert_non_null(strstr(text, "{\"event\":\"stage\",\"iteration\":0,\"stage\":1,\"stages\":2}"));
    assert_non_null(strstr(text, "{\"event\":\"stage\",\"iteration\":4,\"stage\":2,\"stages\":2}"));
    assert_non_null(strstr(text, "u-net 0 agreement"));
    sep_free(text);
}

/* A device that is lost in the middle of a step, as a process that is killed: nothing more is kept. */
static uint32_t lost_in;

static sep_status run_until_lost(sep_device *device, const sep_call *call, const sep_step_info *info)
{
    return info->iteration == lost_in ? sep_fail(SEP_ERR_DEVICE, "lost") : support_plain_run(device, call, info);
}

static void train_until_lost(const support_training *r, const char *out, uint32_t iteration)
{
    lost_in = iteration;
    assert_int_equal(support_train_through(r, out, true, run_until_lost), SEP_ERR_DEVICE);
}

static sep_model_info describe(const char *path)
{
    sep_model_info info;

    MUST(sep_model_describe(path, &info));
    return info;
}

/* The first validation, of iteration 3, is what stage two, from iteration 4, starts from. A later one is better: a run
 * that is lost after that has another best checkpoint, and comes to the same. */
static void test_stage_starts_from_best(void **state)
{
    static const int64_t at_boundary[] = {BOUNDARY - 1, BOUNDARY, -1}, whole[] = {-1};
    sep_dataset *dataset = support_phantoms();
    support_training r;

    (void)state;
    configure(&r, dataset, &apprentice,
              "[train]\nvalidate_every = 3\niterations = 12\nseed = 2\n[student_0]\nlearning_rate = 0.3\n");
    const uint64_t going_on = support_train_in_pieces(&r, "going-on", whole);
    r.config.method = &from_best;
    const uint64_t hash = support_train_in_pieces(&r, "whole", whole);
    assert_true(hash != going_on);
    assert_true(support_train_in_pieces(&r, "at-boundary", at_boundary) == hash);
    check_log(scratch_path("whole/log.jsonl"));
    train_until_lost(&r, scratch_path("lost"), 10);
    sep_model_info best = describe(scratch_path("lost/best.safetensors"));
    sep_model_info last = describe(scratch_path("lost/last.safetensors"));
    assert_true(best.iteration > BOUNDARY);
    assert_int_equal(last.iteration, BOUNDARY);
    assert_int_equal(last.stage, 1);
    assert_int_equal(last.best_iteration, 3);
    sep_model_info_free(&best);
    sep_model_info_free(&last);
    assert_true(support_train_in_pieces(&r, "lost", whole) == hash);
    unconfigure(&r, dataset);
}

static sep_train_result train_for(support_training *r, int64_t iterations)
{
    sep_train_result result;
    sep_device *device;

    r->config.iterations = iterations;
    MUST(sep_cpu_create(1, NULL, &device));
    MUST(sep_train(&r->config, r->dataset, device, NULL, NULL, false, &result));
    sep_device_destroy(device);
    return result;
}

static void test_stages_are_timed(void **state)
{
    sep_dataset *dataset = support_phantoms();
    support_training r;

    (void)state;
    configure(&r, dataset, &apprentice, "");
    const sep_train_result first = train_for(&r, BOUNDARY), both = train_for(&r, BOUNDARY + 1);
    assert_true(first.stage_seconds[0] > 0 && first.stage_seconds[0] == first.seconds_per_step);
    assert_true(first.stage_seconds[1] == 0);
    assert_true(both.stage_seconds[0] > 0 && both.stage_seconds[1] > 0);
    assert_true(both.stage_seconds[2] == 0);
    unconfigure(&r, dataset);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_teacher_starts_with_its_stage),
        cmocka_unit_test(test_teacher_of_every_other_step),
        cmocka_unit_test(test_optimiser_counts_its_steps),
        cmocka_unit_test(test_networks_begin_anew),
        cmocka_unit_test(test_warm_start_is_labelled_only),
        cmocka_unit_test(test_teacher_starts_behind_warm_start),
        cmocka_unit_test(test_head_starts_behind_warm_start),
        cmocka_unit_test(test_who_takes_a_warm_start),
        cmocka_unit_test(test_stages_share_an_arena),
        cmocka_unit_test(test_what_no_stage_moves),
        cmocka_unit_test(test_run_goes_on),
        cmocka_unit_test(test_stage_starts_from_best),
        cmocka_unit_test(test_stages_are_timed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
