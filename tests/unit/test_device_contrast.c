/* Contrast: every table against generic; values against double, gradients against central differences; rows that take
 * no part. */
#include "support.h"

#include <math.h>
#include <stdlib.h>

typedef enum spread { MIXED, ABSENT, ALL_ONE, NONE } spread;

typedef struct setting {
    int groups, anchors, keys, depth, classes;
    bool balanced, own_class, skip_self;
    spread anchor_classes, key_classes;
} setting;

/* As the losses use it, with blocks of 16, 32, 128 (columns) and 126 (rows) cut at either side. */
static const setting settings[] = {
    {2, 130, 130, 19, 4, true, true, true, MIXED, MIXED},  {1, 257, 257, 8, 3, true, true, true, MIXED, MIXED},
    {2, 33, 127, 16, 4, true, false, false, MIXED, MIXED}, {1, 31, 252, 33, 2, false, false, false, MIXED, MIXED},
    {2, 32, 126, 5, 4, false, true, true, MIXED, MIXED},   {1, 129, 3, 7, 4, true, false, false, ABSENT, MIXED},
    {1, 1, 1, 1, 1, true, true, true, ALL_ONE, ALL_ONE},   {3, 17, 1, 2, 2, false, true, false, MIXED, ALL_ONE},
    {1, 16, 53, 32, 5, true, true, false, MIXED, ABSENT},  {2, 15, 15, 3, 4, true, true, true, ALL_ONE, ALL_ONE},
    {1, 47, 13, 11, 3, true, true, false, NONE, MIXED},    {1, 13, 47, 11, 3, true, false, false, MIXED, NONE},
    {2, 49, 49, 6, 14, true, true, true, MIXED, ABSENT}};

#define COUNT(array) ((int)(sizeof(array) / sizeof(array)[0]))

/* MIXED has classes just outside the range too. */
static support_array classes(sep_shape shape, uint32_t seed, spread which, int count)
{
    support_array array = support_labels(shape, seed, count + 2);

    for (int64_t i = 0; i < support_count(&array); i++) {
        int class = array.i32[i] - 1;

        array.i32[i] = which == NONE ? -1 : which == ALL_ONE || (which == ABSENT && class > 0) ? 0 : class;
    }
    return array;
}

static int with_skip(const setting *s)
{
    return s->skip_self ? s->anchors : s->keys;
}

static support_case contrast(const setting *s)
{
    support_case c = {.op = SEP_OP_CONTRAST,
                      .attributes = {.temperature = 0.1f,
                                     .balanced = s->balanced,
                                     .own_class = s->own_class,
                                     .skip_self = s->skip_self,
                                     .classes = s->classes,
                                     .part = SEP_OF_BOTH}, /* which is the gradient's affair */
                      .inputs = 4,
                      .output = SEP_SHAPE(s->groups, s->anchors, 1)};
    float size = 1.0f / sqrtf((float)s->depth);

    c.input[0] = support_random_between(SEP_SHAPE(s->groups, s->anchors, s->depth), 1, -size, size);
    c.input[1] = support_random_between(SEP_SHAPE(s->groups, with_skip(s), s->depth), 2, -size, size);
    c.input[2] = classes(SEP_SHAPE(s->groups, s->anchors), 3, s->anchor_classes, s->classes);
    c.input[3] = classes(SEP_SHAPE(s->groups, with_skip(s)), 4, s->key_classes, s->classes);
    return c;
}

static bool has_part(const setting *s, sep_contrast_part part)
{
    return part != SEP_OF_BOTH || s->skip_self;
}

/* The same operands with dz at the end; of both, anchors and keys have the same values. */
static support_case gradient(const setting *s, sep_contrast_part part)
{
    support_case c = contrast(s);

    c.op = SEP_OP_CONTRAST_DX;
    c.attributes.part = part;
    c.input[c.inputs++] = support_random(c.output, 5);
    c.output = c.input[part == SEP_OF_KEYS].shape;
    if (part == SEP_OF_BOTH) {
        support_array_free(&c.input[1]);
        c.input[1] = support_copy(c.input[0].f32, c.input[0].shape);
    }
    return c;
}

