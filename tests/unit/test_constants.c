/* What a graph that only predicts keeps from run to run: constants and packed weights, until the store changes. */
#include "septum/ops.h"
#include "support.h"

#include <math.h>
#include <string.h>

enum { BATCH = 2, HEIGHT = 22, WIDTH = 35, IN = 20, OUT = 7, PIXELS = BATCH * HEIGHT * WIDTH };

typedef struct network {
    sep_graph *graph;
    sep_node *x, *y;
} network;

static void must(sep_status status)
{
    if (status != SEP_OK)
        fail_msg("%s", sep_error_text());
}

/* A convolution for Winograd's algorithm, one with standardised weights, a linear layer of what stays below one panel
 * of its depth, and one of an activation, of more than a panel. */
static network build(sep_store *store, bool training, bool packed)
{
    network n = {.graph = sep_graph_create(store, training)};
    sep_graph *g = n.graph;

    n.x = sep_input(g, "x", SEP_SHAPE(BATCH, HEIGHT, WIDTH, IN), SEP_F32);
    sep_node *map = sep_conv2d(g, "first", n.x, &(sep_conv){.channels = 24, .kernel = 3, .padding = 1, .bias = true});
    map = sep_conv2d(g, "second", map, &(sep_conv){.channels = 40, .kernel = 1, .standardise = 1e-5f});
    map = sep_conv2d(g, "third", map, &(sep_conv){.channels = 32, .kernel = 3, .padding = 1, .standardise = 1e-5f});
    map = sep_linear(g, "fourth", map, 300, true, 0.0f);
    n.y = sep_linear(g, "fifth", sep_gelu(g, map), OUT, true, 0.0f);
    sep_keep(g, n.y);
    must(sep_graph_plan(g, NULL));
    if (!packed)
        sep_graph_leave_unpacked(g);
    must(sep_graph_compile(g));
    return n;
}

static void run(const network *n, uint32_t seed, float *y)
{
    support_array x = support_random(SEP_SHAPE(BATCH, HEIGHT, WIDTH, IN), seed);

    must(sep_feed(n->graph, n->x, x.f32));
    must(sep_graph_run(n->graph, &(sep_step_info){0}));
    must(sep_fetch(n->graph, n->y, y));
    support_array_free(&x);
}

/* Both graphs give the same bits for some inputs. */
static void check_equal(const network *predicts, const network *trains)
{
    static float y[PIXELS * OUT], wanted[PIXELS * OUT];

    for (uint32_t seed = 1; seed <= 3; seed++) {
        run(predicts, seed, y);
        run(trains, seed, wanted);
        assert_memory_equal(y, wanted, sizeof y);
    }
}

static void change(sep_store *store, const char *name)
{
    sep_tensor *tensor = sep_store_find(store, name);
    support_array values = support_random(tensor->shape, 77);

    must(sep_tensor_write(store, tensor, values.f32));
    support_array_free(&values);
}

static void check_on(const char *table, int threads)
{
    static const char *const weights[] = {"first.weight", "second.weight", "third.weight", "fifth.weight"};
    sep_device *device;
    sep_store *store;
    sep_memory_plan predicting, training;

    must(sep_cpu_create(threads, table, &device));
    must(sep_store_create(device, 5, &store));
    network predicts = build(store, false, true), unpacked = build(store, false, false),
            trains = build(store, true, true);
    must(sep_graph_plan(predicts.graph, &predicting));
    must(sep_graph_plan(trains.graph, &training));
    assert_true(predicting.packed >= sizeof(float) * (36 * IN * 24 + 36 * 40 * 32 + 24 * 40 + 32 * 300 + 300 * OUT));
    assert_int_equal(training.packed, 0);
    check_equal(&predicts, &trains);
    check_equal(&unpacked, &trains);
    must(sep_graph_plan(unpacked.graph, &training));
    assert_int_equal(training.packed, 0);
    assert_int_equal(training.total, predicting.total - predicting.packed);
    for (size_t i = 0; i < sizeof weights / sizeof *weights; i++) {
        change(store, weights[i]);
        check_equal(&predicts, &trains);
    }
    must(sep_store_restart(store, 6));
    check_equal(&predicts, &trains);
    sep_graph_destroy(predicts.graph);
    sep_graph_destroy(unpacked.graph);
    sep_graph_destroy(trains.graph);
    sep_store_destroy(store);
    sep_device_destroy(device);
}

