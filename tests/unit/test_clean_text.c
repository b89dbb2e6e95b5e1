/* Text that is shown can't steer a terminal: what is replaced and what stays, in log lines, the progress line, error
 * texts and CSV. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clean_text.h"
#include "report/text.h"
#include "septum/base.h"
#include "support_scratch.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static void assert_cleaned(const char *raw, const char *expected)
{
    char text[64];

    strcpy(text, raw);
    sep_clean_text(text);
    assert_string_equal(text, expected);
}

static void test_controls_are_replaced(void **state)
{
    (void)state;
    assert_cleaned("\033[31mred\007", "?[31mred?");
    assert_cleaned("a\nb\rc\td\177", "a?b?c?d?");
    assert_cleaned("\xc2\x9b"
                   "31m",
                   "?31m"); /* U+009B, which terminals take for ESC [ */
    assert_cleaned("\xc2\x80\xc2\x9f\xc2\xa0", "??\xc2\xa0");
    assert_cleaned("a\xe2\x80\xa8"
                   "b\xe2\x80\xa9"
                   "c\xe2\x80\xae"
                   "d\xe2\x81\xa6",
                   "a?b?c?d?");
}

static void test_text_stays(void **state)
{
    (void)state;
    assert_cleaned("", "");
    assert_cleaned("gr\xc3\xbc\xc3\x9f \xe5\xbf\x83\xe8\x87\x93 \xf0\x9f\xab\x80 %s%n",
                   "gr\xc3\xbc\xc3\x9f \xe5\xbf\x83"
                   "\xe8\x87\x93 \xf0\x9f\xab\x80 %s%n");
}

static void test_other_bytes_are_replaced(void **state)
{
    (void)state;
    assert_cleaned("a\x9b"
                   "31m\xff",
                   "a?31m?");
    assert_cleaned("cut \xe5\xbf", "cut ??");
    assert_cleaned("\xc0\x9b long", "?? long"); /* a control in two bytes that should be one */
    assert_false(sep_is_utf8("a\xff"));
    assert_true(sep_is_utf8("gr\xc3\xbc\xc3\x9f"));
}

static void keep_line(void *context, sep_log_level level, const char *line)
{
    (void)level;
    assert_int_equal(sep_strings_add(context, line), SEP_OK);
}

static void test_log_and_errors(void **state)
{
    sep_strings lines = {0};

    (void)state;
    sep_log_set_sink(keep_line, &lines);
    sep_log(SEP_LOG_INFO, "%s: 3 slices", "\033]0;title\007\xc2\x9b");
    sep_log_set_sink(NULL, NULL);
    assert_string_equal(lines.item[0], "?]0;title??: 3 slices");
    sep_strings_free(&lines);
    sep_fail(SEP_ERR_IO, "%s: is not there", "\xc2\x9bx\n");
    assert_string_equal(sep_error_text(), "?x?: is not there");
}

static void test_progress(void **state)
{
    const char *path = scratch_path("progress.txt");
    int before = dup(STDERR_FILENO), file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    void *text;
    size_t count;

    (void)state;
    assert_true(before >= 0 && file >= 0);
    assert_true(dup2(file, STDERR_FILENO) >= 0);
    sep_progress_enable(true);
    sep_progress *progress = sep_progress_start("to\033x", 2, 0);
    sep_progress_update(progress, 2, "a\033[2J\n\xc2\x9b");
    sep_progress_finish(progress);
    sep_progress_enable(false);
    assert_true(dup2(before, STDERR_FILENO) >= 0);
    close(file);
    close(before);
    assert_int_equal(sep_file_read(path, &text, &count), SEP_OK);
    assert_string_equal(text, "to?x 2/2 (100%) 0 s  a?[2J??\n");
    sep_free(text);
}

static void test_csv_json_html(void **state)
{
    sep_text text = {0};

    (void)state;
    sep_text_csv(&text, "a\033[31m\n\xc2\x9b,\"b\"");
    sep_text_add(&text, ";");
    sep_text_csv(&text, "plain");
    sep_text_add(&text, ";");
    sep_text_json(&text, "\033\n\xc2\x9b\"");
    sep_text_add(&text, ";");
    sep_text_escape(&text, "<\033\xc2\x9b>");
    char *whole = sep_text_take(&text);
    assert_string_equal(whole, "\"a [31m  ,\"\"b\"\"\";plain;\" \\n \\\"\";&lt;  &gt;");
    sep_free(whole);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_controls_are_replaced),
        cmocka_unit_test(test_text_stays),
        cmocka_unit_test(test_other_bytes_are_replaced),
        cmocka_unit_test(test_log_and_errors),
        cmocka_unit_test(test_progress),
        cmocka_unit_test(test_csv_json_html),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
