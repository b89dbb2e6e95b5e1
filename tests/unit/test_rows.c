/* Rows of maps in a graph: what the builders make of shapes and types, and what they refuse. */
#include "septum/ops.h"
#include "support_graph.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static sep_node *floats(sep_graph *g, const char *name, sep_shape shape)
{
    return sep_input(g, name, shape, SEP_F32);
}

static sep_node *whole(sep_graph *g, const char *name, sep_shape shape)
{
    return sep_input(g, name, shape, SEP_I32);
}

static void assert_shape(const sep_node *node, sep_shape wanted)
{
    assert_non_null(node);
    assert_true(sep_shape_equal(sep_node_shape(node), &wanted));
}

/* Pixels of a map with their labels: one has none, and is not there. */
static void test_drawn_pixels(void **state)
{
    static const float map[2][2][2] = {{{1, 2}, {3, 4}}, {{5, 6}, {7, 8}}};
    static const int32_t labels[4] = {10, 11, 12, 13}, drawn[3] = {3, -1, 0};
    static const float pixels_wanted[6] = {7, 8, 0, 0, 1, 2}, sums_wanted[4] = {1, 2, 7, 8};
    static const int32_t classes[3] = {1, 0, 0}, labels_wanted[3] = {13, -1, 10};
    sep_graph *g = ((support_graph *)*state)->graph;
    sep_node *x = floats(g, "x", SEP_SHAPE(1, 2, 2, 2)), *y = whole(g, "y", SEP_SHAPE(1, 2, 2));
    sep_node *index = whole(g, "index", SEP_SHAPE(1, 3)), *class = whole(g, "class", SEP_SHAPE(1, 3));
    sep_node *pixels = sep_gather(g, x, index), *taken = sep_gather_labels(g, y, index);
    sep_node *sums = sep_scatter_groups(g, pixels, class, 2);
    sep_step_info step = {0};
    float found[6];
    int32_t found_labels[3];

    assert_shape(pixels, SEP_SHAPE(1, 3, 2));
    assert_shape(taken, SEP_SHAPE(1, 3));
    assert_shape(sums, SEP_SHAPE(1, 2, 2));
    sep_keep(g, pixels);
    sep_keep(g, taken);
    sep_keep(g, sums);
    assert_int_equal(sep_graph_compile(g), SEP_OK);
    assert_int_equal(sep_feed(g, x, map), SEP_OK);
    assert_int_equal(sep_feed(g, y, labels), SEP_OK);
    assert_int_equal(sep_feed(g, index, drawn), SEP_OK);
    assert_int_equal(sep_feed(g, class, classes), SEP_OK);
    assert_int_equal(sep_graph_run(g, &step), SEP_OK);
    assert_int_equal(sep_fetch(g, pixels, found), SEP_OK);
    assert_memory_equal(found, pixels_wanted, sizeof pixels_wanted);
    assert_int_equal(sep_fetch(g, sums, found), SEP_OK);
    assert_memory_equal(found, sums_wanted, sizeof sums_wanted);
    assert_int_equal(sep_fetch(g, taken, found_labels), SEP_OK);
    assert_memory_equal(found_labels, labels_wanted, sizeof labels_wanted);
}

/* Whole numbers stay whole, and no gradient goes through either. */
static void test_without_gradients(void **state)
{
    sep_graph *g = ((support_graph *)*state)->graph;
    sep_node *w = sep_parameter(g, "w", SEP_SHAPE(1, 4, 6, 2), (sep_init){SEP_INIT_NORMAL, 1.0f});
    sep_node *given = whole(g, "labels", SEP_SHAPE(1, 4, 6));
    sep_node *labels = sep_largest_component(g, sep_resize_nearest(g, given, 2, 9), 2);
    sep_node *resized = sep_resize_nearest(g, w, 2, 9), *ranks = sep_rank_channels(g, w);

    assert_shape(labels, SEP_SHAPE(1, 2, 9));
    assert_shape(resized, SEP_SHAPE(1, 2, 9, 2));
    assert_shape(ranks, SEP_SHAPE(1, 4, 6, 2));
    assert_shape(sep_cross_entropy(g, resized, labels), SEP_SHAPE(1));
    sep_node *sum_of_ranks = sep_sum_all(g, ranks), *sum_of_pixels = sep_sum_all(g, resized);
    assert_int_equal(sep_graph_differentiate(g, sep_add(g, sum_of_ranks, sum_of_pixels)), SEP_OK);
    assert_null(sep_gradient(w));
}

typedef struct refusal {
    sep_node *(*build)(sep_graph *g, sep_node *x, sep_node *index);
    sep_dtype x_type, index_type;
    sep_shape x, index;
    const char *why;
} refusal;

static sep_node *sums_of_two_classes(sep_graph *g, sep_node *x, sep_node *index)
{
    return sep_scatter_groups(g, x, index, 2);
}

static sep_node *resized(sep_graph *g, sep_node *x, sep_node *index)
{
    (void)index;
    return sep_resize_nearest(g, x, 5, 0);
}

static const refusal whole_as_rows = {sep_gather, SEP_I32,
                                      SEP_I32,    {2, {5, 2}},
                                      {1, {3}},   "whole numbers are no rows: sep_gather_labels takes them one by one"};
static const refusal floats_as_labels = {sep_gather_labels, SEP_F32,  SEP_I32,
                                         {1, {5}},          {1, {3}}, "labels are whole numbers"};
static const refusal floats_as_indices = {sep_gather,  SEP_F32,  SEP_F32,
                                          {2, {5, 2}}, {1, {3}}, "rows are chosen by whole numbers, of at most 4 axes"};