static void all_tables_agree(void **state)
{
    (void)state;
    for (int i = 0; i < COUNT(settings); i++) {
        support_case c = contrast(&settings[i]);

        support_check_tables(&c);
        support_case_free(&c);
        for (int part = SEP_OF_ANCHORS; part <= SEP_OF_BOTH; part++)
            if (has_part(&settings[i], part)) {
                support_case g = gradient(&settings[i], part);

                support_check_tables(&g);
                support_case_free(&g);
            }
    }
}

/* More pairs than an OpenCL device keeps at a time. */
static void many_pairs_agree(void **state)
{
    static const setting many = {2, 1050, 2050, 3, 4, true, true, false, MIXED, MIXED};
    support_case c = contrast(&many), anchors = gradient(&many, SEP_OF_ANCHORS), keys = gradient(&many, SEP_OF_KEYS);

    (void)state;
    support_check_tables(&c);
    support_check_tables(&anchors);
    support_check_tables(&keys);
    support_case_free(&c);
    support_case_free(&anchors);
    support_case_free(&keys);
}

/* ---- in double --------------------------------------------------------------------------------------------------- */

typedef struct rows {
    const setting *setting;
    const int32_t *anchor_class, *key_class; /* of one group */
    const double *anchor, *key;
} rows;

static double weight(const rows *r, int i, int k)
{
    const setting *s = r->setting;
    int anchor = r->anchor_class[i], key = r->key_class[k], same = 0;

    if (anchor < 0 || anchor >= s->classes || key < 0 || key >= s->classes || (anchor == key && !s->own_class) ||
        (s->skip_self && i == k))
        return 0.0;
    for (int other = 0; other < with_skip(s); other++)
        same += r->key_class[other] == key;
    same -= s->skip_self && anchor == key;
    return s->balanced ? 1.0 / (same > 1 ? same : 1) : 1.0;
}

static double denominator(const rows *r, int i)
{
    double sum = 0.0;

    for (int k = 0; k < with_skip(r->setting); k++) {
        double score = 0.0;

        for (int d = 0; d < r->setting->depth; d++)
            score += r->anchor[i * r->setting->depth + d] * r->key[k * r->setting->depth + d];
        sum += weight(r, i, k) * exp(score / (double)0.1f);
    }
    return sum;
}

static double *as_doubles(const support_array *array)
{
    double *x = calloc((size_t)support_count(array), sizeof *x);

    assert_non_null(x);
    for (int64_t i = 0; i < support_count(array); i++)
        x[i] = (double)array->f32[i];
    return x;
}

static rows rows_of(const setting *s, const support_case *c, const double *anchor, const double *key, int group)
{
    return (rows){s, c->input[2].i32 + group * s->anchors, c->input[3].i32 + group * with_skip(s),
                  anchor + group * s->anchors * s->depth, key + group * with_skip(s) * s->depth};
}

static void values(void **state)
{
    (void)state;
    for (int n = 0; n < COUNT(settings); n++) {
        const setting *s = &settings[n];
        support_case c = contrast(s);
        double *anchor = as_doubles(&c.input[0]), *key = as_doubles(&c.input[1]);
        double *wanted = calloc((size_t)sep_shape_count(&c.output), sizeof *wanted);

        assert_non_null(wanted);
        for (int row = 0; row < s->groups * s->anchors; row++) {
            rows r = rows_of(s, &c, anchor, key, row / s->anchors);

            wanted[row] = denominator(&r, row % s->anchors);
        }
        support_result result = support_run_generic(&c);
        support_assert_close(&result.output, wanted, 4e-6);
        support_result_free(&result);
        support_case_free(&c);
        free(anchor);
        free(key);
        free(wanted);
    }
}

static double loss_of(const setting *s, const support_case *c, const double *anchor, const double *key)
{
    double loss = 0.0;

    for (int row = 0; row < s->groups * s->anchors; row++) {
        rows r = rows_of(s, c, anchor, key, row / s->anchors);

        loss += denominator(&r, row % s->anchors) * (double)c->input[4].f32[row];
    }
    return loss;
}

