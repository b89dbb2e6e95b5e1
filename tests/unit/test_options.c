/* Option files: what is read, what is refused, and the look-ups. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "septum/base.h"
#include "support_scratch.h"

#include <string.h>

static const char *const sample = "; a comment\n"
                                  "[train]\n"
                                  "iterations = 30000\n"
                                  "rate = 0.01   ; inline comment\n"
                                  "resume = yes\n"
                                  "\n"
                                  "  # another comment\n"
                                  "[network.first]\n"
                                  "kind: u-net\r\n"
                                  "[train]\n"
                                  "seed = -5";

static int make_sample(void **state)
{
    sep_options *options = sep_options_create();

    if (!options || sep_options_load_text(options, "sample.ini", sample) != SEP_OK)
        return -1;
    *state = options;
    return 0;
}

static int free_sample(void **state)
{
    sep_options_destroy(*state);
    return 0;
}

static void assert_text_has(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("'%s' is not in '%s'", part, text);
}

/* ---- reading ----------------------------------------------------------------------------------------------------- */

static void test_look_ups(void **state)
{
    sep_options *options = *state;
    const char *kind;
    int64_t iterations, seed, batch;
    double rate, momentum;
    bool resume, mirror;

    assert_int_equal(sep_options_int(options, "train.iterations", 1, 1, 100000, &iterations), SEP_OK);
    assert_int_equal(iterations, 30000);
    assert_int_equal(sep_options_int(options, "train.seed", 1, -10, 10, &seed), SEP_OK);
    assert_int_equal(seed, -5);
    assert_int_equal(sep_options_int(options, "train.batch", 8, 1, 64, &batch), SEP_OK);
    assert_int_equal(batch, 8);
    assert_int_equal(sep_options_float(options, "train.rate", 1, 0, 1, &rate), SEP_OK);
    assert_true(rate >= 0.01 && rate <= 0.01);
    assert_int_equal(sep_options_float(options, "train.momentum", 0.9, 0, 1, &momentum), SEP_OK);
    assert_true(momentum >= 0.9 && momentum <= 0.9);
    assert_int_equal(sep_options_bool(options, "train.resume", false, &resume), SEP_OK);
    assert_true(resume);
    assert_int_equal(sep_options_bool(options, "train.mirror", false, &mirror), SEP_OK);
    assert_false(mirror);
    assert_int_equal(sep_options_string(options, "network.first.kind", NULL, &kind), SEP_OK);
    assert_string_equal(kind, "u-net");
    assert_int_equal(sep_options_string(options, "network.second.kind", NULL, &kind), SEP_OK);
    assert_null(kind);
    assert_int_equal(sep_options_check_unknown(options), SEP_OK);
}

static void test_choice(void **state)
{
    static const char *const kinds[] = {"swin-unet", "u-net"};
    sep_options *options = *state;
    int kind = -1;

    assert_int_equal(sep_options_choice(options, "network.first.kind", NULL, kinds, 2, &kind), SEP_OK);
    assert_int_equal(kind, 1);
    assert_int_equal(sep_options_choice(options, "network.second.kind", "swin-unet", kinds, 2, &kind), SEP_OK);
    assert_int_equal(kind, 0);
    assert_int_equal(sep_options_choice(options, "network.first.kind", NULL, kinds, 1, &kind), SEP_ERR_FORMAT);
    assert_string_equal(sep_error_text(), "sample.ini:9: 'network.first.kind = u-net' is none of: swin-unet");
    assert_int_equal(sep_options_choice(options, "network.third.kind", NULL, kinds, 2, &kind), SEP_ERR_ARGUMENT);
    assert_text_has(sep_error_text(), "network.third.kind");
}

static void test_wrong_values(void **state)
{
    sep_options *options = *state;
    int64_t whole;
    double number;
    bool flag;

    assert_int_equal(sep_options_int(options, "train.rate", 1, 0, 9, &whole), SEP_ERR_FORMAT);
    assert_string_equal(sep_error_text(), "sample.ini:4: 'train.rate = 0.01' is not a whole number");
    assert_int_equal(sep_options_int(options, "train.iterations", 1, 1, 9, &whole), SEP_ERR_FORMAT);
    assert_string_equal(sep_error_text(), "sample.ini:3: 'train.iterations = 30000' is outside 1 to 9");
    assert_int_equal(sep_options_float(options, "train.seed", 1, 0, 1, &number), SEP_ERR_FORMAT);
    assert_string_equal(sep_error_text(), "sample.ini:11: 'train.seed = -5' is outside 0 to 1");
    assert_int_equal(sep_options_float(options, "network.first.kind", 1, 0, 1, &number), SEP_ERR_FORMAT);
    assert_text_has(sep_error_text(), "is not a number");
    assert_int_equal(sep_options_bool(options, "train.iterations", false, &flag), SEP_ERR_FORMAT);
    assert_text_has(sep_error_text(), "sample.ini:3");
    assert_int_equal(sep_options_int(options, "iterations", 1, 1, 9, &whole), SEP_ERR_ARGUMENT);
}

