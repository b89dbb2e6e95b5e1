/* Max pooling: every table against generic, values and the way of the gradient against a plain search. */
#include "support.h"

static const int shapes[][4] = {{1, 2, 2, 1}, {2, 4, 6, 3}, {1, 6, 2, 16}, {2, 10, 14, 17}, {1, 4, 4, 70}};

#define COUNT(array) ((int)(sizeof(array) / sizeof(array)[0]))

/* Element of x that pooling takes for output element i. */
static int64_t first_maximum(const support_array *x, int64_t i)
{
    int width = x->shape.dim[2], channels = x->shape.dim[3];
    int64_t pixel = i / channels, row = pixel / (width / 2), column = pixel % (width / 2), best = -1;

    for (int tap = 0; tap < 4; tap++) {
        int64_t at = ((2 * row + tap / 2) * width + 2 * column + tap % 2) * channels + i % channels;

        if (best < 0 || x->f32[at] > x->f32[best])
            best = at;
    }
    return best;
}

static support_case pooling(const int *shape)
{
    support_case c = {
        .op = SEP_OP_MAX_POOL, .inputs = 1, .output = SEP_SHAPE(shape[0], shape[1] / 2, shape[2] / 2, shape[3])};

    /* Few different numbers: many ties. */
    c.input[0] = support_integers(SEP_SHAPE(shape[0], shape[1], shape[2], shape[3]), 1);
    c.input[1] = support_random(c.output, 2);
    return c;
}

static void takes_the_maximum(void **state)
{
    (void)state;
    for (int s = 0; s < COUNT(shapes); s++) {
        support_case c = pooling(shapes[s]);
        support_result r = support_run_generic(&c);

        support_check_tables(&c);
        c.input_gap[0] = 3 + s;
        support_check_tables(&c);
        for (int64_t i = 0; i < support_count(&r.output); i++)
            assert_true(r.output.f32[i] == c.input[0].f32[first_maximum(&c.input[0], i)]);
        support_result_free(&r);
        support_case_free(&c);
    }
}

static void gradient_goes_to_the_first_maximum(void **state)
{
    (void)state;
    for (int s = 0; s < COUNT(shapes); s++) {
        support_case c = pooling(shapes[s]);
        support_array wanted = support_array_create(c.input[0].shape, SEP_F32);

        for (int64_t i = 0; i < support_count(&c.input[1]); i++)
            wanted.f32[first_maximum(&c.input[0], i)] = c.input[1].f32[i];
        c.op = SEP_OP_MAX_POOL_DX;
        c.inputs = 2;
        c.output = c.input[0].shape;
        support_check_tables(&c);

        support_result r = support_run_generic(&c);
        for (int64_t i = 0; i < support_count(&wanted); i++)
            assert_true(r.output.f32[i] == wanted.f32[i]);
        support_result_free(&r);
        support_array_free(&wanted);
        support_case_free(&c);
    }
}

/* With a third operand the result is the sum of that and the gradient; x and the third may lie in wider tensors. */
static void gradient_is_added(void **state)
{
    (void)state;
    for (int s = 0; s < COUNT(shapes); s++) {
        support_case c = pooling(shapes[s]);

        c.op = SEP_OP_MAX_POOL_DX;
        c.output = c.input[0].shape;
        c.inputs = 2;
        support_result routed = support_run_generic(&c);
        c.inputs = 3;
        c.input[2] = support_random(c.output, 3);
        support_result sum = support_run_generic(&c);
        for (int64_t i = 0; i < support_count(&sum.output); i++)
            assert_true(sum.output.f32[i] == c.input[2].f32[i] + routed.output.f32[i]);
        support_check_tables(&c);
        c.input_gap[0] = 1 + s;
        c.input_gap[2] = 17;
        support_check_tables(&c);
        support_result_free(&routed);
        support_result_free(&sum);
        support_case_free(&c);
    }
}

/* Any kernel, stride and padding: windows that overlap, that leave pixels out, that hang over. */
static void any_kernel(void **state)
{
    static const int kinds[][3] = {{3, 2, 0}, {3, 2, 1}, {2, 3, 0}, {5, 1, 4}, {8, 4, 3}};
    static const int maps[][4] = {{1, 8, 9, 1}, {3, 11, 8, 17}, {1, 9, 13, 70}};

    (void)state;
    for (int k = 0; k < COUNT(kinds) * COUNT(maps); k++) {
        const int *kind = kinds[k / COUNT(maps)], *m = maps[k % COUNT(maps)];
        int reach = 2 * kind[2] - kind[0], height = (m[1] + reach) / kind[1] + 1, width = (m[2] + reach) / kind[1] + 1;
        support_case c = {.op = SEP_OP_MAX_POOL2D,
                          .attributes = {.kernel = kind[0], .stride = kind[1], .padding = kind[2]},
                          .inputs = 1,
                          .output = SEP_SHAPE(m[0], height, width, m[3])};

        c.input[0] = support_integers(SEP_SHAPE(m[0], m[1], m[2], m[3]), 5);
        c.input[1] = support_random(c.output, 6);
        support_check_tables(&c);
        c.op = SEP_OP_MAX_POOL2D_DX;
        c.inputs = 2;
        c.output = c.input[0].shape;
        support_check_tables(&c);
        support_case_free(&c);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_the_maximum),
        cmocka_unit_test(gradient_goes_to_the_first_maximum),
        cmocka_unit_test(gradient_is_added),
        cmocka_unit_test(any_kernel),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
