/* Largest components: every table and every OpenCL device against generic, and generic against a flood fill. */
#include "support.h"

#include <string.h>

#define COUNT(array) ((int)(sizeof(array) / sizeof(array)[0]))

/* ---- the definition, read literally ------------------------------------------------------------------------------ */

typedef struct map {
    const int32_t *label;
    int height, width;
    int32_t *component; /* the number that the flood left; 0: not reached yet */
    int32_t *waiting;   /* pixels whose neighbours are still to be looked at */
} map;

static int take(const map *m, int y, int x, int32_t label, int32_t number, int waiting)
{
    int p = y * m->width + x;

    if (y < 0 || y >= m->height || x < 0 || x >= m->width || m->label[p] != label || m->component[p] > 0)
        return waiting;
    m->component[p] = number;
    m->waiting[waiting] = p;
    return waiting + 1;
}

/* Numbers the component of a pixel and returns its pixels. */
static int flood(const map *m, int pixel, int32_t number)
{
    int32_t label = m->label[pixel];
    int waiting = take(m, pixel / m->width, pixel % m->width, label, number, 0), pixels = 0;

    for (; waiting > 0; pixels++) {
        int p = m->waiting[--waiting], y = p / m->width, x = p % m->width;
        for (int neighbour = 0; neighbour < 9; neighbour++)
            waiting = take(m, y + neighbour / 3 - 1, x + neighbour % 3 - 1, label, number, waiting);
    }
    return pixels;
}

/* Of one sample and class. */
static void keep_largest(const map *m, int32_t class, int32_t *kept)
{
    int pixels = m->height * m->width, most = 0;
    int32_t number = 0, largest = 0;

    memset(m->component, 0, (size_t)pixels * sizeof *m->component);
    for (int p = 0; p < pixels; p++) {
        if (m->label[p] != class || m->component[p] > 0)
            continue;
        int size = flood(m, p, ++number);
        largest = size > most ? number : largest;
        most = size > most ? size : most;
    }
    for (int p = 0; p < pixels; p++)
        if (m->label[p] == class && m->component[p] != largest)
            kept[p] = 0;
}

static void keep_literally(const support_array *labels, int classes, int32_t *kept)
{
    const int *dim = labels->shape.dim;
    int pixels = dim[1] * dim[2];
    int32_t *room = sep_calloc(2 * (size_t)pixels, sizeof *room);

    memcpy(kept, labels->i32, (size_t)support_count(labels) * sizeof *kept);
    for (int n = 0; n < dim[0]; n++) {
        const map m = {labels->i32 + n * pixels, dim[1], dim[2], room, room + pixels};
        for (int32_t class = 1; class < classes; class ++)
            keep_largest(&m, class, kept + n * pixels);
    }
    sep_free(room);
}

/* ---- checks ------------------------------------------------------------------------------------------------------ */

/* Takes the labels. */
static void check(support_array labels, int classes)
{
    support_case c = {.op = SEP_OP_LARGEST_COMPONENT,
                      .attributes = {.classes = classes},
                      .inputs = 1,
                      .input = {labels},
                      .output = labels.shape,
                      .output_dtype = SEP_I32};
    int32_t *wanted = sep_calloc((size_t)support_count(&labels), sizeof *wanted);
    support_result r = support_run_generic(&c);
    char text[SEP_SHAPE_TEXT];

    keep_literally(&labels, classes, wanted);
    for (int64_t i = 0; i < support_count(&labels); i++)
        if (r.output.i32[i] != wanted[i])
            fail_msg("%s of %d classes: element %lld is %d, expected %d", sep_shape_text(&labels.shape, text), classes,
                     (long long)i, (int)r.output.i32[i], (int)wanted[i]);
    support_check_tables(&c);
    support_result_free(&r);
    support_case_free(&c);
    sep_free(wanted);
}

/* Of labels from -1 to `classes`, most of them the first two: pieces of all sizes. */
static support_array pieces(sep_shape shape, uint32_t seed, int classes)
{
    support_array labels = support_array_create(shape, SEP_I32);
    support_array u = support_random_between(shape, seed, 0.0f, 1.0f);

    for (int64_t i = 0; i < support_count(&labels); i++) {
        float rest = u.f32[i] * 10.0f;
        labels.i32[i] = rest < 4.0f ? 1 : rest < 8.0f ? 0 : (int32_t)((rest - 8.0f) * (float)(classes + 2) / 2.0f) - 1;
    }
    support_array_free(&u);
    return labels;
}

static void random_maps(void **state)
{
    static const sep_shape shapes[] = {
        {3, {1, 1, 1}},   {3, {2, 1, 1}},   {3, {3, 1, 97}},  {3, {2, 101, 1}}, {3, {5, 2, 2}},
        {3, {4, 13, 17}}, {3, {3, 37, 31}}, {3, {2, 64, 65}}, {3, {1, 127, 3}}, {3, {7, 29, 64}},
    };
    static const int classes[] = {1, 2, 4, 9};

    (void)state;
    for (int i = 0; i < COUNT(shapes); i++)
        for (int j = 0; j < COUNT(classes); j++) {
            check(support_labels(shapes[i], (uint32_t)(10 * i + j), classes[j]), classes[j]);
            check(pieces(shapes[i], (uint32_t)(10 * i + j), classes[j]), classes[j]);
        }
}

static support_array drawn(const char *text, int height, int width)
{
    support_array labels = support_array_create(SEP_SHAPE(1, height, width), SEP_I32);

    assert_int_equal(strlen(text), height * width);
    for (int i = 0; i < height * width; i++)
        labels.i32[i] = text[i] == ' ' ? 0 : text[i] == '-' ? -1 : text[i] - '0';
    return labels;
}

/* Corners that touch; a comb, whose teeth meet in the last row; a cup, which meets from both sides; a spiral; equally
 * large pieces; pieces of one class that another divides, and ignored pixels. */
static void drawn_maps(void **state)
{
    (void)state;
    check(drawn("1 1 1 1 "
                " 1 1 1 1"
                "        "
                "11111111",
                4, 8),
          2);
    check(drawn("1 1 1 1 1 1"
                "1 1 1 1 1 1"
                "1 1 1 1 1 1"
                "11111 11111",
                4, 11),
          2);
    check(drawn("1     1"
                " 1   1 "
                "  1 1  "
                "   1   "
                "22222 2"
                "      2",
                6, 7),
          3);
    check(drawn("111111111"
                "        1"
                "1111111 1"
                "1     1 1"
                "1 111 1 1"
                "1 1   1 1"
                "1 11111 1"
                "1       1"
                "111111111",
                9, 9),
          2);
    check(drawn("11 22 "
                "   -- "
                " 22-11",
                3, 6),
          3);
    check(drawn("1113111"
                "1113111"
                "1113111"
                "333-333",
                4, 7),
          4);
}

/* One class everywhere, stripes of one pixel, and every other pixel: of the size of a slice. */
static void large_maps(void **state)
{
    (void)state;
    for (int pattern = 0; pattern < 4; pattern++) {
        support_array labels = support_array_create(SEP_SHAPE(2, 256, 224), SEP_I32);
        for (int i = 0; i < (int)support_count(&labels); i++) {
            int x = i % 224, y = i / 224;
            labels.i32[i] = pattern == 0 || (pattern == 1 && y % 2 == 0) || (pattern == 2 && x % 2 == 0) ||
                            (pattern == 3 && (x + y) % 2 == 0);
        }
        check(labels, 4);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_maps),
        cmocka_unit_test(drawn_maps),
        cmocka_unit_test(large_maps),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
