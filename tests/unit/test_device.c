/* The device itself: which table it picks, what it refuses, its memory; and the rules that depend on shapes alone. */
#include "support.h"

#include <stdlib.h>
#include <string.h>

static void test_names_every_operation(void **state)
{
    (void)state;
    for (int op = 0; op < SEP_OP_COUNT; op++) {
        assert_non_null(sep_op_name((sep_op)op));
        for (int other = 0; other < op; other++)
            assert_string_not_equal(sep_op_name((sep_op)op), sep_op_name((sep_op)other));
    }
    assert_string_equal(sep_op_name(SEP_OP_CONV2D_DW), "conv2d_dw");
    assert_string_equal(sep_op_name(SEP_OP_COUNT), "unknown operation");
}

static void test_generic_is_always_there(void **state)
{
    const char *names[4];
    int count = sep_cpu_tables(names);

    (void)state;
    assert_in_range(count, 1, 4);
    assert_string_equal(names[count - 1], "generic");
}

static void test_picks_the_best_table(void **state)
{
    const char *names[4];
    sep_device *device;

    (void)state;
    unsetenv("SEPTUM_SIMD");
    sep_cpu_tables(names);
    device = support_device(NULL, 1);
    assert_non_null(strstr(device->description, names[0]));
    sep_device_destroy(device);
    sep_device_destroy(NULL);
}

static void test_environment_overrides_the_choice(void **state)
{
    sep_device *device;

    (void)state;
    setenv("SEPTUM_SIMD", "generic", 1);
    device = support_device(NULL, 3);
    assert_string_equal(device->description, "cpu: generic, 3 threads");
    sep_device_destroy(device);
    setenv("SEPTUM_SIMD", "mmx", 1);
    assert_int_equal(sep_cpu_create(1, NULL, &device), SEP_ERR_ARGUMENT);
    assert_non_null(strstr(sep_error_text(), "mmx"));
    unsetenv("SEPTUM_SIMD");
}

static void test_refuses_what_makes_no_sense(void **state)
{
    sep_device *device = NULL;

    (void)state;
    assert_int_equal(sep_cpu_create(-1, NULL, &device), SEP_ERR_ARGUMENT);
#if defined(__x86_64__)
    assert_int_equal(sep_cpu_create(1, "neon", &device), SEP_ERR_ARGUMENT);
#endif
    setenv("SEPTUM_GEMM", "fast", 1);
    assert_int_equal(sep_cpu_create(1, NULL, &device), SEP_ERR_ARGUMENT);
    unsetenv("SEPTUM_GEMM");
    assert_null(device);
}

static void test_memory_is_zeroed_and_bounded(void **state)
{
    sep_device *device = support_device(NULL, 1);
    sep_buffer *buffer = device->backend->buffer_create(device, 64);
    float in[4] = {1, 2, 3, 4}, out[16];

    (void)state;
    assert_non_null(buffer);
    assert_int_equal(device->backend->upload(device, buffer, 48, in, sizeof in), SEP_OK);
    assert_int_equal(device->backend->upload(device, buffer, 52, in, sizeof in), SEP_ERR_ARGUMENT);
    assert_int_equal(device->backend->upload(device, buffer, SIZE_MAX - 3, in, sizeof in), SEP_ERR_ARGUMENT);
    assert_int_equal(device->backend->download(device, buffer, 0, out, sizeof out), SEP_OK);
    assert_int_equal(device->backend->download(device, buffer, 4, out, sizeof out), SEP_ERR_ARGUMENT);
    for (int i = 0; i < 16; i++)
        assert_true(out[i] == (i < 12 ? 0.0f : in[i - 12]));
    device->backend->buffer_destroy(device, buffer);
    device->backend->buffer_destroy(device, NULL);
    sep_device_destroy(device);
}

