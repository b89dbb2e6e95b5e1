/* Window attention: every table against generic; values against double, the gradient against central differences. */
#include "support.h"

#include <math.h>
#include <stdlib.h>

typedef struct setting {
    int images, height, width, window, shift, heads, dim;
    bool table;
} setting;

static const setting settings[] = {
    {1, 7, 7, 7, 0, 2, 32, true},    {1, 14, 14, 7, 3, 1, 32, true},  {2, 14, 7, 7, 0, 3, 8, false},
    {1, 8, 8, 4, 2, 2, 5, true},     {1, 6, 6, 2, 1, 1, 1, true},     {1, 5, 5, 1, 0, 2, 3, true},
    {3, 12, 6, 3, 1, 2, 17, true},   {1, 16, 16, 16, 0, 1, 20, true}, {1, 17, 34, 17, 2, 1, 3, true},
    {1, 10, 10, 5, 2, 1, 64, false}, {2, 21, 21, 7, 1, 1, 32, true},  {1, 14, 7, 7, 2, 2, 32, false}};

#define COUNT(array) ((int)(sizeof(array) / sizeof(array)[0]))

static int windows_of(const setting *s)
{
    return s->images * (s->height / s->window) * (s->width / s->window);
}

static support_case attention(const setting *s)
{
    int tokens = s->window * s->window, side = 2 * s->window - 1, channels = s->heads * s->dim;
    support_case c = {.op = SEP_OP_WINDOW_ATTENTION,
                      .attributes = {.window = s->window,
                                     .shift = s->shift,
                                     .heads = s->heads,
                                     .grid_height = s->height,
                                     .grid_width = s->width,
                                     .scale = 1.0f / sqrtf((float)s->dim)},
                      .inputs = s->table ? 2 : 1,
                      .output = SEP_SHAPE(windows_of(s), tokens, channels)};

    c.input[0] = support_random(SEP_SHAPE(windows_of(s), tokens, 3 * channels), 1);
    if (s->table)
        c.input[1] = support_random(SEP_SHAPE(side * side, s->heads), 2);
    return c;
}

/* The same operands with dout at the end. */
static support_case attention_gradient(const setting *s)
{
    support_case c = attention(s);

    c.input[c.inputs++] = support_random(c.output, 3);
    c.op = SEP_OP_WINDOW_ATTENTION_DX;
    c.output = SEP_SHAPE((int)(support_count(&c.input[0]) + (s->table ? support_count(&c.input[1]) : 0)));
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

static int region(const setting *s, int size, int position)
{
    return position < size - s->window ? 0 : position < size - s->shift ? 1 : 2;
}

static int region_of(const setting *s, int window, int token)
{
    int across = s->width / s->window, down = s->height / s->window;
    int y = window / across % down * s->window + token / s->window, x = window % across * s->window + token % s->window;

    return s->shift > 0 ? 3 * region(s, s->height, y) + region(s, s->width, x) : 0;
}

/* qkv and table as one array, as the gradient has them. */
static double score(const setting *s, const double *x, int64_t qkv_count, int window, int head, int i, int j)
{
    int w = s->window, tokens = w * w, channels = s->heads * s->dim;
    const double *q = x + ((int64_t)window * tokens + i) * 3 * channels + head * s->dim;
    const double *k = x + ((int64_t)window * tokens + j) * 3 * channels + channels + head * s->dim;
    double sum = 0.0;

    for (int d = 0; d < s->dim; d++)
        sum += q[d] * k[d] / sqrt((double)s->dim);
    if (s->table) {
        int offset = (i / w - j / w + w - 1) * (2 * w - 1) + i % w - j % w + w - 1;

        sum += x[qkv_count + offset * s->heads + head];
    }
    return region_of(s, window, i) != region_of(s, window, j) ? sum - 100.0 : sum;
}

static void attend(const setting *s, const double *x, int64_t qkv_count, double *out)
{
    int tokens = s->window * s->window, channels = s->heads * s->dim;

    for (int64_t t = 0; t < (int64_t)windows_of(s) * s->heads * tokens; t++) {
        int i = (int)(t % tokens), head = (int)(t / tokens % s->heads), window = (int)(t / tokens / s->heads);
        double *to = out + ((int64_t)window * tokens + i) * channels + head * s->dim, sum = 0.0;

        for (int d = 0; d < s->dim; d++)
            to[d] = 0.0;
        for (int j = 0; j < tokens; j++) {
            double e = exp(score(s, x, qkv_count, window, head, i, j));
            const double *v = x + ((int64_t)window * tokens + j) * 3 * channels + 2 * channels + head * s->dim;

            sum += e;
            for (int d = 0; d < s->dim; d++)
                to[d] += e * v[d];
        }
        for (int d = 0; d < s->dim; d++)
            to[d] /= sum;
    }
}

/* The operands of a case as doubles, one behind the other. */
static double *operands(const support_case *c, bool table)
{
    int64_t qkv = support_count(&c->input[0]), more = table ? support_count(&c->input[1]) : 0;
    double *x = calloc((size_t)(qkv + more), sizeof(double));

    assert_non_null(x);
    for (int64_t i = 0; i < qkv + more; i++)
        x[i] = (double)(i < qkv ? c->input[0].f32[i] : c->input[1].f32[i - qkv]);
    return x;
}

static void values(void **state)
{
    (void)state;
    for (int i = 0; i < COUNT(settings); i++) {
        support_case c = attention(&settings[i]);
        double *x = operands(&c, settings[i].table);
        double *wanted = calloc((size_t)sep_shape_count(&c.output), sizeof(double));

        assert_non_null(wanted);
        attend(&settings[i], x, support_count(&c.input[0]), wanted);
        support_result r = support_run_generic(&c);
        support_assert_close(&r.output, wanted, 2e-6);
        support_result_free(&r);
        support_case_free(&c);
        free(x);
        free(wanted);
    }
}

static double loss_of(const setting *s, const double *x, int64_t qkv, const support_array *dout, double *out)
{
    double loss = 0.0;

    attend(s, x, qkv, out);
    for (int64_t i = 0; i < support_count(dout); i++)
        loss += out[i] * (double)dout->f32[i];
    return loss;
}

static void gradient_is_the_slope(const setting *s)
{
    support_case c = attention_gradient(s);
    const support_array *dout = &c.input[c.inputs - 1];
    int64_t count = sep_shape_count(&c.output), qkv = support_count(&c.input[0]);
    double *x = operands(&c, s->table), *wanted = calloc((size_t)count, sizeof(double));
    double *out = calloc((size_t)support_count(dout), sizeof(double));

    assert_non_null(wanted);
    assert_non_null(out);
    for (int64_t i = 0; i < count; i++) {
        double at = x[i], above;

        x[i] = at + 1e-5;
        above = loss_of(s, x, qkv, dout, out);
        x[i] = at - 1e-5;
        wanted[i] = (above - loss_of(s, x, qkv, dout, out)) / 2e-5;
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

static void gradients(void **state)
{
    static const setting small[] = {
        {1, 4, 4, 2, 1, 2, 3, true}, {1, 3, 3, 3, 0, 1, 4, true}, {1, 6, 3, 3, 0, 1, 2, false}};

    (void)state;
    for (int i = 0; i < COUNT(small); i++)
        gradient_is_the_slope(&small[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_tables_agree),
        cmocka_unit_test(values),
        cmocka_unit_test(gradients),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
