/* Two devices in step, one of which is made to err: the operation and the element that differ are named. The erring
 * device is the CPU with one bit of one operation's result turned over. */
#include "septum/ops.h"

#include "support_erring.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

typedef struct fixture {
    sep_device *cpu, *erring, *both;
    sep_store *store;
    sep_graph *graph;
    sep_node *x, *y;
} fixture;

static sep_device *cpu(void)
{
    sep_device *device;

    assert_int_equal(sep_cpu_create(1, NULL, &device), SEP_OK);
    return device;
}

/* y = scale(relu(x)) in scope "layer.", and one step of Adam on a parameter. */
static void build(fixture *f, support_error error)
{
    f->cpu = cpu();
    f->erring = support_erring_create(cpu(), error);
    assert_int_equal(sep_lockstep_create(f->erring, f->cpu, &f->both), SEP_OK);
    assert_int_equal(sep_store_create(f->both, 1, &f->store), SEP_OK);
    f->graph = sep_graph_create(f->store, true);
    f->x = sep_input(f->graph, "x", SEP_SHAPE(2, 5), SEP_F32);
    sep_node *hyper = sep_input(f->graph, "hyper", SEP_SHAPE(4), SEP_F32);
    sep_node *w = sep_parameter(f->graph, "w", SEP_SHAPE(5), (sep_init){SEP_INIT_CONSTANT, 0.5f});
    sep_scope_push(f->graph, "layer");
    f->y = sep_scale(f->graph, sep_relu(f->graph, sep_mul(f->graph, f->x, w)), 3.0f);
    sep_scope_pop(f->graph);
    sep_keep(f->graph, f->y);
    sep_node *loss = sep_mse(f->graph, f->y, f->x);
    sep_optimiser adam = sep_optimiser_default(SEP_ADAM);
    assert_int_equal(sep_graph_differentiate(f->graph, loss), SEP_OK);
    assert_int_equal(sep_optimise(f->graph, "", &adam, hyper), SEP_OK);
    assert_int_equal(sep_graph_compile(f->graph), SEP_OK);
    float values[10] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, rates[4] = {0.1f, 0.1f, 0.001f};
    assert_int_equal(sep_feed(f->graph, f->x, values), SEP_OK);
    assert_int_equal(sep_feed(f->graph, hyper, rates), SEP_OK);
}

static void tear_down(fixture *f)
{
    sep_graph_destroy(f->graph);
    sep_store_destroy(f->store);
    sep_device_destroy(f->both);
    sep_device_destroy(f->erring);
    sep_device_destroy(f->cpu);
}

static void test_equal_devices_agree(void **state)
{
    fixture f;
    float y[10];

    (void)state;
    build(&f, (support_error){.op = SEP_OP_COUNT});
    assert_int_equal(sep_graph_run(f.graph, &(sep_step_info){0}), SEP_OK);
    assert_false(sep_lockstep_difference(f.both)->found);
    assert_int_equal(sep_fetch(f.graph, f.y, y), SEP_OK);
    assert_true(y[9] == 15.0f);
    tear_down(&f);
}

static void test_operation_and_element_are_named(void **state)
{
    fixture f;
    const float right = 3.0f * 0.5f * 8.0f; /* element 7 of y */
    uint32_t bits;

    (void)state;
    memcpy(&bits, &right, sizeof bits);
    build(&f, (support_error){.op = SEP_OP_SCALE, .iteration = 1, .element = 7, .bit = 0, .input = -1});
    assert_int_equal(sep_graph_run(f.graph, &(sep_step_info){.iteration = 0}), SEP_OK);
    float *reset = sep_calloc(5, sizeof *reset);
    for (int i = 0; i < 5; i++)
        reset[i] = 0.5f;
    assert_int_equal(sep_tensor_write(f.store, sep_store_find(f.store, "w"), reset), SEP_OK);
    sep_free(reset);
    assert_int_equal(sep_graph_run(f.graph, &(sep_step_info){.iteration = 1}), SEP_ERR_NUMERIC);

    const sep_difference *d = sep_lockstep_difference(f.both);
    assert_true(d->found);
    assert_string_equal(d->operation, "layer.scale");
    assert_int_equal(d->iteration, 1);
    assert_int_equal(d->element, 7);
    assert_int_equal(d->input, -1);
    assert_int_equal(d->bits[0], bits ^ 1);
    assert_int_equal(d->bits[1], bits);
    assert_non_null(strstr(sep_error_text(), "layer.scale differs in element 7"));
    tear_down(&f);
}

