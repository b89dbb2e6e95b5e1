/* A penalty on how a B-spline displacement changes volumes. The points are a regular grid of two a cell and axis, so
 * that nodes become derivatives at all points by passes along lines, one axis after the other, and forces at the points
 * go back to the nodes by the transposes of those passes. */
#include "registration/jacobian_penalty.h"

#include "registration/matrix.h"
#include "simd/elementary.h"

#include <string.h>

enum { VALUE, SLOPE };

/* Weights of a cell's four nodes at 1/4 and 3/4 of it, and their slopes by a node's distance. */
static const double weights[2][2][4] = {
    {{27.0 / 384.0, 235.0 / 384.0, 121.0 / 384.0, 1.0 / 384.0},
     {1.0 / 384.0, 121.0 / 384.0, 235.0 / 384.0, 27.0 / 384.0}},
    {{-9.0 / 32.0, -13.0 / 32.0, 21.0 / 32.0, 1.0 / 32.0}, {-1.0 / 32.0, -21.0 / 32.0, 13.0 / 32.0, 9.0 / 32.0}}};

/* ---- passes ------------------------------------------------------------------------------------------------------ */

static int points_of(int nodes)
{
    return 2 * (nodes - 3);
}

/* What lies before an axis, x fastest, is already points; what lies behind it is still nodes. */
typedef struct pass {
    int inner, nodes, outer; /* elements that run faster, nodes of the axis, elements that run slower */
} pass;

static pass pass_along(const sep_spline *grid, int axis)
{
    pass p = {1, grid->size[axis], 1};

    for (int i = 0; i < 3; i++) {
        p.inner *= i < axis ? points_of(grid->size[i]) : 1;
        p.outer *= i > axis ? grid->size[i] : 1;
    }
    return p;
}

/* `lines` numbers side by side: to += weight * from. */
static void add(double *to, double weight, const double *from, int lines)
{
    for (int l = 0; l < lines; l++)
        to[l] += weight * from[l];
}

/* points += S nodes, or with `back` nodes += S^T points. */
static void apply(const pass *p, int kind, bool back, double *nodes, double *points)
{
    const ptrdiff_t inner = p->inner;

    for (int o = 0; o < p->outer; o++)
        for (int k = 0; k < points_of(p->nodes); k++) {
            double *point = points + ((ptrdiff_t)o * points_of(p->nodes) + k) * inner;

            for (int m = 0; m < 4; m++) {
                double *node = nodes + ((ptrdiff_t)o * p->nodes + k / 2 + m) * inner;

                add(back ? node : point, weights[kind][k % 2][m], back ? point : node, p->inner);
            }
        }
}

/* ---- derivatives at the points, and back ------------------------------------------------------------------------- */

/* Numbers of nodes, after the pass along x, along y too, and of points. */
typedef struct counts {
    size_t nodes, x, xy, points;
} counts;

static counts count(const sep_spline *grid)
{
    const size_t x = (size_t)points_of(grid->size[0]), y = (size_t)points_of(grid->size[1]),
                 z = (size_t)points_of(grid->size[2]);
    const size_t ny = (size_t)grid->size[1], nz = (size_t)grid->size[2];

    return (counts){(size_t)grid->size[0] * ny * nz, x * ny * nz, x * y * nz, x * y * z};
}

size_t sep_jacobian_penalty_work(const sep_spline *grid)
{
    const counts n = count(grid);

    return n.nodes + 2 * n.x + 3 * n.xy + 9 * n.points;
}

/* One component: from its nodes to its derivatives by the nodes' distance along x, y, z, or back. `w`: the arrays
 * between, zeroed here; what is written to is added to. */
