/* The networks are the published ones: parameter counts, multiply-adds, and what they refuse. */
#include "septum/nets.h"
#include "septum/ops.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

typedef struct published {
    const char *what;
    sep_net_spec spec;
    int64_t parameters;
    double giga_multiply_adds;
} published;

static const published nets[] = {
    {"U-Net, 4 classes", {.kind = SEP_U_NET, .classes = 4}, 1813764, 2.950},
    {"U-Net, 9 classes", {.kind = SEP_U_NET, .classes = 9}, 1814489, 2.997},
    {"U-Net, transposed", {.kind = SEP_U_NET, .classes = 4, .transposed = true}, 1944324, 0.0},
    {"U-Net, 32 wide", {.kind = SEP_U_NET, .classes = 4, .base = 32}, 7244292, 0.0},
    {"U-Net, 32 wide, transposed", {.kind = SEP_U_NET, .classes = 4, .base = 32, .transposed = true}, 7766532, 0.0},
    {"Swin-Unet, 4 classes", {.kind = SEP_SWIN_UNET, .classes = 4}, 27168420, 0.0},
    {"Swin-Unet, 9 classes", {.kind = SEP_SWIN_UNET, .classes = 9}, 27168900, 0.0},
    {"CS-Unet, 9 classes", {.kind = SEP_CS_UNET, .classes = 9}, 24690576, 0.0},
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
        sep_node *x = sep_input(f.graph, "image", SEP_SHAPE(2, spec.height, spec.width, 1), SEP_F32);
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
        fixture f = build(nets[i].spec, false);
        assert_int_equal(f.status, SEP_OK);
        assert_int_equal(sep_store_elements(f.store, SEP_ROLE_PARAMETER, ""), nets[i].parameters);
        if (nets[i].giga_multiply_adds > 0.0)
            assert_float_equal((float)((double)sep_graph_multiply_adds(f.graph) / 2e9),
                               (float)nets[i].giga_multiply_adds, 1e-3f);
        assert_int_equal(sep_shape_last(sep_node_shape(f.output.logits)), nets[i].spec.classes);
        destroy(&f);
    }
}

/* The feature maps that contrastive losses take lie where they say. */
static void test_feature_maps(void **state)
{
    (void)state;
    for (int kind = 0; kind < SEP_NET_KINDS; kind++) {
        fixture f = build((sep_net_spec){.kind = (sep_net_kind)kind, .classes = 4}, false);
        int height = sep_node_shape(f.output.logits)->dim[1];
        assert_int_equal(sep_node_shape(f.output.full)->dim[1], height);
        assert_int_equal(sep_node_shape(f.output.quarter)->dim[1], height / 4);
        assert_int_equal(sep_node_shape(f.output.eighth)->dim[1], height / 8);
        destroy(&f);
    }
}

static void test_refusals(void **state)
{
    sep_net_spec odd = {.kind = SEP_U_NET, .classes = 4, .height = 100, .width = 96};
    sep_net_spec big = {.kind = SEP_SWIN_UNET, .classes = 4, .height = 256, .width = 256};
    sep_net_spec one = {.kind = SEP_U_NET, .classes = 1};

    (void)state;
    assert_int_equal(sep_net_complete(&odd), SEP_ERR_SHAPE);
    assert_non_null(strstr(sep_error_text(), "multiples of 16"));
    assert_int_equal(sep_net_complete(&big), SEP_ERR_SHAPE);
    assert_non_null(strstr(sep_error_text(), "multiples of 224"));
    assert_int_equal(sep_net_complete(&one), SEP_ERR_ARGUMENT);
    assert_int_equal(sep_net_find("v-net"), SEP_NET_KINDS);
}

/* Batch norm, activation and dropout become one operation: 18 layers of a U-Net, of which 5 have a dropout behind.
 * Three sums follow what each layer computes (statistics, bias gradient, what the norm's gradient takes away), but for
 * the last of them below the three 1x1 convolutions that are linear layers: those take no follower. The decoder's 4
 * concatenations and the slices of their gradients need no call. */
static void test_fusion_and_plan(void **state)
{
    fixture f = build((sep_net_spec){.kind = SEP_U_NET, .classes = 4}, true);
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
        cmocka_unit_test(test_published_counts),
        cmocka_unit_test(test_feature_maps),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_fusion_and_plan),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