/* A fallback outside the limits stands for "not set": handed back, neither checked nor recorded. */
static void test_unset(void **state)
{
    sep_options *options = *state;
    int64_t whole;
    double number;

    assert_int_equal(sep_options_int(options, "train.limit", -1, 0, 9, &whole), SEP_OK);
    assert_int_equal(whole, -1);
    assert_int_equal(sep_options_float(options, "train.clip", -1, 0, 9, &number), SEP_OK);
    assert_true(number < 0);
    char *text = sep_options_text(options);
    assert_null(strstr(text, "limit"));
    assert_null(strstr(text, "clip"));
    sep_free(text);
}

static void test_unknown(void **state)
{
    sep_options *options = *state;
    int64_t whole;

    assert_int_equal(sep_options_int(options, "train.iteration", 1, 1, 9, &whole), SEP_OK);
    assert_int_equal(sep_options_check_unknown(options), SEP_ERR_FORMAT);
    assert_string_equal(sep_error_text(),
                        "sample.ini:3: unknown option 'train.iterations'; did you mean 'train.iteration'?");
    assert_int_equal(sep_options_int(options, "train.iterations", 1, 1, 100000, &whole), SEP_OK);
    assert_int_equal(sep_options_check_unknown(options), SEP_ERR_FORMAT);
    assert_string_equal(sep_error_text(), "sample.ini:4: unknown option 'train.rate'");
}

/* ---- setting and recording --------------------------------------------------------------------------------------- */

static void test_set(void **state)
{
    sep_options *options = *state;
    int64_t whole;
    const char *value;

    assert_int_equal(sep_options_set(options, "train.iterations=7"), SEP_OK);
    assert_int_equal(sep_options_set(options, "train.iterations=8"), SEP_OK);
    assert_int_equal(sep_options_set(options, "network.second.kind=a=b"), SEP_OK);
    assert_int_equal(sep_options_int(options, "train.iterations", 1, 1, 100, &whole), SEP_OK);
    assert_int_equal(whole, 8);
    assert_int_equal(sep_options_string(options, "network.second.kind", NULL, &value), SEP_OK);
    assert_string_equal(value, "a=b");
    assert_int_equal(sep_options_int(options, "train.iterations", 1, 1, 5, &whole), SEP_ERR_FORMAT);
    assert_string_equal(sep_error_text(), "setting 'train.iterations=8': 'train.iterations = 8' is outside 1 to 5");
}

static void test_bad_settings(void **state)
{
    static const char *const bad[] = {
        "",
        "train.rate",
        "rate=1",
        "=1",
        ".=1",
        "train.=1",
        ".rate=1",
        "train.rate=",
        "tra in.rate=1",
        "train.rate= 1",
        "train.rate=1 ",
        "train.rate=a ;b",
        "train.rate=;",
        "train.rate=a\nb=c",
        "[x.rate=1",
    };

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (sep_options_set(*state, bad[i]) == SEP_OK)
            fail_msg("'%s' was taken", bad[i]);

    char long_setting[5000] = "train.rate=";
    memset(long_setting + 11, '1', 4000);
    assert_int_equal(sep_options_set(*state, long_setting), SEP_ERR_FORMAT);
}

static void test_later_file_replaces(void **state)
{
    int64_t whole;

    assert_int_equal(sep_options_load_text(*state, "later.ini", "[train]\nseed = 3\n"), SEP_OK);
    assert_int_equal(sep_options_int(*state, "train.seed", 1, 0, 10, &whole), SEP_OK);
    assert_int_equal(whole, 3);
}

