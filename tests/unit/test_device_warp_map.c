/* Warping of maps: every table and OpenCL device against plain C; plain C against double; the adjoint; where many
 * pixels point to one, and where they point far outside. */
#include "support.h"

#include <math.h>
#include <string.h>

#define COUNT(array) ((int)(sizeof(array) / sizeof *(array)))

static const int shapes[][4] = {{1, 1, 1, 1},  {1, 1, 9, 2},  {2, 7, 1, 3},   {2, 2, 2, 1},
                                {1, 5, 17, 4}, {3, 33, 8, 1}, {2, 19, 31, 5}, {1, 64, 66, 4}};

static support_array moves(const int *s, uint32_t seed, float reach)
{
    return support_random_between(SEP_SHAPE(s[0], s[1], s[2], 2), seed, -reach, reach);
}

static support_case warp(const int *s, support_array move)
{
    support_case c = {.op = SEP_OP_WARP_MAP, .inputs = 2, .output = SEP_SHAPE(s[0], s[1], s[2], s[3])};

    c.input[0] = support_random(c.output, 1);
    c.input[1] = move;
    return c;
}

/* Of a warp: what dy gives x and the moves. Their operands are the warp's, but for dy. */
static support_case map_gradient(const support_case *c, support_array dy)
{
    support_case g = {.op = SEP_OP_WARP_MAP_DX, .inputs = 2, .output = c->output};

    g.input[0] = c->input[1];
    g.input[1] = dy;
    return g;
}

static support_case move_gradient(const support_case *c, support_array dy)
{
    support_case g = {.op = SEP_OP_WARP_MAP_DMOVE, .inputs = 3, .output = c->input[1].shape};

    g.input[0] = c->input[0];
    g.input[1] = c->input[1];
    g.input[2] = dy;
    return g;
}

/* ---- the definition in double ------------------------------------------------------------------------------------ */

typedef struct held_axis {
    int low, high;
    double fraction;
    bool held;
} held_axis;

static held_axis axis_at(double p, int size)
{
    double held = p > 0.0 ? p : 0.0;
    held_axis a = {.high = size > 1};

    held = held < size - 1 ? held : size - 1;
    a.low = (int)held < size - 2 ? (int)held : size > 1 ? size - 2 : 0;
    a.high += a.low;
    a.fraction = held - a.low;
    a.held = held < p || held > p;
    return a;
}

static double at(const support_array *x, int n, int row, int column, int channel)
{
    const int *d = x->shape.dim;

    return (double)x->f32[((n * d[1] + row) * d[2] + column) * d[3] + channel];
}

/* Value, and its derivatives by row and column, at pixel i of channel k. */
static void sample(const support_case *c, int64_t i, int k, double value[3])
{
    const int *d = c->output.dim, column = (int)(i % d[2]), row = (int)(i / d[2] % d[1]), n = (int)(i / d[2] / d[1]);
    const support_array *x = &c->input[0];
    const float y_at = (float)row + c->input[1].f32[2 * i], x_at = (float)column + c->input[1].f32[2 * i + 1];
    const held_axis down = axis_at((double)y_at, d[1]), across = axis_at((double)x_at, d[2]);
    const double a = at(x, n, down.low, across.low, k), b = at(x, n, down.low, across.high, k),
                 e = at(x, n, down.high, across.low, k), f = at(x, n, down.high, across.high, k);
    const double top = a + across.fraction * (b - a), bottom = e + across.fraction * (f - e);

    value[0] = top + down.fraction * (bottom - top);
    value[1] = down.held ? 0.0 : bottom - top;
    value[2] = across.held ? 0.0 : (1.0 - down.fraction) * (b - a) + down.fraction * (f - e);
}

static void check_values(const support_case *c)
{
    support_result r = support_run_generic(c);
    const int channels = c->output.dim[3];

    for (int64_t i = 0; i < support_count(&r.output); i++) {
        double value[3];
        sample(c, i / channels, (int)(i % channels), value);
        if (fabs((double)r.output.f32[i] - value[0]) > 1e-6)
            fail_msg("element %d is %.9g, expected %.9g", (int)i, (double)r.output.f32[i], value[0]);
    }
    support_result_free(&r);
}

static void check_slopes(const support_case *c, const support_case *gradient)
{
    support_result r = support_run_generic(gradient);
    const int channels = c->output.dim[3];

    for (int64_t i = 0; i < support_count(&r.output) / 2; i++) {
        double sum[2] = {0.0}, value[3];
        for (int k = 0; k < channels; k++) {
            sample(c, i, k, value);
            for (int axis = 0; axis < 2; axis++)
                sum[axis] += (double)gradient->input[2].f32[i * channels + k] * value[1 + axis];
        }
        for (int axis = 0; axis < 2; axis++)
            if (fabs((double)r.output.f32[2 * i + axis] - sum[axis]) > 5e-6)
                fail_msg("pixel %d, axis %d: %.9g, expected %.9g", (int)i, axis, (double)r.output.f32[2 * i + axis],
                         sum[axis]);
    }
    support_result_free(&r);
}