static void derive(const sep_spline *grid, bool back, double *nodes, double *w, double *const derivative[3])
{
    const counts n = count(grid);
    const pass x = pass_along(grid, 0), y = pass_along(grid, 1), z = pass_along(grid, 2);
    double *value = w, *slope = w + n.x, *both = slope + n.x, *by_x = both + n.xy, *by_y = by_x + n.xy;
    const struct {
        const pass *along;
        int kind;
        double *from, *to;
    } step[8] = {{&x, VALUE, nodes, value},        {&x, SLOPE, nodes, slope},       {&y, VALUE, value, both},
                 {&y, VALUE, slope, by_x},         {&y, SLOPE, value, by_y},        {&z, VALUE, by_x, derivative[0]},
                 {&z, VALUE, by_y, derivative[1]}, {&z, SLOPE, both, derivative[2]}};

    memset(w, 0, (2 * n.x + 3 * n.xy) * sizeof *w);
    for (int k = 0; k < 8; k++) {
        const int i = back ? 7 - k : k;

        apply(step[i].along, step[i].kind, back, step[i].from, step[i].to);
    }
}

/* ---- one point --------------------------------------------------------------------------------------------------- */

/* The square of the logarithm, going on along its tangent below the least determinant; *slope is its derivative. */
static double penalty(double determinant, double *slope)
{
    const bool low = !(determinant > SEP_LEAST_DETERMINANT);
    const double at = low ? SEP_LEAST_DETERMINANT : determinant, log = (double)sep_logf((float)at);

    *slope = 2.0 * log / at;
    return log * log + (low ? *slope * (determinant - at) : 0.0);
}

/* j = I + D to_node, D the derivatives by the nodes' distances. */
static void jacobian_at(double *const derivative[9], size_t point, const sep_map to_node, sep_map j)
{
    for (int i = 0; i < 3; i++)
        for (int k = 0; k < 3; k++) {
            j[i][k] = i == k ? 1.0 : 0.0;
            for (int a = 0; a < 3; a++)
                j[i][k] += derivative[3 * i + a][point] * to_node[a][k];
        }
}

/* The derivatives become the forces: force * d(determinant)/dD, the cofactors of j times to_node. */
static void pull(const sep_map j, double force, const sep_map to_node, size_t point, double *const derivative[9])
{
    for (int i = 0; i < 3; i++) {
        const int r = (i + 1) % 3, s = (i + 2) % 3;
        double cofactor[3];

        for (int k = 0; k < 3; k++) {
            const int c = (k + 1) % 3, d = (k + 2) % 3;

            cofactor[k] = j[r][c] * j[s][d] - j[r][d] * j[s][c];
        }
        for (int a = 0; a < 3; a++)
            derivative[3 * i + a][point] =
                force * (cofactor[0] * to_node[a][0] + cofactor[1] * to_node[a][1] + cofactor[2] * to_node[a][2]);
    }
}

/* ---- the whole --------------------------------------------------------------------------------------------------- */

double sep_jacobian_penalty(const sep_spline *grid, const double *parameter, double weight, double *work,
                            double *gradient)
{
    const counts n = count(grid);
    double *nodes = work, *passes = nodes + n.nodes, *derivative[9], sum = 0.0;
    sep_map to_node, j = {{0.0}};

    if (!sep_map_invert(grid->to_world, to_node))
        return 0.0;
    for (size_t k = 0; k < 9; k++)
        derivative[k] = passes + 2 * n.x + 3 * n.xy + k * n.points;
    memset(derivative[0], 0, 9 * n.points * sizeof(double));
    for (size_t i = 0; i < 3; i++) {
        memcpy(nodes, parameter + i * n.nodes, n.nodes * sizeof *nodes);
        derive(grid, false, nodes, passes, derivative + 3 * i);
    }
    for (size_t p = 0; p < n.points; p++) {
        double slope;

        jacobian_at(derivative, p, (const double(*)[4])to_node, j);
        sum += penalty(sep_map_determinant((const double(*)[4])j), &slope);
        pull((const double(*)[4])j, weight / (double)n.points * slope, (const double(*)[4])to_node, p, derivative);
    }
    for (size_t i = 0; i < 3 && gradient != NULL; i++)
        derive(grid, true, gradient + i * n.nodes, passes, derivative + 3 * i);
    return weight / (double)n.points * sum;
}
