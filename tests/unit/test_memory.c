/* Memories: a tiny method that keeps logits and labels from step to step, broken off and continued; what reads one sees
 * what the step before left; what can't be written. */
#include "septum/losses.h"
#include "septum/ops.h"
#include "support_training.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* ---- a method ---------------------------------------------------------------------------------------------------- */

/* Keeps, for each class, the logits of a pixel that was last taken for it, and in one of as many slots the labels of
 * all pixels; learns that some pixels' logits stay as they are kept, and the labels of the first slot. */
static sep_status build(sep_step *s)
{
    sep_graph *g = s->graph;
    sep_node *logits = sep_student_halves(s, 0).labelled;

    if (logits == NULL)
        return sep_graph_status(g);
    int pixels = (int)sep_shape_rows(sep_node_shape(logits));
    sep_node *rows = sep_reshape(g, logits, SEP_SHAPE(pixels, SUPPORT_CLASSES)), *classes = sep_argmax(g, rows);
    sep_node *bank = sep_memory(s, "bank", SEP_SHAPE(SUPPORT_CLASSES, SUPPORT_CLASSES), SEP_F32);
    sep_node *labels = sep_memory(s, "labels", SEP_SHAPE(SUPPORT_CLASSES, pixels), SEP_I32);

    sep_put(g, bank, classes, rows); /* before the losses are built */
    sep_put(g, labels, sep_batch_range(g, classes, 0, 1), classes);
    sep_learn(s, 0, "supervised", sep_supervised_loss(s, logits), NULL);
    sep_learn(s, 0, "bank", sep_mse(g, sep_batch_range(g, rows, 0, SUPPORT_CLASSES), bank), NULL);
    sep_learn(s, 0, "labels", sep_cross_entropy(g, rows, sep_batch_range(g, labels, 0, 1)), NULL);
    return sep_graph_status(g);
}

static const sep_method remembering = {
    .name = "remembering", .summary = "", .students_low = 1, .students_high = 1, .build = build};

static void test_run_goes_on(void **state)
{
    sep_dataset *dataset = support_phantoms();
    support_training r;

    (void)state;
    support_training_configure(&r, dataset, "supervised", "");
    r.config.method = &remembering;
    support_check_method(&r, "remembering", (const int64_t[]){3, -1});
    sep_options_destroy(r.options);
    sep_dataset_destroy(dataset);
}

static void test_memory_is_planned(void **state)
{
    sep_dataset *dataset = support_phantoms();
    sep_memory_plan plan, without;
    sep_device *device;
    support_training r;

    (void)state;
    support_training_configure(&r, dataset, "supervised", "");
    assert_int_equal(sep_cpu_create(1, NULL, &device), SEP_OK);
    assert_int_equal(sep_train_memory(&r.config, SUPPORT_CLASSES, device, &without), SEP_OK);
    r.config.method = &remembering;
    assert_int_equal(sep_train_memory(&r.config, SUPPORT_CLASSES, device, &plan), SEP_OK);
    assert_int_equal(without.memory, 0);
    assert_int_equal(plan.memory, 4 * SUPPORT_CLASSES * (SUPPORT_CLASSES + 2 * 32 * 32));
    assert_int_equal(plan.total,
                     plan.activations + plan.parameters + plan.states + plan.optimiser + plan.memory + plan.inputs);
    sep_device_destroy(device);
    sep_options_destroy(r.options);
    sep_dataset_destroy(dataset);
}

/* ---- on a graph of its own --------------------------------------------------------------------------------------- */

typedef struct fixture {
    sep_device *device;
    sep_store *store;
    sep_graph *graph;
    sep_node *slots, *rows, *memory;
} fixture;

static int setup(void **state)
{
    fixture *f = sep_calloc(1, sizeof *f);

    assert_int_equal(sep_cpu_create(1, NULL, &f->device), SEP_OK);
    assert_int_equal(sep_store_create(f->device, 1, &f->store), SEP_OK);
    f->graph = sep_graph_create(f->store, true);
    f->slots = sep_input(f->graph, "slots", SEP_SHAPE(2), SEP_I32);
    f->rows = sep_input(f->graph, "rows", SEP_SHAPE(2, 3), SEP_F32);
    sep_scope_push(f->graph, "net"); /* a memory's name knows no scope */
    f->memory = sep_memory_tensor(f->graph, "bank", SEP_SHAPE(4, 3), SEP_F32);
    sep_scope_pop(f->graph);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    fixture *f = *state;

    sep_graph_destroy(f->graph);
    sep_store_destroy(f->store);
    sep_device_destroy(f->device);
    sep_free(f);
    return 0;
}

static void run(fixture *f, const int32_t slots[2], const float rows[6])
{
    sep_step_info step = {0};

    assert_int_equal(sep_feed(f->graph, f->slots, slots), SEP_OK);
    assert_int_equal(sep_feed(f->graph, f->rows, rows), SEP_OK);
    assert_int_equal(sep_graph_run(f->graph, &step), SEP_OK);
}

