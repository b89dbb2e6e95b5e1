/* Settings as tables: values, defaults and ranges of each kind. */
#include "septum/settings.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_no_table),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
