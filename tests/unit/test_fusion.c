/* A U-Net's training steps, fused as the device can and not at all: the same bits, less memory, and the same operation
 * named when something is not finite. */
#include "septum/nets.h"
#include "septum/ops.h"
#include "support.h"
#include "support_net.h"

#include <inttypes.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { BATCH = 2, CLASSES = 3, STEPS = 3 };

typedef struct network {
    sep_device *device;
    sep_store *store;
    sep_graph *graph;
    sep_node *image, *label, *hyper;
    sep_memory_plan plan;
} network;

static void must(sep_status status)
{
    if (status != SEP_OK)
        fail_msg("%s", sep_error_text());
}

static network build(const sep_net_spec *spec, const char *simd, int threads, bool fused)
{
    network n = {0};
    sep_net_output output;
    sep_optimiser adam = sep_optimiser_default(SEP_ADAMW);

    must(sep_cpu_create(threads, simd, &n.device));
    must(sep_store_create(n.device, 1, &n.store));
    n.graph = sep_graph_create(n.store, true);
    if (!fused)
        sep_graph_keep_unfused(n.graph);
    n.image = sep_input(n.graph, "image", SEP_SHAPE(BATCH, spec->height, spec->width, 1), SEP_F32);
    n.label = sep_input(n.graph, "label", SEP_SHAPE(BATCH, spec->height, spec->width), SEP_I32);
    n.hyper = sep_input(n.graph, "hyper", SEP_SHAPE(4), SEP_F32);
    must(sep_net_build(n.graph, spec, n.image, &output));
    sep_node *loss = sep_cross_entropy(n.graph, output.logits, n.label);
    sep_guard(n.graph, loss);
    must(sep_graph_differentiate(n.graph, loss));
    must(sep_optimise(n.graph, "", &adam, n.hyper));
    must(sep_graph_plan(n.graph, &n.plan));
    return n;
}

static void destroy(network *n)
{
    sep_graph_destroy(n->graph);
    sep_store_destroy(n->store);
    sep_device_destroy(n->device);
}

static sep_status step(network *n, const sep_net_spec *spec, uint32_t iteration)
{
    must(sep_graph_compile(n->graph));

    int pixels = BATCH * spec->height * spec->width;
    float *image = sep_calloc((size_t)pixels, sizeof *image), hyper[4];
    int32_t *label = sep_calloc((size_t)pixels, sizeof *label);
    sep_optimiser adam = sep_optimiser_default(SEP_ADAMW);
    sep_random random = {.seed = 5, .iteration = iteration};

    assert_true(image != NULL && label != NULL);
    for (int i = 0; i < pixels; i++) {
        image[i] = sep_random_uniform(&random, (uint64_t)i);
        label[i] = (int32_t)sep_random_below(&random, (uint64_t)(pixels + i), CLASSES);
    }
    sep_optimiser_hyper(&adam, 1e-3, iteration, hyper);
    must(sep_feed(n->graph, n->image, image));
    must(sep_feed(n->graph, n->label, label));
    must(sep_feed(n->graph, n->hyper, hyper));
    sep_free(image);
    sep_free(label);
    return sep_graph_run(n->graph, &(sep_step_info){.seed = 3, .iteration = iteration});
}

static uint64_t train(const sep_net_spec *spec, const char *simd, int threads, bool fused, sep_memory_plan *plan)
{
    network n = build(spec, simd, threads, fused);
    uint64_t hash;

    for (uint32_t i = 0; i < STEPS; i++)
        must(step(&n, spec, i));
    must(sep_store_hash(n.store, &hash));
    *plan = n.plan;
    destroy(&n);
    return hash;
}

static void check_bits(sep_net_spec spec, int fused)
{
    sep_memory_plan apart, together;
    const char *tables[4];
    int count = support_tables(tables);

    must(sep_net_complete(&spec));
    uint64_t wanted = train(&spec, NULL, 2, false, &apart);
    for (int t = 0; t < count; t++)
        for (int threads = 1; threads <= 3; threads++) {
            uint64_t hash = train(&spec, tables[t], threads, true, &together);
            if (hash != wanted)
                fail_msg("%dx%d on %s with %d threads: %016" PRIx64 " instead of %016" PRIx64, spec.height, spec.width,
                         tables[t], threads, hash, wanted);
            assert_true(together.fused > fused);
            assert_true(together.nodes < apart.nodes - 60);
        }
    assert_int_equal(apart.fused, 0);
}

