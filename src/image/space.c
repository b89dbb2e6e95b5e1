/* Two grids in one space: the same voxels, the same in another order, or others. And where the axes of a grid point. */
#include "septum/image.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Of the shortest voxel edge: see sep_space_compare. */
static const double TOLERANCE = 0.1;
/* Of 30 degrees: see sep_orientation_order. */
static const double NEAR_AN_AXIS = 0.86602540378443865;

static const int PERMUTATIONS[6][3] = {{0, 1, 2}, {1, 0, 2}, {0, 2, 1}, {2, 1, 0}, {1, 2, 0}, {2, 0, 1}};
enum { FLIPS = 8 };

static double dot(const double a[3], const double b[3])
{
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

static double length(const double a[3])
{
    return sqrt(dot(a, a));
}

static void column(const sep_volume *grid, int axis, double vector[3])
{
    for (int row = 0; row < 3; row++)
        vector[row] = grid->affine[row][axis];
}

/* ---- two grids --------------------------------------------------------------------------------------------------- */

/* The largest distance between the centres of voxels of one index, `second` taken in `order`: it is at a corner, as
 * both maps are linear. */
static double farthest(const sep_volume *first, const sep_volume *second, const sep_order *order)
{
    const int size[3] = {first->width, first->height, first->depth};
    double most = 0.0;

    for (int corner = 0; corner < 8; corner++) {
        int at[3], stored[3];
        double apart[3];

        for (int i = 0; i < 3; i++) {
            at[i] = corner >> i & 1 ? size[i] - 1 : 0;
            stored[order->axis[i]] = order->flipped[i] ? size[i] - 1 - at[i] : at[i];
        }
        for (int row = 0; row < 3; row++) {
            apart[row] = first->affine[row][3] - second->affine[row][3];
            for (int i = 0; i < 3; i++)
                apart[row] += first->affine[row][i] * at[i] - second->affine[row][i] * stored[i];
        }
        most = fmax(most, length(apart));
    }
    return most;
}

static bool fits(const sep_volume *first, const sep_volume *second, const int axis[3])
{
    const int size[3] = {second->width, second->height, second->depth};

    return first->width == size[axis[0]] && first->height == size[axis[1]] && first->depth == size[axis[2]];
}

/* The order of `second` in which it lies nearest `first`, as stored before any other; false if none has its size. */
static bool find_order(const sep_volume *first, const sep_volume *second, sep_order *best, double *distance)
{
    *distance = INFINITY;
    for (int p = 0; p < 6; p++) {
        if (!fits(first, second, PERMUTATIONS[p]))
            continue;
        for (int flips = 0; flips < FLIPS; flips++) {
            sep_order order = {.flipped = {flips & 1, flips & 2, flips & 4}};

            memcpy(order.axis, PERMUTATIONS[p], sizeof order.axis);
            const double apart = farthest(first, second, &order);
            if (apart < *distance) {
                *distance = apart;
                *best = order;
            }
        }
    }
    return *distance < INFINITY;
}

static double degrees_between(const double a[3], const double b[3])
{
    const double cross[3] = {a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]};

    return atan2(length(cross), dot(a, b)) * 57.295779513082321;
}

static void measure(const sep_volume *first, const sep_volume *second, sep_space *space)
{
    double a[3], b[3];

    for (int axis = 0; axis < 3; axis++) {
        column(first, axis, a);
        column(second, axis, b);
        space->degrees = fmax(space->degrees, degrees_between(a, b));
    }
    column(first, 3, a);
    column(second, 3, b);
    for (int row = 0; row < 3; row++)
        a[row] -= b[row];
    space->origin = length(a);
}

static void describe(const sep_volume *first, const sep_volume *second, sep_space *space)
{
    const float *a = first->spacing, *b = second->spacing;

    snprintf(
        space->text, sizeof space->text,
        "origins %.4g mm apart, axes up to %.2f degrees apart, voxels of %.6g x %.6g x %.6g and %.6g x %.6g x %.6g "
        "mm",
        space->origin, space->degrees, (double)a[0], (double)a[1], (double)a[2], (double)b[0], (double)b[1],
        (double)b[2]);
}

