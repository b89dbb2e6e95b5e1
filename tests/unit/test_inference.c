/* Inference within a training step: a U-Net as it will be in prediction, with gradients, whatever else the step does
 * with the same network. */
#include "septum/nets.h"
#include "septum/ops.h"
#include "support_net.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum { SIDE = 32, BATCH = 2, CLASSES = 3, PIXELS = BATCH * SIDE * SIDE, MOST_PARAMETERS = 128 };

static sep_device *device;
static sep_store *store;
static float image[PIXELS], wanted[PIXELS * CLASSES];

/* ---- graphs ------------------------------------------------------------------------------------------------------ */

static sep_node *net(sep_graph *g, sep_node *x)
{
    sep_net_spec spec = support_net("u-net", "base = 4", CLASSES, SIDE, SIDE);
    sep_net_output output;

    assert_int_equal(sep_net_complete(&spec), SEP_OK);
    assert_int_equal(sep_net_build(g, &spec, x, &output), SEP_OK);
    return output.logits;
}

static sep_node *image_input(sep_graph *g)
{
    return sep_input(g, "image", SEP_SHAPE(BATCH, SIDE, SIDE, 1), SEP_F32);
}

static void run(sep_graph *g, sep_node *x)
{
    const sep_step_info step = {.seed = 4, .iteration = 2};

    assert_int_equal(sep_graph_compile(g), SEP_OK);
    assert_int_equal(sep_feed(g, x, image), SEP_OK);
    assert_int_equal(sep_graph_run(g, &step), SEP_OK);
}

/* Where passes that train, and so move the running statistics, stand beside the one by inference. */
typedef enum beside { NOWHERE, BEFORE, AFTER } beside;

typedef struct outcome {
    float logits[PIXELS * CLASSES];
    int parameters;
    uint64_t gradient[MOST_PARAMETERS]; /* hashes */
} outcome;

static sep_node *pass_by_inference(sep_graph *g, sep_node *x, beside training)
{
    if (training == BEFORE)
        sep_keep(g, net(g, x));
    sep_inference_push(g);
    sep_node *logits = net(g, x);
    sep_inference_pop(g);
    if (training == AFTER)
        sep_keep(g, net(g, x));
    sep_keep(g, logits);
    return logits;
}

static uint64_t hash_gradient(sep_graph *g, sep_node *parameter)
{
    size_t count = (size_t)sep_shape_count(sep_node_shape(parameter));
    float *values = sep_calloc(count, sizeof *values);
    bool zero = true;

    assert_int_equal(sep_fetch(g, sep_gradient(parameter), values), SEP_OK);
    for (size_t i = 0; i < count; i++)
        zero = zero && values[i] == 0.0f;
    assert_false(zero);
    uint64_t hash = sep_hash(SEP_HASH_START, values, count * sizeof *values);
    sep_free(values);
    return hash;
}

static void by_inference(beside training, outcome *o)
{
    sep_graph *g = sep_graph_create(store, true);
    sep_node *x = image_input(g), *y = sep_input(g, "wanted", SEP_SHAPE(BATCH, SIDE, SIDE, CLASSES), SEP_F32);
    sep_node *logits = pass_by_inference(g, x, training), *loss = sep_mse(g, logits, y);

    sep_guard(g, loss);
    assert_int_equal(sep_graph_differentiate(g, loss), SEP_OK);
    o->parameters = sep_graph_parameter_count(g);
    assert_in_range(o->parameters, 1, MOST_PARAMETERS);
    for (int i = 0; i < o->parameters; i++)
        sep_keep(g, sep_gradient(sep_graph_parameter(g, i)));
    assert_int_equal(sep_graph_compile(g), SEP_OK);
    assert_int_equal(sep_feed(g, y, wanted), SEP_OK);
    run(g, x);
    assert_int_equal(sep_fetch(g, logits, o->logits), SEP_OK);
    for (int i = 0; i < o->parameters; i++)
        o->gradient[i] = hash_gradient(g, sep_graph_parameter(g, i));
    sep_graph_destroy(g);
}

static void by_prediction(float *logits)
{
    sep_graph *g = sep_graph_create(store, false);
    sep_node *x = image_input(g), *y = net(g, x);

    sep_keep(g, y);
    run(g, x);
    assert_int_equal(sep_fetch(g, y, logits), SEP_OK);
    sep_graph_destroy(g);
}

/* ---- tests ------------------------------------------------------------------------------------------------------- */

static int setup(void **state)
{
    const sep_random random = {.seed = 8, .stream = sep_stream("test")};

    (void)state;
    assert_int_equal(sep_cpu_create(2, NULL, &device), SEP_OK);
    assert_int_equal(sep_store_create(device, 1, &store), SEP_OK);
    for (int i = 0; i < PIXELS; i++)
        image[i] = 3.0f * sep_random_uniform(&random, (uint64_t)i);
    for (int i = 0; i < PIXELS * CLASSES; i++)
        wanted[i] = sep_random_uniform(&random, (uint64_t)(PIXELS + i));
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    sep_store_destroy(store);
    sep_device_destroy(device);
    return 0;
}

/* The bits of a graph that is not for training, with the running statistics as the step found them; and a gradient for
 * every parameter, whose own batch norms read the same ones. */
static void test_beside_training(void **state)
{
    static outcome alone, accompanied;
    static float predicted[PIXELS * CLASSES];
    uint64_t before, after;

    (void)state;
    by_inference(BEFORE, &accompanied); /* so that the running statistics are some network's */
    for (beside training = BEFORE; training <= AFTER; training++) {
        by_prediction(predicted);
        by_inference(NOWHERE, &alone);
        assert_memory_equal(alone.logits, predicted, sizeof predicted);
        assert_int_equal(sep_store_hash(store, &before), SEP_OK);
        by_inference(training, &accompanied);
        assert_memory_equal(accompanied.logits, predicted, sizeof predicted);
        assert_int_equal(accompanied.parameters, alone.parameters);
        assert_memory_equal(accompanied.gradient, alone.gradient, (size_t)alone.parameters * sizeof alone.gradient[0]);
        assert_int_equal(sep_store_hash(store, &after), SEP_OK);
        assert_true(after != before); /* the pass that trains has moved them */
    }
}

static void test_statistics_stay(void **state)
{
    static outcome alone;
    uint64_t before, after;

    (void)state;
    by_inference(NOWHERE, &alone); /* allocates the tensors, where it is the first */
    assert_int_equal(sep_store_hash(store, &before), SEP_OK);
    by_inference(NOWHERE, &alone);
    assert_int_equal(sep_store_hash(store, &after), SEP_OK);
    assert_true(after == before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_beside_training),
        cmocka_unit_test(test_statistics_stay),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
