/* Training as a whole, on small phantoms: a run that was stopped and continued gives the bits of one that was not. That
 * every table of kernels gives the same bits is in test_verify.c. */
#include "septum/train.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

enum { SIZE = 64, TRAINING = 4, VALIDATION = 1, STEPS = 10 };

static sep_dataset *phantoms(void)
{
    sep_phantom_config config = {.size = SIZE, .slices = 4, .seed = 3};
    sep_volume image[TRAINING + VALIDATION];
    sep_labels label[TRAINING + VALIDATION];
    sep_dataset *dataset;

    for (int i = 0; i < TRAINING + VALIDATION; i++) {
        assert_int_equal(sep_phantom_cardiac(&config, i, SEP_END_DIASTOLE, &image[i], &label[i]), SEP_OK);
        if (i >= 2 && i < TRAINING)
            sep_labels_free(&label[i]); /* unlabelled */
    }
    assert_int_equal(sep_dataset_from_memory(4, image, label, TRAINING, VALIDATION, &dataset), SEP_OK);
    return dataset;
}

static sep_train_config narrow(const char *method, sep_net_kind first, sep_net_kind second)
{
    sep_train_config c = {.method = sep_method_find(method),
                          .students = strcmp(method, "supervised") == 0 ? 1 : 2,
                          .iterations = STEPS,
                          .validate_every = STEPS,
                          .checkpoint_every = 5,
                          .log_every = 5,
                          .seed = 9,
                          .cross_entropy_weight = 0.5f,
                          .consistency_weight = 0.1f,
                          .batch = {.height = SIZE,
                                    .width = SIZE,
                                    .labelled_batch = 2,
                                    .seed = 9,
                                    .augmentation = SEP_AUGMENT_THESIS,
                                    .threads = 1}};
    sep_net_kind kind[2] = {first, second};

    c.batch.unlabelled_batch = c.students == 2 ? 2 : 0;
    for (int i = 0; i < c.students; i++) {
        bool u_net = kind[i] == SEP_U_NET;
        c.student[i].net = (sep_net_spec){.kind = kind[i],
                                          .classes = 4,
                                          .height = SIZE,
                                          .width = SIZE,
                                          .base = u_net ? 4 : 16,
                                          .window = u_net ? 0 : 2,
                                          .head_channels = u_net ? 0 : 8};
        c.student[i].optimiser = sep_optimiser_default(SEP_ADAMW);
        c.student[i].schedule = (sep_schedule){.rate = 1e-3, .power = 0.9, .warm_up_start = 1e-3};
    }
    return c;
}

static uint64_t train(const sep_train_config *config, const char *simd, int threads, const char *out, bool resume)
{
    sep_dataset *dataset = phantoms();
    sep_device *device;
    sep_train_result result = {0};

    assert_int_equal(sep_cpu_create(threads, simd, &device), SEP_OK);
    sep_status status = sep_train(config, dataset, device, out, NULL, resume, &result);
    if (status != SEP_OK)
        fail_msg("%s", sep_error_text());
    sep_dataset_destroy(dataset);
    sep_device_destroy(device);
    return result.hash;
}

/* ---- stopping and continuing ------------------------------------------------------------------------------------- */

static sep_train_config long_run(void)
{
    sep_train_config c = narrow("cross-teaching", SEP_U_NET, SEP_CS_UNET);

    c.iterations = 30;
    c.validate_every = 10;
    c.checkpoint_every = 3;
    c.statistics = SEP_STATISTICS_SEPARATE;
    return c;
}

/* Trains in a process of its own until its first checkpoint is there, and kills it as hard as a process can be. Must
 * come before this process uses OpenMP: its threads do not survive a fork. */
static void start_and_kill(const char *folder)
{
    char *checkpoint = sep_format("%s/last.safetensors", folder);
    pid_t child = fork();

    if (child == 0) {
        sep_train_config c = long_run();
        train(&c, NULL, 1, folder, false);
        _exit(0);
    }
    while (!sep_file_exists(checkpoint) && waitpid(child, NULL, WNOHANG) == 0)
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    assert_true(sep_file_exists(checkpoint));
    sep_free(checkpoint);
}

static int64_t steps_logged(const char *folder)
{
    char *path = sep_format("%s/log.jsonl", folder);
    sep_strings lines = {0};
    int64_t steps = 0;

    assert_int_equal(sep_read_lines(path, &lines), SEP_OK);
    for (int i = 0; i < lines.count; i++)
        steps += strstr(lines.item[i], "\"event\":\"step\"") != NULL;
    sep_strings_free(&lines);
    sep_free(path);
    return steps;
}

static void test_killed_run_continues_to_same_bits(void **state)
{
    sep_train_config c = long_run();
    char folder[] = "/tmp/septum-resume-XXXXXX";

    (void)state;
    assert_non_null(mkdtemp(folder));
    start_and_kill(folder);
    uint64_t resumed = train(&c, NULL, 2, folder, true), whole = train(&c, NULL, 2, NULL, false);
    assert_true(resumed == whole);
    assert_int_equal(steps_logged(folder), c.iterations / c.log_every);

    char *remove_folder = sep_format("rm -r %s", folder);
    assert_int_equal(system(remove_folder), 0);
    sep_free(remove_folder);
}

static void test_finished_run_is_not_overwritten(void **state)
{
    sep_train_config c = narrow("supervised", SEP_U_NET, SEP_U_NET);
    char folder[] = "/tmp/septum-again-XXXXXX";
    sep_dataset *dataset = phantoms();
    sep_device *device;
    sep_train_result result;

    (void)state;
    assert_non_null(mkdtemp(folder));
    train(&c, NULL, 1, folder, false);
    assert_int_equal(sep_cpu_create(1, NULL, &device), SEP_OK);
    assert_int_equal(sep_train(&c, dataset, device, folder, "", false, &result), SEP_ERR_ARGUMENT);
    assert_non_null(strstr(sep_error_text(), "--resume"));
    sep_dataset_destroy(dataset);
    sep_device_destroy(device);

    char *remove_folder = sep_format("rm -r %s", folder);
    assert_int_equal(system(remove_folder), 0);
    sep_free(remove_folder);
}

/* Nothing tells networks apart on scans that are all background. */
static void test_empty_validation_is_refused(void **state)
{
    sep_train_config config = narrow("supervised", SEP_U_NET, SEP_U_NET);
    sep_dataset *dataset = phantoms();
    sep_labels *label = &dataset->scan[TRAINING].label;
    sep_device *device;
    sep_train_result result;

    (void)state;
    memset(label->data, 0, (size_t)label->depth * (size_t)label->height * (size_t)label->width);
    assert_int_equal(sep_cpu_create(1, NULL, &device), SEP_OK);
    assert_int_equal(sep_train(&config, dataset, device, NULL, NULL, false, &result), SEP_ERR_ARGUMENT);
    assert_non_null(strstr(sep_error_text(), "no validation scan has a voxel of any class"));
    sep_dataset_destroy(dataset);
    sep_device_destroy(device);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_killed_run_continues_to_same_bits), /* first: it forks */
        cmocka_unit_test(test_finished_run_is_not_overwritten),
        cmocka_unit_test(test_empty_validation_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
