/* Windows of maps: every table and every OpenCL device against generic, and generic against loops that say the
 * definition. */
#include "support.h"

#include <math.h>
#include <string.h>

#define COUNT(array) ((int)(sizeof(array) / sizeof *(array)))

/* ---- choosing ---------------------------------------------------------------------------------------------------- */

static float score_of(const float *map, int width, int window, int row, int column)
{
    float score = 0.0f;

    for (int r = row; r < row + window; r++) {
        float line = 0.0f;
        for (int c = column; c < column + window; c++)
            line += map[r * width + c];
        score += line;
    }
    return score;
}

/* Whether `a` comes before `b` in falling order, of which +0 comes before -0. */
static bool is_above(float a, float b)
{
    return a > b || (a == b && signbit(b) && !signbit(a));
}

static int shared(int a, int b, int window)
{
    int between = a > b ? a - b : b - a;

    return between < window ? window - between : 0;
}

/* The next window of a sample: it shares no more than `overlap` pixels with any that was taken; -1: there is none. */
static int next_place(const float *map, const int *size, const sep_attributes *a, const int *taken, int count)
{
    int rows = size[0] - a->window + 1, columns = size[1] - a->window + 1, best = -1;

    for (int i = 0; i < rows * columns; i++) {
        bool left = true;
        for (int k = 0; k < count; k++)
            left = left && shared(i / columns, taken[k] / columns, a->window) *
                                   shared(i % columns, taken[k] % columns, a->window) <=
                               a->overlap;
        if (left && (best < 0 || is_above(score_of(map, size[1], a->window, i / columns, i % columns),
                                          score_of(map, size[1], a->window, best / columns, best % columns))))
            best = i;
    }
    return best;
}

static void choose_literally(const support_case *c, int32_t *wanted)
{
    const sep_attributes *a = &c->attributes;
    const int *dim = c->input[0].shape.dim, columns = dim[2] - a->window + 1;
    int *taken = sep_calloc((size_t)a->capacity, sizeof *taken);

    for (int n = 0; n < dim[0]; n++)
        for (int k = 0, count = 0; k < a->capacity; k++) {
            int i = next_place(c->input[0].f32 + n * dim[1] * dim[2], dim + 1, a, taken, count);
            int row = a->stride * (i / columns), column = a->stride * (i % columns);
            wanted[n * a->capacity + k] = i < 0 ? -1 : row * (a->stride * dim[2]) + column;
            if (i >= 0)
                taken[count++] = i;
        }
    sep_free(taken);
}

/* Takes the score. */
static void check_choice(support_array score, const sep_attributes *a)
{
    support_case c = {.op = SEP_OP_CHOOSE_WINDOWS,
                      .attributes = *a,
                      .inputs = 1,
                      .input = {score},
                      .output = SEP_SHAPE(score.shape.dim[0], a->capacity),
                      .output_dtype = SEP_I32};
    int32_t *wanted = sep_calloc((size_t)(score.shape.dim[0] * a->capacity), sizeof *wanted);

    choose_literally(&c, wanted);
    support_check_integers(&c, wanted);
    sep_free(wanted);
    support_case_free(&c);
}

/* Positive, negative and equal sums; more windows than there is room for; every place of one pixel. */
static void choices(void **state)
{
    static const sep_shape maps[] = {{4, {1, 1, 1, 1}},   {4, {3, 1, 9, 1}},   {4, {2, 7, 5, 1}},
                                     {4, {5, 16, 17, 1}}, {4, {2, 33, 12, 1}}, {4, {4, 28, 28, 1}}};
    static const sep_attributes choice[] = {{.window = 1, .stride = 3, .capacity = 11, .overlap = 0},
                                            {.window = 3, .stride = 2, .capacity = 7, .overlap = 3},
                                            {.window = 4, .stride = 1, .capacity = 4, .overlap = 15},
                                            {.window = 5, .stride = 2, .capacity = 20, .overlap = 0},
                                            {.window = 8, .stride = 2, .capacity = 11, .overlap = 21}};

    (void)state;
    for (int i = 0; i < COUNT(maps); i++)
        for (int j = 0; j < COUNT(choice); j++)
            if (choice[j].window <= maps[i].dim[1] && choice[j].window <= maps[i].dim[2]) {
                check_choice(support_random(maps[i], (uint32_t)(10 * i + j)), &choice[j]);
                check_choice(support_integers(maps[i], (uint32_t)(10 * i + j)), &choice[j]);
                check_choice(support_array_create(maps[i], SEP_F32), &choice[j]);
            }
}

