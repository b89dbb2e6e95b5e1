/* Requests to stop, and locks between processes: who is refused, what is said, and that none outlives its holder. */
#include "septum/image.h"
#include "septum/metrics.h"
#include "septum/process.h"

#include "support_scratch.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static void test_stop(void **state)
{
    (void)state;
    assert_int_equal(sep_stop_check(), SEP_OK);
    sep_stop_request();
    assert_true(sep_stop_requested());
    assert_int_equal(sep_stop_check(), SEP_ERR_INTERRUPTED);
    sep_stop_clear();
    assert_int_equal(sep_stop_check(), SEP_OK);
}

static void test_stop_ends_an_evaluation(void **state)
{
    sep_evaluation evaluation;
    sep_labels labels;

    (void)state;
    assert_int_equal(sep_evaluation_create(&evaluation, 2, NULL), SEP_OK);
    assert_int_equal(sep_labels_create(&labels, 1, 2, 2), SEP_OK);
    assert_int_equal(sep_evaluation_add(&evaluation, "first", &labels, &labels), SEP_OK);
    sep_stop_request();
    assert_int_equal(sep_evaluation_add(&evaluation, "second", &labels, &labels), SEP_ERR_INTERRUPTED);
    sep_stop_clear();
    assert_int_equal(evaluation.case_names.count, 1);
    sep_labels_free(&labels);
    sep_evaluation_free(&evaluation);
}

/* A process that takes the lock, says so through `told`, and sleeps until it is killed. */
static pid_t start_holder(const char *path, int told[2])
{
    assert_int_equal(pipe(told), 0);
    pid_t child = fork();
    if (child == 0) {
        sep_lock *lock;
        char result = sep_lock_take(path, "the run", &lock) == SEP_OK ? 'y' : 'n';
        if (write(told[1], &result, 1) != 1)
            _exit(1);
        for (;;)
            pause();
    }
    char result = 0;
    assert_int_equal(read(told[0], &result, 1), 1);
    assert_int_equal(result, 'y');
    return child;
}

static void test_second_process_is_told_who_has_it(void **state)
{
    const char *path = scratch_path("lock");
    char who[64], host[64] = "";
    sep_lock *lock;
    int told[2];

    (void)state;
    pid_t holder = start_holder(path, told);
    assert_int_equal(sep_lock_take(path, "the run", &lock), SEP_ERR_IO);
    assert_null(lock);
    snprintf(who, sizeof who, "the run: is being written by process %ld on ", (long)holder);
    assert_int_equal(gethostname(host, sizeof host - 1), 0);
    assert_non_null(strstr(sep_error_text(), who));
    assert_non_null(strstr(sep_error_text(), host));
    assert_non_null(strstr(sep_error_text(), ", since 2"));

    /* however it ends: the file stays, the lock does not */
    kill(holder, SIGKILL);
    waitpid(holder, NULL, 0);
    assert_true(sep_file_exists(path));
    assert_int_equal(sep_lock_take(path, "the run", &lock), SEP_OK);
    sep_lock_release(lock);
    assert_false(sep_file_exists(path));
    close(told[0]);
    close(told[1]);
}

static void test_within_one_process(void **state)
{
    const char *path = scratch_path("lock");
    sep_lock *first, *second;

    (void)state;
    assert_int_equal(sep_lock_take(path, "the run", &first), SEP_OK);
    assert_int_equal(sep_lock_take(path, "the run", &second), SEP_ERR_IO);
    sep_lock_release(first);
    assert_int_equal(sep_lock_take(path, "the run", &second), SEP_OK);
    sep_lock_release(second);
    sep_lock_release(NULL);
}

/* A link there is somebody's trap: what it points to is not written; nor is somebody's own file of that name. */
static void test_other_files_stay(void **state)
{
    const char *path = scratch_path("linked"), *victim = scratch_file("victim", "text", 4);
    sep_lock *lock;
    void *text;
    size_t count;

    (void)state;
    assert_int_equal(symlink(victim, path), 0);
    assert_int_equal(sep_lock_take(path, "the run", &lock), SEP_ERR_IO);
    assert_int_equal(sep_lock_take(victim, "the run", &lock), SEP_ERR_IO);
    assert_non_null(strstr(sep_error_text(), "rename that"));
    assert_int_equal(sep_file_read(victim, &text, &count), SEP_OK);
    assert_int_equal(count, 4);
    sep_free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stop),
        cmocka_unit_test(test_stop_ends_an_evaluation),
        cmocka_unit_test(test_second_process_is_told_who_has_it),
        cmocka_unit_test(test_within_one_process),
        cmocka_unit_test(test_other_files_stay),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
