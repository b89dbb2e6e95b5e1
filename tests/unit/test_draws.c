/* Choosing rows within a graph: a tiny method that keeps what it draws in rings, broken off and continued; what does
 * not fit together. */
#include "septum/ops.h"
#include "support_graph.h"
#include "support_training.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* ---- a method ---------------------------------------------------------------------------------------------------- */

enum { CAPACITY = 25, TAKEN = 10, COMPARED = 4 };

/* Keeps pixels of each class by their number. What it learns depends on which slots are filled: they are the labels of
 * a cross entropy, of which the first few are classes. */
static sep_status build(sep_step *s)
{
    sep_graph *g = s->graph;
    sep_node *logits = sep_student_halves(s, 0).labelled;

    if (logits == NULL)
        return sep_graph_status(g);
    const sep_shape slots = SEP_SHAPE(SUPPORT_CLASSES * CAPACITY, 1);
    sep_node *bank = sep_memory(s, "bank", slots, SEP_I32);
    sep_node *state = sep_memory(s, "state", SEP_SHAPE(SUPPORT_CLASSES), SEP_I32);
    sep_node *uniform = sep_host_uniform(s, "drawing.taken", SEP_SHAPE(SUPPORT_CLASSES, TAKEN));
    sep_node *drawn = sep_draw_once(g, sep_one_hot(g, s->label, SUPPORT_CLASSES), uniform);

    sep_put(g, bank, sep_ring_slots(g, state, drawn, CAPACITY), drawn);
    sep_overwrite(g, state, sep_ring_next(g, state, drawn, CAPACITY));
    uniform = sep_host_uniform(s, "drawing.compared", SEP_SHAPE(SUPPORT_CLASSES, COMPARED));
    sep_node *compared = sep_ring_draw(g, state, uniform, CAPACITY);
    sep_node *pixels = sep_reshape(g, logits, SEP_SHAPE((int)sep_shape_rows(sep_node_shape(logits)), SUPPORT_CLASSES));
    sep_node *first = sep_batch_range(g, pixels, 0, SUPPORT_CLASSES * COMPARED);
    sep_learn(s, 0, "supervised", sep_supervised_loss(s, logits), NULL);
    sep_learn(s, 0, "compared", sep_cross_entropy(g, first, compared), NULL);
    return sep_graph_status(g);
}

static const sep_method drawing = {
    .name = "drawing", .summary = "", .students_low = 1, .students_high = 1, .build = build};

static void test_run_goes_on(void **state)
{
    sep_dataset *dataset = support_phantoms();
    support_training r;

    (void)state;
    support_training_configure(&r, dataset, "supervised", "");
    r.config.method = &drawing;
    support_check_method(&r, "drawing", (const int64_t[]){3, -1});
    sep_options_destroy(r.options);
    sep_dataset_destroy(dataset);
}

/* ---- on a graph of its own --------------------------------------------------------------------------------------- */

/* Two steps of a ring of 3 slots for each of 2 classes; the masks' rows are kept by number. */
static void test_ring_turns(void **state)
{
    static const float masks[2][8] = {{1, 0, 1, 0, 0, 0, 1, 0}, {0, 1, 1, 0, 1, 0, 1, 1}}, uniform[4] = {0};
    static const int32_t banks[2][6] = {{0, 1, 0, 0, 0, 0}, {2, 1, 1, 0, 3, 0}}, states[2][2] = {{2, 0}, {4, 2}};
    support_graph *f = *state;
    sep_graph *g = f->graph;
    sep_node *mask = sep_input(g, "mask", SEP_SHAPE(4, 2), SEP_F32);
    sep_node *numbers = sep_input(g, "uniform", SEP_SHAPE(2, 2), SEP_F32);
    sep_node *bank = sep_memory_tensor(g, "bank", SEP_SHAPE(6, 1), SEP_I32);
    sep_node *turn = sep_memory_tensor(g, "turn", SEP_SHAPE(2), SEP_I32);
    sep_node *drawn = sep_draw_once(g, mask, numbers);
    sep_step_info step = {0};
    int32_t kept[6], next[2];

    sep_put(g, bank, sep_ring_slots(g, turn, drawn, 3), drawn);
    sep_overwrite(g, turn, sep_ring_next(g, turn, drawn, 3));
    assert_int_equal(sep_graph_compile(g), SEP_OK);
    for (int t = 0; t < 2; t++) {
        assert_int_equal(sep_feed(g, mask, masks[t]), SEP_OK);
        assert_int_equal(sep_feed(g, numbers, uniform), SEP_OK);
        assert_int_equal(sep_graph_run(g, &step), SEP_OK);
        assert_int_equal(sep_tensor_read(f->store, sep_store_find(f->store, "memory.bank"), kept), SEP_OK);
        assert_int_equal(sep_tensor_read(f->store, sep_store_find(f->store, "memory.turn"), next), SEP_OK);
        assert_memory_equal(kept, banks[t], sizeof kept);
        assert_memory_equal(next, states[t], sizeof next);
    }
}

