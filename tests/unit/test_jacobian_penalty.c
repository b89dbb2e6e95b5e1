/* The penalty on changes of volume: its value by its definition, its gradient against differences, and that a
 * registration which folds without it does not with it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "registration/search/jacobian_penalty.h"
#include "registration/transform/matrix.h"
#include "registration/transform/spline.h"
#include "septum/data.h"

#include <math.h>
#include <string.h>

enum { CELLS_X = 3, CELLS_Y = 2, CELLS_Z = 1, NODES = (CELLS_X + 3) * (CELLS_Y + 3) * (CELLS_Z + 3) };

/* Turned by 30 degrees about z, cells of 10 x 8 x 20 mm. */
static sep_spline turned_grid(void)
{
    const double to_world[3][4] = {{8.66, -4.0, 0.0, 3.0}, {5.0, 6.928, 0.0, -2.0}, {0.0, 0.0, 20.0, 7.0}};
    sep_spline grid = {.size = {CELLS_X + 3, CELLS_Y + 3, CELLS_Z + 3}};

    memcpy(grid.to_world, to_world, sizeof to_world);
    assert_int_equal(sep_spline_allocate(&grid), SEP_OK);
    return grid;
}

static void fill(double *parameter, double amplitude)
{
    for (int k = 0; k < 3 * NODES; k++)
        parameter[k] = amplitude * sin(2.3 * k);
}

static double penalty_of(const sep_spline *grid, const double *parameter, double *gradient)
{
    double *work = sep_calloc(sep_jacobian_penalty_work(grid), sizeof *work);

    assert_non_null(work);
    if (gradient != NULL)
        memset(gradient, 0, 3 * NODES * sizeof *gradient);
    const double value = sep_jacobian_penalty(grid, parameter, 2.0, 1, work, gradient);
    sep_free(work);
    return value;
}

/* The square of the logarithm of the determinant at one point, by differences of the spline itself. */
static double penalty_at(const sep_spline *grid, const double node[3])
{
    const double step = 1e-4;
    sep_map j = {{0.0}};
    double at[3];

    sep_map_point((const double(*)[4])grid->to_world, node, at);
    for (int axis = 0; axis < 3; axis++) {
        double low[3], high[3], p[3];

        memcpy(p, at, sizeof p);
        p[axis] = at[axis] - step;
        sep_spline_displacement(grid, p, low);
        p[axis] = at[axis] + step;
        sep_spline_displacement(grid, p, high);
        for (int i = 0; i < 3; i++)
            j[i][axis] = (i == axis) + (high[i] - low[i]) / (2.0 * step);
    }
    const double log_of = log(sep_map_determinant((const double(*)[4])j));
    return log_of * log_of;
}

static void it_is_the_mean_over_the_cells(void **state)
{
    sep_spline grid = turned_grid();
    double parameter[3 * NODES], sum = 0.0;

    (void)state;
    fill(parameter, 0.0);
    assert_true(penalty_of(&grid, parameter, NULL) == 0.0);
    fill(parameter, 1.5);
    for (int i = 0; i < 3; i++)
        memcpy(grid.coefficient[i], parameter + i * NODES, NODES * sizeof *parameter);
    for (int z = 0; z < 2 * CELLS_Z; z++)
        for (int y = 0; y < 2 * CELLS_Y; y++)
            for (int x = 0; x < 2 * CELLS_X; x++) {
                const double node[3] = {1.25 + 0.5 * x, 1.25 + 0.5 * y, 1.25 + 0.5 * z};

                sum += penalty_at(&grid, node);
            }
    const double wanted = 2.0 * sum / (8 * CELLS_X * CELLS_Y * CELLS_Z);
    assert_true(wanted > 0.01);
    assert_true(fabs(penalty_of(&grid, parameter, NULL) - wanted) < 1e-5 * wanted);
    sep_spline_free(&grid);
}

/* Without folds, and with many: there it is a straight line. */
static void its_gradient_is_that_of_differences(void **state)
{
    const double amplitudes[2] = {1.5, 12.0}, step = 1e-3;
    sep_spline grid = turned_grid();
    double parameter[3 * NODES], gradient[3 * NODES];

    (void)state;
    for (int a = 0; a < 2; a++) {
        double largest = 0.0;

        fill(parameter, amplitudes[a]);
        penalty_of(&grid, parameter, gradient);
        for (int k = 0; k < 3 * NODES; k++)
            largest = fmax(largest, fabs(gradient[k]));
        assert_true(largest > 1e-3);
        for (int k = 0; k < 3 * NODES; k += 5) {
            const double here = parameter[k];

            parameter[k] = here - step;
            const double low = penalty_of(&grid, parameter, NULL);
            parameter[k] = here + step;
            const double high = penalty_of(&grid, parameter, NULL);
            parameter[k] = here;
            assert_true(fabs((high - low) / (2.0 * step) - gradient[k]) < 2e-3 * largest);
        }
    }
    sep_spline_free(&grid);
}

/* ---- a registration ---------------------------------------------------------------------------------------------- */

static sep_volume phantom(int index)
{
    const sep_phantom_config config = {.size = 64, .slices = 24, .seed = 5};
    sep_volume volume;
    sep_labels labels;

    assert_int_equal(sep_phantom_abdomen(&config, index, &volume, &labels), SEP_OK);
    sep_labels_free(&labels);
    return volume;
}

/* Two abdomens, fine cells and no bending energy. */
static sep_registration_report registered(double penalty)
{
    const sep_registration_options options = {
        .kind = SEP_DEFORMABLE, .grid = 16.0, .bending = -1.0, .jacobian = penalty};
    sep_volume fixed = phantom(0), moving = phantom(1);
    sep_registration_report report;
    sep_spatial_transform found;

    assert_int_equal(sep_register(&fixed, &moving, &options, &found, &report), SEP_OK);
    assert_false(report.failed);
    sep_spatial_free(&found);
    sep_volume_free(&fixed);
    sep_volume_free(&moving);
    return report;
}

static void folds_come_apart(void **state)
{
    (void)state;
    const sep_registration_report free = registered(-1.0), held = registered(0.3);
    assert_true(free.jacobian.folded > 0.0 && free.jacobian.low < 0.0);
    assert_true(held.jacobian.folded == 0.0 && held.jacobian.low > 0.0);
    assert_true(held.after > held.before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_the_mean_over_the_cells),
        cmocka_unit_test(its_gradient_is_that_of_differences),
        cmocka_unit_test(folds_come_apart),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
