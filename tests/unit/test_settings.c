/* Settings as tables: values, defaults and ranges of each kind; members by themselves, as text and as JSON. */
#include "septum/settings.h"

#include "base/settings_json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

typedef struct things {
    int count;
    float share;
    bool loud;
    int shape;
} things;

static const sep_setting table[] = {
    SEP_SETTING_INT(things, count, 7, 1, 9, "how many"),
    SEP_SETTING_FLOAT(things, share, 0.25, 0, 1, "of all"),
    SEP_SETTING_BOOL(things, loud, true, "or not"),
    SEP_SETTING_CHOICE(things, shape, "round|square|flat", 1, "seen from above"),
    {0},
};

static sep_status read_things(const char *text, things *t)
{
    sep_options *options = sep_options_create();

    assert_non_null(options);
    assert_int_equal(sep_options_load_text(options, "test", text), SEP_OK);
    sep_status status = sep_settings_read(options, "things", table, t);
    if (status == SEP_OK)
        status = sep_options_check_unknown(options);
    sep_options_destroy(options);
    return status;
}

static void test_defaults(void **state)
{
    things t;

    (void)state;
    assert_int_equal(read_things("", &t), SEP_OK);
    assert_int_equal(t.count, 7);
    assert_true(t.share == 0.25f);
    assert_true(t.loud);
    assert_int_equal(t.shape, 1);
}

static void test_values(void **state)
{
    things t;

    (void)state;
    assert_int_equal(read_things("[things]\ncount = 9\nshare = 0.5\nloud = no\nshape = flat\n", &t), SEP_OK);
    assert_int_equal(t.count, 9);
    assert_true(t.share == 0.5f);
    assert_false(t.loud);
    assert_int_equal(t.shape, 2);
}

static void test_refusals(void **state)
{
    static const char *const bad[] = {"count = 10",     "count = 1.5",  "share = 2",
                                      "loud = perhaps", "shape = oval", "weight = 1"};

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        things t;
        char *text = sep_format("[things]\n%s\n", bad[i]);
        assert_int_not_equal(read_things(text, &t), SEP_OK);
        assert_non_null(strstr(sep_error_text(), "test:2"));
        sep_free(text);
    }
}

static void test_no_table(void **state)
{
    (void)state;
    assert_int_equal(sep_settings_read(NULL, "nothing", NULL, NULL), SEP_OK);
}

static void test_members(void **state)
{
    static const char *const text[] = {"9", "0.7", "false", "flat"};
    things t = {.count = 9, .share = 0.7f, .loud = false, .shape = 2};
    char got[SEP_SETTING_TEXT];

    (void)state;
    for (int i = 0; i < 4; i++)
        assert_string_equal(sep_setting_text(&table[i], sep_setting_get(&table[i], &t), got), text[i]);
    assert_int_equal(sep_setting_place(&table[3], "square"), 1);
    assert_int_equal(sep_setting_place(&table[3], "squ"), -1);
    assert_int_equal(sep_setting_place(&table[3], "flatter"), -1);
    for (int i = 0; i < 4; i++)
        sep_setting_put(&table[i], &t, 1.0);
    assert_true(t.count == 1 && t.share == 1.0f && t.loud && t.shape == 1);
    for (int i = 0; i < 4; i++)
        assert_true(sep_setting_get(&table[i], &t) == 1.0);
}

static void test_bounds(void **state)
{
    things t = {.count = 9, .share = 1.0f, .shape = 2};

    (void)state;
    assert_int_equal(sep_settings_check(table, &t), SEP_OK);
    t.count = 10;
    assert_int_equal(sep_settings_check(table, &t), SEP_ERR_ARGUMENT);
    assert_string_equal(sep_error_text(), "'count' is 10: 1 to 9 are possible");
    t.count = 9;
    t.shape = 3;
    assert_int_equal(sep_settings_check(table, &t), SEP_ERR_ARGUMENT);
    assert_string_equal(sep_error_text(), "'shape' is none of round|square|flat");
}

static void test_json(void **state)
{
    static const char *const bad[] = {"{\"count\":9.5}", "{\"count\":0}", "{\"share\":\"0.5\"}",
                                      "{\"loud\":1}",    "{\"shape\":1}", "{\"shape\":\"oval\"}"};
    things t = {.count = 9, .share = 0.7f, .loud = true, .shape = 2}, back = {0};
    json_t *object = json_object();

    (void)state;
    sep_settings_to_json(table, &t, object);
    assert_int_equal(sep_settings_from_json(object, table, &back), SEP_OK);
    assert_true(back.count == t.count && back.share == t.share && back.loud && back.shape == t.shape);
    assert_string_equal(json_string_value(json_object_get(object, "shape")), "flat");
    json_decref(object);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(sep_json_load(bad[i], strlen(bad[i]), 0, NULL, &object), SEP_OK);
        assert_int_not_equal(sep_settings_from_json(object, table, &back), SEP_OK);
        json_decref(object);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults), cmocka_unit_test(test_values),  cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_no_table), cmocka_unit_test(test_members), cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_json),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
