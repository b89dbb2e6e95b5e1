/* Elementwise operations: every table against generic, and against double. */
#include "support.h"

#include <math.h>

#include "septum/base.h"

static const int counts[] = {1, 3, 8, 15, 16, 17, 1000, 33003};

#define COUNT(array) ((int)(sizeof(array) / sizeof(array)[0]))

typedef double formula(const support_case *c, int64_t i);

/* All tables agree, and each element is what the formula says. */
static void check(const support_case *c, formula *f, double tolerance)
{
    support_result r = support_run_generic(c);
    support_array *y = &r.output;

    support_check_tables(c);
    for (int64_t i = 0; i < support_count(y); i++) {
        double wanted = f(c, i);

        if (!(fabs((double)y->f32[i] - wanted) <= tolerance * fmax(1.0, fabs(wanted))))
            fail_msg("%s: element %lld is %.9g, expected %.9g", sep_op_name(c->op), (long long)i, (double)y->f32[i],
                     wanted);
    }
    support_result_free(&r);
}

/* ---- add, mul, scale, fill --------------------------------------------------------------------------------------- */

static double other(const support_case *c, int64_t i)
{
    return (double)c->input[1].f32[i % support_count(&c->input[1])];
}

static double sum(const support_case *c, int64_t i)
{
    return (double)c->input[0].f32[i] + other(c, i);
}

static double product(const support_case *c, int64_t i)
{
    return (double)c->input[0].f32[i] * other(c, i);
}

static void check_binary(sep_shape a, sep_shape b)
{
    support_case c = {.op = SEP_OP_ADD, .inputs = 2, .output = a};

    c.input[0] = support_random(a, 1);
    c.input[1] = support_random(b, 2);
    check(&c, sum, 1e-7);
    c.in_place = true;
    support_check_tables(&c);
    c.in_place = false;
    c.op = SEP_OP_MUL;
    check(&c, product, 1e-7);
    support_case_free(&c);
}

static void add_and_mul(void **state)
{
    (void)state;
    for (int i = 0; i < COUNT(counts); i++) {
        check_binary(SEP_SHAPE(counts[i]), SEP_SHAPE(counts[i]));
        check_binary(SEP_SHAPE(counts[i]), SEP_SHAPE(1));
    }
    check_binary(SEP_SHAPE(7, 3, 5), SEP_SHAPE(5));
    check_binary(SEP_SHAPE(301, 96), SEP_SHAPE(96));
    check_binary(SEP_SHAPE(2, 17), SEP_SHAPE(17));
    check_binary(SEP_SHAPE(9, 1), SEP_SHAPE(1));
}

static double scaled(const support_case *c, int64_t i)
{
    return (double)c->input[0].f32[i] * (double)c->attributes.factor;
}

static double value(const support_case *c, int64_t i)
{
    (void)i;
    return (double)c->attributes.value;
}

static void scale_and_fill(void **state)
{
    (void)state;
    for (int i = 0; i < COUNT(counts); i++) {
        support_case c = {.op = SEP_OP_SCALE, .attributes.factor = 0.7f, .inputs = 1, .output = SEP_SHAPE(counts[i])};
        support_case f = {.op = SEP_OP_FILL, .attributes.value = -2.5f, .output = SEP_SHAPE(counts[i])};

        c.input[0] = support_random(c.output, 1);
        check(&c, scaled, 1e-7);
        check(&f, value, 0.0);
        support_case_free(&c);
    }
}

/* ---- activations ------------------------------------------------------------------------------------------------- */

static double cdf(double x)
{
    return 0.5 * (1.0 + erf(x / sqrt(2.0)));
}

static double activated(const support_case *c, int64_t i)
{
    double x = (double)c->input[0].f32[i];

    switch (c->attributes.activation) {
    case SEP_RELU:
        return fmax(x, 0.0);
    case SEP_LEAKY_RELU:
        return x > 0.0 ? x : x * (double)c->attributes.slope;
    case SEP_GELU:
        return x * cdf(x);
    default:
        return x;
    }
}

static double activated_dx(const support_case *c, int64_t i)
{
    double x = (double)c->input[0].f32[i], dy = (double)c->input[1].f32[i];

    switch (c->attributes.activation) {
    case SEP_RELU:
        return x > 0.0 ? dy : 0.0;
    case SEP_LEAKY_RELU:
        return x > 0.0 ? dy : dy * (double)c->attributes.slope;
    case SEP_GELU:
        return dy * (cdf(x) + x * exp(-0.5 * x * x) / sqrt(2.0 * acos(-1.0)));
    default:
        return dy;
    }
}

static void activations(void **state)
{
    (void)state;
    for (int i = 0; i < COUNT(counts); i++) {
        for (sep_activation kind = SEP_LINEAR_ACTIVATION; kind <= SEP_GELU; kind++) {
            support_case c = {.op = SEP_OP_ACTIVATE,
                              .attributes = {.activation = kind, .slope = 0.01f},
                              .inputs = 1,
                              .output = SEP_SHAPE(counts[i])};

            c.input[0] = support_random_between(c.output, 3, -6.0f, 6.0f);
            c.input[1] = support_random(c.output, 4);
            c.input[0].f32[0] = 0.0f;
            check(&c, activated, 3e-7);
            c.op = SEP_OP_ACTIVATE_DX;
            c.inputs = 2;
            check(&c, activated_dx, 3e-7);
            support_case_free(&c);
        }
    }
}

/* ---- dropout ----------------------------------------------------------------------------------------------------- */

static double dropped(const support_case *c, int64_t i)
{
    int64_t element = c->attributes.per_sample ? i / (support_count(&c->input[0]) / c->output.dim[0]) : i;

    return support_keeps(c, element) ? (double)c->input[0].f32[i] / (1.0 - (double)c->attributes.probability) : 0.0;
}

static void dropout(void **state)
{
    static const float probabilities[] = {0.0f, 0.05f, 0.5f, 0.9f};

    (void)state;
    for (int i = 0; i < COUNT(counts); i++) {
        for (int j = 0; j < COUNT(probabilities); j++) {
            support_case c = {.op = SEP_OP_DROPOUT,
                              .attributes.probability = probabilities[j],
                              .inputs = 1,
                              .output = SEP_SHAPE(counts[i]),
                              .stream = 77,
                              .step = {.seed = 0x123456789abcdefULL, .iteration = 41}};

            c.input[0] = support_random(c.output, 6);
            check(&c, dropped, 3e-7);
            support_case_free(&c);
        }
    }
}

static void drop_path(void **state)
{
    support_case c = {.op = SEP_OP_DROPOUT,
                      .attributes = {.probability = 0.4f, .per_sample = true},
                      .inputs = 1,
                      .output = SEP_SHAPE(11, 7, 13),
                      .stream = 5,
                      .step = {.seed = 9, .iteration = 3}};

    (void)state;
    c.input[0] = support_random(c.output, 6);
    check(&c, dropped, 3e-7);
    support_case_free(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(add_and_mul), cmocka_unit_test(scale_and_fill), cmocka_unit_test(activations),
        cmocka_unit_test(dropout),     cmocka_unit_test(drop_path),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
