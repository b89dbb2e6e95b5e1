/* The networks are the published ones: parameter counts, multiply-adds, and what they refuse. */
#include "septum/nets.h"
#include "septum/ops.h"
#include "support_net.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

typedef struct published {
    const char *net, *settings;
    int classes;
    int64_t parameters;
    double giga_multiply_adds;
} published;

#define LINEAR_FROM_ATTENTION_ON "attention_output = linear\nfeed_forward = perceptron\ndecoder = linear"

static const published nets[] = {
    {"u-net", NULL, 4, 1813764, 2.950},
    {"u-net", NULL, 9, 1814489, 2.997},
    {"u-net", "upsampling = transposed", 4, 1944324, 0.0},
    {"u-net", "base = 32", 4, 7244292, 0.0},
    {"u-net", "base = 32\nupsampling = transposed", 4, 7766532, 0.0},
    {"u-net", "base = 64\nupsampling = transposed", 4, 31044612, 0.0},
    {"att-unet", NULL, 4, 34877616, 0.0},
    {"swin-unet", NULL, 4, 27168420, 0.0},
    {"swin-unet", NULL, 9, 27168900, 0.0},
    {"cs-unet", NULL, 9, 24690576, 0.0},
    /* rows 0, 2, 3, 4, 5 of the thesis's Table 3.3, which has 27.15, 21.55, 19.63, 19.84 and 24.68 million */
    {"cs-unet", "embedding = linear\nprojection = linear\nposition_bias = true\n" LINEAR_FROM_ATTENTION_ON, 9, 27168900,
     0.0},
    {"cs-unet", "position_bias = true\n" LINEAR_FROM_ATTENTION_ON, 9, 21576372, 0.0},
    {"cs-unet", "feed_forward = perceptron\ndecoder = linear", 9, 19634064, 0.0},
    {"cs-unet", "decoder = linear", 9, 19849488, 0.0},
    {"cs-unet", "position_bias = true", 9, 24712884, 0.0},
    {"cs-unet", "feed_forward = convolution", 9, 26412048, 0.0},
    {"cs-unet", "feed_forward = residual", 9, 44008848, 0.0},
    {"cs-unet", "feed_forward = pre-activation", 9, 44008848, 0.0},
    {"cs-unet", "feed_forward = resnext", 9, 10813392, 0.0},
    {"vit", NULL, 9, 91674201, 0.0},
    {"trans-unet", NULL, 9, 105277081, 0.0},
    {"r50-unet", NULL, 9, 26924809, 0.0},
    {"r50-unet", "skips = none", 9, 23938825, 0.0},
    {"r50-att-unet", NULL, 9, 24273522, 0.0},
    {"r50-vit", NULL, 9, 103765657, 0.0},
    {"mt-unet", NULL, 4, 75268334, 0.0},
    {"batformer", NULL, 4, 2072288, 6.096},
    {"batformer", "shared_keys = true", 4, 2006752, 0.0},
};

typedef struct fixture {
    sep_device *device;
    sep_store *store;
    sep_graph *graph;
    sep_net_output output;
    sep_status status;
} fixture;

static fixture build(sep_net_spec spec, bool training)
{
    fixture f = {0};

    assert_int_equal(sep_cpu_create(1, NULL, &f.device), SEP_OK);
    assert_int_equal(sep_store_create(f.device, 1, &f.store), SEP_OK);
    f.graph = sep_graph_create(f.store, training);
    f.status = sep_net_complete(&spec);
    if (f.status == SEP_OK) {
        sep_node *x = sep_input(f.graph, "image", SEP_SHAPE(2, spec.height, spec.width, spec.channels), SEP_F32);
        f.status = sep_net_build(f.graph, &spec, x, &f.output);
    }
    return f;
}

static void destroy(fixture *f)
{
    sep_graph_destroy(f->graph);
    sep_store_destroy(f->store);
    sep_device_destroy(f->device);
}