static void test_same_bits(void **state)
{
    (void)state;
    check_bits(support_net("u-net", "base = 4", CLASSES, 48, 80), 80);
    check_bits(support_net("u-net", "base = 16", CLASSES, 32, 32), 80);
}

static void test_same_bits_transposed(void **state)
{
    (void)state;
    check_bits(support_net("u-net", "base = 8\nupsampling = transposed", CLASSES, 32, 48), 68);
}

/* The logits of a network in inference, after a step of training, for running statistics of its own. */
static void infer(const sep_net_spec *spec, const char *simd, int threads, bool fused, float *logits, int *followers)
{
    network n = build(spec, simd, threads, false);
    sep_graph *g = sep_graph_create(n.store, false);
    sep_node *image = sep_input(g, "image", SEP_SHAPE(BATCH, spec->height, spec->width, 1), SEP_F32);
    float *values = sep_calloc((size_t)BATCH * (size_t)spec->height * (size_t)spec->width, sizeof *values);
    sep_net_output output;
    sep_memory_plan plan;

    must(step(&n, spec, 0));
    if (!fused)
        sep_graph_keep_unfused(g);
    must(sep_net_build(g, spec, image, &output));
    sep_keep(g, output.logits);
    must(sep_graph_plan(g, &plan));
    *followers = plan.fused;
    must(sep_graph_compile(g));
    for (int i = 0; i < BATCH * spec->height * spec->width; i++)
        values[i] = sinf((float)i);
    must(sep_feed(g, image, values));
    must(sep_graph_run(g, &(sep_step_info){0}));
    must(sep_fetch(g, output.logits, logits));
    sep_free(values);
    sep_graph_destroy(g);
    destroy(&n);
}

/* There batch norm itself goes along with the convolution. */
static void test_same_bits_in_inference(void **state)
{
    sep_net_spec spec = support_net("u-net", "base = 8", CLASSES, 48, 80);
    enum { LOGITS = BATCH * 48 * 80 * CLASSES };
    float *wanted = sep_calloc(LOGITS, sizeof *wanted), *logits = sep_calloc(LOGITS, sizeof *logits);
    const char *tables[4];
    int count = support_tables(tables), fused;

    (void)state;
    must(sep_net_complete(&spec));
    infer(&spec, NULL, 2, false, wanted, &fused);
    assert_int_equal(fused, 0);
    for (int t = 0; t < count; t++)
        for (int threads = 1; threads <= 3; threads++) {
            infer(&spec, tables[t], threads, true, logits, &fused);
            assert_true(fused >= 18);
            assert_memory_equal(logits, wanted, LOGITS * sizeof *wanted);
        }
    sep_free(wanted);
    sep_free(logits);
}

/* A concatenation in place of its first part: the four skip connections are not stored twice. */
static void test_less_memory(void **state)
{
    sep_net_spec spec = support_net("u-net", NULL, CLASSES, 256, 256);

    (void)state;
    must(sep_net_complete(&spec));
    network apart = build(&spec, NULL, 2, false), together = build(&spec, NULL, 2, true);
    size_t skips = (size_t)BATCH * 256 * 256 * 16 * sizeof(float) * 15 / 8;
    assert_true(together.plan.activations < apart.plan.activations - skips * 9 / 10);
    destroy(&apart);
    destroy(&together);
}

