/* Files written beside and renamed: whose files are touched, what killed writers leave, many writers at once. */
#define _DEFAULT_SOURCE /* flock */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "septum/base.h"
#include "support_scratch.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void assert_content(const char *path, const char *expected)
{
    void *bytes;
    size_t count;

    assert_int_equal(sep_file_read(path, &bytes, &count), SEP_OK);
    assert_string_equal(bytes, expected);
    assert_int_equal(count, strlen(expected));
    sep_free(bytes);
}

/* A folder that no test has written to; the path of a file in it. */
static const char *in_new_folder(const char *folder, const char *name)
{
    char *path = sep_format("%s/%s", folder, name);

    assert_int_equal(sep_make_folders(scratch_path(folder)), SEP_OK);
    const char *whole = scratch_path(path);
    sep_free(path);
    return whole;
}

/* All entries but "." and "..", hidden ones too. */
static int entries_of(const char *folder)
{
    DIR *directory = opendir(scratch_path(folder));
    int count = -2;

    assert_non_null(directory);
    while (readdir(directory))
        count++;
    closedir(directory);
    return count;
}

/* The hidden file that a writer has open now; freed by the caller. */
static char *temporary_in(const char *folder)
{
    DIR *directory = opendir(scratch_path(folder));
    char *found = NULL;

    assert_non_null(directory);
    for (const struct dirent *entry; (entry = readdir(directory)) != NULL;)
        if (entry->d_name[0] == '.' && sep_has_suffix(entry->d_name, ".tmp") && !found)
            found = sep_format("%s/%s", scratch_path(folder), entry->d_name);
    closedir(directory);
    assert_non_null(found);
    return found;
}

/* ---- whose files are touched ------------------------------------------------------------------------------------- */

static void test_other_files_stay(void **state)
{
    const char *path = in_new_folder("others", "c.h5"), *victim = scratch_file("others/victim", "mine", 4);
    const char *link = scratch_path("others/c.h5.tmp"), *own = scratch_file("others/d.h5.tmp", "own", 3);

    (void)state;
    assert_int_equal(symlink("victim", link), 0);
    assert_int_equal(sep_file_write_atomic(path, "new", 3), SEP_OK);
    assert_content(path, "new");
    assert_content(victim, "mine");
    assert_content(link, "mine");
    assert_int_equal(sep_file_write_atomic(scratch_path("others/d.h5"), "new", 3), SEP_OK);
    assert_content(own, "own");
    assert_int_equal(entries_of("others"), 5);
}

static void test_link_is_replaced(void **state)
{
    const char *path = in_new_folder("links", "out"), *target = scratch_file("links/target", "mine", 4);
    struct stat info;

    (void)state;
    assert_int_equal(symlink("target", path), 0);
    assert_int_equal(sep_file_write_atomic(path, "new", 3), SEP_OK);
    assert_int_equal(lstat(path, &info), 0);
    assert_true(S_ISREG(info.st_mode));
    assert_content(path, "new");
    assert_content(target, "mine");
}

static void test_devices_are_refused(void **state)
{
    const char *pipe = in_new_folder("devices", "pipe"), *link = scratch_path("devices/null");
    struct stat info;

    (void)state;
    assert_int_equal(mkfifo(pipe, 0600), 0);
    assert_int_equal(sep_file_write_atomic(pipe, "x", 1), SEP_ERR_IO);
    assert_non_null(strstr(sep_error_text(), "device or a pipe"));
    assert_int_equal(lstat(pipe, &info), 0);
    assert_true(S_ISFIFO(info.st_mode));
    assert_int_equal(symlink("/dev/null", link), 0);
    assert_int_equal(sep_file_write_atomic(link, "x", 1), SEP_ERR_IO);
    assert_int_equal(entries_of("devices"), 2);
}

static void test_mode_is_that_of_new_files(void **state)
{
    const char *path = in_new_folder("modes", "out");
    struct stat info;

    (void)state;
    mode_t before = umask(027);
    assert_int_equal(sep_file_write_atomic(path, "x", 1), SEP_OK);
    umask(before);
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0640);
}

/* Names have 255 bytes at most, and the temporary one is longer than its file's. */
static void test_long_name(void **state)
{
    char name[256];

    (void)state;
    memset(name, 'n', 255);
    name[255] = '\0';
    const char *path = in_new_folder("long", name);
    assert_int_equal(sep_file_write_atomic(path, "x", 1), SEP_OK);
    assert_content(path, "x");
    assert_int_equal(entries_of("long"), 1);
}

/* ---- what killed writers leave ----------------------------------------------------------------------------------- */

static void begin_and_wait_for_death(const char *path)
{
    sep_atomic_file *file;

    if (sep_atomic_begin(path, &file) != SEP_OK || sep_atomic_write(file, "half", 4) != SEP_OK)
        _exit(1);
    kill(getpid(), SIGKILL);
}

static void test_left_behind_is_removed(void **state)
{
    const char *path = in_new_folder("killed", "out.nii.gz");
    int code;

    (void)state;
    for (int i = 0; i < 3; i++) {
        pid_t child = fork();
        if (child == 0)
            begin_and_wait_for_death(path);
        assert_int_equal(waitpid(child, &code, 0), child);
        assert_true(WIFSIGNALED(code));
        assert_int_equal(entries_of("killed"), 1); /* the next one removes the one before */
    }
    assert_int_equal(sep_file_write_atomic(path, "whole", 5), SEP_OK);
    assert_content(path, "whole");
    assert_int_equal(entries_of("killed"), 1);
}