static void test_published_counts(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof nets / sizeof nets[0]; i++) {
        fixture f = build(support_net(nets[i].net, nets[i].settings, nets[i].classes, 0, 0), false);
        assert_int_equal(f.status, SEP_OK);
        assert_int_equal(sep_store_elements(f.store, SEP_ROLE_PARAMETER, ""), nets[i].parameters);
        if (nets[i].giga_multiply_adds > 0.0)
            assert_float_equal((float)((double)sep_graph_multiply_adds(f.graph) / 2e9),
                               (float)nets[i].giga_multiply_adds, 1e-3f);
        assert_int_equal(sep_shape_last(sep_node_shape(f.output.logits)), nets[i].classes);
        destroy(&f);
    }
}

/* The feature maps that contrastive losses take lie where they say. */
static void test_feature_maps(void **state)
{
    (void)state;
    for (int i = 0; sep_nets[i] != NULL; i++) {
        fixture f = build(support_net(sep_nets[i]->name, NULL, 4, 0, 0), false);
        int height = sep_node_shape(f.output.logits)->dim[1];
        assert_int_equal(sep_node_shape(f.output.full)->dim[1], height);
        assert_int_equal(sep_node_shape(f.output.quarter)->dim[1], height / 4);
        assert_int_equal(sep_node_shape(f.output.eighth)->dim[1], height / 8);
        destroy(&f);
    }
}

static void test_refusals(void **state)
{
    sep_net_spec odd = support_net("u-net", NULL, 4, 100, 96), big = support_net("swin-unet", NULL, 4, 256, 256);
    sep_net_spec one = support_net("u-net", NULL, 1, 0, 0), none = {.classes = 4};
    sep_net_spec unread = {.net = sep_net_find("u-net"), .classes = 4};
    sep_net_spec uneven = support_net("cs-unet", "base = 96\nhead_channels = 36", 4, 0, 0);

    (void)state;
    assert_int_equal(sep_net_complete(&odd), SEP_ERR_SHAPE);
    assert_non_null(strstr(sep_error_text(), "multiples of 16"));
    assert_int_equal(sep_net_complete(&big), SEP_ERR_SHAPE);
    assert_non_null(strstr(sep_error_text(), "multiples of 224"));
    assert_int_equal(sep_net_complete(&one), SEP_ERR_ARGUMENT);
    assert_int_equal(sep_net_complete(&none), SEP_ERR_ARGUMENT);
    assert_int_equal(sep_net_complete(&unread), SEP_ERR_ARGUMENT);
    assert_string_equal(sep_error_text(), "u-net: 'base' is 0: 1 to 1024 are possible");
    assert_int_equal(sep_net_complete(&uneven), SEP_ERR_ARGUMENT);
    assert_non_null(strstr(sep_error_text(), "heads of 36"));
    sep_net_spec odd_window = support_net("batformer", "window = 15", 4, 0, 0);
    assert_int_equal(sep_net_complete(&odd_window), SEP_ERR_ARGUMENT);
    assert_non_null(strstr(sep_error_text(), "windows of 15 pixels"));
    sep_net_spec sides = support_net("batformer", "side_full = 0.5\nside_half = 0.5", 4, 0, 0);
    assert_int_equal(sep_net_complete(&sides), SEP_ERR_ARGUMENT);
    assert_non_null(strstr(sep_error_text(), "side outputs weigh 1.1 together"));
    assert_null(sep_net_find("v-net"));
    assert_int_equal(sep_net_spec_read("v-net", NULL, &none), SEP_ERR_ARGUMENT);
    assert_non_null(strstr(sep_error_text(), "there are u-net, att-unet, swin-unet, cs-unet"));
    assert_int_equal(sep_net_spec_read("u-net", "window = 7", &none), SEP_ERR_FORMAT);
    assert_int_equal(sep_net_spec_read("u-net", "base = 2000", &none), SEP_ERR_FORMAT);
}

/* A network's struct has room in the description, and its settings lie within the struct. */
static void test_options_fit(void **state)
{
    (void)state;
    for (int i = 0; sep_nets[i] != NULL; i++) {
        assert_true(sep_nets[i]->options_size <= SEP_NET_OPTIONS);
        for (const sep_setting *s = sep_nets[i]->settings; s->name != NULL; s++)
            assert_true(s->offset < sep_nets[i]->options_size);
    }
}

