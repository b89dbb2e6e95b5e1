/* Memories of half precision: the rounding, a graph that fills and reads one on every device, a method that keeps
 * logits so and is broken off and continued, what its checkpoint holds, and what may not read one. */
#include "septum/ops.h"
#include "septum/safetensors.h"
#include "support.h"
#include "support_opencl.h"
#include "support_scratch.h"
#include "support_training.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define MUST(call)                                                                                                     \
    do {                                                                                                               \
        if ((call) != SEP_OK)                                                                                          \
            fail_msg("%s: %s", #call, sep_error_text());                                                               \
    } while (0)

/* ---- rounding ---------------------------------------------------------------------------------------------------- */

/* What the bits mean. */
static double value_of(uint16_t half)
{
    const int exponent = half >> 10 & 31, fraction = half & 1023;
    const double size = exponent == 0 ? ldexp(fraction, -24) : ldexp(1024 + fraction, exponent - 25);

    return half & 0x8000 ? -size : size;
}

static bool is_finite(uint16_t half)
{
    return (half & 0x7c00) != 0x7c00;
}

static void test_halves_are_floats(void **state)
{
    (void)state;
    for (uint32_t half = 0; half <= UINT16_MAX; half++) {
        const float value = sep_float_of_half((uint16_t)half);
        if (is_finite((uint16_t)half))
            assert_true((double)value == value_of((uint16_t)half));
        else
            assert_true((half & 1023) != 0 ? isnan(value) : isinf(value));
        assert_true((signbit(value) != 0) == ((half & 0x8000) != 0));
        if (!isnan(value))
            assert_int_equal(sep_half_of(value), half);
    }
}

/* Between each two neighbours: a little below the middle, the middle, a little above. */
static void test_nearest_or_even(void **state)
{
    (void)state;
    for (uint16_t half = 0; half < 0x7bff; half++) {
        const uint16_t next = (uint16_t)(half + 1), even = half & 1 ? next : half;
        const float middle = (float)((value_of(half) + value_of(next)) / 2);
        assert_int_equal(sep_half_of(nextafterf(middle, 0.0f)), half);
        assert_int_equal(sep_half_of(middle), even);
        assert_int_equal(sep_half_of(nextafterf(middle, INFINITY)), next);
        assert_int_equal(sep_half_of(-middle), even | 0x8000);
    }
}

static void test_beyond_the_largest(void **state)
{
    (void)state;
    assert_int_equal(sep_half_of(65504.0f), 0x7bff);
    assert_int_equal(sep_half_of(nextafterf(65520.0f, 0.0f)), 0x7bff);
    assert_int_equal(sep_half_of(65520.0f), 0x7c00);
    assert_int_equal(sep_half_of(-1e30f), 0xfc00);
    assert_int_equal(sep_half_of(INFINITY), 0x7c00);
    assert_int_equal(sep_half_of(NAN) & 0x7fff, 0x7e00);
    assert_int_equal(sep_half_of(1e-38f), 0);
    assert_int_equal(sep_half_of(-1e-42f), 0x8000);
}

/* ---- a graph ----------------------------------------------------------------------------------------------------- */

enum { SLOTS = 5, ROWS = 70, COLUMNS = 37, TAKEN = 6 };

/* Two runs: what the first puts, of which the last for a slot stays, the second takes. */
static void check_on(sep_device *device)
{
    static const int32_t index[TAKEN] = {4, 0, -1, 2, 5, 4};
    static const float numbers[] = {0.1f, -3.14159f, 65519.0f, 6e-5f, 2e-7f, -2.9802322e-8f, 1e-9f, 1.0009765625f};
    sep_store *store;
    sep_step_info info = {0};
    int32_t slots[ROWS];
    float rows[ROWS][COLUMNS], taken[TAKEN][COLUMNS];
    uint16_t kept[SLOTS][COLUMNS];

    for (int n = 0; n < ROWS; n++) {
        slots[n] = n % (SLOTS + 1) - 1;
        for (int i = 0; i < COLUMNS; i++)
            rows[n][i] = numbers[(n + i) % 8] * (float)(1 + n % 3 * (i % 2)) * (i % 5 == 4 ? 0.5f : 1.0f);
    }
    MUST(sep_store_create(device, 1, &store));
    sep_graph *g = sep_graph_create(store, true);
    sep_node *memory = sep_memory_tensor(g, "bank", SEP_SHAPE(SLOTS, COLUMNS), SEP_F16);
    sep_node *where = sep_input(g, "slots", SEP_SHAPE(ROWS), SEP_I32);
    sep_node *x = sep_input(g, "rows", SEP_SHAPE(ROWS, COLUMNS), SEP_F32);
    sep_node *which = sep_input(g, "index", SEP_SHAPE(TAKEN), SEP_I32);
    sep_node *y = sep_gather(g, memory, which);
    sep_put(g, memory, where, x);
    sep_keep(g, y);
    MUST(sep_graph_compile(g));
    assert_int_equal(sep_store_bytes(store, SEP_ROLE_MEMORY), 2 * SLOTS * COLUMNS);
    MUST(sep_feed(g, where, slots));
    MUST(sep_feed(g, x, rows));
    MUST(sep_feed(g, which, index));
    for (int run = 0; run < 2; run++)
        MUST(sep_graph_run(g, &info));
    MUST(sep_fetch(g, y, taken));
    MUST(sep_fetch(g, memory, kept));
    for (int s = 0; s < SLOTS; s++)
        for (int i = 0; i < COLUMNS; i++) /* the last row for slot s */
            assert_int_equal(kept[s][i], sep_half_of(rows[ROWS - 1 - (ROWS - 2 - s) % (SLOTS + 1)][i]));
    for (int r = 0; r < TAKEN; r++)
        for (int i = 0; i < COLUMNS; i++) {
            const bool there = index[r] >= 0 && index[r] < SLOTS;
            assert_true(taken[r][i] == (there ? sep_float_of_half(kept[index[r]][i]) : 0.0f));
        }
    sep_graph_destroy(g);
    sep_store_destroy(store);
}

static void test_put_and_taken(void **state)
{
    sep_device *device, *const *devices;

    (void)state;
    for (int threads = 1; threads < 4; threads++) {
        MUST(sep_cpu_create(threads, NULL, &device));
        check_on(device);
        sep_device_destroy(device);
    }
    for (int i = 0, count = support_opencl_devices(&devices); i < count; i++)
        check_on(devices[i]);
}

static void test_nothing_else_reads_halves(void **state)
{
    sep_device *device;
    sep_store *store;

    (void)state;
    MUST(sep_cpu_create(1, NULL, &device));
    MUST(sep_store_create(device, 1, &store));
    for (int i = 0; i < 3; i++) {
        sep_graph *g = sep_graph_create(store, true);
        sep_node *memory = sep_memory_tensor(g, "bank", SEP_SHAPE(4, 3), SEP_F16);
        assert_null(i == 0 ? sep_square(g, memory) : i == 1 ? sep_batch_range(g, memory, 0, 2) : sep_detach(g, memory));
        assert_int_equal(sep_graph_status(g), SEP_ERR_ARGUMENT);
        assert_non_null(strstr(sep_error_text(), "sep_gather makes floats of them"));
        sep_graph_destroy(g);
    }
    sep_store_destroy(store);
    sep_device_destroy(device);
}

/* ---- a method ---------------------------------------------------------------------------------------------------- */

/* Keeps the logits of a pixel that was last taken for each class; learns that some pixels' stay as they are kept. */
static sep_status build(sep_step *s)
{
    sep_graph *g = s->graph;
    sep_node *logits = sep_student_halves(s, 0).labelled;

    if (logits == NULL)
        return sep_graph_status(g);
    int pixels = (int)sep_shape_rows(sep_node_shape(logits));
    sep_node *rows = sep_reshape(g, logits, SEP_SHAPE(pixels, SUPPORT_CLASSES)), *classes = sep_argmax(g, rows);
    sep_node *bank = sep_memory(s, "bank", SEP_SHAPE(SUPPORT_CLASSES, SUPPORT_CLASSES), SEP_F16);
    sep_node *kept = sep_gather(g, bank, sep_batch_range(g, classes, 0, SUPPORT_CLASSES));

    sep_put(g, bank, classes, rows);
    sep_learn(s, 0, "supervised", sep_supervised_loss(s, logits), NULL);
    sep_learn(s, 0, "bank", sep_mse(g, sep_batch_range(g, rows, 0, SUPPORT_CLASSES), kept), NULL);
    return sep_graph_status(g);
}

static const sep_method remembering = {
    .name = "remembering", .summary = "", .students_low = 1, .students_high = 1, .build = build};

static void test_run_goes_on(void **state)
{
    sep_dataset *dataset = support_phantoms();
    sep_safetensors *file;
    support_training r;

    (void)state;
    support_training_configure(&r, dataset, "supervised", "");
    r.config.method = &remembering;
    support_check_method(&r, "halves", (const int64_t[]){3, -1});
    MUST(sep_safetensors_open(scratch_path("halves/last.safetensors"), &file));
    const sep_stored_tensor *bank = sep_safetensors_find(file, "memory.bank");
    assert_non_null(bank);
    assert_int_equal(bank->type, SEP_STORED_F16);
    sep_safetensors_close(file);
    sep_options_destroy(r.options);
    sep_dataset_destroy(dataset);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_halves_are_floats),         cmocka_unit_test(test_nearest_or_even),
        cmocka_unit_test(test_beyond_the_largest),        cmocka_unit_test(test_put_and_taken),
        cmocka_unit_test(test_nothing_else_reads_halves), cmocka_unit_test(test_run_goes_on),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
