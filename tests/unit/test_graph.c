/* The graph: errors while building, views, shared parameters, memory reuse, optimisers, the guard against NaN. */
#include "septum/ops.h"
#include "support_graph.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const sep_init ones = {SEP_INIT_CONSTANT, 1.0f};

static void test_first_error_stays(void **state)
{
    sep_graph *g = ((support_graph *)*state)->graph;
    sep_node *x = sep_input(g, "x", SEP_SHAPE(1, 5, 5, 3), SEP_F32);

    sep_scope_push(g, "outer");
    assert_null(sep_max_pool(g, x));
    assert_null(sep_relu(g, NULL));
    assert_null(sep_batch_range(g, x, 0, 2));
    assert_int_equal(sep_graph_status(g), SEP_ERR_SHAPE);
    assert_string_equal(sep_error_text(), "outer. max pooling halves even maps only, this one is 5x5");
    assert_int_equal(sep_graph_compile(g), SEP_ERR_SHAPE);
}

/* The same parameter used twice is one tensor whose gradients add up: d/dw of sum((w x)(w x)) / n. */
static void test_shared_parameter(void **state)
{
    support_graph *f = *state;
    sep_graph *g = f->graph;
    sep_node *x = sep_input(g, "x", SEP_SHAPE(1, 1, 1, 4), SEP_F32);
    sep_node *zero = sep_input(g, "zero", SEP_SHAPE(1, 1, 1, 4), SEP_F32);
    sep_node *w = sep_parameter(g, "w", SEP_SHAPE(4), ones), *same = sep_parameter(g, "w", SEP_SHAPE(4), ones);
    sep_node *loss = sep_mse(g, sep_mul(g, sep_mul(g, x, w), same), zero);
    const float values[4] = {1, 2, 3, 4}, nothing[4] = {0};
    float gradient[4];
    sep_step_info step = {0};

    assert_ptr_equal(w, same);
    assert_int_equal(sep_graph_differentiate(g, loss), SEP_OK);
    sep_keep(g, sep_gradient(w));
    assert_int_equal(sep_graph_compile(g), SEP_OK);
    assert_int_equal(sep_feed(g, x, values), SEP_OK);
    assert_int_equal(sep_feed(g, zero, nothing), SEP_OK);
    assert_int_equal(sep_graph_run(g, &step), SEP_OK);
    assert_int_equal(sep_fetch(g, sep_gradient(w), gradient), SEP_OK);
    for (int i = 0; i < 4; i++) /* L = mean(x^2 w^4), dL/dw = x^2 * 4 w^3 / 4 */
        assert_float_equal(gradient[i], values[i] * values[i], 1e-5f);
}

static void test_no_gradient_through_detach(void **state)
{
    sep_graph *g = ((support_graph *)*state)->graph;
    sep_node *w = sep_parameter(g, "w", SEP_SHAPE(4), ones), *v = sep_parameter(g, "v", SEP_SHAPE(4), ones);

    assert_int_equal(sep_graph_differentiate(g, sep_mse(g, w, sep_detach(g, v))), SEP_OK);
    assert_non_null(sep_gradient(w));
    assert_null(sep_gradient(v));
}

static void test_wrong_shape_in_store(void **state)
{
    sep_graph *g = ((support_graph *)*state)->graph;

    assert_non_null(sep_parameter(g, "w", SEP_SHAPE(4), ones));
    assert_null(sep_parameter(g, "w", SEP_SHAPE(5), ones));
    assert_int_equal(sep_graph_status(g), SEP_ERR_SHAPE);
    assert_string_equal(sep_error_text(), "tensor 'w' is 4, the network wants 5");
}

