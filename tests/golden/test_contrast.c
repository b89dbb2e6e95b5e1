/* The denominators of contrastive losses and their gradients against PyTorch's, as graphs (the goldens are made by
 * tests/reference/make_contrast_goldens.py); what is built for whom, and what is refused. */
#include "septum/ops.h"
#include "support_golden.h"
#include "support_graph.h"

#include <string.h>

#define GROUPS  2
#define CLASSES 4

typedef struct form {
    const char *golden;
    int anchors, keys; /* keys 0: the anchors themselves */
    bool keys_learn;
    sep_contrast_sums contrast;
} form;

static const form forms[] = {
    {"balanced_all", 53, 0, true, {0.1f, true, true, true, CLASSES}},
    {"plain_foreground", 53, 0, true, {0.1f, false, true, true, CLASSES}},
    {"balanced_bank", 37, 29, false, {0.1f, true, false, false, CLASSES}},
    {"plain_batch", 37, 29, true, {0.1f, false, false, false, CLASSES}},
};

#define DEPTH 19

typedef struct nodes {
    sep_node *anchor, *key, *anchor_class, *key_class, *dy, *z;
} nodes;

static sep_node *rows_of(sep_graph *g, const char *name, int rows)
{
    return sep_parameter(g, name, SEP_SHAPE(GROUPS, rows, DEPTH), (sep_init){SEP_INIT_NORMAL, 1.0f});
}

static nodes build(sep_graph *g, const form *f)
{
    int keys = f->keys > 0 ? f->keys : f->anchors;
    nodes n = {.anchor = rows_of(g, "anchor", f->anchors)};

    n.key = f->keys > 0 ? rows_of(g, "key", keys) : n.anchor;
    n.anchor_class = sep_input(g, "anchor_class", SEP_SHAPE(GROUPS, f->anchors), SEP_I32);
    n.key_class = sep_input(g, "key_class", SEP_SHAPE(GROUPS, keys), SEP_I32);
    n.dy = sep_input(g, "dy", SEP_SHAPE(GROUPS, f->anchors, 1), SEP_F32);
    n.z = sep_contrast_sum(g, n.anchor, f->keys_learn ? n.key : sep_detach(g, n.key), n.anchor_class, n.key_class,
                           &f->contrast);
    if (n.z == NULL)
        fail_msg("%s", sep_error_text());
    return n;
}

static void differentiate(sep_graph *g, const nodes *n)
{
    sep_node *loss = sep_sum_all(g, sep_mul(g, n->z, n->dy));

    sep_keep(g, n->z);
    assert_int_equal(sep_graph_differentiate(g, loss), SEP_OK);
    for (int i = 0; i < sep_graph_parameter_count(g); i++)
        if (sep_gradient(sep_graph_parameter(g, i)) != NULL)
            sep_keep(g, sep_gradient(sep_graph_parameter(g, i)));
    assert_int_equal(sep_graph_compile(g), SEP_OK);
}

static void bring(support_graph *f, const char *golden, sep_node *node, const char *tensor)
{
    support_array values = golden_array(golden, tensor);
    const sep_tensor *stored = sep_node_tensor(node);

    if (stored != NULL)
        assert_int_equal(sep_tensor_write(f->store, sep_store_find(f->store, stored->name), values.f32), SEP_OK);
    else
        assert_int_equal(sep_feed(f->graph, node, values.f32), SEP_OK);
    support_array_free(&values);
}

static void assert_is(support_graph *f, const char *golden, sep_node *node, const char *tensor)
{
    support_array wanted = golden_array(golden, tensor), got = support_array_create(wanted.shape, SEP_F32);
    size_t count = (size_t)support_count(&wanted);

    assert_non_null(node);
    assert_int_equal(sep_fetch(f->graph, node, got.f32), SEP_OK);
    double off = golden_distance(got.f32, wanted.f32, count) / golden_largest(wanted.f32, count);
    if (!(off < 1e-6))
        fail_msg("%s.%s is off by %g of its largest element", golden, tensor, off);
    support_array_free(&wanted);
    support_array_free(&got);
}

