/* Updates of tensors of the store: wherever they were built, they run after all that read the old value and after the
 * guards. */
#include "septum/ops.h"
#include "support_graph.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const sep_init ones = {SEP_INIT_CONSTANT, 1.0f};

static sep_node *parameter_of(sep_graph *g, const char *scope)
{
    sep_scope_push(g, "%s", scope);
    sep_node *w = sep_parameter(g, "w", SEP_SHAPE(4), ones);
    sep_scope_pop(g);
    return w;
}

static sep_node *fed(sep_graph *g, const char *name, int count)
{
    return sep_input(g, name, SEP_SHAPE(count), SEP_F32);
}

static void feed(support_graph *f, sep_node *input, float value)
{
    const float values[4] = {value, value, value, value};

    assert_int_equal(sep_feed(f->graph, input, values), SEP_OK);
}

static void set(support_graph *f, const char *name, float value)
{
    const float values[4] = {value, value, value, value};

    assert_int_equal(sep_tensor_write(f->store, sep_store_find(f->store, name), values), SEP_OK);
}

static float value_of(const support_graph *f, const char *name)
{
    float values[4];

    assert_int_equal(sep_tensor_read(f->store, sep_store_find(f->store, name), values), SEP_OK);
    return values[0];
}

static sep_status run(support_graph *f)
{
    sep_step_info step = {0};

    return sep_graph_run(f->graph, &step);
}

/* Where in the order the last operation of that name runs. */
static int place_of(const sep_graph *g, const char *op)
{
    sep_node_info info;
    int place = -1;

    for (int i = 0; i < sep_graph_node_count(g); i++) {
        sep_graph_node_info(g, i, &info);
        if (strcmp(info.op, op) == 0)
            place = i;
    }
    assert_true(place >= 0);
    return place;
}

/* The average is asked for first; the loss and the gradients read what it was: mean((w - a)^2), dw = 2 (w - a) / 4. */
static void test_readers_built_later(void **state)
{
    support_graph *f = *state;
    sep_graph *g = f->graph;
    sep_node *w = parameter_of(g, "student"), *keep = fed(g, "keep", 1);
    float loss_value, gradient[4];

    assert_int_equal(sep_average_parameters(g, "student.", "teacher.", keep), SEP_OK);
    sep_frozen_push(g);
    sep_node *a = parameter_of(g, "teacher");
    sep_frozen_pop(g);
    sep_node *loss = sep_mse(g, w, a);
    sep_guard(g, loss);
    assert_int_equal(sep_graph_differentiate(g, loss), SEP_OK);
    sep_keep(g, sep_gradient(w));
    assert_int_equal(sep_graph_compile(g), SEP_OK);
    assert_true(place_of(g, "ema") > place_of(g, "mse_dx"));
    set(f, "student.w", 5.0f);
    feed(f, keep, 0.5f);
    assert_int_equal(run(f), SEP_OK);
    assert_int_equal(sep_fetch(g, loss, &loss_value), SEP_OK);
    assert_int_equal(sep_fetch(g, sep_gradient(w), gradient), SEP_OK);
    assert_true(loss_value == 16.0f && gradient[0] == 2.0f);
    assert_true(value_of(f, "teacher.w") == 3.0f);
}

/* An average asked for before the optimiser takes the parameter as it was, one asked for after it as it is then. */
static void test_updates_keep_their_order(void **state)
{
    support_graph *f = *state;
    sep_graph *g = f->graph;
    sep_node *w = parameter_of(g, "student"), *zero = fed(g, "zero", 4), *keep = fed(g, "keep", 1);
    sep_node *hyper = fed(g, "hyper", 4);
    sep_optimiser sgd = sep_optimiser_default(SEP_SGD);
    const float rates[4] = {1.0f, 1.0f};

    assert_int_equal(sep_average_parameters(g, "student.", "before.", keep), SEP_OK);
    assert_int_equal(sep_graph_differentiate(g, sep_mse(g, w, zero)), SEP_OK);
    assert_int_equal(sep_optimise(g, "student.", &sgd, hyper), SEP_OK);
    assert_int_equal(sep_average_parameters(g, "student.", "after.", keep), SEP_OK);
    assert_int_equal(sep_graph_compile(g), SEP_OK);
    set(f, "student.w", 4.0f);
    feed(f, zero, 0.0f);
    feed(f, keep, 0.0f);
    assert_int_equal(sep_feed(g, hyper, rates), SEP_OK);
    assert_int_equal(run(f), SEP_OK);
    assert_true(value_of(f, "student.w") == 2.0f); /* 4 - 2 * 4 / 4 */
    assert_true(value_of(f, "before.w") == 4.0f);
    assert_true(value_of(f, "after.w") == 2.0f);
}

/* A loss that is not finite has changed nothing, running statistics among it. */
static void test_nothing_changes_before_the_guard(void **state)
{
    support_graph *f = *state;
    sep_graph *g = f->graph;
    sep_node *x = sep_input(g, "x", SEP_SHAPE(1, 2, 2, 1), SEP_F32), *keep = fed(g, "keep", 1);
    const float bad[4] = {1, 2, INFINITY, 4}, good[4] = {1, 2, 3, 4};
    float running[2];

    parameter_of(g, "student");
    assert_int_equal(sep_average_parameters(g, "student.", "teacher.", keep), SEP_OK);
    sep_node *loss = sep_mse(g, sep_batch_norm(g, "norm", x), x);
    sep_guard(g, loss);
    assert_int_equal(sep_graph_differentiate(g, loss), SEP_OK);
    assert_int_equal(sep_graph_compile(g), SEP_OK);
    set(f, "student.w", 3.0f);
    feed(f, keep, 0.0f);
    assert_int_equal(sep_feed(g, x, bad), SEP_OK);
    assert_int_equal(run(f), SEP_ERR_NUMERIC);
    assert_true(value_of(f, "teacher.w") == 1.0f);
    assert_int_equal(sep_tensor_read(f->store, sep_store_find(f->store, "norm.running"), running), SEP_OK);
    assert_true(running[0] == 0.0f && running[1] == 1.0f);
    assert_int_equal(sep_feed(g, x, good), SEP_OK);
    assert_int_equal(run(f), SEP_OK);
    assert_true(value_of(f, "teacher.w") == 3.0f);
    assert_int_equal(sep_tensor_read(f->store, sep_store_find(f->store, "norm.running"), running), SEP_OK);
    assert_float_equal(running[0], 0.25f, 1e-6f);
}

#define WITH_GRAPH(test) cmocka_unit_test_setup_teardown(test, support_graph_setup, support_graph_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_GRAPH(test_readers_built_later),
        WITH_GRAPH(test_updates_keep_their_order),
        WITH_GRAPH(test_nothing_changes_before_the_guard),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
