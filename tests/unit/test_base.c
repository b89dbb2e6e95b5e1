/* Status text, memory, strings, random numbers, hashes, log, shapes and libraries that are opened late. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/late_library.h"
#include "septum/tensor.h"
#include "support_scratch.h"

#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- status ------------------------------------------------------------------------------------------------------ */

static void test_error_text(void **state)
{
    (void)state;
    assert_int_equal(sep_fail(SEP_ERR_IO, "line %d", 7), SEP_ERR_IO);
    assert_string_equal(sep_error_text(), "line 7");
    assert_int_equal(sep_fail_within(SEP_ERR_FORMAT, "%s", "a.nii"), SEP_ERR_FORMAT);
    assert_string_equal(sep_error_text(), "a.nii: line 7");
    sep_fail(SEP_ERR_IO, "again: %s", sep_error_text());
    assert_string_equal(sep_error_text(), "again: a.nii: line 7");
}

static void test_error_text_is_one_line(void **state)
{
    (void)state;
    sep_fail(SEP_ERR_FORMAT, "tensor '%s'", "a\nb\033[2J\177");
    assert_string_equal(sep_error_text(), "tensor 'a?b?[2J?'");

    char *long_text = calloc(5000, 1);
    assert_non_null(long_text);
    memset(long_text, 'x', 4999);
    sep_fail(SEP_ERR_FORMAT, "%s", long_text);
    sep_fail_within(SEP_ERR_FORMAT, "%s", "prefix");
    assert_int_equal(strncmp(sep_error_text(), "prefix: xxx", 11), 0);
    assert_true(strlen(sep_error_text()) < 5000);
    free(long_text);
}

static sep_status fails_inside(int *reached)
{
    SEP_TRY(SEP_OK);
    ++*reached;
    SEP_TRY(SEP_ERR_SHAPE);
    ++*reached;
    return SEP_OK;
}

static void test_try(void **state)
{
    int reached = 0;

    (void)state;
    assert_int_equal(fails_inside(&reached), SEP_ERR_SHAPE);
    assert_int_equal(reached, 1);
}

/* ---- memory ------------------------------------------------------------------------------------------------------ */

static void assert_zeroed_and_aligned(const void *memory, size_t size)
{
    const char *byte = memory;

    assert_non_null(memory);
    assert_int_equal((uintptr_t)memory % SEP_ALIGNMENT, 0);
    for (size_t i = 0; i < size; i++)
        assert_int_equal(byte[i], 0);
}

static void test_zeroed_memory(void **state)
{
    (void)state;
    for (size_t size = 0; size < 300; size += 37) {
        void *memory = sep_calloc(3, size);
        assert_zeroed_and_aligned(memory, 3 * size);
        sep_free(memory);
    }
    sep_free(NULL);
}

static void test_memory_overflow(void **state)
{
    volatile size_t huge = SIZE_MAX / 2;

    (void)state;
    sep_fail(SEP_ERR_IO, "older");
    assert_null(sep_calloc(huge, 3));
    assert_non_null(strstr(sep_error_text(), "memory"));
    assert_null(sep_calloc(1, huge + 1));
    assert_null(sep_calloc(huge / 2, 2));
}

static void test_arena(void **state)
{
    sep_arena *arena = sep_arena_create();
    char *first = sep_arena_format(arena, "%s-%d", "node", 1);

    (void)state;
    for (size_t i = 0; i < 3000; i++) {
        char *memory = sep_arena_alloc(arena, i * 7 % 300);
        assert_zeroed_and_aligned(memory, i * 7 % 300);
        memset(memory, 1, i * 7 % 300);
    }
    char *large = sep_arena_alloc(arena, 1000000);
    assert_zeroed_and_aligned(large, 1000000);
    memset(large, 1, 1000000);
    assert_string_equal(first, "node-1");

    volatile size_t huge = SIZE_MAX - 10;
    assert_null(sep_arena_alloc(arena, huge));
    sep_arena_destroy(arena);
    sep_arena_destroy(NULL);
}

/* ---- strings ----------------------------------------------------------------------------------------------------- */

