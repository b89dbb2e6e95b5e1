/* Functions of one number and of two, sums and largest elements of rows: every table and every OpenCL device against
 * generic, and generic against double. */
#include "support.h"

#include <math.h>

#define COUNT(array) ((int)(sizeof(array) / sizeof(array)[0]))

typedef double formula(const support_case *c, int64_t i);

static void check(const support_case *c, formula *f, double tolerance)
{
    support_result r = support_run_generic(c);

    support_check_tables(c);
    for (int64_t i = 0; i < support_count(&r.output); i++) {
        double wanted = f(c, i), got = (double)r.output.f32[i];

        if (!(fabs(got - wanted) <= tolerance * fmax(1.0, fabs(wanted))))
            fail_msg("%s %d: element %lld is %.9g, expected %.9g", sep_op_name(c->op), (int)c->attributes.function,
                     (long long)i, got, wanted);
    }
    support_result_free(&r);
}

static void check_in_place(support_case *c, formula *f, double tolerance)
{
    check(c, f, tolerance);
    c->in_place = true;
    support_check_tables(c);
    c->in_place = false;
}

/* ---- of one number ----------------------------------------------------------------------------------------------- */

static double sigmoid(double x)
{
    return 1.0 / (1.0 + exp(-x));
}

static double unary_value(const support_case *c, int64_t i)
{
    double x = (double)c->input[0].f32[i], e = (double)c->attributes.exponent;
    const double values[] = {exp(x), log(x), sqrt(x), x * x, fabs(x), sigmoid(x), pow(x, e)};

    return values[c->attributes.function];
}

static double unary_gradient(const support_case *c, int64_t i)
{
    double x = (double)c->input[0].f32[i], e = (double)c->attributes.exponent, s = sigmoid(x);
    const double slopes[] = {
        exp(x), 1.0 / x, 0.5 / sqrt(x), 2.0 * x, (x > 0.0) - (x < 0.0), s * (1.0 - s), e * pow(x, e - 1.0)};

    return (double)c->input[1].f32[i] * slopes[c->attributes.function];
}

static void check_unary(sep_function function, float exponent, int count)
{
    bool positive = function == SEP_LN || function == SEP_SQRT || function == SEP_POWER;
    support_case c = {.op = SEP_OP_UNARY,
                      .attributes = {.function = function, .exponent = exponent},
                      .inputs = 1,
                      .output = SEP_SHAPE(count)};

    c.input[0] = support_random_between(c.output, 3, positive ? 0.01f : -3.0f, 3.0f);
    c.input[1] = support_random(c.output, 4);
    check_in_place(&c, unary_value, 2e-6);
    c.op = SEP_OP_UNARY_DX;
    c.inputs = 2;
    check_in_place(&c, unary_gradient, 2e-6);
    support_case_free(&c);
}

static void functions_of_one(void **state)
{
    static const int counts[] = {1, 3, 15, 16, 17, 1000, 33003};
    static const float exponents[] = {2.5f, 0.5f, 1.0f};

    (void)state;
    for (int i = 0; i < COUNT(counts); i++) {
        for (sep_function f = SEP_EXP; f <= SEP_SIGMOID; f++)
            check_unary(f, 0.0f, counts[i]);
        for (int e = 0; e < COUNT(exponents); e++)
            check_unary(SEP_POWER, exponents[e], counts[i]);
    }
}

/* Where functions end: the wanted values and slopes are those of the definition (septum/operation.h). NaN stands for
 * any NaN. */
typedef struct edge {
    sep_function function;
    float exponent, x, value, slope;
} edge;

static const edge edges[] = {
    {SEP_EXP, 0, 0, 1, 1},
    {SEP_EXP, 0, -INFINITY, 0, 0},
    {SEP_EXP, 0, -90, 0, 0},
    {SEP_EXP, 0, INFINITY, INFINITY, INFINITY},
    {SEP_EXP, 0, 90, INFINITY, INFINITY},
    {SEP_EXP, 0, NAN, NAN, NAN},
    {SEP_LN, 0, 1, 0, 1},
    {SEP_LN, 0, 0, -INFINITY, INFINITY},
    {SEP_LN, 0, -1, NAN, -1},
    {SEP_LN, 0, INFINITY, INFINITY, 0},
    {SEP_LN, 0, NAN, NAN, NAN},
    {SEP_SQRT, 0, 0, 0, INFINITY},
    {SEP_SQRT, 0, -1, NAN, NAN},
    {SEP_SQRT, 0, INFINITY, INFINITY, 0},
    {SEP_SQUARE, 0, -INFINITY, INFINITY, -INFINITY},
    {SEP_SQUARE, 0, 1e-30f, 0, 2e-30f},
    {SEP_ABS, 0, 0, 0, 0},
    {SEP_ABS, 0, -0.0f, 0, 0},
    {SEP_ABS, 0, -INFINITY, INFINITY, -1},
    {SEP_ABS, 0, NAN, NAN, 0},
    {SEP_SIGMOID, 0, 0, 0.5f, 0.25f},
    {SEP_SIGMOID, 0, -INFINITY, 0, 0},
    {SEP_SIGMOID, 0, -100, 0, 0},
    {SEP_SIGMOID, 0, 100, 1, 0},
    {SEP_SIGMOID, 0, INFINITY, 1, 0},
    {SEP_SIGMOID, 0, NAN, NAN, NAN},
    {SEP_POWER, 0, 0, 1, 0},
    {SEP_POWER, 0, NAN, 1, 0},
    {SEP_POWER, 1, 0, 0, 1},
    {SEP_POWER, 2, 0, 0, 0},
    {SEP_POWER, 2, -1, 0, 0},
    {SEP_POWER, 0.5f, INFINITY, INFINITY, 0},
    {SEP_POWER, 0.5f, NAN, 0, 0},
};