static const refusal other_groups = {sep_gather_groups, SEP_F32,     SEP_I32,
                                     {3, {3, 4, 5}},    {2, {2, 3}}, "2x3 are no indices within the groups of 3x4x5"};
static const refusal other_rows = {sums_of_two_classes, SEP_F32,     SEP_I32,
                                   {3, {3, 4, 5}},      {2, {3, 3}}, "4 rows with 3 indices can't be summed to 2"};

static const refusal map_of_labels = {resized,  SEP_I32,
                                      SEP_I32,  {4, {1, 2, 3, 4}},
                                      {1, {1}}, "1x2x3x4 is no map or map of labels, of which 5x0 could be made"};

static sep_node *largest(sep_graph *g, sep_node *x, sep_node *index)
{
    (void)index;
    return sep_largest_component(g, x, 4);
}

static const refusal components_of_maps = {
    largest,        SEP_F32,  SEP_I32,
    {3, {1, 2, 3}}, {1, {1}}, "1x2x3 is no map of labels of which components of 4 classes could be kept"};

static const refusal other_moves = {sep_warp,          SEP_F32,
                                    SEP_F32,           {4, {1, 2, 3, 4}},
                                    {4, {1, 2, 3, 3}}, "1x2x3x4 is no map that moves of 1x2x3x3 could warp"};

static sep_node *windows_of(sep_graph *g, sep_node *x, float overlap)
{
    return sep_choose_windows(g, x, &(sep_window_choice){.window = 4, .stride = 2, .most = 3, .overlap = overlap});
}

static sep_node *windows_chosen(sep_graph *g, sep_node *x, sep_node *index)
{
    (void)index;
    return windows_of(g, x, 0.2f);
}

static sep_node *same_windows(sep_graph *g, sep_node *x, sep_node *index)
{
    (void)index;
    return windows_of(g, x, 1.0f);
}

static sep_node *windows_cut(sep_graph *g, sep_node *x, sep_node *index)
{
    return sep_gather_windows(g, x, index, 3);
}

static sep_node *windows_added(sep_graph *g, sep_node *x, sep_node *index)
{
    return sep_scatter_windows(g, x, index, 9, 9);
}

static const refusal scores_of_channels = {windows_chosen, SEP_F32,
                                           SEP_I32,        {4, {1, 5, 5, 2}},
                                           {1, {1}},       "3 windows of 4x4 can't be chosen by a score 1x5x5x2"};
static const refusal small_scores = {windows_chosen, SEP_F32,
                                     SEP_I32,        {4, {1, 5, 3, 1}},
                                     {1, {1}},       "3 windows of 4x4 can't be chosen by a score 1x5x3x1"};
static const refusal any_overlap = {same_windows,      SEP_F32,  SEP_I32,
                                    {4, {1, 5, 5, 1}}, {1, {1}}, "3 windows of 4x4 can't be chosen by a score 1x5x5x1"};
static const refusal other_samples = {
    windows_cut, SEP_F32, SEP_I32, {4, {2, 5, 5, 1}}, {2, {1, 6}}, "no windows of 3x3 can be cut from 2x5x5x1 at 1x6"};
static const refusal floats_as_places = {
    windows_cut, SEP_F32, SEP_F32, {4, {2, 5, 5, 1}}, {2, {2, 6}}, "no windows of 3x3 can be cut from 2x5x5x1 at 2x6"};
static const refusal other_windows = {windows_added, SEP_F32,
                                      SEP_I32,       {4, {5, 3, 3, 1}},
                                      {2, {2, 2}},   "windows 5x3x3x1 at 2x2 can't be added to maps of 9x9"};

static void test_refused(void **state, const refusal *r)
{
    sep_graph *g = ((support_graph *)*state)->graph;
    sep_node *x = sep_input(g, "x", r->x, r->x_type), *index = sep_input(g, "index", r->index, r->index_type);

    assert_null(r->build(g, x, index));
    assert_int_not_equal(sep_graph_status(g), SEP_OK);
    assert_string_equal(sep_error_text(), r->why);
}

#define REFUSED(name)                                                                                                  \
    static void test_##name(void **state)                                                                              \
    {                                                                                                                  \
        test_refused(state, &name);                                                                                    \
    }
REFUSED(whole_as_rows)
REFUSED(floats_as_labels)
REFUSED(floats_as_indices)
REFUSED(other_groups)
REFUSED(other_rows)
REFUSED(map_of_labels)
REFUSED(components_of_maps)
REFUSED(other_moves)
REFUSED(scores_of_channels)
REFUSED(small_scores)
REFUSED(any_overlap)
REFUSED(other_samples)
REFUSED(floats_as_places)
REFUSED(other_windows)

#define IN_A_GRAPH(test) cmocka_unit_test_setup_teardown(test, support_graph_setup, support_graph_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_A_GRAPH(test_drawn_pixels),       IN_A_GRAPH(test_without_gradients),  IN_A_GRAPH(test_map_of_labels),
        IN_A_GRAPH(test_other_moves),        IN_A_GRAPH(test_whole_as_rows),      IN_A_GRAPH(test_floats_as_labels),
        IN_A_GRAPH(test_floats_as_indices),  IN_A_GRAPH(test_other_groups),       IN_A_GRAPH(test_other_rows),
        IN_A_GRAPH(test_components_of_maps), IN_A_GRAPH(test_scores_of_channels), IN_A_GRAPH(test_small_scores),
        IN_A_GRAPH(test_any_overlap),        IN_A_GRAPH(test_other_samples),      IN_A_GRAPH(test_floats_as_places),
        IN_A_GRAPH(test_other_windows),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