/* ---- there and back ---------------------------------------------------------------------------------------------- */

/* Places of windows, and every fifth nowhere: outside, or across the edge. */
static support_array places(int samples, int count, int height, int width, int window)
{
    const int32_t none[] = {-1, height * width - 1, width - 1, INT32_MIN, INT32_MAX};
    support_array at = support_labels(SEP_SHAPE(samples, count), 7, (height - window + 1) * (width - window + 1));

    for (int64_t i = 0; i < support_count(&at); i++) {
        const int columns = width - window + 1, place = at.i32[i];
        at.i32[i] = place / columns * width + place % columns;
        if (i % 5 == 4 && (window > 1 || none[i % 3] < 0))
            at.i32[i] = none[i / 5 % COUNT(none)];
    }
    return at;
}

static bool lies_within(int32_t at, const int *map, int window)
{
    return at >= 0 && at / map[2] + window <= map[1] && at % map[2] + window <= map[2];
}

/* Which element of the map is element `i` of the windows; -1: none. */
static int64_t element_of(const int32_t *at, int count, const int *map, int window, int64_t i)
{
    const int channels = map[3], c = (int)(i % channels), column = (int)(i / channels % window);
    const int row = (int)(i / channels / window % window);
    const int64_t which = i / channels / window / window;

    if (!lies_within(at[which], map, window))
        return -1;
    return (((which / count * map[1]) + at[which] / map[2] + row) * map[2] + at[which] % map[2] + column) * channels +
           c;
}

static const int cut[][6] = {/* samples, windows, height, width, channels, window */
                             {1, 1, 1, 1, 1, 1},    {2, 5, 4, 6, 3, 1},      {1, 3, 5, 5, 7, 5},   {3, 9, 11, 8, 5, 3},
                             {2, 6, 17, 33, 16, 8}, {1, 40, 40, 40, 33, 16}, {4, 11, 32, 32, 8, 8}};

static void gathered(void **state)
{
    (void)state;
    for (int i = 0; i < COUNT(cut); i++) {
        const int *s = cut[i], map[] = {s[0], s[2], s[3], s[4]};
        support_case c = {.op = SEP_OP_GATHER_WINDOWS,
                          .attributes.window = s[5],
                          .inputs = 2,
                          .output = SEP_SHAPE(s[0] * s[1], s[5], s[5], s[4])};
        c.input[0] = support_random(SEP_SHAPE(s[0], s[2], s[3], s[4]), 1);
        c.input[1] = places(s[0], s[1], s[2], s[3], s[5]);
        support_array wanted = support_array_create(c.output, SEP_I32);
        for (int64_t e = 0; e < support_count(&wanted); e++) {
            const int64_t from = element_of(c.input[1].i32, s[1], map, s[5], e);
            wanted.i32[e] = from < 0 ? 0 : c.input[0].i32[from];
        }
        support_check_integers(&c, wanted.i32);
        support_array_free(&wanted);
        support_case_free(&c);
    }
}

static void scattered(void **state)
{
    (void)state;
    for (int i = 0; i < COUNT(cut); i++) {
        const int *s = cut[i], map[] = {s[0], s[2], s[3], s[4]};
        support_case c = {.op = SEP_OP_SCATTER_WINDOWS,
                          .attributes.window = s[5],
                          .inputs = 2,
                          .output = SEP_SHAPE(s[0], s[2], s[3], s[4])};
        c.input[0] = support_random(SEP_SHAPE(s[0] * s[1], s[5], s[5], s[4]), 2);
        c.input[1] = places(s[0], s[1], s[2], s[3], s[5]);
        support_array wanted = support_array_create(c.output, SEP_F32);
        for (int64_t e = 0; e < support_count(&c.input[0]); e++) {
            const int64_t to = element_of(c.input[1].i32, s[1], map, s[5], e);
            if (to >= 0)
                wanted.f32[to] += c.input[0].f32[e];
        }
        support_check_integers(&c, wanted.i32);
        support_array_free(&wanted);
        support_case_free(&c);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(choices),
        cmocka_unit_test(gathered),
        cmocka_unit_test(scattered),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
