/* JSON through jansson: what is refused and why; tests/end_to_end/failing_memory.sh tries memory that runs out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/json.h"

#include <math.h>
#include <string.h>

static json_t *load(const char *text)
{
    json_t *root;

    assert_int_equal(sep_json_load(text, strlen(text), 0, NULL, &root), SEP_OK);
    assert_non_null(root);
    return root;
}

static void assert_refused(const char *text, size_t count, size_t flags, const char *reason)
{
    json_error_t place;
    json_t *root;

    assert_int_equal(sep_json_load(text, count, flags, &place, &root), SEP_ERR_FORMAT);
    assert_null(root);
    assert_non_null(strstr(sep_error_text(), reason));
    assert_true(place.position >= 0);
}

static void test_what_is_written_is_read(void **state)
{
    static const char document[] = "{\"name\":\"gr\xc3\xbc\xc3\x9f\\n\",\"list\":[1,-2.5e-7,true,null,\"\"]}";
    json_t *root = load(document);
    char *text;

    (void)state;
    assert_int_equal(sep_json_dump(root, JSON_COMPACT, &text), SEP_OK);
    json_t *again = load(text), *first = load(document);
    assert_true(json_equal(again, first));
    json_decref(again);
    json_decref(first);
    sep_free(text);
}

static void test_what_is_no_json(void **state)
{
    (void)state;
    assert_refused("", 0, 0, "line ");
    assert_refused("{\"a\": 1", 7, 0, "line 1");
    assert_refused("{\n\"a\": tru}", 11, 0, "line 2");
    assert_refused("[1] x", 5, 0, "line 1");
    assert_refused("[\"\xff\"]", 5, 0, "line 1");
    assert_refused("{\"a\": 1, \"a\": 2}", 16, JSON_REJECT_DUPLICATES, "duplicate");
    assert_refused("[1]\0", 4, 0, "line 1");
}

/* A number of many digits makes jansson's buffer grow. */
static void test_long_tokens(void **state)
{
    char text[20002];
    json_t *root;

    (void)state;
    memset(text, '1', sizeof text);
    text[0] = '[';
    text[2] = '.';
    text[20000] = ']';
    assert_int_equal(sep_json_load(text, 20001, 0, NULL, &root), SEP_OK);
    assert_true(fabs(json_real_value(json_array_get(root, 0)) - 1.1111111) < 1e-6);
    json_decref(root);
}

/* jansson escapes the first 32 characters only; a terminal obeys others too. */
static void test_controls_are_escaped(void **state)
{
    static const char name[] = "\033\177\xc2\x9b\xe2\x80\xae\xc3\xbc";
    char *text;

    (void)state;
    assert_int_equal(sep_json_dump(json_pack("[s]", name), JSON_COMPACT, &text), SEP_OK);
    assert_string_equal(text, "[\"\\u001B\\u007f\\u009b\\u202e\xc3\xbc\"]");
    json_t *root = load(text);
    assert_string_equal(json_string_value(json_array_get(root, 0)), name);
    json_decref(root);
    sep_free(text);
}

static void test_what_json_cannot_hold(void **state)
{
    char *text;

    (void)state;
    assert_int_equal(sep_json_dump(json_pack("[s]", "\xff"), 0, &text), SEP_ERR_FORMAT);
    assert_null(text);
    assert_non_null(strstr(sep_error_text(), "UTF-8"));
    assert_int_equal(sep_json_dump(json_pack("[f]", (double)NAN), 0, &text), SEP_ERR_FORMAT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_written_is_read),
        cmocka_unit_test(test_what_is_no_json),
        cmocka_unit_test(test_long_tokens),
        cmocka_unit_test(test_controls_are_escaped),
        cmocka_unit_test(test_what_json_cannot_hold),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