static void test_strings(void **state)
{
    sep_strings list = {0};

    (void)state;
    for (int i = 99; i >= 0; i--) {
        char *text = sep_format("case%02d", i);
        assert_int_equal(sep_strings_add(&list, text), SEP_OK);
        sep_free(text);
    }
    assert_int_equal(sep_strings_add(&list, "\xc3\xa4"), SEP_OK);
    assert_int_equal(sep_strings_add(&list, "Zoe"), SEP_OK);
    sep_strings_sort(&list);
    assert_int_equal(list.count, 102);
    assert_string_equal(list.item[0], "Zoe");
    assert_string_equal(list.item[1], "case00");
    assert_string_equal(list.item[100], "case99");
    assert_string_equal(list.item[101], "\xc3\xa4");
    sep_strings_free(&list);
    assert_int_equal(list.count, 0);
    sep_strings_sort(&list);
    sep_strings_free(&list);
    sep_strings_free(NULL);
}

static void check_split(const char *text, const char *joined)
{
    sep_strings list = {0};
    char got[64] = "";

    assert_int_equal(sep_strings_split(&list, text), SEP_OK);
    for (int i = 0; i < list.count; i++)
        snprintf(got + strlen(got), sizeof got - strlen(got), "[%s]", list.item[i]);
    assert_string_equal(got, joined);
    sep_strings_free(&list);
}

static void test_split(void **state)
{
    (void)state;
    check_split("a", "[a]");
    check_split("a,bc, d e ,\tf\t", "[a][bc][d e][f]");
    check_split("", "[]");
    check_split(" ,a,", "[][a][]");
}

static void test_durations(void **state)
{
    char text[SEP_DURATION_TEXT];

    (void)state;
    assert_string_equal(sep_duration_text(0, text), "0 s");
    assert_string_equal(sep_duration_text(59.4, text), "59 s");
    assert_string_equal(sep_duration_text(59.5, text), "1 min 0 s");
    assert_string_equal(sep_duration_text(184, text), "3 min 4 s");
    assert_string_equal(sep_duration_text(3600 + 1200 + 59, text), "1 h 20 min");
    assert_string_equal(sep_duration_text(100 * 3600, text), "100 h 0 min");
    assert_string_equal(sep_duration_text((double)NAN, text), "-");
    assert_string_equal(sep_duration_text((double)INFINITY, text), "-");
    assert_string_equal(sep_duration_text(-1, text), "-");
}

static void test_suffix(void **state)
{
    (void)state;
    assert_true(sep_has_suffix("a.nii.gz", ".nii.gz"));
    assert_true(sep_has_suffix("a", ""));
    assert_true(sep_has_suffix("a", "a"));
    assert_false(sep_has_suffix("a", "ba"));
    assert_false(sep_has_suffix("a.nii", ".gz"));
}

static void test_parse_numbers(void **state)
{
    static const char *const not_int[] = {"", " 1", "1 ", "1.0", "x", "9223372036854775808", "0x10", "--1"};
    static const char *const not_float[] = {"", " 1", "1 ", "1,5", "nan", "inf", "1e999", "x", "-"};
    int64_t whole;
    double number;

    (void)state;
    assert_true(sep_parse_int("-9223372036854775808", &whole));
    assert_true(whole == INT64_MIN);
    assert_true(sep_parse_float("-2.5e-3", &number));
    assert_true(number >= -0.0025 && number <= -0.0025);
    assert_true(sep_parse_float("1e-310", &number));
    for (size_t i = 0; i < sizeof not_int / sizeof *not_int; i++)
        assert_false(sep_parse_int(not_int[i], &whole));
    for (size_t i = 0; i < sizeof not_float / sizeof *not_float; i++)
        assert_false(sep_parse_float(not_float[i], &number));
}

/* ---- random numbers ---------------------------------------------------------------------------------------------- */

typedef struct known_answer {
    uint32_t counter[4], key[2], words[4];
} known_answer;