/* Adam writes to its moments too, which are an input. */
static void test_updated_input_is_compared(void **state)
{
    fixture f;

    (void)state;
    build(&f, (support_error){.op = SEP_OP_ADAM, .element = 6, .bit = 3, .input = 2});
    assert_int_equal(sep_graph_run(f.graph, &(sep_step_info){0}), SEP_ERR_NUMERIC);
    const sep_difference *d = sep_lockstep_difference(f.both);
    assert_true(d->found);
    assert_string_equal(d->operation, "adam");
    assert_int_equal(d->input, 2);
    assert_int_equal(d->element, 6);
    assert_int_equal(d->bits[0] ^ d->bits[1], 8);
    tear_down(&f);
}

typedef struct fused {
    const char *operation;
    support_error error;
    int64_t element; /* without the gaps of a pitch */
} fused;

/* Statistics follow a convolution, and the norm's and the upsampled map lie side by side in one concatenation: each is
 * compared all the same. Its three channels are the pitch. */
static void test_fused_operations_are_compared(void **state)
{
    const fused cases[] = {
        {"norm.batch_stats", {.op = SEP_OP_BATCH_STATS, .element = 3, .input = -1}, 3},
        {"norm.batch_apply", {.op = SEP_OP_BATCH_APPLY, .element = 4, .input = -1}, 3},
        {"upsample_bilinear", {.op = SEP_OP_UPSAMPLE_BILINEAR, .element = 63 * 3, .input = -1}, 63},
        {NULL, {.op = SEP_OP_COUNT}, 0},
    };
    const float values[16] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        sep_memory_plan plan;
        fixture f = {.cpu = cpu(), .erring = support_erring_create(cpu(), cases[i].error)};

        assert_int_equal(sep_lockstep_create(f.erring, f.cpu, &f.both), SEP_OK);
        assert_int_equal(sep_store_create(f.both, 1, &f.store), SEP_OK);
        f.graph = sep_graph_create(f.store, true);
        f.x = sep_input(f.graph, "x", SEP_SHAPE(1, 4, 4, 1), SEP_F32);
        sep_conv conv = {.channels = 2, .kernel = 3, .padding = 1};
        sep_node *map = sep_conv2d(f.graph, "conv", sep_upsample_nearest(f.graph, f.x), &conv);
        sep_node *norm = sep_batch_norm(f.graph, "norm", map);
        f.y = sep_concat(f.graph, norm, sep_upsample_bilinear(f.graph, f.x));
        sep_keep(f.graph, f.y);
        assert_int_equal(sep_graph_plan(f.graph, &plan), SEP_OK);
        assert_int_equal(plan.fused, 2);
        assert_int_equal(sep_graph_compile(f.graph), SEP_OK);
        assert_int_equal(sep_feed(f.graph, f.x, values), SEP_OK);
        sep_status status = sep_graph_run(f.graph, &(sep_step_info){0});
        const sep_difference *d = sep_lockstep_difference(f.both);
        assert_int_equal(d->found, cases[i].operation != NULL);
        assert_int_equal(status, d->found ? SEP_ERR_NUMERIC : SEP_OK);
        if (d->found) {
            assert_string_equal(d->operation, cases[i].operation);
            assert_int_equal(d->element, cases[i].element);
            assert_int_equal(d->bits[0] ^ d->bits[1], 1);
        }
        tear_down(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_equal_devices_agree),
        cmocka_unit_test(test_operation_and_element_are_named),
        cmocka_unit_test(test_updated_input_is_compared),
        cmocka_unit_test(test_fused_operations_are_compared),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
