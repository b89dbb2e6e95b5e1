/* Training as a whole, on small phantoms: a run that was stopped and continued gives the bits of one that was not. That
 * every table of kernels gives the same bits is in test_verify.c. */
#include "data/phantom_dataset.h"
#include "septum/model.h"
#include "septum/process.h"
#include "septum/train.h"
#include "support_net.h"
#include "support_scratch.h"

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
    const sep_phantom_dataset hearts = {.phantom = {.size = SIZE, .slices = 4, .seed = 3},
                                        .classes = 4,
                                        .labelled = 2,
                                        .training = TRAINING,
                                        .validation = VALIDATION};
    sep_dataset *dataset;

    assert_int_equal(sep_phantom_dataset_create(&hearts, &dataset), SEP_OK);
    return dataset;
}

static sep_train_config narrow(const char *method, const char *first, const char *second)
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
    const char *net[2] = {first, second};

    c.batch.unlabelled_batch = c.students == 2 ? 2 : 0;
    for (int i = 0; i < c.students; i++) {
        bool u_net = strcmp(net[i], "u-net") == 0;
        c.student[i].net =
            support_net(net[i], u_net ? "base = 4" : "base = 16\nwindow = 2\nhead_channels = 8", 4, SIZE, SIZE);
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
    sep_train_config c = narrow("cross-teaching", "u-net", "cs-unet");

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

static int64_t lines_logged(const char *folder, const char *event)
{
    char *path = sep_format("%s/log.jsonl", folder), *wanted = sep_format("\"event\":\"%s\"", event);
    sep_strings lines = {0};
    int64_t count = 0;

    assert_int_equal(sep_read_lines(path, &lines), SEP_OK);
    for (int i = 0; i < lines.count; i++)
        count += strstr(lines.item[i], wanted) != NULL;
    sep_strings_free(&lines);
    sep_free(wanted);
    sep_free(path);
    return count;
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
    assert_int_equal(lines_logged(folder, "step"), c.iterations / c.log_every);

    char *remove_folder = sep_format("rm -r %s", folder);
    assert_int_equal(system(remove_folder), 0);
    sep_free(remove_folder);
}

/* ---- stopping amid a validation ---------------------------------------------------------------------------------- */

/* A device that asks for a stop when it predicts: validation takes 4 slices at once, these batches have 3 samples. */
static struct {
    sep_status (*run)(sep_device *device, const sep_call *call, const sep_step_info *step);
    const char *wait_for; /* a file that must be there first; NULL: none */
    bool asked;
} watch;

static sep_status run_and_stop(sep_device *device, const sep_call *call, const sep_step_info *step)
{
    if (!watch.asked && call->output.shape.rank == 4 && call->output.shape.dim[0] == 4 &&
        call->output.shape.dim[1] == SIZE && (watch.wait_for == NULL || sep_file_exists(watch.wait_for))) {
        watch.asked = true;
        sep_stop_request();
    }
    return watch.run(device, call, step);
}

static void train_until_stopped(const sep_train_config *config, const char *folder, const char *wait_for, bool resume)
{
    sep_dataset *dataset = phantoms();
    sep_device *device;
    sep_train_result result;

    assert_int_equal(sep_cpu_create(1, NULL, &device), SEP_OK);
    const sep_backend *own = device->backend;
    sep_backend watched = *own;
    watch.run = own->run;
    watch.wait_for = wait_for;
    watch.asked = false;
    watched.run = run_and_stop;
    device->backend = &watched;
    assert_int_equal(sep_train(config, dataset, device, folder, NULL, resume, &result), SEP_ERR_INTERRUPTED);
    assert_true(watch.asked);
    device->backend = own;
    sep_stop_clear();
    sep_device_destroy(device);
    sep_dataset_destroy(dataset);
}

static void assert_checkpoint(const char *path, int64_t iteration, int64_t validated)
{
    sep_model_info info;

    assert_int_equal(sep_model_describe(path, &info), SEP_OK);
    assert_int_equal(info.iteration, iteration);
    assert_int_equal(info.validated, validated);
    sep_model_info_free(&info);
}

static void assert_same_file(const char *folder, const char *other, const char *name)
{
    char *command = sep_format("cmp %s/%s %s/%s", folder, name, other, name);

    assert_int_equal(system(command), 0);
    sep_free(command);
}

/* First in the validation itself, then again on resuming, then while the overlays of a new best one are drawn: no part
 * of a validation stays that was not finished, and it is done when the run goes on. */
static void test_validation_that_is_stopped_is_done_again(void **state)
{
    sep_train_config c = long_run();
    const char *stopped = scratch_path("stopped"), *whole = scratch_path("whole");
    const char *last = scratch_path("stopped/last.safetensors"), *best = scratch_path("stopped/best.safetensors");

    (void)state;
    c.student[1] = c.student[0];
    c.batch.unlabelled_batch = 1;
    c.checkpoint_every = 1000;
    train_until_stopped(&c, stopped, NULL, false);
    assert_checkpoint(last, 10, -1);
    assert_int_equal(lines_logged(stopped, "validation"), 0);
    train_until_stopped(&c, stopped, NULL, true);
    assert_checkpoint(last, 10, -1);
    train_until_stopped(&c, stopped, best, true);
    assert_checkpoint(last, 10, -1);
    assert_int_equal(lines_logged(stopped, "validation"), 0);

    uint64_t resumed = train(&c, NULL, 1, stopped, true);
    assert_true(resumed == train(&c, NULL, 1, whole, false));
    assert_int_equal(lines_logged(stopped, "validation"), 3);
    assert_int_equal(lines_logged(stopped, "step"), lines_logged(whole, "step"));
    assert_same_file(stopped, whole, "best.safetensors");
    assert_same_file(stopped, whole, "last.safetensors");
    assert_same_file(stopped, whole, "evaluation.json");
    assert_same_file(stopped, whole, "overlays/worst.png");
}

static void test_finished_run_is_not_overwritten(void **state)
{
    sep_train_config c = narrow("supervised", "u-net", "u-net");
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
    sep_train_config config = narrow("supervised", "u-net", "u-net");
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
        cmocka_unit_test(test_validation_that_is_stopped_is_done_again),
        cmocka_unit_test(test_finished_run_is_not_overwritten),
        cmocka_unit_test(test_empty_validation_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
