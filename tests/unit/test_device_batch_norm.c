/* Batch normalisation: every table against generic; statistics, output and gradient against double. */
#include "support.h"

#include <math.h>
#include <stdlib.h>

#define EPSILON 1e-5f

static const struct {
    int rows, channels;
} shapes[] = {{1, 1}, {2, 3}, {255, 16}, {256, 8}, {257, 17}, {1025, 16}, {600, 33}, {70, 128}, {3, 1500}};

#define COUNT(array) ((int)(sizeof(array) / sizeof(array)[0]))

static support_array column_statistics(const support_array *x)
{
    support_case c = {.op = SEP_OP_BATCH_STATS, .inputs = 1, .output = SEP_SHAPE(2, sep_shape_last(&x->shape))};
    support_result r;

    c.input[0] = *x;
    r = support_run_generic(&c);
    support_array_free(&r.input[0]);
    return r.output;
}

static void statistics(void **state)
{
    (void)state;
    for (int s = 0; s < COUNT(shapes); s++) {
        int rows = shapes[s].rows, channels = shapes[s].channels;
        support_case c = {.op = SEP_OP_BATCH_STATS, .inputs = 1, .output = SEP_SHAPE(2, channels)};
        double *wanted = calloc((size_t)(2 * channels), sizeof(double));

        assert_non_null(wanted);
        c.input[0] = support_random_between(SEP_SHAPE(rows, channels), 1, 99.0f, 101.0f);
        support_check_tables(&c);
        for (int i = 0; i < rows * channels; i++)
            wanted[i % channels] += (double)c.input[0].f32[i] / rows;
        for (int i = 0; i < rows * channels; i++)
            wanted[channels + i % channels] += pow((double)c.input[0].f32[i] - wanted[i % channels], 2.0) / rows;

        support_result r = support_run_generic(&c);
        support_assert_close(&r.output, wanted, 1e-5);
        support_result_free(&r);
        support_case_free(&c);
        free(wanted);
    }
}

/* Which elements stay. */
static support_array keep_bits(int elements, float probability)
{
    support_case c = {.op = SEP_OP_DROPOUT_BITS,
                      .attributes = {.probability = probability, .count = elements},
                      .output = SEP_SHAPE(elements / 32 + 2),
                      .output_dtype = SEP_I32,
                      .stream = 12,
                      .step = {.seed = 1234, .iteration = 7}};

    support_check_tables(&c);
    support_result r = support_run_generic(&c);
    for (int i = 0; i < elements / 32 * 32 + 64; i++)
        assert_int_equal((uint32_t)r.output.i32[i / 32] >> i % 32 & 1, i < elements && support_keeps(&c, i));
    return r.output;
}

/* Operands of all three: x, stats, gamma, beta, dy, reduce, keep. */
typedef struct operands {
    int rows, channels;
    sep_attributes attributes;
    support_array x, stats, gamma, beta, dy, reduce, keep;
} operands;

static operands make_operands(int rows, int channels, sep_activation activation, float probability)
{
    operands o = {
        .rows = rows,
        .channels = channels,
        .attributes = {.epsilon = EPSILON, .activation = activation, .slope = 0.01f, .probability = probability}};

    o.x = support_random(SEP_SHAPE(rows, channels), 1);
    o.stats = column_statistics(&o.x);
    o.gamma = support_random(SEP_SHAPE(channels), 2);
    o.beta = support_random(SEP_SHAPE(channels), 3);
    o.dy = support_random(SEP_SHAPE(rows, channels), 4);
    o.reduce = support_random(SEP_SHAPE(2, channels), 5);
    if (probability > 0.0f)
        o.keep = keep_bits(rows * channels, probability);
    return o;
}

static void free_operands(operands *o)
{
    support_array *all[] = {&o->x, &o->stats, &o->gamma, &o->beta, &o->dy, &o->reduce, &o->keep};

    for (int i = 0; i < COUNT(all); i++)
        support_array_free(all[i]);
}

/* A case whose arrays are those of the operands. */
static support_case normalisation(sep_op op, const operands *o)
{
    support_case c = {.op = op,
                      .attributes = o->attributes,
                      .inputs = 4,
                      .input = {o->x, o->stats, o->gamma, o->beta},
                      .output =
                          op == SEP_OP_BATCH_REDUCE ? SEP_SHAPE(2, o->channels) : SEP_SHAPE(o->rows, o->channels)};

    if (op != SEP_OP_BATCH_APPLY)
        c.input[c.inputs++] = o->dy;
    if (op == SEP_OP_BATCH_DX)
        c.input[c.inputs++] = o->reduce;
    if (o->keep.f32 != NULL)
        c.input[c.inputs++] = o->keep;
    return c;
}