static void test_readers_see_the_step_before(void **state)
{
    static const float rows[6] = {1, 2, 3, 4, 5, 6}, zeros[12] = {0}, wanted[12] = {4, 5, 6, 0, 0, 0, 1, 2, 3};
    static const int32_t slots[2] = {2, 0}, nowhere[2] = {-1, -1};
    fixture *f = *state;
    float read[12];
    uint64_t empty, filled;

    sep_put(f->graph, f->memory, f->slots, f->rows);
    sep_node *doubled = sep_scale(f->graph, f->memory, 2.0f);
    sep_keep(f->graph, doubled);
    assert_int_equal(sep_graph_compile(f->graph), SEP_OK);
    assert_int_equal(sep_store_hash(f->store, &empty), SEP_OK);
    run(f, slots, rows);
    assert_int_equal(sep_fetch(f->graph, doubled, read), SEP_OK);
    assert_memory_equal(read, zeros, sizeof read);
    run(f, nowhere, rows);
    assert_int_equal(sep_fetch(f->graph, doubled, read), SEP_OK);
    for (int i = 0; i < 12; i++)
        assert_true(read[i] == 2.0f * wanted[i]);
    assert_int_equal(sep_tensor_read(f->store, sep_store_find(f->store, "memory.bank"), read), SEP_OK);
    assert_memory_equal(read, wanted, sizeof read);
    assert_int_equal(sep_store_hash(f->store, &filled), SEP_OK);
    assert_true(filled != empty);
}

static void test_overwritten_at_the_end(void **state)
{
    static const float rows[6] = {0};
    static const int32_t slots[2] = {-1, -1};
    fixture *f = *state;
    float read[12];

    sep_overwrite(f->graph, f->memory, sep_add(f->graph, f->memory, sep_constant(f->graph, SEP_SHAPE(4, 3), 1.0f)));
    sep_put(f->graph, f->memory, f->slots, f->rows);
    sep_node *doubled = sep_scale(f->graph, f->memory, 2.0f);
    sep_keep(f->graph, doubled);
    assert_int_equal(sep_graph_compile(f->graph), SEP_OK);
    for (int step = 0; step < 3; step++) {
        run(f, slots, rows);
        assert_int_equal(sep_fetch(f->graph, doubled, read), SEP_OK);
        for (int i = 0; i < 12; i++)
            assert_true(read[i] == 2.0f * (float)step);
    }
}

static void check_refused(fixture *f, sep_node *memory, sep_node *slots, sep_node *rows, const char *why)
{
    sep_put(f->graph, memory, slots, rows);
    assert_int_not_equal(sep_graph_status(f->graph), SEP_OK);
    assert_string_equal(sep_error_text(), why);
}

static void test_only_memories_are_written(void **state)
{
    fixture *f = *state;
    sep_node *w = sep_parameter(f->graph, "w", SEP_SHAPE(4, 3), (sep_init){0});

    check_refused(f, w, f->slots, f->rows, "only a memory can be written");
}

static void test_rows_must_fit(void **state)
{
    fixture *f = *state;

    check_refused(f, f->memory, f->slots, sep_input(f->graph, "few", SEP_SHAPE(3), SEP_F32),
                  "rows 3 at slots 2 don't fit the memory 'memory.bank', 4x3");
}

static void check_not_overwritten(fixture *f, sep_node *memory, sep_node *value, const char *why)
{
    sep_overwrite(f->graph, memory, value);
    assert_int_not_equal(sep_graph_status(f->graph), SEP_OK);
    assert_string_equal(sep_error_text(), why);
}

static void test_value_must_fit(void **state)
{
    fixture *f = *state;

    check_not_overwritten(f, f->memory, f->rows, "2x3 can't overwrite the memory 'memory.bank', 4x3");
}

static void test_value_must_be_of_one_type(void **state)
{
    fixture *f = *state;

    check_not_overwritten(f, f->memory, sep_input(f->graph, "labels", SEP_SHAPE(4, 3), SEP_I32),
                          "4x3 can't overwrite the memory 'memory.bank', 4x3, which holds elements of another type");
}

static void test_elements_must_be_of_one_type(void **state)
{
    fixture *f = *state;
    sep_node *labels = sep_memory_tensor(f->graph, "labels", SEP_SHAPE(4, 3), SEP_I32);

    check_refused(
        f, labels, f->slots, f->rows,
        "rows 2x3 at slots 2 don't fit the memory 'memory.labels', 4x3, which holds elements of another type");
}

static void test_one_name_one_type(void **state)
{
    fixture *f = *state;

    assert_null(sep_memory_tensor(f->graph, "bank", SEP_SHAPE(4, 3), SEP_I32));
    assert_int_equal(sep_graph_status(f->graph), SEP_ERR_SHAPE);
    assert_string_equal(sep_error_text(), "tensor 'memory.bank' holds floats, whole numbers are wanted");
}

#define WITH_GRAPH(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_run_goes_on),
        cmocka_unit_test(test_memory_is_planned),
        WITH_GRAPH(test_readers_see_the_step_before),
        WITH_GRAPH(test_overwritten_at_the_end),
        WITH_GRAPH(test_only_memories_are_written),
        WITH_GRAPH(test_rows_must_fit),
        WITH_GRAPH(test_elements_must_be_of_one_type),
        WITH_GRAPH(test_value_must_fit),
        WITH_GRAPH(test_value_must_be_of_one_type),
        WITH_GRAPH(test_one_name_one_type),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
