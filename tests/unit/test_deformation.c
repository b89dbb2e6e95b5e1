/* What fields of displacements are made of and measured by, on maps whose values are known. */
#include "methods/deformation.h"
#include "septum/ops.h"
#include "support_graph.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { HEIGHT = 12, WIDTH = 9, PIXELS = HEIGHT * WIDTH };

static sep_node *map_of(sep_graph *g, const char *name, int samples, int channels)
{
    return sep_input(g, name, SEP_SHAPE(samples, HEIGHT, WIDTH, channels), SEP_F32);
}

static void run(sep_graph *g, sep_node *x, const float *of_x, sep_node *y, const float *of_y, sep_node *result,
                float *found)
{
    const sep_step_info step = {0};

    sep_keep(g, result);
    if (sep_graph_compile(g) != SEP_OK)
        fail_msg("%s", sep_error_text());
    assert_int_equal(sep_feed(g, x, of_x), SEP_OK);
    if (y != NULL)
        assert_int_equal(sep_feed(g, y, of_y), SEP_OK);
    assert_int_equal(sep_graph_run(g, &step), SEP_OK);
    assert_int_equal(sep_fetch(g, result, found), SEP_OK);
}

static void assert_near(float found, double wanted)
{
    if (fabs((double)found - wanted) > 2e-5)
        fail_msg("%.7f, expected %.7f", (double)found, wanted);
}

/* Rows move by 3 r^2 - r c, columns by c / 2. */
static void fill_field(float *field)
{
    for (int i = 0; i < PIXELS; i++) {
        const float r = (float)(i / WIDTH), c = (float)(i % WIDTH);
        field[2 * i] = 3.0f * r * r - r * c;
        field[2 * i + 1] = 0.5f * c;
    }
}

static void test_smoothness(void **state)
{
    sep_graph *g = ((support_graph *)*state)->graph;
    static float field[2 * PIXELS];
    sep_node *x = map_of(g, "field", 1, 2), *rough = sep_field_roughness(g, x), *bent = sep_field_bending(g, x);
    double by_row = 0.0, by_column = 0.0;
    float found[2];

    fill_field(field);
    run(g, x, field, NULL, NULL, sep_concat(g, rough, bent), found);
    for (int i = 0; i < PIXELS; i++) {
        const int r = i / WIDTH, c = i % WIDTH;
        by_row += r < HEIGHT - 1 ? pow(3.0 * (2 * r + 1) - c, 2) / (2.0 * (HEIGHT - 1) * WIDTH) : 0.0;
        by_column += c < WIDTH - 1 ? (r * r + 0.25) / (2.0 * HEIGHT * (WIDTH - 1)) : 0.0;
    }
    assert_true(fabs((double)found[0] - 0.5 * (by_row + by_column)) < 1e-3);
    assert_near(found[1], 36.0 / 2.0 + 0.0 + 2.0 * 1.0 / 2.0);
}

/* Of the first sample the other image is half the negative, less 1; of the second it is the same one. */
static void test_correlation(void **state)
{
    sep_graph *g = ((support_graph *)*state)->graph;
    static float a[2 * PIXELS], b[2 * PIXELS];
    sep_node *x = map_of(g, "a", 2, 1), *y = map_of(g, "b", 2, 1);
    float found;

    for (int i = 0; i < 2 * PIXELS; i++) {
        a[i] = (float)(i * i % 17) / 17.0f;
        b[i] = i < PIXELS ? -0.5f * a[i] - 1.0f : a[i];
    }
    run(g, x, a, y, b, sep_decorrelation(g, x, y), &found);
    assert_near(found, (2.0 + 0.0) / 2.0);
}

/* A velocity that is the same everywhere is its displacement; one that grows with the distance, v = (0, -c / 2), goes
 * towards exp(-1 / 2) of the way. */
static void test_velocity(void **state)
{
    sep_graph *g = ((support_graph *)*state)->graph;
    static float velocity[2 * PIXELS], found[2 * PIXELS];
    sep_node *x = map_of(g, "velocity", 1, 2), *move = sep_integrate(g, x, 7);

    for (int i = 0; i < PIXELS; i++) {
        velocity[2 * i] = 0.75f;
        velocity[2 * i + 1] = -0.5f * (float)(i % WIDTH);
    }
    run(g, x, velocity, NULL, NULL, move, found);
    for (int i = 0; i < PIXELS; i++) {
        assert_near(found[2 * i], 0.75);
        assert_true(fabs((double)found[2 * i + 1] - (exp(-0.5) - 1.0) * (i % WIDTH)) < 0.01);
    }
}

/* Two classes: all of the first in both, and in one of them only half of it. */
static void test_mismatch(void **state)
{
    sep_graph *g = ((support_graph *)*state)->graph;
    static float p[2 * PIXELS], q[2 * PIXELS];
    sep_node *x = map_of(g, "p", 1, 2), *y = map_of(g, "q", 1, 2);
    float found;

    for (int i = 0; i < PIXELS; i++) {
        p[2 * i] = 1.0f;
        q[2 * i + i % 2] = 1.0f;
    }
    run(g, x, p, y, q, sep_mismatch(g, x, y), &found);
    assert_near(found, 1.0 - (2.0 * 0.5 / 1.5 + 0.0) / 2.0);
}

#define IN_A_GRAPH(test) cmocka_unit_test_setup_teardown(test, support_graph_setup, support_graph_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_A_GRAPH(test_smoothness),
        IN_A_GRAPH(test_correlation),
        IN_A_GRAPH(test_velocity),
        IN_A_GRAPH(test_mismatch),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
