/* Gradients against finite differences: the comparison. */
#include "support_gradients.h"

#include <math.h>

static const sep_step_info step_info = {.seed = 7, .iteration = 3};

static double run_loss(sep_graph *g, sep_node *loss)
{
    float value;

    assert_int_equal(sep_graph_run(g, &step_info), SEP_OK);
    assert_int_equal(sep_fetch(g, loss, &value), SEP_OK);
    return (double)value;
}

/* Writes start + step * direction into the parameter and returns the loss. */
static double loss_at(sep_graph *g, sep_store *store, sep_node *loss, sep_tensor *tensor, const float *start,
                      const float *direction, float step, float *scratch)
{
    int64_t count = sep_shape_count(&tensor->shape);

    for (int64_t i = 0; i < count; i++)
        scratch[i] = start[i] + step * direction[i];
    assert_int_equal(sep_tensor_write(store, tensor, scratch), SEP_OK);
    return run_loss(g, loss);
}

static void check_parameter(const gradient_case *c, sep_graph *g, sep_store *store, sep_node *loss, sep_node *parameter)
{
    sep_tensor *tensor = sep_store_find(store, sep_node_tensor(parameter)->name);
    size_t count = (size_t)sep_shape_count(&tensor->shape);
    sep_random random = {.seed = 5, .stream = sep_stream(tensor->name)};
    float *start = sep_calloc(4 * count, sizeof *start), *direction = start + count, *gradient = start + 2 * count;

    assert_non_null(start);
    assert_int_equal(sep_tensor_read(store, tensor, start), SEP_OK);
    run_loss(g, loss);
    assert_int_equal(sep_fetch(g, sep_gradient(parameter), gradient), SEP_OK);
    double along = 0.0, size = 0.0;
    for (size_t i = 0; i < count; i++) {
        direction[i] = sep_random_normal(&random, i);
        along += (double)gradient[i] * (double)direction[i];
        size += fabs((double)gradient[i] * (double)direction[i]);
    }
    double up = loss_at(g, store, loss, tensor, start, direction, c->step, start + 3 * count);
    double down = loss_at(g, store, loss, tensor, start, direction, -c->step, start + 3 * count);
    assert_int_equal(sep_tensor_write(store, tensor, start), SEP_OK);
    double measured = (up - down) / (2.0 * (double)c->step);
    if (fabs(measured - along) > 0.01 * size + 2e-4)
        fail_msg("%s, %s: finite differences say %g, the gradient %g", c->name, tensor->name, measured, along);
    sep_free(start);
}

static sep_node *build_loss(const gradient_case *c, sep_graph *g)
{
    sep_node *x = sep_parameter(g, "x", c->shape, (sep_init){SEP_INIT_NORMAL, 1.0f});
    sep_node *y = c->build(g, x);
    sep_node *target;

    assert_non_null(y);
    if (sep_shape_count(sep_node_shape(y)) == 1)
        return y;
    target = sep_state(g, "target", *sep_node_shape(y), SEP_ROLE_STATE, (sep_init){SEP_INIT_NORMAL, 1.0f});
    return sep_mse(g, y, target);
}

static void test_case(void **state)
{
    const gradient_case *c = *state;
    sep_device *device;
    sep_store *store;

    assert_int_equal(sep_cpu_create(2, NULL, &device), SEP_OK);
    assert_int_equal(sep_store_create(device, 11, &store), SEP_OK);
    sep_graph *g = sep_graph_create(store, true);
    sep_node *loss = build_loss(c, g);
    sep_keep(g, loss);
    assert_int_equal(sep_graph_differentiate(g, loss), SEP_OK);
    for (int i = 0; i < sep_graph_parameter_count(g); i++)
        sep_keep(g, sep_gradient(sep_graph_parameter(g, i)));
    assert_int_equal(sep_graph_compile(g), SEP_OK);
    for (int i = 0; i < sep_graph_parameter_count(g); i++)
        if (sep_gradient(sep_graph_parameter(g, i)) != NULL)
            check_parameter(c, g, store, loss, sep_graph_parameter(g, i));
    sep_graph_destroy(g);
    sep_store_destroy(store);
    sep_device_destroy(device);
}

int support_check_gradients(const gradient_case *cases, size_t count)
{
    struct CMUnitTest *tests = sep_calloc(count, sizeof *tests);
    int failed = 1;

    for (size_t i = 0; tests != NULL && i < count; i++)
        tests[i] =
            (struct CMUnitTest){.name = cases[i].name, .test_func = test_case, .initial_state = (void *)&cases[i]};
    if (tests != NULL)
        failed = _cmocka_run_group_tests("gradients", tests, count, NULL, NULL);
    sep_free(tests);
    return failed;
}
