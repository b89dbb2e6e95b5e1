/* Linear layers, all three passes: `generic` against naive loops in panels of SEP_PANEL, every other table against
 * `generic`, bit for bit. */
#include "support.h"

#include <math.h>
#include <string.h>

typedef struct layer {
    int rows, in, out;
} layer;

/* Tails on either side of vectors, register blocks and panels; rows that pass over all of b, in one group and in two,
 * copied (1024 apart) and as they lie; more columns than a group has. */
static const layer layers[] = {
    {1, 1, 1},      {3, 5, 7},      {49, 16, 48},    {13, 96, 33},    {7, 257, 15},
    {30, 256, 17},  {2, 600, 64},   {255, 31, 32},   {300, 24, 9},    {513, 3, 100},
    {100, 65, 129}, {131, 40, 272}, {410, 1024, 33}, {403, 601, 257}, {401, 2, 790},
};

/* A product element: the sum of panels of `count` terms a[k * a_step] * b[k * b_step]. */
static float panel_sum(float start, const float *a, int64_t a_step, const float *b, int64_t b_step, int count)
{
    for (int k = 0; k < count;) {
        int end = k + SEP_PANEL < count ? k + SEP_PANEL : count;
        float acc = 0.0f;

        for (; k < end; k++)
            acc = fmaf(a[k * a_step], b[k * b_step], acc);
        start += acc;
    }
    return start;
}

static float naive_element(const layer *l, const support_case *c, int row, int column)
{
    const float *a = c->input[0].f32, *b = c->input[1].f32;

    if (c->op == SEP_OP_LINEAR)
        return panel_sum(c->inputs > 2 ? c->input[2].f32[column] : 0.0f, a + row * l->in, 1, b + column, l->out, l->in);
    if (c->op == SEP_OP_LINEAR_DX)
        return panel_sum(0.0f, a + row * l->out, 1, b + column * l->out, 1, l->out);
    return panel_sum(0.0f, a + row, l->in, b + column, l->out, l->rows);
}

static void check_against_naive(const layer *l, const support_case *c)
{
    support_result got = support_run_generic(c);
    int columns = sep_shape_last(&c->output);

    for (int i = 0; i < (int)sep_shape_rows(&c->output); i++)
        for (int j = 0; j < columns; j++) {
            float wanted = naive_element(l, c, i, j);

            if (memcmp(&wanted, &got.output.f32[i * columns + j], sizeof wanted) != 0)
                fail_msg("%s, element %d %d: %.9g, expected %.9g", sep_op_name(c->op), i, j,
                         (double)got.output.f32[i * columns + j], (double)wanted);
        }
    support_result_free(&got);
}

typedef support_array make_array(sep_shape shape, uint32_t seed);

static support_case make_case(sep_op op, const layer *l, bool bias, make_array *make)
{
    sep_shape x = SEP_SHAPE(1, l->rows, l->in), w = SEP_SHAPE(l->in, l->out), y = SEP_SHAPE(1, l->rows, l->out);
    support_case c = {.op = op, .inputs = 2};

    c.input[0] = make(op == SEP_OP_LINEAR_DX ? y : x, 1);
    c.input[1] = make(op == SEP_OP_LINEAR_DW ? y : w, 2);
    if (op == SEP_OP_LINEAR && bias)
        c.input[c.inputs++] = make(SEP_SHAPE(l->out), 3);
    c.output = op == SEP_OP_LINEAR ? y : op == SEP_OP_LINEAR_DX ? x : w;
    return c;
}

static void check_layers(sep_op op)
{
    for (size_t i = 0; i < sizeof layers / sizeof layers[0]; i++)
        for (int integers = 0; integers < 2; integers++) {
            support_case c = make_case(op, &layers[i], integers, integers ? support_integers : support_random);

            check_against_naive(&layers[i], &c);
            support_check_tables(&c);
            support_case_free(&c);
        }
}

static void test_forward(void **state)
{
    (void)state;
    check_layers(SEP_OP_LINEAR);
}

static void test_data_gradient(void **state)
{
    (void)state;
    check_layers(SEP_OP_LINEAR_DX);
}

static void test_weight_gradient(void **state)
{
    (void)state;
    check_layers(SEP_OP_LINEAR_DW);
}

/* ---- with an activation ------------------------------------------------------------------------------------------ */

/* activation(x) by its own operation, or dy * activation'(x). */
static support_array activated(sep_activation activation, const support_array *x, const support_array *dy)
{
    support_case c = {.op = dy ? SEP_OP_ACTIVATE_DX : SEP_OP_ACTIVATE,
                      .attributes = {.activation = activation, .slope = 0.25f},
                      .inputs = dy ? 2 : 1,
                      .output = x->shape};

    c.input[0] = *x;
    if (dy)
        c.input[1] = *dy;
    support_result r = support_run_generic(&c);
    support_array y = support_copy(r.output.f32, x->shape);
    support_result_free(&r);
    return y;
}

/* The case with the activation beside it, against the two operations one after the other. */
static void check_activation(const layer *l, sep_op op, sep_activation activation)
{
    support_case fused = make_case(op, l, true, support_random), plain = make_case(op, l, true, support_random);
    bool dx = op == SEP_OP_LINEAR_DX;

    fused.attributes = (sep_attributes){.activation = activation, .slope = 0.25f};
    if (dx) {
        fused.input[fused.inputs++] = support_random_between(fused.output, 4, -3.0f, 3.0f);
    } else {
        support_array_free(&plain.input[0]);
        plain.input[0] = activated(activation, &fused.input[0], NULL);
    }
    support_result got = support_run_generic(&fused), wanted = support_run_generic(&plain);
    support_array expected = dx ? activated(activation, &fused.input[2], &wanted.output)
                                : support_copy(wanted.output.f32, wanted.output.shape);

    assert_memory_equal(got.output.f32, expected.f32, (size_t)support_count(&expected) * sizeof(float));
    support_check_tables(&fused);
    support_array_free(&expected);
    support_result_free(&got);
    support_result_free(&wanted);
    support_case_free(&fused);
    support_case_free(&plain);
}

static void test_activations(void **state)
{
    static const sep_activation activations[] = {SEP_GELU, SEP_RELU, SEP_LEAKY_RELU};

    (void)state;
    for (size_t i = 0; i < sizeof layers / sizeof layers[0]; i++)
        for (sep_op op = SEP_OP_LINEAR; op <= SEP_OP_LINEAR_DW; op++)
            check_activation(&layers[i], op, activations[i % 3]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_forward),
        cmocka_unit_test(test_data_gradient),
        cmocka_unit_test(test_weight_gradient),
        cmocka_unit_test(test_activations),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