/* One step of SGD on mean((w - 3)^2) from w = 1 with a clipped gradient: d = (2/4) * -2 = -1 each, norm 2, clip 1. */
static void test_clipped_sgd(void **state)
{
    support_graph *f = *state;
    sep_graph *g = f->graph;
    sep_node *w = sep_parameter(g, "w", SEP_SHAPE(4), ones);
    sep_node *target = sep_input(g, "target", SEP_SHAPE(4), SEP_F32),
             *hyper = sep_input(g, "hyper", SEP_SHAPE(4), SEP_F32);
    sep_optimiser sgd = sep_optimiser_default(SEP_SGD);
    const float threes[4] = {3, 3, 3, 3};
    float values[4], rates[4];
    sep_step_info step = {0};

    sgd.clip = 1.0f;
    assert_int_equal(sep_optimise(g, "", &sgd, hyper), SEP_ERR_ARGUMENT); /* before the gradients */
    assert_int_equal(sep_graph_differentiate(g, sep_mse(g, w, target)), SEP_OK);
    assert_int_equal(sep_optimise(g, "", &sgd, hyper), SEP_OK);
    assert_int_equal(sep_graph_compile(g), SEP_OK);
    sep_optimiser_hyper(&sgd, 0.5, 0, rates);
    assert_int_equal(sep_feed(g, target, threes), SEP_OK);
    assert_int_equal(sep_feed(g, hyper, rates), SEP_OK);
    assert_int_equal(sep_graph_run(g, &step), SEP_OK);
    assert_int_equal(sep_tensor_read(f->store, sep_store_find(f->store, "w"), values), SEP_OK);
    for (int i = 0; i < 4; i++)
        assert_float_equal(values[i], 1.25f, 1e-5f);
}

static void test_average_parameters(void **state)
{
    support_graph *f = *state;
    sep_graph *g = f->graph;
    sep_node *hyper = sep_input(g, "alpha", SEP_SHAPE(4), SEP_F32);
    const float alpha[4] = {0.75f}, twos[4] = {2, 2, 2, 2};
    float values[4];
    sep_step_info step = {0};

    sep_scope_push(g, "student");
    assert_non_null(sep_parameter(g, "w", SEP_SHAPE(4), ones));
    sep_scope_pop(g);
    assert_int_equal(sep_average_parameters(g, "student.", "teacher.", hyper), SEP_OK);
    assert_int_equal(sep_graph_compile(g), SEP_OK);
    assert_int_equal(sep_tensor_write(f->store, sep_store_find(f->store, "student.w"), twos), SEP_OK);
    assert_int_equal(sep_feed(g, hyper, alpha), SEP_OK);
    assert_int_equal(sep_graph_run(g, &step), SEP_OK);
    assert_int_equal(sep_tensor_read(f->store, sep_store_find(f->store, "teacher.w"), values), SEP_OK);
    assert_float_equal(values[0], 0.75f * 1.0f + 0.25f * 2.0f, 1e-6f);
}

static void test_nan_is_named(void **state)
{
    support_graph *f = *state;
    sep_graph *g = f->graph;
    sep_node *x = sep_input(g, "x", SEP_SHAPE(1, 2, 2, 1), SEP_F32);
    const float values[4] = {1, NAN, 3, 4};
    sep_step_info step = {.iteration = 12};

    sep_scope_push(g, "net");
    sep_node *y = sep_conv2d(g, "conv", x, &(sep_conv){.channels = 1, .kernel = 1});
    sep_scope_pop(g);
    sep_node *loss = sep_mse(g, y, sep_scale(g, y, 0.5f));
    sep_guard(g, loss);
    assert_int_equal(sep_graph_differentiate(g, loss), SEP_OK);
    assert_int_equal(sep_graph_compile(g), SEP_OK);
    assert_int_equal(sep_feed(g, x, values), SEP_OK);
    assert_int_equal(sep_graph_run(g, &step), SEP_ERR_NUMERIC);
    assert_non_null(strstr(sep_error_text(), "iteration 12"));
    assert_non_null(strstr(sep_error_text(), "net.conv.conv2d"));
}

#define WITH_GRAPH(test) cmocka_unit_test_setup_teardown(test, support_graph_setup, support_graph_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_GRAPH(test_first_error_stays),
        WITH_GRAPH(test_shared_parameter),
        WITH_GRAPH(test_no_gradient_through_detach),
        WITH_GRAPH(test_wrong_shape_in_store),
        WITH_GRAPH(test_clipped_sgd),
        WITH_GRAPH(test_average_parameters),
        WITH_GRAPH(test_nan_is_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