/* A call whose operands do not lie in their buffers is an error, never a write. */
static void test_checks_operands(void **state)
{
    sep_device *device = support_device(NULL, 1);
    sep_buffer *buffer = device->backend->buffer_create(device, 4 * 64 * sizeof(float));
    sep_operand map = {.buffer = buffer, .shape = SEP_SHAPE(1, 4, 4, 4)}, weights = map;
    sep_call call = {.op = SEP_OP_CONV2D, .inputs = 2, .attributes = {.kernel = 1, .stride = 1}, .input[0] = map};
    sep_step_info step = {0};

    (void)state;
    weights.shape = SEP_SHAPE(1, 1, 4, 4);
    weights.offset = 64 * sizeof(float);
    call.input[1] = weights;
    call.output = map;
    call.output.offset = 128 * sizeof(float);
    assert_int_equal(device->backend->run(device, &call, &step), SEP_ERR_ARGUMENT); /* no workspace */
    call.workspace.buffer = device->backend->buffer_create(device, device->backend->workspace(device, &call));
    assert_int_equal(device->backend->run(device, &call, &step), SEP_OK);
    call.output.offset += 65 * sizeof(float);
    assert_int_equal(device->backend->run(device, &call, &step), SEP_ERR_ARGUMENT);
    call.output.offset = 2;
    assert_int_equal(device->backend->run(device, &call, &step), SEP_ERR_ARGUMENT);
    assert_non_null(strstr(sep_error_text(), "conv2d"));
    call.output.offset = 128 * sizeof(float);
    call.output.pitch = 5; /* convolution writes dense maps */
    assert_int_equal(device->backend->run(device, &call, &step), SEP_ERR_ARGUMENT);
    assert_non_null(strstr(sep_error_text(), "pitch of 5"));
    device->backend->buffer_destroy(device, call.workspace.buffer);
    device->backend->buffer_destroy(device, buffer);
    sep_device_destroy(device);
}

/* Only a sum that reads this very output may follow a call. */
static void test_checks_what_follows(void **state)
{
    sep_device *device = support_device(NULL, 1);
    sep_buffer *buffer = device->backend->buffer_create(device, 4096);
    sep_operand map = {.buffer = buffer, .shape = SEP_SHAPE(1, 2, 2, 1)};
    sep_call sum = {.op = SEP_OP_BATCH_STATS, .inputs = 1, .input[0] = map};
    sep_call call = {.op = SEP_OP_SCALE, .inputs = 1, .input[0] = map, .output = map, .follow = &sum};
    sep_step_info step = {0};

    (void)state;
    sum.output = (sep_operand){.buffer = buffer, .offset = 64, .shape = SEP_SHAPE(2, 1)};
    sum.workspace = (sep_operand){.buffer = buffer, .offset = 1024};
    assert_int_equal(device->backend->run(device, &call, &step), SEP_ERR_ARGUMENT);
    assert_non_null(strstr(sep_error_text(), "batch_stats can't follow scale"));
    call.op = SEP_OP_CONV2D;
    call.attributes = (sep_attributes){.kernel = 1, .stride = 1};
    call.inputs = 2;
    call.input[1] = (sep_operand){.buffer = buffer, .offset = 128, .shape = SEP_SHAPE(1, 1, 1, 1)};
    call.output.offset = 192;
    call.workspace.buffer = device->backend->buffer_create(device, device->backend->workspace(device, &call));
    assert_int_equal(device->backend->run(device, &call, &step), SEP_ERR_ARGUMENT); /* of another map */
    sum.input[0].offset = 192;
    assert_int_equal(device->backend->run(device, &call, &step), SEP_OK);
    device->backend->buffer_destroy(device, call.workspace.buffer);
    device->backend->buffer_destroy(device, buffer);
    sep_device_destroy(device);
}

/* The blocks of a weight gradient cover every row, stay below 16 MiB, and hold at least SEP_BLOCK_ROWS pixels. */
static void test_image_blocks(void **state)
{
    static const int rows[] = {1, 7, 64, 224, 1024, 100000}, pixels[] = {1, 7, 16, 224, 1000};
    static const int64_t weights[] = {1, 144, 2304, 589824, 2654208, 100000000};

    (void)state;
    for (size_t r = 0; r < 6; r++)
        for (size_t q = 0; q < 5; q++)
            for (size_t w = 0; w < 6; w++) {
                int block = sep_image_block_rows(rows[r], pixels[q], weights[w]);
                int blocks = (rows[r] + block - 1) / block;

                assert_in_range(block, 1, rows[r]);
                assert_true(blocks == 1 || blocks * weights[w] * 4 <= 16 << 20);
                assert_true(block == rows[r] || block * pixels[q] >= SEP_BLOCK_ROWS);
                assert_true(blocks <= 256);
            }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names_every_operation),
        cmocka_unit_test(test_generic_is_always_there),
        cmocka_unit_test(test_picks_the_best_table),
        cmocka_unit_test(test_environment_overrides_the_choice),
        cmocka_unit_test(test_refuses_what_makes_no_sense),
        cmocka_unit_test(test_memory_is_zeroed_and_bounded),
        cmocka_unit_test(test_checks_operands),
        cmocka_unit_test(test_checks_what_follows),
        cmocka_unit_test(test_image_blocks),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
