/* Every network of the house can be exported, and an operation that can't be written is named. What comes out is
 * compared in tests/end_to_end/export.sh. */
#include "nets/table.h"
#include "septum/onnx.h"
#include "septum/ops.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void test_all_networks(void **state)
{
    (void)state;
    for (const sep_net *const *net = sep_nets; *net != NULL; net++) {
        sep_net_spec spec;
        assert_int_equal(sep_net_spec_read((*net)->name, NULL, &spec), SEP_OK);
        spec.classes = 4;
        assert_int_equal(sep_net_complete(&spec), SEP_OK);
        if (sep_onnx_check(&spec) != SEP_OK)
            fail_msg("%s: %s", (*net)->name, sep_error_text());
    }
}

static sep_status check(const sep_net_spec *spec)
{
    return sep_net_check_grid(spec, 1);
}

static sep_maps encode(sep_graph *g, const sep_net_spec *spec, sep_node *x)
{
    (void)spec;
    return (sep_maps){.count = 1, .map = {sep_turn(g, x, sep_constant(g, SEP_SHAPE(1), 1.0f))}};
}

static sep_net_output decode(sep_graph *g, const sep_net_spec *spec, const sep_maps *maps)
{
    (void)g;
    (void)spec;
    return (sep_net_output){.logits = maps->map[0]};
}

static void test_unknown_operation(void **state)
{
    const sep_net turned = {.name = "turned", .check = check, .encode = encode, .decode = decode};
    const sep_net_spec spec = {.net = &turned, .classes = 2, .channels = 2, .height = 32, .width = 32};

    (void)state;
    if (sep_onnx_check(&spec) != SEP_ERR_UNSUPPORTED)
        fail_msg("%s", sep_error_text());
    assert_non_null(strstr(sep_error_text(), "the operation turn can't be written as ONNX"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_networks),
        cmocka_unit_test(test_unknown_operation),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
