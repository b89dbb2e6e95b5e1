/* Files: reading, atomic writing, line lists, folders; each way they can go wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "septum/base.h"
#include "support_scratch.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static void assert_content(const char *path, const char *expected)
{
    void *bytes;
    size_t count;

    assert_int_equal(sep_file_read(path, &bytes, &count), SEP_OK);
    assert_int_equal(count, strlen(expected));
    assert_string_equal(bytes, expected);
    sep_free(bytes);
}

static void assert_error_names(const char *name)
{
    if (!strstr(sep_error_text(), name))
        fail_msg("'%s' does not name '%s'", sep_error_text(), name);
}

/* ---- reading and writing whole files ----------------------------------------------------------------------------- */

static void test_write_and_read(void **state)
{
    const char *path = scratch_path("data.bin");
    const char bytes[] = {1, 0, 2, '\n', 0};
    void *read_back;
    size_t count;

    (void)state;
    assert_int_equal(sep_file_write_atomic(path, "older", 5), SEP_OK);
    assert_int_equal(sep_file_write_atomic(path, bytes, sizeof bytes), SEP_OK);
    assert_int_equal(sep_file_read(path, &read_back, &count), SEP_OK);
    assert_int_equal(count, sizeof bytes);
    assert_memory_equal(read_back, bytes, sizeof bytes);
    assert_int_equal(((char *)read_back)[count], 0);
    sep_free(read_back);

    assert_int_equal(sep_file_write_atomic(path, NULL, 0), SEP_OK);
    assert_content(path, "");
}

static void test_read_failures(void **state)
{
    const char *absent = scratch_path("absent"), *pipe = scratch_path("pipe");
    void *bytes;
    size_t count;

    (void)state;
    assert_int_equal(sep_file_read(absent, &bytes, &count), SEP_ERR_IO);
    assert_error_names("absent");
    assert_null(bytes);
    assert_int_equal(sep_file_read(scratch_path("."), &bytes, &count), SEP_ERR_IO);
    assert_error_names("folder");
    assert_int_equal(mkfifo(pipe, 0600), 0);
    assert_int_equal(sep_file_read(pipe, &bytes, &count), SEP_ERR_IO);
    assert_error_names("not a regular file");
    assert_int_equal(sep_file_read("/dev/null", &bytes, &count), SEP_ERR_IO);
}

static void test_write_in_pieces(void **state)
{
    const char *path = scratch_path("pieces.txt");
    sep_atomic_file *file;

    (void)state;
    assert_int_equal(sep_file_write_atomic(path, "old", 3), SEP_OK);
    assert_int_equal(sep_atomic_begin(path, &file), SEP_OK);
    assert_int_equal(sep_atomic_write(file, "a", 1), SEP_OK);
    assert_int_equal(sep_atomic_print(file, "-%d", 7), SEP_OK);
    assert_content(path, "old");
    assert_int_equal(sep_atomic_commit(file), SEP_OK);
    assert_content(path, "a-7");
}

static void test_abort(void **state)
{
    const char *path = scratch_path("abort.txt");
    sep_atomic_file *file;

    (void)state;
    assert_int_equal(sep_file_write_atomic(path, "old", 3), SEP_OK);
    assert_int_equal(sep_atomic_begin(path, &file), SEP_OK);
    assert_int_equal(sep_atomic_write(file, "new", 3), SEP_OK);
    sep_atomic_abort(file);
    assert_content(path, "old");
    sep_atomic_abort(NULL);
}

static void test_write_where_impossible(void **state)
{
    const char *inside = scratch_path("no/such/folder/file"), *folder = scratch_path("taken");
    sep_atomic_file *file = NULL;

    (void)state;
    assert_int_equal(sep_file_write_atomic(inside, "x", 1), SEP_ERR_IO);
    assert_error_names("no/such/folder/file");
    assert_int_equal(sep_atomic_begin(inside, &file), SEP_ERR_IO);
    assert_null(file);

    assert_int_equal(sep_make_folders(folder), SEP_OK);
    assert_int_equal(sep_file_write_atomic(folder, "x", 1), SEP_ERR_IO);
    assert_error_names("taken");
}

/* A limit on the size of files stands for a full disk: writes fail in the middle, the old file must live. */
static void test_full_disk(void **state)
{
    static char large[1 << 20];
    const char *folder = scratch_path("full"), *path = scratch_path("full/full.bin");
    struct rlimit before, small;

    (void)state;
    assert_int_equal(sep_make_folders(folder), SEP_OK);
    assert_int_equal(sep_file_write_atomic(path, "old", 3), SEP_OK);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    small = before;
    small.rlim_cur = 64 * 1024;
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    sep_status status = sep_file_write_atomic(path, large, sizeof large);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    signal(SIGXFSZ, handler);

    assert_int_equal(status, SEP_ERR_IO);
    assert_error_names("full.bin");
    assert_content(path, "old");
    assert_int_equal(rmdir(folder), -1);
    assert_int_equal(remove(path), 0);
    assert_int_equal(rmdir(folder), 0); /* nothing else was left in it */
}

