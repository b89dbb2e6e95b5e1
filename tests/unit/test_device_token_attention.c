/* Attention over all tokens: every table against generic, for any number of threads; values against double, and the
 * gradient against central differences. */
#include "support.h"

#include <math.h>
#include <stdlib.h>

typedef struct setting {
    int batch, queries, keys, heads, dim;
} setting;

/* One token, few, a vector's width and beside it, more than a stripe and than a task of stripes. */
static const setting settings[] = {{1, 1, 1, 1, 1},    {2, 3, 5, 2, 3},   {1, 16, 16, 1, 8},
                                   {1, 17, 31, 3, 5},  {2, 42, 4, 2, 16}, {1, 43, 49, 1, 64},
                                   {1, 200, 33, 1, 7}, {1, 9, 301, 2, 4}, {3, 100, 15, 4, 17}};

#define COUNT(array) ((int)(sizeof(array) / sizeof(array)[0]))

static support_case attention(const setting *s)
{
    const int channels = s->heads * s->dim;
    support_case c = {.op = SEP_OP_TOKEN_ATTENTION,
                      .attributes = {.heads = s->heads, .scale = 1.0f / sqrtf((float)s->dim)},
                      .inputs = 3,
                      .output = SEP_SHAPE(s->batch, s->queries, channels)};

    c.input[0] = support_random(c.output, 1);
    c.input[1] = support_random(SEP_SHAPE(s->batch, s->keys, channels), 2);
    c.input[2] = support_random(SEP_SHAPE(s->batch, s->keys, channels), 3);
    return c;
}

static support_case attention_gradient(const setting *s)
{
    support_case c = attention(s);
    int64_t count = 0;

    for (int i = 0; i < 3; i++)
        count += support_count(&c.input[i]);
    c.input[c.inputs++] = support_random(c.output, 4);
    c.op = SEP_OP_TOKEN_ATTENTION_DX;
    c.output = SEP_SHAPE((int)count);
    return c;
}

static void all_tables_agree(void **state)
{
    (void)state;
    for (int i = 0; i < COUNT(settings); i++) {
        support_case c = attention(&settings[i]), g = attention_gradient(&settings[i]);

        support_check_tables(&c);
        support_check_tables(&g);
        support_case_free(&c);
        support_case_free(&g);
    }
}

/* ---- in double --------------------------------------------------------------------------------------------------- */

/* One query of one head: q, k, v one behind the other in x. */
static void attend_one(const setting *s, const double *x, int sample, int head, int query, double *out)
{
    const int channels = s->heads * s->dim;
    const int64_t row = ((int64_t)sample * s->queries + query) * channels + head * s->dim;
    const double *q = x + row, *k = x + (int64_t)s->batch * s->queries * channels;
    const double *v = k + (int64_t)s->batch * s->keys * channels;
    double sum = 0.0;

    for (int d = 0; d < s->dim; d++)
        out[row + d] = 0.0;
    for (int j = 0; j < s->keys; j++) {
        const int64_t key = ((int64_t)sample * s->keys + j) * channels + head * s->dim;
        double score = 0.0;

        for (int d = 0; d < s->dim; d++)
            score += q[d] * k[key + d] / sqrt((double)s->dim);
        sum += exp(score);
        for (int d = 0; d < s->dim; d++)
            out[row + d] += exp(score) * v[key + d];
    }
    for (int d = 0; d < s->dim; d++)
        out[row + d] /= sum;
}

static void attend(const setting *s, const double *x, double *out)
{
    for (int sample = 0; sample < s->batch; sample++)
        for (int head = 0; head < s->heads; head++)
            for (int query = 0; query < s->queries; query++)
                attend_one(s, x, sample, head, query, out);
}

static double *operands(const support_case *c)
{
    int64_t count = 0, at = 0;

    for (int i = 0; i < 3; i++)
        count += support_count(&c->input[i]);
    double *x = calloc((size_t)count, sizeof(double));
    assert_non_null(x);
    for (int i = 0; i < 3; i++)
        for (int64_t e = 0; e < support_count(&c->input[i]); e++)
            x[at++] = (double)c->input[i].f32[e];
    return x;
}

static void values(void **state)
{
    (void)state;
    for (int i = 0; i < COUNT(settings); i++) {
        support_case c = attention(&settings[i]);
        double *x = operands(&c), *wanted = calloc((size_t)sep_shape_count(&c.output), sizeof(double));

        assert_non_null(wanted);
        attend(&settings[i], x, wanted);
        support_result r = support_run_generic(&c);
        support_assert_close(&r.output, wanted, 2e-6);
        support_result_free(&r);
        support_case_free(&c);
        free(x);
        free(wanted);
    }
}

static double loss_of(const setting *s, const double *x, const support_array *dout, double *out)
{
    double loss = 0.0;

    attend(s, x, out);
    for (int64_t i = 0; i < support_count(dout); i++)
        loss += out[i] * (double)dout->f32[i];
    return loss;
}

static void gradient(void **state)
{
    static const setting s = {2, 45, 5, 2, 3};
    support_case c = attention_gradient(&s);
    const support_array *dout = &c.input[3];
    int64_t count = sep_shape_count(&c.output);
    double *x = operands(&c), *wanted = calloc((size_t)count, sizeof(double));
    double *out = calloc((size_t)support_count(dout), sizeof(double));

    (void)state;
    assert_non_null(wanted);
    assert_non_null(out);
    for (int64_t i = 0; i < count; i++) {
        double at = x[i], above;

        x[i] = at + 1e-5;
        above = loss_of(&s, x, dout, out);
        x[i] = at - 1e-5;
        wanted[i] = (above - loss_of(&s, x, dout, out)) / 2e-5;
        x[i] = at;
    }

    support_result r = support_run_generic(&c);
    support_assert_close(&r.output, wanted, 1e-5);
    support_result_free(&r);
    support_case_free(&c);
    free(x);
    free(wanted);
    free(out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_tables_agree),
        cmocka_unit_test(values),
        cmocka_unit_test(gradient),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
