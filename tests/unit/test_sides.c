/* Side outputs: what a method learns of them, and that a network without any learns as it does by its logits alone. */
#include "septum/methods.h"
#include "septum/ops.h"
#include "support_graph.h"
#include "support_net.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum { SAMPLES = 3, LABELLED = 2, SIDE = 8, CLASSES = 3, PIXELS = SIDE * SIDE };

/* Labelled samples ahead of one that is not; side outputs at a half and at a quarter of the size. */
typedef struct fixture {
    sep_graph *graph;
    sep_step step;
    sep_halves net;
} fixture;

static sep_node *logits(sep_graph *g, const char *name, int side)
{
    return sep_parameter(g, name, SEP_SHAPE(SAMPLES, side, side, CLASSES), (sep_init){SEP_INIT_NORMAL, 1.0f});
}

static fixture start(void **state, const sep_loss_settings *loss)
{
    sep_graph *g = ((support_graph *)*state)->graph;
    fixture f = {.graph = g};
    sep_net_output *output = &f.net.pass[0];

    f.step = (sep_step){.graph = g,
                        .labelled = LABELLED,
                        .unlabelled = SAMPLES - LABELLED,
                        .image = sep_input(g, "image", SEP_SHAPE(SAMPLES, SIDE, SIDE, 1), SEP_F32),
                        .label = sep_input(g, "label", SEP_SHAPE(LABELLED, SIDE, SIDE), SEP_I32),
                        .loss = loss,
                        .cross_entropy_weight = 0.25f};
    f.step.spec[0].classes = CLASSES;
    output->logits = logits(g, "logits", SIDE);
    output->side[0] = (sep_side){logits(g, "half", SIDE / 2), 0.25f};
    output->side[1] = (sep_side){logits(g, "quarter", SIDE / 4), 0.125f};
    output->sides = 2;
    f.net.labelled = sep_batch_range(g, output->logits, 0, LABELLED);
    return f;
}

/* By 5/8, 1/4 and 1/8. */
static sep_node *weighed_sum(sep_graph *g, sep_node *full, sep_node *half, sep_node *quarter)
{
    sep_node *sum = sep_add(g, sep_scale(g, full, 0.625f), sep_scale(g, half, 0.25f));

    return sep_add(g, sum, sep_scale(g, quarter, 0.125f));
}

static void feed_labels(const fixture *f)
{
    int32_t label[LABELLED * PIXELS];

    for (int i = 0; i < LABELLED * PIXELS; i++)
        label[i] = i * i / 7 % CLASSES;
    assert_int_equal(sep_feed(f->graph, f->step.label, label), SEP_OK);
}

/* Runs what was built: both losses have the same bits. */
static void check_equal(const fixture *f, sep_node *loss, sep_node *wanted, sep_node *distances)
{
    float distance[LABELLED * PIXELS * CLASSES], found, expected;

    sep_keep(f->graph, loss);
    sep_keep(f->graph, wanted);
    assert_int_equal(sep_graph_compile(f->graph), SEP_OK);
    feed_labels(f);
    for (int i = 0; i < LABELLED * PIXELS * CLASSES; i++)
        distance[i] = 4.0f;
    if (distances != NULL)
        assert_int_equal(sep_feed(f->graph, distances, distance), SEP_OK);
    assert_int_equal(sep_graph_run(f->graph, &(sep_step_info){0}), SEP_OK);
    assert_int_equal(sep_fetch(f->graph, loss, &found), SEP_OK);
    assert_int_equal(sep_fetch(f->graph, wanted, &expected), SEP_OK);
    assert_true(isfinite(found) && found > 0.0f);
    assert_memory_equal(&found, &expected, sizeof found);
}

/* Of the labelled samples, from the nearest labels. */
static void test_weights(void **state)
{
    static const sep_loss_settings dice_ce;
    fixture f = start(state, &dice_ce);
    sep_graph *g = f.graph;
    sep_node *loss = sep_supervised_halves(&f.step, &f.net), *part[3];

    part[0] = sep_segmentation_loss(g, f.net.labelled, f.step.label, 0.25f);
    for (int i = 0; i < 2; i++) {
        sep_node *side = sep_batch_range(g, f.net.pass[0].side[i].logits, 0, LABELLED);
        sep_node *label = sep_resize_nearest(g, f.step.label, SIDE >> (i + 1), SIDE >> (i + 1));
        part[i + 1] = sep_segmentation_loss(g, side, label, 0.25f);
    }
    check_equal(&f, loss, weighed_sum(g, part[0], part[1], part[2]), NULL);
}