static bool is(float got, float wanted)
{
    return got == wanted || (isnan(got) && isnan(wanted));
}

/* Seventeen of the number: a whole vector and one more. */
static float at_edge(sep_op op, const edge *e)
{
    support_case c = {.op = op,
                      .attributes = {.function = e->function, .exponent = e->exponent},
                      .inputs = op == SEP_OP_UNARY ? 1 : 2,
                      .output = SEP_SHAPE(17)};

    for (int i = 0; i < c.inputs; i++)
        c.input[i] = support_array_create(c.output, SEP_F32);
    for (int i = 0; i < 17; i++) {
        c.input[0].f32[i] = e->x;
        if (c.inputs == 2)
            c.input[1].f32[i] = 1.0f;
    }
    support_check_tables(&c);
    support_result r = support_run_generic(&c);
    float first = r.output.f32[0];
    support_result_free(&r);
    support_case_free(&c);
    return first;
}

static void edges_of_functions(void **state)
{
    (void)state;
    for (int i = 0; i < COUNT(edges); i++) {
        const edge *e = &edges[i];
        float value = at_edge(SEP_OP_UNARY, e), slope = at_edge(SEP_OP_UNARY_DX, e);

        if (!is(value, e->value) || !is(slope, e->slope))
            fail_msg("function %d of %g (exponent %g) is %g with slope %g, expected %g and %g", (int)e->function,
                     (double)e->x, (double)e->exponent, (double)value, (double)slope, (double)e->value,
                     (double)e->slope);
    }
}

/* ---- of two ------------------------------------------------------------------------------------------------------ */

/* Which element of b meets element i of a, by axes from the last: b has a's, or 1, or none. */
static int64_t met(const support_case *c, int64_t i)
{
    const sep_shape *a = &c->input[0].shape, *b = &c->input[1].shape;
    int64_t at = 0, stride = 1;

    if (sep_shape_count(a) == sep_shape_count(b))
        return i;
    for (int axis = a->rank - 1, own = b->rank - 1; own >= 0; i /= a->dim[axis], axis--, own--) {
        at += b->dim[own] > 1 ? i % a->dim[axis] * stride : 0;
        stride *= b->dim[own];
    }
    return at;
}

static double binary_value(const support_case *c, int64_t i)
{
    double a = (double)c->input[0].f32[i], b = (double)c->input[1].f32[met(c, i)];
    const double values[] = {a + b, a - b, a * b, a / b, fmin(a, b), fmax(a, b), a < b};

    return values[c->attributes.function - SEP_PLUS];
}

static void check_binary(sep_shape a, sep_shape b)
{
    support_case c = {.op = SEP_OP_BINARY, .inputs = 2, .output = a};

    c.input[0] = support_integers(a, 1); /* many are equal */
    c.input[1] = support_integers(b, 2);
    for (int64_t i = 0; i < support_count(&c.input[1]); i++)
        c.input[1].f32[i] += c.input[1].f32[i] == 0.0f ? 5.0f : 0.0f;
    for (sep_function f = SEP_PLUS; f <= SEP_LESS; f++) {
        c.attributes.function = f;
        check_in_place(&c, binary_value, 1e-7);
    }
    support_case_free(&c);
}

static void functions_of_two(void **state)
{
    (void)state;
    check_binary(SEP_SHAPE(33003), SEP_SHAPE(33003));
    check_binary(SEP_SHAPE(3, 1, 7), SEP_SHAPE(3, 7));
    check_binary(SEP_SHAPE(33003), SEP_SHAPE(1));
    check_binary(SEP_SHAPE(3, 101, 7, 19), SEP_SHAPE(1, 1, 1, 1));
    check_binary(SEP_SHAPE(1), SEP_SHAPE(1));
}