static void test_text_loads_again(void **state)
{
    sep_options *options = *state, *again = sep_options_create();
    int64_t whole;
    double number;

    assert_int_equal(sep_options_int(options, "data.batch", 8, 1, 64, &whole), SEP_OK);
    assert_int_equal(sep_options_float(options, "train.decay", 0.0005, 0, 1, &number), SEP_OK);
    char *text = sep_options_text(options);
    assert_string_equal(text, "[train]\niterations = 30000\nrate = 0.01\nresume = yes\nseed = -5\ndecay = 0.0005\n"
                              "[network.first]\nkind = u-net\n"
                              "[data]\nbatch = 8\n");
    assert_int_equal(sep_options_load_text(again, "recorded", text), SEP_OK);
    char *second_text = sep_options_text(again);
    assert_string_equal(second_text, text);
    sep_free(second_text);
    sep_free(text);
    sep_options_destroy(again);
}

static void test_text_of_nothing(void **state)
{
    sep_options *options = sep_options_create();
    char *text = sep_options_text(options);

    (void)state;
    assert_string_equal(text, "");
    sep_free(text);
    sep_options_destroy(options);
    sep_options_destroy(NULL);
}

/* ---- what a file may not hold ------------------------------------------------------------------------------------ */

typedef struct bad_file {
    const char *text, *error;
} bad_file;

static const bad_file bad_files[] = {
    {"[a]\nx = 1\njunk\ny = 2\n", "f.ini:3: is neither [section] nor key = value"},
    {"[a]\nx = 1\n[b ; ]\n", "f.ini:3: is neither [section] nor key = value"},
    {"[a]\nx = 1\n[b\n", "f.ini:3: is neither [section] nor key = value"},
    {"[a]\nx =\n", "f.ini:2: 'a.x' has no value"},
    {"[a]\nx = ; only a comment\n", "f.ini:2: 'a.x' has no value"},
    {"[a]\nx =; only a comment\n", "f.ini:2: 'a.x' has no value"},
    {"[a]\nx = 1\n[b]\nx = 1\n[a]\nx = 2\n", "f.ini:6: 'a.x' is already set at f.ini:2"},
    {"x = 1\n", "f.ini:1: no section"},
    {"[]\nx = 1\n", "f.ini:2: no section"},
    {"[a]\n= 1\n", "f.ini:2: no key"},
    {"[a]\nx y = 1\n", "f.ini:2: the key 'x y' has characters other than"},
    {"[a]\nx.y = 1\n", "f.ini:2: the key 'x.y' has a '.'"},
    {"[a b]\nx = 1\n", "f.ini:2: the section 'a b' has characters other than"},
    {"[a] x = 1\n", "f.ini:1: text after the section's ']'"},
    {"[a]\nx = 1\n   y\n", "f.ini:3: is neither"},
    {"[a]\nx = 1\001\n", "f.ini:2: holds the byte 0x01"},
    {"[aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa]\nx = 1\n", "f.ini:2: the section is longer"},
    {"[a]\nxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx = 1\n", "f.ini:2: the key is longer"},
};

static void test_bad_files(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bad_files / sizeof *bad_files; i++) {
        sep_options *options = sep_options_create();
        assert_int_equal(sep_options_load_text(options, "f.ini", bad_files[i].text), SEP_ERR_FORMAT);
        if (strncmp(sep_error_text(), bad_files[i].error, strlen(bad_files[i].error)) != 0)
            fail_msg("'%s' should begin with '%s'", sep_error_text(), bad_files[i].error);
        sep_options_destroy(options);
    }
}

/* Loads "[a]\nx = " and the text, which must come out as it went in, from the recorded text too. */
static void check_value(const char *value)
{
    sep_options *options = sep_options_create(), *again = sep_options_create();
    char *text = sep_format("# %0400d\n[a]\nx = %s  ; %0400d\n[b]\ny = 1\n", 0, value, 0);
    const char *found;

    assert_int_equal(sep_options_load_text(options, "f.ini", text), SEP_OK);
    assert_int_equal(sep_options_string(options, "a.x", NULL, &found), SEP_OK);
    assert_string_equal(found, value);
    assert_int_equal(sep_options_string(options, "b.y", NULL, &found), SEP_OK);
    char *recorded = sep_options_text(options);
    assert_int_equal(sep_options_load_text(again, "recorded", recorded), SEP_OK);
    assert_int_equal(sep_options_string(again, "a.x", NULL, &found), SEP_OK);
    assert_string_equal(found, value);
    sep_free(recorded);
    sep_free(text);
    sep_options_destroy(again);
    sep_options_destroy(options);
}