static void test_same_bits(void **state)
{
    const char *tables[4];
    int count = support_tables(tables);

    (void)state;
    for (int t = 0; t < count; t++)
        for (int threads = 1; threads <= 3; threads++)
            check_on(tables[t], threads);
}

typedef struct seen {
    const sep_graph *graph;
    int calls, batch_norms;
} seen;

static void see(void *context, int index, double seconds)
{
    seen *s = context;
    sep_node_info info;

    (void)seconds;
    sep_graph_node_info(s->graph, index, &info);
    s->calls++;
    s->batch_norms += strstr(info.op, "batch") != NULL;
}

/* Standardised weights are not computed in a run. */
static void test_constants_are_left_out(void **state)
{
    sep_device *device;
    sep_store *store;
    float y[PIXELS * OUT];

    (void)state;
    must(sep_cpu_create(1, NULL, &device));
    must(sep_store_create(device, 5, &store));
    network predicts = build(store, false, true), trains = build(store, true, true);
    seen predicting = {.graph = predicts.graph}, training = {.graph = trains.graph};
    sep_graph_observe(predicts.graph, see, &predicting);
    sep_graph_observe(trains.graph, see, &training);
    run(&predicts, 1, y);
    run(&trains, 1, y);
    assert_int_equal(training.batch_norms, 4);
    assert_int_equal(predicting.batch_norms, 0);
    assert_int_equal(predicting.calls, 5);
    sep_graph_destroy(predicts.graph);
    sep_graph_destroy(trains.graph);
    sep_store_destroy(store);
    sep_device_destroy(device);
}

/* A step of an optimiser on the same store is noticed. */
static void test_training_is_noticed(void **state)
{
    sep_optimiser sgd = sep_optimiser_default(SEP_SGD);
    const float ones[3] = {1, 1, 1}, zeros[1] = {0};
    float before, after, rates[4];
    sep_device *device;
    sep_store *store;

    (void)state;
    must(sep_cpu_create(1, NULL, &device));
    must(sep_store_create(device, 5, &store));
    sep_graph *predicts = sep_graph_create(store, false), *trains = sep_graph_create(store, true);
    sep_node *x = sep_input(predicts, "x", SEP_SHAPE(1, 3), SEP_F32);
    sep_node *y = sep_linear(predicts, "layer", x, 1, false, 0.0f);
    sep_keep(predicts, y);
    must(sep_graph_compile(predicts));
    sep_node *same_x = sep_input(trains, "x", SEP_SHAPE(1, 3), SEP_F32);
    sep_node *zero = sep_input(trains, "zero", SEP_SHAPE(1, 1), SEP_F32);
    sep_node *hyper = sep_input(trains, "hyper", SEP_SHAPE(4), SEP_F32);
    must(sep_graph_differentiate(trains, sep_mse(trains, sep_linear(trains, "layer", same_x, 1, false, 0.0f), zero)));
    must(sep_optimise(trains, "", &sgd, hyper));
    must(sep_graph_compile(trains));
    sep_optimiser_hyper(&sgd, 0.01, 0, rates);

    must(sep_feed(predicts, x, ones));
    must(sep_graph_run(predicts, &(sep_step_info){0}));
    must(sep_fetch(predicts, y, &before));
    must(sep_feed(trains, same_x, ones));
    must(sep_feed(trains, zero, zeros));
    must(sep_feed(trains, hyper, rates));
    must(sep_graph_run(trains, &(sep_step_info){0}));
    must(sep_graph_run(predicts, &(sep_step_info){0}));
    must(sep_fetch(predicts, y, &after));
    assert_true(fabsf(before) > 1e-3f);
    assert_float_equal(after, before * (1.0f - 0.01f * 2.0f * 3.0f), 1e-6f); /* d(y^2)/dw = 2 y each, of three */
    sep_graph_destroy(predicts);
    sep_graph_destroy(trains);
    sep_store_destroy(store);
    sep_device_destroy(device);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_bits),
        cmocka_unit_test(test_constants_are_left_out),
        cmocka_unit_test(test_training_is_noticed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
