/* Parameter updates: every table against generic (parameters and moments), and against double. */
#include "support.h"

#include <math.h>

static const int counts[] = {1, 3, 16, 17, 1000, 20011};

#define COUNT(array) ((int)(sizeof(array) / sizeof(array)[0]))

/* Element i of a parameter, its gradient and moments before the step; the formula moves them. */
typedef struct element {
    double p, g, m, v;
} element;

typedef void formula(const support_case *c, element *e);

static void check(const support_case *c, formula *step)
{
    support_result r = support_run_generic(c);
    int64_t count = sep_shape_count(&c->output);
    bool moments = c->op == SEP_OP_ADAM;

    support_check_tables(c);
    for (int64_t i = 0; i < count; i++) {
        element e = {(double)c->input[0].f32[i], (double)c->input[1].f32[i], (double)c->input[2].f32[i],
                     moments ? (double)c->input[2].f32[count + i] : 0.0};

        step(c, &e);
        assert_true(fabs((double)r.output.f32[i] - e.p) < 1e-6);
        assert_true(fabs((double)r.input[2].f32[i] - e.m) < 1e-6);
        if (moments)
            assert_true(fabs((double)r.input[2].f32[count + i] - e.v) < 1e-6);
    }
    support_result_free(&r);
}

static double clip(const support_case *c)
{
    return c->inputs > 4 ? (double)c->input[4].f32[0] : 1.0;
}

static void sgd_step(const support_case *c, element *e)
{
    double g = e->g * clip(c) + (double)c->attributes.decay * e->p;

    e->m = c->input[3].f32[1] != 0.0f ? g : (double)c->attributes.momentum * e->m + g;
    e->p -= (double)c->input[3].f32[0] * e->m;
}

static void adam_step(const support_case *c, element *e)
{
    const sep_attributes *a = &c->attributes;
    const float *hyper = c->input[3].f32;
    double rate = (double)hyper[0], decay = (double)a->decay, g = e->g * clip(c);

    if (a->decoupled)
        e->p *= 1.0 - rate * decay;
    else
        g += decay * e->p;
    e->m = (double)a->beta1 * e->m + (1.0 - (double)a->beta1) * g;
    e->v = (double)a->beta2 * e->v + (1.0 - (double)a->beta2) * g * g;
    e->p -= rate * (e->m / (double)hyper[1]) / (sqrt(e->v / (double)hyper[2]) + (double)a->epsilon);
}

static void ema_step(const support_case *c, element *e)
{
    double alpha = (double)c->input[2].f32[0];

    e->p = alpha * e->p + (1.0 - alpha) * e->g;
    e->m = alpha;
}

/* p, g, moments, hyper, clip. */
static support_case update(sep_op op, int count, int inputs)
{
    support_case c = {.op = op, .inputs = inputs, .output = SEP_SHAPE(count), .in_place = true};
    const float factor = 0.5f;

    c.input[0] = support_random(SEP_SHAPE(count), 1);
    c.input[1] = support_random(SEP_SHAPE(count), 2);
    c.input[2] = support_random_between(op == SEP_OP_ADAM ? SEP_SHAPE(2, count) : SEP_SHAPE(count), 3, 0.0f, 1.0f);
    c.input[4] = support_copy(&factor, SEP_SHAPE(1));
    return c;
}

static void sgd(void **state)
{
    (void)state;
    for (int i = 0; i < COUNT(counts); i++) {
        for (int first = 0; first < 2; first++) {
            support_case c = update(SEP_OP_SGD, counts[i], 4 + first);
            const float hyper[4] = {0.01f, (float)first, 0.0f, 0.0f};

            c.attributes = (sep_attributes){.decay = 1e-2f, .momentum = 0.9f};
            c.input[3] = support_copy(hyper, SEP_SHAPE(4));
            check(&c, sgd_step);
            support_case_free(&c);
        }
    }
}

static void adam(void **state)
{
    (void)state;
    for (int i = 0; i < COUNT(counts); i++) {
        for (int decoupled = 0; decoupled < 2; decoupled++) {
            support_case c = update(SEP_OP_ADAM, counts[i], 4 + decoupled);
            const float hyper[4] = {0.003f, 0.271f, 0.003f, 0.0f};

            c.attributes = (sep_attributes){
                .decay = 1e-2f, .beta1 = 0.9f, .beta2 = 0.999f, .epsilon = 1e-8f, .decoupled = decoupled};
            c.input[3] = support_copy(hyper, SEP_SHAPE(4));
            check(&c, adam_step);
            support_case_free(&c);
        }
    }
}

static void moving_average(void **state)
{
    (void)state;
    for (int i = 0; i < COUNT(counts); i++) {
        support_case c = update(SEP_OP_EMA, counts[i], 3);
        support_array hyper = support_random_between(SEP_SHAPE(counts[i] > 4 ? counts[i] : 4), 4, 0.99f, 0.99f);

        support_array_free(&c.input[2]);
        c.input[2] = hyper;
        check(&c, ema_step);
        support_case_free(&c);
    }
}

static void clipping(void **state)
{
    const float totals[] = {0.0f, 0.25f, 1.0f, 100.0f};

    (void)state;
    for (int i = 0; i < 4; i++) {
        support_case c = {.op = SEP_OP_CLIP_FACTOR, .attributes.factor = 2.0f, .inputs = 1, .output = SEP_SHAPE(1)};
        double wanted = fmin(1.0, 2.0 / (sqrt((double)totals[i]) + 1e-6));

        c.input[0] = support_copy(&totals[i], SEP_SHAPE(1));
        support_check_tables(&c);
        support_result r = support_run_generic(&c);
        support_assert_close(&r.output, &wanted, 1e-6);
        support_result_free(&r);
        support_case_free(&c);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sgd),
        cmocka_unit_test(adam),
        cmocka_unit_test(moving_average),
        cmocka_unit_test(clipping),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