/* ---- line lists -------------------------------------------------------------------------------------------------- */

static void test_lines(void **state)
{
    static const char text[] = "# cases\n\n  patient001 \r\npatient 002\t\n\t#x\n  \npatient003";
    const char *path = scratch_file("cases.list", text, sizeof text - 1);
    sep_strings lines = {0};

    (void)state;
    assert_int_equal(sep_read_lines(path, &lines), SEP_OK);
    assert_int_equal(lines.count, 3);
    assert_string_equal(lines.item[0], "patient001");
    assert_string_equal(lines.item[1], "patient 002");
    assert_string_equal(lines.item[2], "patient003");
    sep_strings_free(&lines);

    assert_int_equal(sep_read_lines(scratch_file("mark.list",
                                                 "\xef\xbb\xbf"
                                                 "a\r\n",
                                                 6),
                                    &lines),
                     SEP_OK);
    assert_string_equal(lines.item[lines.count - 1], "a");
    sep_strings_free(&lines);
    assert_int_equal(sep_read_lines(scratch_file("empty.list", "", 0), &lines), SEP_OK);
    assert_int_equal(lines.count, 0);
    sep_strings_free(&lines);
}

static void test_bad_lines(void **state)
{
    sep_strings lines = {0};

    (void)state;
    assert_int_equal(sep_read_lines(scratch_file("zero.list", "a\nb\0c\n", 6), &lines), SEP_ERR_FORMAT);
    assert_error_names("zero.list:2: holds the byte 0x00");
    sep_strings_free(&lines);
    assert_int_equal(sep_read_lines(scratch_path("absent.list"), &lines), SEP_ERR_IO);
    assert_error_names("absent.list");
    sep_strings_free(&lines);
}

/* ---- folders ----------------------------------------------------------------------------------------------------- */

static void test_folders(void **state)
{
    const char *deep = scratch_path("a/b//c/");
    sep_strings names = {0};

    (void)state;
    assert_false(sep_folder_exists(deep));
    assert_int_equal(sep_make_folders(deep), SEP_OK);
    assert_int_equal(sep_make_folders(deep), SEP_OK);
    assert_true(sep_folder_exists(deep));
    assert_true(sep_file_exists(deep));

    scratch_file("a/z.nii", "", 0);
    scratch_file("a/k.nii", "", 0);
    scratch_file("a/.hidden.nii", "", 0);
    scratch_file("a/k.txt", "", 0);
    assert_int_equal(sep_list_folder(scratch_path("a"), ".nii", &names), SEP_OK);
    assert_int_equal(names.count, 2);
    assert_string_equal(names.item[0], "k.nii");
    assert_string_equal(names.item[1], "z.nii");
    sep_strings_free(&names);
    assert_int_equal(sep_list_folder(scratch_path("a"), "", &names), SEP_OK);
    assert_int_equal(names.count, 4);
    assert_string_equal(names.item[0], "b");
    sep_strings_free(&names);
}

static void test_bad_folders(void **state)
{
    const char *file = scratch_file("plain", "", 0);
    sep_strings names = {0};

    (void)state;
    assert_false(sep_folder_exists(file));
    assert_int_equal(sep_make_folders(file), SEP_ERR_IO);
    assert_int_equal(sep_make_folders(scratch_path("plain/inner")), SEP_ERR_IO);
    assert_error_names("plain");
    assert_int_equal(sep_make_folders(""), SEP_ERR_ARGUMENT);
    if (sep_folder_exists("/sys/kernel")) { /* where nobody makes folders, and the reason must be that of making */
        assert_int_equal(sep_make_folders("/sys/septum"), SEP_ERR_IO);
        assert_null(strstr(sep_error_text(), "No such file"));
    }
    assert_int_equal(sep_list_folder(scratch_path("nowhere"), "", &names), SEP_ERR_IO);
    assert_error_names("nowhere");
}

/* A frame of a series is read from the file before the '#'. */
static void test_same_file(void **state)
{
    const char *file = scratch_file("same.nii", "x", 1);

    (void)state;
    assert_true(sep_same_file(file, scratch_path("./same.nii")));
    assert_true(sep_same_file(scratch_path("same.nii#3"), file));
    assert_false(sep_same_file(file, scratch_file("same.nii#4", "y", 1)));
    assert_false(sep_same_file(file, scratch_path("none.nii#3")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_file),     cmocka_unit_test(test_write_and_read),
        cmocka_unit_test(test_read_failures), cmocka_unit_test(test_write_in_pieces),
        cmocka_unit_test(test_abort),         cmocka_unit_test(test_write_where_impossible),
        cmocka_unit_test(test_full_disk),     cmocka_unit_test(test_lines),
        cmocka_unit_test(test_bad_lines),     cmocka_unit_test(test_folders),
        cmocka_unit_test(test_bad_folders),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
