/* Runs whose networks start from another run's checkpoint: which tensors of which, and what is refused. */
#include "train/initial.h"

#include "septum/process.h"
#include "support_scratch.h"
#include "support_training.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const char with_average[] = "[train]\nema = 0.9\nbatch_statistics = joint\n";

static sep_dataset *dataset;
static sep_device *device;
static char source[512]; /* the folder of a run of a U-Net with averages */

#define MUST(call)                                                                                                     \
    do {                                                                                                               \
        if ((call) != SEP_OK)                                                                                          \
            fail_msg("%s: %s", #call, sep_error_text());                                                               \
    } while (0)

static sep_train_result train(support_training *run, const char *out, bool resume)
{
    sep_train_result result;

    MUST(sep_train(&run->config, dataset, device, out, NULL, resume, &result));
    return result;
}

static int set_up(void **state)
{
    support_training run;

    (void)state;
    snprintf(source, sizeof source, "%s", scratch_path("source"));
    dataset = support_phantoms();
    MUST(sep_cpu_create(1, NULL, &device));
    support_training_configure(&run, dataset, "supervised", with_average);
    train(&run, source, false);
    sep_options_destroy(run.options);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    sep_device_destroy(device);
    sep_dataset_destroy(dataset);
    return 0;
}

/* ---- a store as a run would have it ------------------------------------------------------------------------------ */

typedef struct started {
    support_training run;
    sep_store *store;
    sep_stages stages;
    sep_initial initial;
} started;

static sep_status start(started *s, const char *method, const char *settings, int classes)
{
    *s = (started){0};
    support_training_configure(&s->run, dataset, method, settings);
    s->run.config.init = source;
    MUST(sep_store_create(device, 77, &s->store));
    MUST(sep_stages_build(&s->run.config, classes, s->store, &s->stages));
    MUST(sep_stages_compile(&s->stages));
    return sep_initial_open(&s->run.config, &s->stages, &s->initial);
}

static void end(started *s)
{
    sep_initial_close(&s->initial);
    sep_stages_free(&s->stages);
    sep_store_destroy(s->store);
    sep_options_destroy(s->run.options);
}

static bool holds(const started *s, const char *name, const char *stored)
{
    const sep_tensor *tensor = sep_store_find(s->store, name);
    const sep_stored_tensor *from = sep_safetensors_find(s->initial.file, stored);

    assert_non_null(tensor);
    assert_non_null(from);
    if (from->count * sizeof(float) != sep_tensor_bytes(tensor))
        return false;
    float *values = sep_calloc(from->count, sizeof *values);
    MUST(sep_tensor_read(s->store, tensor, values));
    const bool same = memcmp(values, from->data, sep_tensor_bytes(tensor)) == 0;
    sep_free(values);
    return same;
}

/* How many tensors of a scope hold what the checkpoint has under another scope; `different`: how many do not. */
static int count_same(const started *s, const char *scope, const char *stored_scope, int *different)
{
    const size_t length = strlen(scope);
    int same = 0;
    char stored[256];

    *different = 0;
    for (int i = 0; i < sep_store_count(s->store); i++) {
        const sep_tensor *tensor = sep_store_tensor(s->store, i);
        if (strncmp(tensor->name, scope, length) != 0 || tensor->role == SEP_ROLE_OPTIMISER)
            continue;
        snprintf(stored, sizeof stored, "%s%s", stored_scope, tensor->name + length);
        *(holds(s, tensor->name, stored) ? &same : different) += 1;
    }
    return same;
}

static void expect_all(const started *s, const char *scope, const char *stored_scope)
{
    int different;

    assert_true(count_same(s, scope, stored_scope, &different) > 20);
    assert_int_equal(different, 0);
}

/* ---- tests ------------------------------------------------------------------------------------------------------- */

static void test_students_and_copies(void **state)
{
    started s;
    int different;

    (void)state;
    MUST(start(&s, "mean-teacher", with_average, SUPPORT_CLASSES));
    (void)count_same(&s, "student_0.", "student_0.", &different);
    assert_true(different > 10); /* drawn by another seed */
    MUST(sep_initial_copy(&s.initial, &s.stages));
    expect_all(&s, "student_0.", "student_0.");
    expect_all(&s, "teacher_0.", "student_0.");
    expect_all(&s, "average_0.", "student_0.");
    const sep_run_origin origin = sep_initial_origin(&s.initial, &s.run.config);
    assert_true(origin.known && !origin.averages && origin.iteration == SUPPORT_STEPS);
    end(&s);
}

static void test_optimiser_starts_anew(void **state)
{
    started s;
    int looked_at = 0;

    (void)state;
    MUST(start(&s, "supervised", with_average, SUPPORT_CLASSES));
    MUST(sep_initial_copy(&s.initial, &s.stages));
    for (int i = 0; i < sep_store_count(s.store); i++) {
        const sep_tensor *tensor = sep_store_tensor(s.store, i);
        if (tensor->role != SEP_ROLE_OPTIMISER)
            continue;
        const size_t count = sep_tensor_bytes(tensor) / sizeof(float);
        float *values = sep_calloc(count, sizeof *values);
        MUST(sep_tensor_read(s.store, tensor, values));
        for (size_t k = 0; k < count; k++)
            assert_true(values[k] == 0.0f);
        sep_free(values);
        looked_at++;
    }
    assert_true(looked_at > 10);
    end(&s);
}

static void test_averages(void **state)
{
    started s;

    (void)state;
    MUST(start(&s, "supervised", "[train]\nema = 0.99\n", SUPPORT_CLASSES));
    s.run.config.init_average = true;
    MUST(sep_initial_copy(&s.initial, &s.stages));
    expect_all(&s, "student_0.", "average_0.");
    end(&s);
}

/* Two that begin as one would stay one; the other may be another network. */
static void start_beside(const char *second)
{
    started s;
    int different;

    MUST(start(&s, "cross-teaching", second, SUPPORT_CLASSES));
    MUST(sep_initial_copy(&s.initial, &s.stages));
    expect_all(&s, "student_0.", "student_0.");
    (void)count_same(&s, "student_1.", "student_0.", &different);
    assert_true(different > 10);
    end(&s);
}

static void test_two_students_of_one(void **state)
{
    (void)state;
    start_beside("[student_1]\nbase = 4\n");
    start_beside("[student_1]\nbase = 8\n");
}

/* Of a head of one convolution, its weights and its biases. */
static void test_other_classes(void **state)
{
    started s;
    int different;

    (void)state;
    MUST(start(&s, "supervised", "", SUPPORT_CLASSES + 2));
    MUST(sep_initial_copy(&s.initial, &s.stages));
    assert_true(count_same(&s, "student_0.", "student_0.", &different) > 20);
    assert_int_equal(different, 2);
    end(&s);
}

static void refuse(const char *method, const char *settings, const char *why)
{
    started s;

    assert_int_equal(start(&s, method, settings, SUPPORT_CLASSES), SEP_ERR_ARGUMENT);
    if (strstr(sep_error_text(), why) == NULL)
        fail_msg("'%s' is not in '%s'", why, sep_error_text());
    end(&s);
}

static void test_other_networks(void **state)
{
    (void)state;
    refuse("supervised", "[student_0]\nbase = 8\n", "student 0 can't start from student 0 of ");
    refuse("supervised", "[student_0]\nbase = 8\n", "base is 4 there, 8 here");
    refuse("supervised", "[student_0]\nupsampling = transposed\n", "upsampling is bilinear there, transposed here");
}

/* The run that goes on after the source is gone has the bits of the one that was not stopped. */
static void test_resumed_without_source(void **state)
{
    support_training run;
    const char *out = scratch_path("pieces"), *best = scratch_path("source/best.safetensors"),
               *moved = scratch_path("moved.safetensors");
    sep_train_result result;
    sep_model_info info;
    size_t bytes;
    void *text;

    (void)state;
    support_training_configure(&run, dataset, "supervised", with_average);
    const uint64_t without = train(&run, NULL, false).hash;
    run.config.init = source;
    const uint64_t whole = train(&run, NULL, false).hash;
    assert_true(whole != without);
    sep_stop_request();
    assert_int_equal(sep_train(&run.config, dataset, device, out, NULL, false, &result), SEP_ERR_INTERRUPTED);
    sep_stop_clear();
    assert_int_equal(rename(best, moved), 0);
    assert_true(train(&run, out, true).hash == whole);
    assert_int_equal(rename(moved, best), 0);
    MUST(sep_model_describe(scratch_path("pieces/last.safetensors"), &info));
    assert_true(info.origin.known && info.origin.iteration == SUPPORT_STEPS && info.origin.hash != 0);
    MUST(sep_file_read(scratch_path("pieces/log.jsonl"), &text, &bytes));
    assert_non_null(strstr(text, "\"event\":\"init\""));
    sep_free(text);
    sep_model_info_free(&info);
    sep_options_destroy(run.options);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_students_and_copies),
                                       cmocka_unit_test(test_optimiser_starts_anew),
                                       cmocka_unit_test(test_averages),
                                       cmocka_unit_test(test_two_students_of_one),
                                       cmocka_unit_test(test_other_classes),
                                       cmocka_unit_test(test_other_networks),
                                       cmocka_unit_test(test_resumed_without_source)};

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