/* One that is being written is another's, whoever writes beside it. */
static void test_held_is_not_removed(void **state)
{
    const char *path = in_new_folder("held", "out");
    sep_atomic_file *file;
    int code;

    (void)state;
    assert_int_equal(sep_atomic_begin(path, &file), SEP_OK);
    pid_t child = fork();
    if (child == 0)
        _exit(execlp("sh", "sh", "-c", "exit 0", (char *)NULL)); /* the lock survives a process that inherits it */
    assert_int_equal(waitpid(child, &code, 0), child);
    child = fork();
    if (child == 0)
        _exit(sep_file_write_atomic(scratch_path("held/other"), "other", 5) == SEP_OK ? 0 : 1);
    assert_int_equal(waitpid(child, &code, 0), child);
    assert_int_equal(code, 0);
    assert_int_equal(sep_atomic_write(file, "mine", 4), SEP_OK);
    assert_int_equal(sep_atomic_commit(file), SEP_OK);
    assert_content(path, "mine");
    assert_content(scratch_path("held/other"), "other");
    assert_int_equal(entries_of("held"), 2);
}

/* Names that are nearly ours, a link of such a name, and a second name of a user's file stay. */
static void test_lookalikes_stay(void **state)
{
    static const char *const names[] = {"kept/a.septum-1-0123456789abcdef.tmp", "kept/.a.septum-1-0123.tmp",
                                        "kept/.a.septum-x-0123456789abcdef.tmp", "kept/.a.septum-1-0123456789abcdef.tm",
                                        "kept/.septum.tmp"};

    (void)state;
    in_new_folder("kept", "out");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        scratch_file(names[i], "user's", 6);
    const char *mine = scratch_file("kept/mine", "mine", 4);
    assert_int_equal(symlink("mine", scratch_path("kept/.a.septum-2-0123456789abcdef.tmp")), 0);
    assert_int_equal(link(mine, scratch_path("kept/.a.septum-3-0123456789abcdef.tmp")), 0);
    assert_int_equal(sep_file_write_atomic(scratch_path("kept/out"), "x", 1), SEP_OK);
    assert_content(mine, "mine");
    assert_int_equal(entries_of("kept"), 5 + 3 + 1);
}

static void test_temporary_is_locked_and_hidden(void **state)
{
    const char *path = in_new_folder("locked", "out");
    sep_strings names = {0};
    sep_atomic_file *file;

    (void)state;
    assert_int_equal(sep_atomic_begin(path, &file), SEP_OK);
    char *temporary = temporary_in("locked");
    int descriptor = open(temporary, O_RDONLY);
    assert_true(descriptor >= 0);
    assert_int_equal(flock(descriptor, LOCK_EX | LOCK_NB), -1);
    close(descriptor);
    assert_int_equal(sep_list_folder(scratch_path("locked"), "", &names), SEP_OK);
    assert_int_equal(names.count, 0);
    sep_strings_free(&names);
    sep_atomic_abort(file);
    assert_int_equal(entries_of("locked"), 0);
    sep_free(temporary);
}

/* ---- many at once ------------------------------------------------------------------------------------------------ */

enum { WRITERS = 40, LENGTH = 1 << 18 };

static void write_and_leave(const char *path, int number)
{
    static char bytes[LENGTH];
    sep_atomic_file *file;

    memset(bytes, 'A' + number, sizeof bytes);
    for (int turn = 0; turn < 3; turn++) {
        if (sep_atomic_begin(path, &file) != SEP_OK)
            _exit(1);
        for (size_t i = 0; i < LENGTH; i += LENGTH / 16)
            sep_atomic_write(file, bytes + i, LENGTH / 16);
        if (sep_atomic_commit(file) != SEP_OK)
            _exit(1);
    }
    _exit(0);
}

static void test_many_writers(void **state)
{
    const char *path = in_new_folder("many", "out");
    pid_t child[WRITERS];
    void *bytes;
    size_t count;
    int code;

    (void)state;
    for (int i = 0; i < WRITERS; i++) {
        child[i] = fork();
        if (child[i] == 0)
            write_and_leave(path, i);
        assert_true(child[i] > 0);
    }
    for (int i = 0; i < WRITERS; i++) {
        assert_int_equal(waitpid(child[i], &code, 0), child[i]);
        assert_int_equal(code, 0);
    }
    assert_int_equal(sep_file_read(path, &bytes, &count), SEP_OK);
    assert_int_equal(count, LENGTH);
    for (size_t i = 1; i < count; i++)
        assert_int_equal(((char *)bytes)[i], ((char *)bytes)[0]);
    sep_free(bytes);
    assert_int_equal(entries_of("many"), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_other_files_stay),
        cmocka_unit_test(test_link_is_replaced),
        cmocka_unit_test(test_devices_are_refused),
        cmocka_unit_test(test_mode_is_that_of_new_files),
        cmocka_unit_test(test_long_name),
        cmocka_unit_test(test_left_behind_is_removed),
        cmocka_unit_test(test_held_is_not_removed),
        cmocka_unit_test(test_lookalikes_stay),
        cmocka_unit_test(test_temporary_is_locked_and_hidden),
        cmocka_unit_test(test_many_writers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