static void gradient_is_the_slope(const setting *s, sep_contrast_part part)
{
    support_case c = gradient(s, part);
    int64_t count = sep_shape_count(&c.output);
    double *anchor = as_doubles(&c.input[0]), *key = part == SEP_OF_BOTH ? anchor : as_doubles(&c.input[1]);
    double *x = part == SEP_OF_KEYS ? key : anchor, *wanted = calloc((size_t)count, sizeof *wanted);

    assert_non_null(wanted);
    for (int64_t i = 0; i < count; i++) {
        double at = x[i], above;

        x[i] = at + 1e-5;
        above = loss_of(s, &c, anchor, key);
        x[i] = at - 1e-5;
        wanted[i] = (above - loss_of(s, &c, anchor, key)) / 2e-5;
        x[i] = at;
    }

    support_result r = support_run_generic(&c);
    support_assert_close(&r.output, wanted, 2e-5);
    support_result_free(&r);
    support_case_free(&c);
    if (key != anchor)
        free(key);
    free(anchor);
    free(wanted);
}

static void gradients(void **state)
{
    static const setting small[] = {{1, 9, 9, 4, 3, true, true, true, MIXED, MIXED},
                                    {2, 6, 7, 3, 3, true, false, false, MIXED, MIXED},
                                    {1, 5, 9, 3, 2, false, false, false, MIXED, MIXED},
                                    {2, 7, 7, 2, 2, false, true, true, ABSENT, MIXED}};

    (void)state;
    for (int i = 0; i < COUNT(small); i++)
        for (int part = SEP_OF_ANCHORS; part <= SEP_OF_BOTH; part++)
            if (has_part(&small[i], part))
                gradient_is_the_slope(&small[i], part);
}

/* ---- who takes no part ------------------------------------------------------------------------------------------- */

static bool has_class(const support_array *classes, int64_t row, int count)
{
    return classes->i32[row] >= 0 && classes->i32[row] < count;
}

/* NaN into the rows without a class of those that the gradient is of, which is then +0 there. */
static void check_without_class(const setting *s, sep_contrast_part part)
{
    support_case c = gradient(s, part);
    int rows_operand = part == SEP_OF_KEYS;
    const support_array *classes_of_rows = &c.input[rows_operand + 2];
    support_array *x = &c.input[rows_operand];

    for (int64_t i = 0; i < support_count(x); i++)
        if (!has_class(classes_of_rows, i / s->depth, s->classes))
            x->f32[i] = NAN;
    support_check_tables(&c);
    support_result r = support_run_generic(&c);
    for (int64_t i = 0; i < support_count(&r.output); i++)
        if (has_class(classes_of_rows, i / s->depth, s->classes))
            assert_true(isfinite(r.output.f32[i]));
        else
            assert_true(r.output.f32[i] == 0.0f && !signbit(r.output.f32[i]));
    support_result_free(&r);
    support_case_free(&c);
}

static void rows_without_class_are_zero(void **state)
{
    /* Some rows of a stripe, whole stripes, all. */
    static const setting without[] = {{2, 33, 33, 16, 1, true, true, false, MIXED, MIXED},
                                      {2, 70, 40, 16, 1, false, true, false, MIXED, MIXED},
                                      {1, 40, 40, 5, 4, true, true, false, NONE, NONE}};

    (void)state;
    for (int i = 0; i < COUNT(without); i++) {
        check_without_class(&without[i], SEP_OF_ANCHORS);
        check_without_class(&without[i], SEP_OF_KEYS);
    }
}

static void sums_without_class_are_zero(void **state)
{
    const setting *s = &settings[2];
    support_case c = contrast(s);

    (void)state;
    for (int64_t i = 0; i < support_count(&c.input[0]); i++)
        if (!has_class(&c.input[2], i / s->depth, s->classes))
            c.input[0].f32[i] = NAN;
    support_check_tables(&c);
    support_result r = support_run_generic(&c);
    for (int64_t i = 0; i < support_count(&r.output); i++)
        assert_true(has_class(&c.input[2], i, s->classes) ? r.output.f32[i] > 0.0f : r.output.f32[i] == 0.0f);
    support_result_free(&r);
    support_case_free(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_tables_agree),
        cmocka_unit_test(many_pairs_agree),
        cmocka_unit_test(values),
        cmocka_unit_test(gradients),
        cmocka_unit_test(rows_without_class_are_zero),
        cmocka_unit_test(sums_without_class_are_zero),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