/* The known answers that Random123 (Salmon et al.) publishes for philox4x32 with 10 rounds. */
static const known_answer known_answers[] = {
    {{0, 0, 0, 0}, {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
    {{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
     {0xffffffff, 0xffffffff},
     {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
    {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
     {0xa4093822, 0x299f31d0},
     {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
};

static void test_philox(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof known_answers / sizeof *known_answers; i++) {
        const known_answer *known = &known_answers[i];
        sep_random random = {.seed = known->key[0] | (uint64_t)known->key[1] << 32,
                             .iteration = known->counter[2],
                             .stream = known->counter[3]};
        uint32_t words[4];
        sep_random_words(&random, known->counter[0] | (uint64_t)known->counter[1] << 32, words);
        assert_memory_equal(words, known->words, sizeof words);
    }
}

static void test_uniform_and_below(void **state)
{
    sep_random random = {.seed = 3, .stream = sep_stream("test")};
    int seen[7] = {0};
    double sum = 0;

    (void)state;
    for (uint64_t i = 0; i < 70000; i++) {
        float uniform = sep_random_uniform(&random, i);
        assert_true(uniform >= 0 && uniform < 1);
        sum += (double)uniform;
        uint32_t below = sep_random_below(&random, i, 7);
        assert_true(below < 7);
        seen[below]++;
    }
    assert_true(fabs(sum / 70000 - 0.5) < 0.005);
    for (int i = 0; i < 7; i++)
        assert_in_range(seen[i], 9600, 10400);
    assert_int_equal(sep_random_below(&random, 5, 1), 0);
}

static void test_normal_moments(void **state)
{
    sep_random random = {.seed = 4, .stream = 1};
    double sum = 0, squares = 0, fourths = 0;
    const int count = 200000;

    (void)state;
    for (int i = 0; i < count; i++) {
        double z = (double)sep_random_normal(&random, (uint64_t)i);
        sum += z;
        squares += z * z;
        fourths += z * z * z * z;
    }
    assert_true(fabs(sum / count) < 0.01);
    assert_true(fabs(squares / count - 1) < 0.02);
    assert_true(fabs(fourths / count - 3) < 0.1);
}

/* Box-Muller by the C library in double: the polynomials must come to 3 units in the last place of it (the square root
 * halves the logarithm's error, the cosine adds its own). */
static void test_normal_against_double(void **state)
{
    const double pi = 3.14159265358979323846;
    sep_random random = {.seed = 5, .stream = 2};

    (void)state;
    for (uint64_t i = 0; i < 100000; i++) {
        uint32_t words[4];
        sep_random_words(&random, i, words);
        double uniform = ((words[0] >> 8) + 1) * 0x1p-24, turn = (words[1] >> 8) * 0x1p-24;
        double expected = sqrt(-2 * log(uniform)) * cos(2 * pi * turn);
        float nearest = fabsf((float)expected), got = sep_random_normal(&random, i);
        double unit = (double)(nextafterf(nearest, INFINITY) - nearest);
        assert_true(fabs((double)got - expected) <= 3 * unit + 1e-15);
    }
}

/* The bits, which must be the same on every machine. */
static void test_normal_bits(void **state)
{
    sep_random random = {.seed = 6, .stream = 3};
    uint64_t hash = SEP_HASH_START;

    (void)state;
    for (uint64_t i = 0; i < 100000; i++) {
        float z = sep_random_normal(&random, i);
        hash = sep_hash(hash, &z, sizeof z);
    }
    assert_true(hash == 0x22feb6ed9511c8f9ULL);
}

static void test_streams_differ(void **state)
{
    sep_random a = {.seed = 1, .stream = sep_stream("dropout")}, b = {.seed = 1, .stream = sep_stream("flip")};
    sep_random later = {.seed = 1, .stream = a.stream, .iteration = 1};
    int same = 0;

    (void)state;
    for (uint64_t i = 0; i < 1000; i++) {
        float x = sep_random_uniform(&a, i);
        same += memcmp(&x, &(float){sep_random_uniform(&b, i)}, sizeof x) == 0;
        same += memcmp(&x, &(float){sep_random_uniform(&later, i)}, sizeof x) == 0;
    }
    assert_int_equal(same, 0);
}

static void test_permutation(void **state)
{
    sep_random random = {.seed = 9, .stream = 4};
    int order[100], again[100], seen[100] = {0}, moved = 0;

    (void)state;
    sep_random_permutation(&random, order, 100);
    sep_random_permutation(&random, again, 100);
    assert_memory_equal(order, again, sizeof order);
    for (int i = 0; i < 100; i++) {
        seen[order[i]]++;
        moved += order[i] != i;
    }
    for (int i = 0; i < 100; i++)
        assert_int_equal(seen[i], 1);
    assert_true(moved > 80);
    sep_random_permutation(&random, order, 0);
    sep_random_permutation(&random, order, 1);
    assert_int_equal(order[0], 0);
}

/* ---- hashes, log, progress, clock -------------------------------------------------------------------------------- */

static void test_hashes(void **state)
{
    /* Values published with the algorithm (Fowler, Noll, Vo). */
    (void)state;
    assert_true(sep_hash(SEP_HASH_START, "", 0) == 0xcbf29ce484222325ULL);
    assert_true(sep_hash(SEP_HASH_START, "foobar", 6) == 0x85944171f73967e8ULL);
    assert_true(sep_hash(sep_hash(SEP_HASH_START, "foo", 3), "bar", 3) == 0x85944171f73967e8ULL);
    assert_int_equal(sep_stream("foobar"), 0xbf9cf968U);
}

static void collect_line(void *context, sep_log_level level, const char *line)
{
    assert_int_equal(level, SEP_LOG_WARNING);
    assert_int_equal(sep_strings_add(context, line), SEP_OK);
}

static void test_log(void **state)
{
    sep_strings lines = {0};

    (void)state;
    sep_log(SEP_LOG_INFO, "nobody listens");
    sep_log_set_sink(collect_line, &lines);
    sep_log(SEP_LOG_WARNING, "case %d", 3);
    sep_log_set_sink(NULL, NULL);
    sep_log(SEP_LOG_WARNING, "nobody listens");
    assert_int_equal(lines.count, 1);
    assert_string_equal(lines.item[0], "case 3");
    sep_strings_free(&lines);
}

static void test_progress_is_quiet(void **state)
{
    (void)state;
    assert_null(sep_progress_start("training", 10, 0));
    sep_progress_update(NULL, 1, NULL);
    sep_progress_finish(NULL);
}

/* What a callback writes to standard error, caught in a file. */
static char *caught_errors(void (*callback)(void))
{
    const char *path = scratch_path("stderr.txt");
    int before = dup(STDERR_FILENO);
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    void *text;
    size_t count;

    assert_true(before >= 0 && file >= 0);
    assert_true(dup2(file, STDERR_FILENO) >= 0);
    callback();
    assert_true(dup2(before, STDERR_FILENO) >= 0);
    close(file);
    close(before);
    assert_int_equal(sep_file_read(path, &text, &count), SEP_OK);
    return text;
}

static void show_progress(void)
{
    sep_progress_enable(true);
    sep_progress *progress = sep_progress_start("training", 40, 10);
    sep_progress_update(progress, 20, "loss 0.5");
    sep_progress_update(progress, 40, "loss 0.25");
    sep_progress_finish(progress);
    sep_progress_enable(false);
}

/* Into a file: no redrawing, and no line before 10 seconds but the last. */
static void test_progress_in_a_file(void **state)
{
    char *text = caught_errors(show_progress);

    (void)state;
    assert_string_equal(text, "training 40/40 (100%) 0 s  loss 0.25\n");
    sep_free(text);
}

static void test_seconds(void **state)
{
    double before = sep_seconds();

    (void)state;
    assert_true(sep_seconds() >= before);
}

/* ---- shapes ------------------------------------------------------------------------------------------------------ */

static void test_shapes(void **state)
{
    sep_shape image = SEP_SHAPE(4, 224, 224, 16), scalar = {0};
    char text[SEP_SHAPE_TEXT];

    (void)state;
    assert_int_equal(sep_shape_check(&image), SEP_OK);
    assert_int_equal(sep_shape_count(&image), 4 * 224 * 224 * 16);
    assert_int_equal(sep_shape_rows(&image), 4 * 224 * 224);
    assert_int_equal(sep_shape_last(&image), 16);
    assert_string_equal(sep_shape_text(&image, text), "4x224x224x16");

    assert_int_equal(sep_shape_check(&scalar), SEP_OK);
    assert_int_equal(sep_shape_count(&scalar), 1);
    assert_int_equal(sep_shape_rows(&scalar), 1);
    assert_int_equal(sep_shape_last(&scalar), 1);
    assert_string_equal(sep_shape_text(&scalar, text), "scalar");
}

static void test_shape_equal(void **state)
{
    sep_shape a = SEP_SHAPE(2, 3), b = SEP_SHAPE(2, 3), c = SEP_SHAPE(2, 3, 1), d = SEP_SHAPE(3, 3);

    (void)state;
    b.dim[4] = 7; /* beyond the rank: not part of it */
    assert_true(sep_shape_equal(&a, &b));
    assert_false(sep_shape_equal(&a, &c));
    assert_false(sep_shape_equal(&a, &d));
}

static void test_bad_shapes(void **state)
{
    const int big = INT32_MAX;
    sep_shape empty = SEP_SHAPE(3, 0), negative = SEP_SHAPE(-1), many = SEP_SHAPE(big, big, big), deep = {.rank = 6};
    char text[SEP_SHAPE_TEXT];

    (void)state;
    assert_int_equal(sep_shape_check(&empty), SEP_ERR_SHAPE);
    assert_int_equal(sep_shape_check(&negative), SEP_ERR_SHAPE);
    assert_int_equal(sep_shape_check(&many), SEP_ERR_SHAPE);
    assert_int_equal(sep_shape_check(&deep), SEP_ERR_SHAPE);

    sep_shape widest = {.rank = 5, .dim = {INT32_MIN, INT32_MIN, INT32_MIN, INT32_MIN, INT32_MIN}};
    assert_int_equal(strlen(sep_shape_text(&widest, text)), 5 * 11 + 4);
}

/* ---- libraries --------------------------------------------------------------------------------------------------- */

/* zlib's file: septum itself needs it. */
static void test_late_library(void **state)
{
    sep_late_function *version = NULL;

    (void)state;
    assert_int_equal(sep_late_find("libz.so.1", "zlibVersion", &version), SEP_OK);
    assert_non_null(((const char *(*)(void))version)());
    assert_int_equal(sep_late_find("libz.so.1", "no_such_function", &version), SEP_ERR_UNSUPPORTED);
    assert_non_null(strstr(sep_error_text(), "no_such_function"));
    assert_int_equal(sep_late_find("libnowhere.so.9", "any", &version), SEP_ERR_UNSUPPORTED);
    assert_non_null(strstr(sep_error_text(), "libnowhere.so.9"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_error_text),
        cmocka_unit_test(test_error_text_is_one_line),
        cmocka_unit_test(test_try),
        cmocka_unit_test(test_zeroed_memory),
        cmocka_unit_test(test_memory_overflow),
        cmocka_unit_test(test_arena),
        cmocka_unit_test(test_strings),
        cmocka_unit_test(test_split),
        cmocka_unit_test(test_durations),
        cmocka_unit_test(test_suffix),
        cmocka_unit_test(test_parse_numbers),
        cmocka_unit_test(test_philox),
        cmocka_unit_test(test_uniform_and_below),
        cmocka_unit_test(test_normal_moments),
        cmocka_unit_test(test_normal_against_double),
        cmocka_unit_test(test_normal_bits),
        cmocka_unit_test(test_streams_differ),
        cmocka_unit_test(test_permutation),
        cmocka_unit_test(test_hashes),
        cmocka_unit_test(test_log),
        cmocka_unit_test(test_progress_is_quiet),
        cmocka_unit_test(test_progress_in_a_file),
        cmocka_unit_test(test_seconds),
        cmocka_unit_test(test_shapes),
        cmocka_unit_test(test_shape_equal),
        cmocka_unit_test(test_bad_shapes),
        cmocka_unit_test(test_late_library),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