sep_space sep_space_compare(const sep_volume *first, const sep_volume *second)
{
    sep_space space = {.order = sep_order_stored};
    sep_order order;
    double distance;

    if (!first->has_geometry || !second->has_geometry)
        return space;
    measure(first, second, &space);
    if (!find_order(first, second, &order, &distance)) {
        space.relation = SEP_SPACE_OTHER_SIZE;
        return space;
    }
    const float shortest = fminf(first->spacing[0], fminf(first->spacing[1], first->spacing[2]));
    if (distance > TOLERANCE * (double)shortest) {
        space.relation = SEP_SPACE_ELSEWHERE;
        describe(first, second, &space);
        return space;
    }
    space.order = order;
    space.relation = sep_order_is_stored(&order) ? SEP_SPACE_SAME : SEP_SPACE_REORDERED;
    return space;
}

sep_status sep_labels_match(const sep_volume *grid, sep_labels *labels, sep_space *space)
{
    const sep_volume stored = sep_labels_grid(labels);

    *space = sep_space_compare(grid, &stored);
    return sep_labels_reorder(labels, &space->order);
}

/* ---- where axes point -------------------------------------------------------------------------------------------- */

sep_orientation sep_orientation_of(const sep_volume *grid)
{
    sep_orientation orientation = {.known = grid->has_geometry};

    for (int axis = 0; grid->has_geometry && axis < 3; axis++) {
        double *direction = orientation.direction[axis];

        column(grid, axis, direction);
        const double norm = length(direction);
        for (int row = 0; row < 3; row++)
            direction[row] /= norm;
    }
    return orientation;
}

sep_orientation sep_orientation_cut(const sep_orientation *orientation, sep_slice_axis axis)
{
    const sep_order order = sep_slice_axis_order(axis);
    sep_orientation cut = {.known = orientation->known};

    for (int i = 0; i < 3; i++)
        memcpy(cut.direction[i], orientation->direction[order.axis[i]], sizeof cut.direction[i]);
    return cut;
}

/* The order whose axes point along those wanted best, all three together. */
static sep_order nearest_order(const sep_orientation *wanted, const sep_orientation *stored)
{
    sep_order best = sep_order_stored;
    double most = -1.0;

    for (int p = 0; p < 6; p++) {
        double sum = 0.0;

        for (int i = 0; i < 3; i++)
            sum += fabs(dot(wanted->direction[i], stored->direction[PERMUTATIONS[p][i]]));
        if (sum > most) {
            most = sum;
            memcpy(best.axis, PERMUTATIONS[p], sizeof best.axis);
        }
    }
    for (int i = 0; i < 3; i++)
        best.flipped[i] = dot(wanted->direction[i], stored->direction[best.axis[i]]) < 0.0;
    return best;
}

void sep_orientation_code(const sep_orientation *orientation, char code[4])
{
    static const sep_orientation body = {.direction = {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}};
    const sep_order order = nearest_order(&body, orientation);

    strcpy(code, "???");
    for (int i = 0; orientation->known && i < 3; i++)
        code[order.axis[i]] = (order.flipped[i] ? "LPI" : "RAS")[i];
}

static double agreement(const sep_orientation *wanted, const sep_orientation *stored, const sep_order *order, int axis)
{
    return fabs(dot(wanted->direction[axis], stored->direction[order->axis[axis]]));
}

bool sep_orientation_order(const sep_orientation *wanted, const sep_volume *grid, sep_order *order)
{
    const sep_orientation stored = sep_orientation_of(grid);

    *order = sep_order_stored;
    if (!wanted->known || !stored.known)
        return true;
    const sep_order nearest = nearest_order(wanted, &stored);
    const bool x = agreement(wanted, &stored, &nearest, 0) >= NEAR_AN_AXIS,
               y = agreement(wanted, &stored, &nearest, 1) >= NEAR_AN_AXIS,
               z = agreement(wanted, &stored, &nearest, 2) >= NEAR_AN_AXIS, cuts_anew = nearest.axis[2] != 2;
    if (z && ((x && y) || cuts_anew) && !(cuts_anew && grid->depth == 1)) {
        *order = nearest;
        return true;
    }
    return sep_order_is_stored(&nearest);
}