/* The parts of a concatenation come at different times; what lies beside the first is old memory, and no fault. */
static void test_first_nan_is_named(void **state)
{
    sep_net_spec spec = support_net("u-net", "base = 4", CLASSES, 32, 32);

    (void)state;
    must(sep_net_complete(&spec));
    for (int fused = 0; fused < 2; fused++) {
        network n = build(&spec, NULL, 1, fused);

        must(step(&n, &spec, 0)); /* leaves values everywhere */
        sep_tensor *bias = sep_store_find(n.store, "decoder_1.reduce.bias");
        assert_non_null(bias);
        must(sep_tensor_write(n.store, bias, (const float[8]){0.0f, NAN}));
        assert_int_equal(step(&n, &spec, 1), SEP_ERR_NUMERIC);
        if (strstr(sep_error_text(), "decoder_1.reduce.conv2d (") == NULL)
            fail_msg("%s", sep_error_text());
        destroy(&n);
    }
}

/* A reader that can't step over channels, or a value that is kept, keeps a concatenation as it is. */
static void test_concatenation_stays(void **state)
{
    (void)state;
    for (int kept = 0; kept < 3; kept++) {
        sep_device *device;
        sep_store *store;
        sep_memory_plan plan;
        const float values[16] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
        float whole[128], part[64];

        must(sep_cpu_create(1, NULL, &device));
        must(sep_store_create(device, 1, &store));
        sep_graph *g = sep_graph_create(store, true);
        sep_node *x = sep_input(g, "x", SEP_SHAPE(1, 4, 4, 1), SEP_F32);
        sep_node *up = sep_upsample_bilinear(g, x), *norm = sep_batch_norm(g, "norm", sep_upsample_nearest(g, x));
        sep_node *both = sep_concat(g, norm, up), *reader = kept == 1 ? sep_scale(g, up, 2.0f) : sep_max_pool(g, norm);

        sep_keep(g, both);
        sep_keep(g, reader);
        if (kept == 2)
            sep_keep(g, up);
        must(sep_graph_plan(g, &plan));
        assert_int_equal(plan.fused, kept == 0);
        must(sep_graph_compile(g));
        must(sep_feed(g, x, values));
        must(sep_graph_run(g, &(sep_step_info){0}));
        must(sep_fetch(g, both, whole));
        assert_true(whole[1] == 1.0f && whole[127] == 16.0f);
        if (kept == 0) { /* pooling reads every second float */
            must(sep_fetch(g, reader, part));
            for (int i = 0; i < 16; i++)
                assert_true(part[i] == whole[2 * (i / 4 * 16 + i % 4 * 2)]);
        }
        sep_graph_destroy(g);
        sep_store_destroy(store);
        sep_device_destroy(device);
    }
}

/* The second dropout of a scope draws the same, whether the first was fused away before it was built or not. */
static void test_later_dropout_draws_the_same(void **state)
{
    float drawn[2][64], values[64];

    (void)state;
    for (int i = 0; i < 64; i++)
        values[i] = (float)(i + 1);
    for (int fused = 0; fused < 2; fused++) {
        sep_device *device;
        sep_store *store;

        must(sep_cpu_create(1, NULL, &device));
        must(sep_store_create(device, 1, &store));
        sep_graph *g = sep_graph_create(store, true);
        if (!fused)
            sep_graph_keep_unfused(g);
        sep_node *x = sep_input(g, "x", SEP_SHAPE(1, 8, 8, 1), SEP_F32);
        sep_node *first = sep_dropout(g, sep_relu(g, sep_batch_norm(g, "norm", x)), 0.5f);
        must(sep_graph_differentiate(g, sep_mse(g, first, x)));
        sep_node *second = sep_dropout(g, x, 0.5f);
        sep_keep(g, second);
        must(sep_graph_compile(g));
        must(sep_feed(g, x, values));
        must(sep_graph_run(g, &(sep_step_info){.seed = 3}));
        must(sep_fetch(g, second, drawn[fused]));
        sep_graph_destroy(g);
        sep_store_destroy(store);
        sep_device_destroy(device);
    }
    assert_memory_equal(drawn[0], drawn[1], sizeof drawn[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_bits),
        cmocka_unit_test(test_same_bits_transposed),
        cmocka_unit_test(test_same_bits_in_inference),
        cmocka_unit_test(test_less_memory),
        cmocka_unit_test(test_first_nan_is_named),
        cmocka_unit_test(test_concatenation_stays),
        cmocka_unit_test(test_later_dropout_draws_the_same),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
