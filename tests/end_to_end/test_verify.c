/* The same bits on every table of kernels and for any number of threads: the small runs of `septum verify` against the
 * published hashes, and a device that errs, which must be found out. */
#include "septum/verify.h"

#include "support.h"
#include "support_erring.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* The tables best first; of the fast ones 1 and 3 threads, of the plain one, which is slow, 2. */
static void add_tables(sep_verify_report *report)
{
    const char *tables[4];
    int count = support_tables(tables);

    for (int i = 0; i < count; i++) {
        bool plain = strcmp(tables[i], "generic") == 0;
        for (int threads = plain ? 2 : 1; threads <= 3; threads += 2)
            assert_int_equal(sep_verify_add_table(report, tables[i], threads), SEP_OK);
    }
}

static void add_cases(sep_verify_report *report)
{
#ifdef __SANITIZE_ADDRESS__ /* many times slower: some that take different paths */
    static const char *const some[] = {"u-net", "swin-unet", "cross-teaching", "mcsc-v2", "cct-r", "night"};

    for (size_t i = 0; i < sizeof some / sizeof some[0]; i++)
        assert_int_equal(sep_verify_add_case(report, some[i]), SEP_OK);
#else
    assert_int_equal(sep_verify_add_cases(report, SEP_VERIFY_QUICK), SEP_OK);
#endif
}

static void test_every_table_gives_published_bits(void **state)
{
    sep_verify_report report = {0};

    (void)state;
    add_tables(&report);
    add_cases(&report);
    assert_int_equal(sep_verify(&report), SEP_OK);
    char *difference = sep_verify_difference(&report);
    if (!report.equal)
        fail_msg("%s", difference);
    assert_string_equal(difference, "");
    sep_free(difference);
    sep_verify_free(&report);
}

static void has(const char *text, const char *part)
{
    if (strstr(text, part) == NULL)
        fail_msg("'%s' is not in: %s", part, text);
}

static void add_erring(sep_verify_report *report, support_error error)
{
    sep_device *device;

    assert_int_equal(sep_cpu_create(1, NULL, &device), SEP_OK);
    assert_int_equal(sep_verify_add(report, "erring", 1, support_erring_create(device, error)), SEP_OK);
}

/* One bit of one element in one step, deep inside the backward pass. */
static void test_one_wrong_bit_is_found(void **state)
{
    support_error error = {.op = SEP_OP_BATCH_DX, .iteration = 13, .input = -1, .element = 1234, .bit = 0};
    sep_verify_report report = {0};

    (void)state;
    add_erring(&report, error);
    assert_int_equal(sep_verify_add_table(&report, NULL, 1), SEP_OK);
    assert_int_equal(sep_verify_add_case(&report, "u-net"), SEP_OK);
    assert_int_equal(sep_verify(&report), SEP_OK);
    assert_false(report.equal);
    assert_string_equal(report.name[report.differing_case], "u-net");
    assert_int_equal(report.differing_device, 0);
    assert_int_equal(report.other_device, 1);
    assert_true(report.difference.found);
    assert_int_equal(report.difference.iteration, 13);
    assert_string_equal(report.difference.operation, "student_0.decoder_0.batch_dx");
    assert_int_equal(report.difference.element, 1234);
    assert_int_equal(report.difference.bits[0] ^ report.difference.bits[1], 1);

    char *json = sep_verify_json(&report), *text = sep_verify_difference(&report);
    has(json, "\"verdict\": \"differs\"");
    has(json, "\"operation\": \"student_0.decoder_0.batch_dx\"");
    has(json, "\"element\": 1234");
    has(text, "first difference: u-net, iteration 13");
    has(text, "batch_dx, element 1234 of its output");
    sep_free(json);
    sep_free(text);
    sep_verify_free(&report);
}

/* Without another device to compare with, the hash alone tells. */
static void test_lone_difference_is_told(void **state)
{
    support_error error = {.op = SEP_OP_CONV2D, .input = -1, .element = 3, .bit = 20};
    sep_verify_report report = {0};

    (void)state;
    add_erring(&report, error);
    assert_int_equal(sep_verify_add_case(&report, "u-net"), SEP_OK);
    assert_int_equal(sep_verify(&report), SEP_OK);
    assert_false(report.equal);
    assert_int_equal(report.other_device, -1);
    char *json = sep_verify_json(&report), *text = sep_verify_difference(&report);
    has(json, "\"first_difference\": null");
    has(text, "agree with each other in u-net");
    sep_free(json);
    sep_free(text);
    sep_verify_free(&report);
}

static void test_cases_are_named_once_and_exist(void **state)
{
    sep_verify_report report = {0};

    (void)state;
    assert_int_equal(sep_verify_add_case(&report, "night"), SEP_OK);
    assert_int_equal(sep_verify_add_case(&report, "night"), SEP_ERR_ARGUMENT);
    has(sep_error_text(), "named twice");
    assert_int_equal(sep_verify_add_case(&report, "day"), SEP_ERR_ARGUMENT);
    has(sep_error_text(), "there are u-net, swin-unet, ");
    assert_int_equal(report.cases, 1);
    sep_verify_free(&report);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_table_gives_published_bits),
        cmocka_unit_test(test_one_wrong_bit_is_found),
        cmocka_unit_test(test_lone_difference_is_told),
        cmocka_unit_test(test_cases_are_named_once_and_exist),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
