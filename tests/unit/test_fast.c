/* Fast mode on every OpenCL device: near the results of `generic`, not their bits; and on the CPU, which has none. */
#include "support.h"
#include "support_opencl.h"

#include <math.h>
#include <stdio.h>

#define TOLERANCE 2e-5 /* of the largest result */
#define DEVICES   8

/* Never closed, as in support_opencl.c. */
static sep_device *opened[DEVICES];
static int devices;

static int open_devices(void **state)
{
    sep_device *const *reproducible;

    (void)state;
    devices = support_opencl_devices(&reproducible);
    for (int i = 0; i < devices; i++) {
        int index = 0;
        assert_int_equal(sscanf(reproducible[i]->description, "opencl:%d", &index), 1);
        assert_int_equal(sep_opencl_create(index, SEP_FAST, &opened[i]), SEP_OK);
    }
    return 0;
}

static void check_near(const support_case *c, const support_array *got, const support_array *wanted)
{
    double largest = 0.0;

    for (int64_t i = 0; i < support_count(wanted); i++)
        largest = fmax(largest, fabs((double)wanted->f32[i]));
    for (int64_t i = 0; i < support_count(wanted); i++) {
        double difference = fabs((double)got->f32[i] - (double)wanted->f32[i]);
        if (!(difference <= TOLERANCE * largest)) /* NaN too */
            fail_msg("%s, element %d: %.9g, near %.9g expected", sep_op_name(c->op), (int)i, (double)got->f32[i],
                     (double)wanted->f32[i]);
    }
}

static void check(support_case *c)
{
    support_result wanted = support_run_generic(c);

    for (int i = 0; i < devices; i++) {
        support_result got = support_opencl_run(opened[i], c);
        check_near(c, &got.output, &wanted.output);
        support_result_free(&got);
    }
    support_result_free(&wanted);
    support_case_free(c);
}

static void test_linear(void **state)
{
    static const int sizes[][3] = {{1, 1, 1}, {49, 96, 33}};

    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        const int rows = sizes[i][0], in = sizes[i][1], out = sizes[i][2];
        const sep_shape x = SEP_SHAPE(rows, in), w = SEP_SHAPE(in, out), y = SEP_SHAPE(rows, out);

        for (int activation = 0; activation <= SEP_GELU; activation += SEP_GELU) {
            const sep_attributes a = {.activation = (sep_activation)activation, .slope = 0.25f};
            support_case forward = {.op = SEP_OP_LINEAR, .attributes = a, .inputs = 3, .output = y};
            support_case dx = {.op = SEP_OP_LINEAR_DX, .attributes = a, .inputs = activation ? 3 : 2, .output = x};
            support_case dw = {.op = SEP_OP_LINEAR_DW, .attributes = a, .inputs = 2, .output = w};

            forward.input[0] = support_random(x, 1);
            forward.input[1] = support_random(w, 2);
            forward.input[2] = support_random(SEP_SHAPE(out), 3);
            dx.input[0] = support_random(y, 4);
            dx.input[1] = support_random(w, 2);
            if (activation)
                dx.input[2] = support_random(x, 1);
            dw.input[0] = support_random(x, 1);
            dw.input[1] = support_random(y, 4);
            check(&forward);
            check(&dx);
            check(&dw);
        }
    }
}

/* By Winograd's algorithm, with contractions as the driver likes. */
static void test_convolution(void **state)
{
    const sep_attributes a = {.kernel = 3, .stride = 1, .padding = 1};
    const sep_shape x = SEP_SHAPE(2, 16, 16, 16), w = SEP_SHAPE(3, 3, 16, 32), y = SEP_SHAPE(2, 16, 16, 32);
    support_case forward = {.op = SEP_OP_CONV2D, .attributes = a, .inputs = 2, .output = y};
    support_case dx = {.op = SEP_OP_CONV2D_DX, .attributes = a, .inputs = 2, .output = x};

    (void)state;
    assert_true(sep_conv_is_winograd(&a, 16, 16, 16, 32));
    forward.input[0] = support_random(x, 1);
    forward.input[1] = support_random(w, 2);
    dx.input[0] = support_random(y, 3);
    dx.input[1] = support_random(w, 2);
    check(&forward);
    check(&dx);
}

/* A loss that is not a number must still be seen. */
static void test_not_finite(void **state)
{
    support_case c = {.op = SEP_OP_ADD, .inputs = 2, .output = SEP_SHAPE(2, 3)};
    const float values[] = {NAN, INFINITY, -INFINITY, 0.0f, 1.0f, NAN};

    (void)state;
    c.input[0] = support_copy(values, SEP_SHAPE(2, 3));
    c.input[1] = support_random(SEP_SHAPE(2, 3), 1);
    for (int i = 0; i < devices; i++) {
        support_result got = support_opencl_run(opened[i], &c);
        for (int k = 0; k < 6; k++)
            assert_int_equal(!isfinite(got.output.f32[k]), !isfinite(values[k]));
        support_result_free(&got);
    }
    support_case_free(&c);
}

static void test_cpu(void **state)
{
    sep_device *device;

    (void)state;
    assert_int_equal(sep_device_open("cpu", 1, SEP_FAST, &device), SEP_OK);
    sep_device_destroy(device);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_linear),
        cmocka_unit_test(test_convolution),
        cmocka_unit_test(test_not_finite),
        cmocka_unit_test(test_cpu),
    };

    return cmocka_run_group_tests(tests, open_devices, NULL);
}