static void functions_of_two_repeated(void **state)
{
    static const int channels[] = {1, 2, 3, 4, 15, 16, 17, 33};

    (void)state;
    for (int i = 0; i < COUNT(channels); i++)
        check_binary(SEP_SHAPE(3, 5, 7, channels[i]), SEP_SHAPE(channels[i]));
    check_binary(SEP_SHAPE(3, 5, 7, 4), SEP_SHAPE(1, 1, 1, 4));
    check_binary(SEP_SHAPE(3, 5, 7, 19), SEP_SHAPE(5, 7, 19));
    check_binary(SEP_SHAPE(3, 51, 70, 5), SEP_SHAPE(1, 51, 70, 5)); /* longer than a tile */
    check_binary(SEP_SHAPE(6007, 5), SEP_SHAPE(5));
}

static void functions_of_two_with_one_each(void **state)
{
    static const int channels[] = {1, 2, 3, 4, 15, 16, 17, 33};

    (void)state;
    for (int i = 0; i < COUNT(channels); i++)
        check_binary(SEP_SHAPE(3, 5, 7, channels[i]), SEP_SHAPE(3, 5, 7, 1));
    check_binary(SEP_SHAPE(3, 5, 7, 4), SEP_SHAPE(3, 1, 1, 1));
    check_binary(SEP_SHAPE(3, 51, 70, 5), SEP_SHAPE(3, 1, 1, 1)); /* longer than a tile */
    check_binary(SEP_SHAPE(2, 3, 7, 4), SEP_SHAPE(2, 3, 1, 1));
    check_binary(SEP_SHAPE(6007, 5), SEP_SHAPE(6007, 1));
}

/* ---- rows -------------------------------------------------------------------------------------------------------- */

static double row_sum(const support_case *c, int64_t r)
{
    int channels = sep_shape_last(&c->input[0].shape);
    double sum = 0.0;

    for (int i = 0; i < channels; i++)
        sum += (double)c->input[0].f32[r * channels + i];
    return sum;
}

static int64_t first_largest(const support_case *c, int64_t r)
{
    int channels = sep_shape_last(&c->input[0].shape);
    int64_t first = r * channels;

    for (int i = 1; i < channels; i++)
        if (c->input[0].f32[r * channels + i] > c->input[0].f32[first])
            first = r * channels + i;
    return first;
}

static double row_max(const support_case *c, int64_t r)
{
    return (double)c->input[0].f32[first_largest(c, r)];
}

static double row_max_gradient(const support_case *c, int64_t i)
{
    int64_t r = i / sep_shape_last(&c->input[0].shape);

    return first_largest(c, r) == i ? (double)c->input[1].f32[r] : 0.0;
}

/* Sums of whole numbers are exact, and largest elements come more than once. */
static void check_rows(int rows, int channels)
{
    support_case c = {.op = SEP_OP_CHANNEL_SUM, .inputs = 1, .output = SEP_SHAPE(rows, 1)};

    c.input[0] = support_integers(SEP_SHAPE(rows, channels), 1);
    c.input[1] = support_random(SEP_SHAPE(rows, 1), 2);
    check(&c, row_sum, 0.0);
    c.op = SEP_OP_CHANNEL_MAX;
    check(&c, row_max, 0.0);
    c.op = SEP_OP_CHANNEL_MAX_DX;
    c.inputs = 2;
    c.output = SEP_SHAPE(rows, channels);
    check(&c, row_max_gradient, 0.0);
    support_case_free(&c);
}

static void sums_and_largest_of_rows(void **state)
{
    static const int rows[] = {1, 7, 257, 5003}, channels[] = {1, 2, 4, 15, 16, 17, 33, 130};

    (void)state;
    for (int i = 0; i < COUNT(rows); i++)
        for (int j = 0; j < COUNT(channels); j++)
            check_rows(rows[i], channels[j]);
}

/* The order of a row's sum shows only where it rounds. */
static void rounded_sums_of_rows(void **state)
{
    static const int channels[] = {2, 17, 130, 40001};

    (void)state;
    for (int i = 0; i < COUNT(channels); i++) {
        support_case c = {.op = SEP_OP_CHANNEL_SUM, .inputs = 1, .output = SEP_SHAPE(5, 1)};

        c.input[0] = support_random(SEP_SHAPE(5, channels[i]), 6);
        check(&c, row_sum, 1e-4);
        support_case_free(&c);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(functions_of_one),
        cmocka_unit_test(edges_of_functions),
        cmocka_unit_test(functions_of_two),
        cmocka_unit_test(functions_of_two_repeated),
        cmocka_unit_test(functions_of_two_with_one_each),
        cmocka_unit_test(sums_and_largest_of_rows),
        cmocka_unit_test(rounded_sums_of_rows),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