static int calls_of_gradients(const sep_graph *g)
{
    int calls = 0;

    for (int i = 0; i < sep_graph_node_count(g); i++) {
        sep_node_info info;

        sep_graph_node_info(g, i, &info);
        calls += strcmp(info.op, "contrast_dx") == 0;
    }
    return calls;
}

static void check_form(support_graph *f, const form *of)
{
    nodes n = build(f->graph, of);

    differentiate(f->graph, &n);
    bring(f, of->golden, n.anchor, "anchor");
    if (n.key != n.anchor)
        bring(f, of->golden, n.key, "key");
    bring(f, of->golden, n.anchor_class, "anchor_class");
    bring(f, of->golden, n.key_class, "key_class");
    bring(f, of->golden, n.dy, "dy");
    assert_int_equal(sep_graph_run(f->graph, &(sep_step_info){0}), SEP_OK);
    assert_is(f, of->golden, n.z, "y");
    assert_is(f, of->golden, sep_gradient(n.anchor), "danchor");
    if (n.key != n.anchor && of->keys_learn)
        assert_is(f, of->golden, sep_gradient(n.key), "dkey");
    assert_int_equal(calls_of_gradients(f->graph), n.key != n.anchor && of->keys_learn ? 2 : 1);
}

static void test_forms(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        void *graph;

        support_graph_setup(&graph);
        check_form(graph, &forms[i]);
        support_graph_teardown(&graph);
    }
}

/* ---- what does not fit ------------------------------------------------------------------------------------------- */

static sep_status status_of(int anchors, int keys, int key_classes, int depth, sep_dtype dtype,
                            sep_contrast_sums contrast)
{
    void *state;

    support_graph_setup(&state);
    sep_graph *g = ((support_graph *)state)->graph;
    sep_node *anchor = sep_input(g, "anchor", SEP_SHAPE(GROUPS, anchors, 8), SEP_F32);
    sep_node *key = sep_input(g, "key", SEP_SHAPE(GROUPS, keys, depth), SEP_F32);
    sep_node *anchor_class = sep_input(g, "anchor_class", SEP_SHAPE(GROUPS, anchors), SEP_I32);
    sep_node *key_class = sep_input(g, "key_class", SEP_SHAPE(GROUPS, key_classes), dtype);
    sep_contrast_sum(g, anchor, key, anchor_class, key_class, &contrast);
    sep_status status = sep_graph_status(g);

    support_graph_teardown(&state);
    return status;
}

static void test_refuses(void **state)
{
    const sep_contrast_sums good = {.temperature = 0.1f, .classes = 2},
                            self = {.temperature = 0.1f, .skip_self = true, .classes = 2};

    (void)state;
    assert_int_equal(status_of(5, 7, 7, 8, SEP_I32, good), SEP_OK);
    assert_int_equal(status_of(5, 7, 6, 8, SEP_I32, good), SEP_ERR_SHAPE);
    assert_int_equal(status_of(5, 7, 7, 9, SEP_I32, good), SEP_ERR_SHAPE);
    assert_int_equal(status_of(5, 7, 7, 8, SEP_F32, good), SEP_ERR_SHAPE);
    assert_int_equal(status_of(5, 7, 7, 8, SEP_I32, self), SEP_ERR_SHAPE);
    assert_int_equal(status_of(5, 5, 5, 8, SEP_I32, self), SEP_OK);
    assert_int_equal(status_of(5, 7, 7, 8, SEP_I32, (sep_contrast_sums){.temperature = 0.0125f, .classes = 2}), SEP_OK);
    assert_int_equal(status_of(5, 7, 7, 8, SEP_I32, (sep_contrast_sums){.temperature = 0.0124f, .classes = 2}),
                     SEP_ERR_ARGUMENT);
    assert_int_equal(status_of(5, 7, 7, 8, SEP_I32, (sep_contrast_sums){.temperature = 0.1f}), SEP_ERR_ARGUMENT);
}

static int open_goldens(void **state)
{
    (void)state;
    return golden_open("tests/golden/contrast.safetensors");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_forms),
        cmocka_unit_test(test_refuses),
    };

    return cmocka_run_group_tests(tests, open_goldens, golden_close);
}