/* Longer than inih's lines: whatever stands where they would be cut. */
static void test_long_values(void **state)
{
    static const char *const patterns[] = {"y", "/folder", "a b", "a;b#", "[x]", "k = v ", "a   #", "# ", "\xc3\xa4"};
    static const int lengths[] = {180, 189, 190, 191, 192, 193, 194, 195, 196, 197, 198, 199, 200, 201, 397, 3996};
    char value[4000];

    (void)state;
    for (size_t p = 0; p < sizeof patterns / sizeof *patterns; p++)
        for (size_t l = 0; l < sizeof lengths / sizeof *lengths; l++) {
            for (int i = 0; i < lengths[l]; i++)
                value[i] = patterns[p][(size_t)i % strlen(patterns[p])];
            if (value[lengths[l] - 1] == ' ')
                value[lengths[l] - 1] = '.';
            value[lengths[l]] = '\0';
            check_value(value);
        }
}

static void test_too_long(void **state)
{
    char text[5000] = "[a]\nx = ";

    (void)state;
    memset(text + 8, 'y', sizeof text - 9);
    sep_options *options = sep_options_create();
    assert_int_equal(sep_options_load_text(options, "f.ini", text), SEP_ERR_FORMAT);
    assert_text_has(sep_error_text(), "f.ini:2: is 4995 bytes long, 4000 are possible");
    sep_options_destroy(options);

    options = sep_options_create();
    memcpy(text, "[a]\nx=  ", 8);
    memcpy(text + 6, "yy", 2);
    text[4 + 4000] = '\0'; /* this line is short enough, but one written with spaces would not be */
    assert_int_equal(sep_options_load_text(options, "f.ini", text), SEP_ERR_FORMAT);
    assert_text_has(sep_error_text(), "f.ini:2: the key 'x' and its value are longer than 4000");
    sep_options_destroy(options);
}

/* A line that inih got in pieces must not move the numbers of those after it. */
static void test_line_after_long(void **state)
{
    char *text = sep_format("[a]\nx = %0900d\njunk\n", 0);
    sep_options *options = sep_options_create();

    (void)state;
    assert_int_equal(sep_options_load_text(options, "f.ini", text), SEP_ERR_FORMAT);
    assert_text_has(sep_error_text(), "f.ini:3: is neither");
    sep_options_destroy(options);
    sep_free(text);
}

static void test_binary_file(void **state)
{
    const char bytes[] = "[a]\nx = 1\n\0\0\x89PNG";
    sep_options *options = sep_options_create();
    const char *path = scratch_file("binary.ini", bytes, sizeof bytes);

    (void)state;
    assert_int_equal(sep_options_load(options, path), SEP_ERR_FORMAT);
    assert_text_has(sep_error_text(), "binary.ini:3: holds the byte 0x00");
    assert_int_equal(sep_options_load(options, scratch_path("absent.ini")), SEP_ERR_IO);
    assert_text_has(sep_error_text(), "absent.ini");
    assert_int_equal(sep_options_load(options, scratch_file("empty.ini", "", 0)), SEP_OK);
    assert_int_equal(sep_options_load(options, scratch_file("mark.ini", "\xef\xbb\xbf[b]\nx=\xc3\xa4\n", 12)), SEP_OK);
    const char *value;
    assert_int_equal(sep_options_string(options, "b.x", NULL, &value), SEP_OK);
    assert_string_equal(value, "\xc3\xa4");
    sep_options_destroy(options);
}

#define ON_SAMPLE(test) cmocka_unit_test_setup_teardown(test, make_sample, free_sample)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_SAMPLE(test_look_ups),
        ON_SAMPLE(test_choice),
        ON_SAMPLE(test_wrong_values),
        ON_SAMPLE(test_unset),
        ON_SAMPLE(test_unknown),
        ON_SAMPLE(test_set),
        ON_SAMPLE(test_bad_settings),
        ON_SAMPLE(test_later_file_replaces),
        ON_SAMPLE(test_text_loads_again),
        cmocka_unit_test(test_text_of_nothing),
        cmocka_unit_test(test_bad_files),
        cmocka_unit_test(test_long_values),
        cmocka_unit_test(test_too_long),
        cmocka_unit_test(test_line_after_long),
        cmocka_unit_test(test_binary_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