/* Maps come finest first, each half as large as the one before, and the decoder needs no more than them. */
static void test_halves(void **state)
{
    (void)state;
    for (int i = 0; sep_nets[i] != NULL; i++) {
        sep_net_spec spec = support_net(sep_nets[i]->name, NULL, 4, 0, 0);
        fixture f = build(spec, false);
        int nodes = sep_graph_node_count(f.graph);
        sep_maps maps;
        sep_net_output again;

        sep_node *x = sep_input(f.graph, "x", SEP_SHAPE(2, sep_nets[i]->height, sep_nets[i]->width, 1), SEP_F32);
        assert_int_equal(sep_net_encode(f.graph, &spec, x, &maps), SEP_OK);
        for (int m = 1; m < maps.count; m++)
            assert_int_equal(2 * sep_node_shape(maps.map[m])->dim[1], sep_node_shape(maps.map[m - 1])->dim[1]);
        assert_int_equal(sep_net_decode(f.graph, &spec, &maps, &again), SEP_OK);
        assert_true(sep_shape_equal(sep_node_shape(again.logits), sep_node_shape(f.output.logits)));
        assert_int_equal(sep_graph_node_count(f.graph), 2 * nodes);
        destroy(&f);
    }
}

/* An image of several channels, for who builds networks on something else than slices. */
static void test_channels(void **state)
{
    (void)state;
    for (int i = 0; sep_nets[i] != NULL; i++) {
        sep_net_spec spec = support_net(sep_nets[i]->name, NULL, 4, 0, 0);
        spec.channels = 3;
        fixture f = build(spec, false);
        sep_net_output output;
        assert_int_equal(f.status, SEP_OK);
        spec.channels = 1;
        sep_node *x = sep_input(f.graph, "x", SEP_SHAPE(2, sep_nets[i]->height, sep_nets[i]->width, 3), SEP_F32);
        assert_int_equal(sep_net_build(f.graph, &spec, x, &output), SEP_ERR_SHAPE);
        destroy(&f);
    }
}

/* Batch norm, activation and dropout become one operation: 18 layers of a U-Net, of which 5 have a dropout behind.
 * Three sums follow what each layer computes (statistics, bias gradient, what the norm's gradient takes away), but for
 * the last of them below the three 1x1 convolutions that are linear layers: those take no follower. The decoder's 4
 * concatenations and the slices of their gradients need no call. */
static void test_fusion_and_plan(void **state)
{
    fixture f = build(support_net("u-net", NULL, 4, 0, 0), true);
    sep_memory_plan plan;

    (void)state;
    assert_int_equal(f.status, SEP_OK);
    sep_node *labels = sep_input(f.graph, "label", SEP_SHAPE(2, 256, 256), SEP_I32);
    sep_node *loss = sep_cross_entropy(f.graph, f.output.logits, labels);
    sep_guard(f.graph, loss);
    assert_int_equal(sep_graph_differentiate(f.graph, loss), SEP_OK);
    sep_node *hyper = sep_input(f.graph, "hyper", SEP_SHAPE(4), SEP_F32);
    sep_optimiser adam = sep_optimiser_default(SEP_ADAMW);
    assert_int_equal(sep_optimise(f.graph, "", &adam, hyper), SEP_OK);
    assert_int_equal(sep_graph_plan(f.graph, &plan), SEP_OK);
    assert_int_equal(plan.fused, 18 + 5 + (3 * 18 - 3) + 3 * 4);
    assert_true(plan.activations < plan.unshared / 2);
    assert_int_equal(plan.parameters, 1813764 * sizeof(float));
    assert_int_equal(plan.optimiser, 2 * plan.parameters);
    destroy(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_published_counts), cmocka_unit_test(test_feature_maps),
        cmocka_unit_test(test_halves),           cmocka_unit_test(test_channels),
        cmocka_unit_test(test_refusals),         cmocka_unit_test(test_fusion_and_plan),
        cmocka_unit_test(test_options_fit),

    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