/* ---- what does not fit ------------------------------------------------------------------------------------------- */

static void refused(support_graph *f, const sep_node *node, const char *why)
{
    assert_null(node);
    assert_int_not_equal(sep_graph_status(f->graph), SEP_OK);
    assert_string_equal(sep_error_text(), why);
}

static sep_node *floats(support_graph *f, int rows, int columns)
{
    return sep_input(f->graph, "floats", SEP_SHAPE(rows, columns), SEP_F32);
}

static void test_numbers_for_each_class(void **state)
{
    support_graph *f = *state;

    refused(f, sep_draw(f->graph, floats(f, 9, 3), floats(f, 2, 5)),
            "a draw wants floats, a mask [..., C] of at most 16777216 rows and numbers [C, N]; these are 9x3 and 2x5");
}

static void test_rows_that_floats_count(void **state)
{
    support_graph *f = *state;

    refused(
        f, sep_draw_once(f->graph, floats(f, (1 << 24) + 1, 1), floats(f, 1, 5)),
        "a draw wants floats, a mask [..., C] of at most 16777216 rows and numbers [C, N]; these are 16777217x1 and "
        "1x5");
}

static void test_quantile_of_one_share(void **state)
{
    support_graph *f = *state;

    refused(f, sep_quantile(f->graph, floats(f, 9, 3), floats(f, 2, 1)),
            "a quantile is of at most 16777216 floats, and one share; these are 9x3 and 2x1");
}

static void check_no_patches(support_graph *f, int count, const sep_patches *patches, const char *why)
{
    refused(f, sep_patch_rows(f->graph, floats(f, 2, count), patches), why);
}

static void test_patches_beyond_the_map(void **state)
{
    check_no_patches(*state, 9, &(sep_patches){.height = 16, .width = 14, .patch = 5, .groups = 9},
                     "9 groups of patches of 5x5 pixels can't be made of maps of 16x14 by numbers 2x9");
}

static void test_patches_that_are_no_square(void **state)
{
    check_no_patches(*state, 8, &(sep_patches){.height = 16, .width = 16, .patch = 5, .groups = 8},
                     "8 groups of patches of 5x5 pixels can't be made of maps of 16x16 by numbers 2x8");
}

static void test_more_groups_than_patches(void **state)
{
    check_no_patches(*state, 4, &(sep_patches){.height = 16, .width = 16, .patch = 5, .groups = 5},
                     "5 groups of patches of 5x5 pixels can't be made of maps of 16x16 by numbers 2x4");
}

static sep_node *ring_state(support_graph *f)
{
    return sep_input(f->graph, "state", SEP_SHAPE(3), SEP_I32);
}

static void test_ring_of_rows(void **state)
{
    support_graph *f = *state;

    refused(f, sep_ring_slots(f->graph, ring_state(f), floats(f, 3, 5), 8),
            "a ring's state is whole numbers [C], what it is asked for rows [C, N]; not 3 and 3x5");
}

static void test_ring_of_other_classes(void **state)
{
    support_graph *f = *state;

    refused(f, sep_ring_draw(f->graph, ring_state(f), floats(f, 2, 5), 8),
            "a ring's state is whole numbers [C], what it is asked for numbers [C, N]; not 3 and 2x5");
}

static void test_more_rows_than_slots(void **state)
{
    support_graph *f = *state;
    sep_node *drawn = sep_input(f->graph, "drawn", SEP_SHAPE(3, 9), SEP_I32);

    refused(f, sep_ring_next(f->graph, ring_state(f), drawn, 8), "9 rows at a time don't go into a ring of 8");
}

static void test_ring_without_slots(void **state)
{
    support_graph *f = *state;

    refused(f, sep_ring_draw(f->graph, ring_state(f), floats(f, 3, 5), 0),
            "a ring can't have 0 slots for each of 3 classes");
}

#define WITH_GRAPH(test) cmocka_unit_test_setup_teardown(test, support_graph_setup, support_graph_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_run_goes_on),
        WITH_GRAPH(test_ring_turns),
        WITH_GRAPH(test_numbers_for_each_class),
        WITH_GRAPH(test_rows_that_floats_count),
        WITH_GRAPH(test_quantile_of_one_share),
        WITH_GRAPH(test_patches_beyond_the_map),
        WITH_GRAPH(test_patches_that_are_no_square),
        WITH_GRAPH(test_more_groups_than_patches),
        WITH_GRAPH(test_ring_of_rows),
        WITH_GRAPH(test_ring_of_other_classes),
        WITH_GRAPH(test_more_rows_than_slots),
        WITH_GRAPH(test_ring_without_slots),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