static double dot(const support_array *a, const support_array *b)
{
    double sum = 0.0;

    for (int64_t i = 0; i < support_count(a); i++)
        sum += (double)a->f32[i] * (double)b->f32[i];
    return sum;
}

/* <warp(x), dy> = <x, gradient(dy)> */
static void check_adjoint(const support_case *c, const support_case *gradient)
{
    support_result y = support_run_generic(c), dx = support_run_generic(gradient);

    assert_true(fabs(dot(&y.output, &gradient->input[1]) - dot(&c->input[0], &dx.output)) < 1e-4);
    support_result_free(&y);
    support_result_free(&dx);
}

/* All that is known of a warp by these moves. */
static void check(const int *s, support_array move)
{
    support_case c = warp(s, move);
    support_array dy = support_random(c.output, 3);
    const support_case dx = map_gradient(&c, dy), dmove = move_gradient(&c, dy);

    support_check_tables(&c);
    support_check_tables(&dx);
    support_check_tables(&dmove);
    check_values(&c);
    check_slopes(&c, &dmove);
    check_adjoint(&c, &dx);
    support_array_free(&dy);
    support_case_free(&c);
}

/* ---- the tests --------------------------------------------------------------------------------------------------- */

/* By fractions of a pixel, by some pixels, by more than the map has: most places are outside, many meet at the border.
 */
static void moved_by_little_and_much(void **state)
{
    static const float reaches[] = {0.4f, 5.0f, 200.0f};

    (void)state;
    for (int i = 0; i < COUNT(shapes) * COUNT(reaches); i++)
        check(shapes[i / COUNT(reaches)], moves(shapes[i / COUNT(reaches)], 2, reaches[i % COUNT(reaches)]));
}

/* By whole pixels, by none too: nothing is rounded. */
static void moved_by_whole_pixels(void **state)
{
    (void)state;
    for (int i = 0; i < COUNT(shapes); i++) {
        const int *s = shapes[i];
        check(s, support_integers(SEP_SHAPE(s[0], s[1], s[2], 2), 4));
        support_case c = warp(s, support_array_create(SEP_SHAPE(s[0], s[1], s[2], 2), SEP_F32));
        support_result r = support_run_generic(&c);

        assert_memory_equal(r.output.f32, c.input[0].f32, (size_t)support_count(&r.output) * sizeof(float));
        support_result_free(&r);
        support_case_free(&c);
    }
}

/* All pixels point to one place: a sum over the whole map, in its order. */
static void all_at_one_place(void **state)
{
    static const int s[] = {2, 40, 37, 3};
    support_array move = support_array_create(SEP_SHAPE(2, 40, 37, 2), SEP_F32);

    (void)state;
    for (int i = 0; i < 2 * 40 * 37; i++) {
        move.f32[2 * i] = 12.25f - (float)(i / 37 % 40);
        move.f32[2 * i + 1] = 30.5f - (float)(i % 37);
    }
    check(s, move);
}

/* Places that are no numbers are the first pixel's; infinite ones the border's. */
static void strange_places(void **state)
{
    static const float move[] = {NAN, INFINITY, -INFINITY, NAN, 0.5f, -0.0f, -1e38f, 3e38f};
    static const float wanted[] = {1.0f, 0.0f, 2.0f, 1.0f};
    support_case c = {.op = SEP_OP_WARP_MAP, .inputs = 2, .output = SEP_SHAPE(1, 2, 2, 1)};

    (void)state;
    c.input[0] = support_copy((float[]){0.0f, 1.0f, 2.0f, 3.0f}, c.output);
    c.input[1] = support_copy(move, SEP_SHAPE(1, 2, 2, 2));
    support_array dy = support_random(c.output, 5);
    const support_case dx = map_gradient(&c, dy), dmove = move_gradient(&c, dy);
    support_result r = support_run_generic(&c);

    support_check_tables(&c);
    support_check_tables(&dx);
    support_check_tables(&dmove);
    assert_memory_equal(r.output.f32, wanted, sizeof wanted);
    support_result_free(&r);
    support_array_free(&dy);
    support_case_free(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(moved_by_little_and_much),
        cmocka_unit_test(moved_by_whole_pixels),
        cmocka_unit_test(all_at_one_place),
        cmocka_unit_test(strange_places),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