static void all_tables_agree(void **state)
{
    (void)state;
    for (int s = 0; s < COUNT(shapes); s++)
        for (int k = 0; k < 4; k++) {
            operands o =
                make_operands(shapes[s].rows, shapes[s].channels, (sep_activation)k, (s + k) % 2 ? 0.3f : 0.0f);
            support_case apply = normalisation(SEP_OP_BATCH_APPLY, &o), reduce = normalisation(SEP_OP_BATCH_REDUCE, &o),
                         dx = normalisation(SEP_OP_BATCH_DX, &o);

            support_check_tables(&apply);
            apply.output_gap = 16 * s;
            support_check_tables(&apply);
            support_check_tables(&reduce);
            support_check_tables(&dx);
            dx.attributes.frozen = true;
            support_check_tables(&dx);
            free_operands(&o);
        }
}

/* An output too large for the caches is written past them. */
static void large_output(void **state)
{
    (void)state;
    for (int gap = 0; gap <= 32; gap += 32) {
        operands o = make_operands(33000, 32, SEP_LEAKY_RELU, gap > 0 ? 0.3f : 0.0f);
        support_case c = normalisation(SEP_OP_BATCH_APPLY, &o);

        c.output_gap = gap;
        support_check_tables(&c);
        free_operands(&o);
    }
}

/* ---- against double ---------------------------------------------------------------------------------------------- */

/* The loss sum(dy * y) of leaky ReLU and dropout in double, as a function of x alone. */
static double loss_of(const operands *o, const double *x, int rows, int channels)
{
    double loss = 0.0;

    for (int ch = 0; ch < channels; ch++) {
        double mean = 0.0, variance = 0.0;

        for (int r = 0; r < rows; r++)
            mean += x[r * channels + ch] / rows;
        for (int r = 0; r < rows; r++)
            variance += pow(x[r * channels + ch] - mean, 2.0) / rows;
        for (int r = 0; r < rows; r++) {
            int i = r * channels + ch;
            double u =
                (x[i] - mean) / sqrt(variance + (double)EPSILON) * (double)o->gamma.f32[ch] + (double)o->beta.f32[ch];

            u = u > 0.0 ? u : u * 0.01;
            if ((uint32_t)o->keep.i32[i / 32] >> i % 32 & 1)
                loss += (double)o->dy.f32[i] * u / (1.0 - (double)o->attributes.probability);
        }
    }
    return loss;
}

/* The gradient through apply: REDUCE, then DX, against central differences of the loss. */
static void gradient_is_the_slope_of_the_loss(void **state)
{
    const int rows = 23, channels = 5;
    operands o = make_operands(rows, channels, SEP_LEAKY_RELU, 0.3f);
    double x[23 * 5], wanted[23 * 5];

    (void)state;
    support_case c = normalisation(SEP_OP_BATCH_REDUCE, &o);
    support_result reduced = support_run_generic(&c);
    support_array_free(&o.reduce);
    o.reduce = reduced.output;
    reduced.output = (support_array){0};
    support_result_free(&reduced);

    for (int i = 0; i < rows * channels; i++)
        x[i] = (double)o.x.f32[i];
    for (int i = 0; i < rows * channels; i++) {
        double at = x[i], above;

        x[i] = at + 1e-5;
        above = loss_of(&o, x, rows, channels);
        x[i] = at - 1e-5;
        wanted[i] = (above - loss_of(&o, x, rows, channels)) / 2e-5;
        x[i] = at;
    }

    c = normalisation(SEP_OP_BATCH_DX, &o);
    support_result r = support_run_generic(&c);
    support_assert_close(&r.output, wanted, 1e-4);
    support_result_free(&r);
    free_operands(&o);
}

static void running_statistics(void **state)
{
    support_case c = {.op = SEP_OP_BATCH_RUNNING,
                      .attributes = {.momentum = 0.1f, .count = 10},
                      .inputs = 2,
                      .output = SEP_SHAPE(2, 3),
                      .in_place = true};
    const float running[] = {1.0f, 2.0f, 3.0f, 4.0f, 5.0f, 6.0f}, stats[] = {0.0f, 1.0f, 2.0f, 9.0f, 18.0f, 27.0f};
    const double wanted[] = {0.9, 1.9, 2.9, 3.6 + 1.0, 4.5 + 2.0, 5.4 + 3.0};

    (void)state;
    c.input[0] = support_copy(running, c.output);
    c.input[1] = support_copy(stats, c.output);
    support_check_tables(&c);
    support_result r = support_run_generic(&c);
    support_assert_close(&r.output, wanted, 1e-6);
    support_result_free(&r);
    support_case_free(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(statistics),         cmocka_unit_test(all_tables_agree),
        cmocka_unit_test(large_output),       cmocka_unit_test(gradient_is_the_slope_of_the_loss),
        cmocka_unit_test(running_statistics),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