/* A target of numbers, of all samples. */
static void test_mixture(void **state)
{
    static const sep_loss_settings dice_ce;
    fixture f = start(state, &dice_ce);
    sep_graph *g = f.graph;
    const sep_net_output *output = &f.net.pass[0];
    sep_node *truth = sep_one_hot(g, f.step.label, CLASSES), *first = sep_batch_range(g, truth, 0, 1);
    sep_node *target = sep_concat_batch(g, truth, sep_scale(g, first, 0.5f));
    sep_node *loss = sep_supervised_mixture(&f.step, output, target), *part[3];

    part[0] = sep_weighed_loss(g, output->logits, target, 0.25f);
    for (int i = 0; i < 2; i++) {
        sep_node *small = sep_resize_nearest(g, target, SIDE >> (i + 1), SIDE >> (i + 1));
        part[i + 1] = sep_weighed_loss(g, output->side[i].logits, small, 0.25f);
    }
    check_equal(&f, loss, weighed_sum(g, part[0], part[1], part[2]), NULL);
}

/* What lies 4 pixels from a boundary lies 2 pixels from it at half the size. */
static void test_distances(void **state)
{
    sep_loss_settings boundary = {.loss = sep_loss_find("boundary")};
    const float weight = 0.5f;
    memcpy(&boundary.options, &weight, sizeof weight);
    fixture f = start(state, &boundary);
    sep_graph *g = f.graph;
    sep_node *loss = sep_supervised_halves(&f.step, &f.net), *part[3];

    for (int i = 0; i < 3; i++) {
        sep_node *all = i == 0 ? f.net.pass[0].logits : f.net.pass[0].side[i - 1].logits;
        sep_loss_input input = {.logits = sep_batch_range(g, all, 0, LABELLED),
                                .labels = f.step.label,
                                .cross_entropy_weight = 0.25f,
                                .settings = &boundary};
        const int side = SIDE >> i;
        input.distances = sep_constant(g, SEP_SHAPE(LABELLED, side, side, CLASSES), 4.0f / (float)(1 << i));
        if (i > 0)
            input.labels = sep_resize_nearest(g, f.step.label, side, side);
        part[i] = sep_loss_build(g, &input);
    }
    assert_int_equal(f.step.streams, 1);
    check_equal(&f, loss, weighed_sum(g, part[0], part[1], part[2]), f.step.streamed[0].node);
}

/* No other node is built for a network without side outputs. */
static void test_without(void **state)
{
    static const sep_loss_settings dice_ce;
    fixture f = start(state, &dice_ce);

    f.net.pass[0].sides = 0;
    sep_node *loss = sep_supervised_halves(&f.step, &f.net);
    check_equal(&f, loss, sep_segmentation_loss(f.graph, f.net.labelled, f.step.label, 0.25f), NULL);
}

static sep_net_output build(sep_graph *g, const char *settings)
{
    const sep_net_spec spec = support_net("batformer", settings, 4, 64, 64);
    sep_net_output output;
    sep_node *x = sep_input(g, "image", SEP_SHAPE(2, 64, 64, 1), SEP_F32);

    assert_int_equal(sep_net_build(g, &spec, x, &output), SEP_OK);
    return output;
}

/* Weights of 0 leave them out. */
static void test_batformer(void **state)
{
    sep_graph *g = ((support_graph *)*state)->graph;
    const sep_net_output all = build(g, NULL), one = build(g, "side_full = 0\nside_half = 0.5\nside_quarter = 0");

    assert_int_equal(all.sides, 3);
    for (int i = 0; i < 3; i++) {
        const sep_shape wanted = SEP_SHAPE(2, 64 >> i, 64 >> i, 4);
        assert_true(sep_shape_equal(sep_node_shape(all.side[i].logits), &wanted));
    }
    assert_int_equal(one.sides, 1);
    assert_int_equal(sep_node_shape(one.side[0].logits)->dim[1], 32);
}

#define IN_A_GRAPH(test) cmocka_unit_test_setup_teardown(test, support_graph_setup, support_graph_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_A_GRAPH(test_weights), IN_A_GRAPH(test_mixture),   IN_A_GRAPH(test_distances),
        IN_A_GRAPH(test_without), IN_A_GRAPH(test_batformer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
