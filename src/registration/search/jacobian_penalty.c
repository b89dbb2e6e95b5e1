/* A penalty on how a B-spline displacement changes volumes. The points are a regular grid of two a cell and axis, so
 * that nodes become derivatives at all points by passes along lines, one axis after the other, and forces at the points
 * go back to the nodes by the transposes of those passes. */
#include "registration/search/jacobian_penalty.h"

#include "registration/transform/matrix.h"
#include "simd/elementary.h"

#include <string.h>

enum { VALUE, SLOPE };
enum { PART = 512 }; /* elements side by side that stay in the cache, or points that a thread takes at once */

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

/* A cell's two points from its four nodes, `step` numbers apart, for `count` lines side by side. */
static void gather(const double w[2][4], int count, ptrdiff_t step, const double *restrict node, double *restrict point)
{
    for (int side = 0; side < 2; side++, point += step)
        for (int l = 0; l < count; l++)
            point[l] += w[side][0] * node[l] + w[side][1] * node[l + step] + w[side][2] * node[l + 2 * step] +
                        w[side][3] * node[l + 3 * step];
}

/* And the transpose. */
static void splat(const double w[2][4], int count, ptrdiff_t step, const double *restrict point, double *restrict node)
{
    for (int m = 0; m < 4; m++, node += step)
        for (int l = 0; l < count; l++)
            node[l] += w[0][m] * point[l] + w[1][m] * point[l + step];
}

/* Along one element of `outer`, for `count` elements of `inner` from the first on. */
static void apply_part(const pass *p, int kind, bool back, int count, double *nodes, double *points)
{
    for (int cell = 0; cell < p->nodes - 3; cell++) {
        double *node = nodes + (ptrdiff_t)cell * p->inner, *point = points + (ptrdiff_t)2 * cell * p->inner;

        if (back)
            splat(weights[kind], count, p->inner, point, node);
        else
            gather(weights[kind], count, p->inner, node, point);
    }
}

/* points += S nodes, or with `back` nodes += S^T points. */
static void apply(const pass *p, int kind, bool back, double *nodes, double *points)
{
    const int parts = (p->inner + PART - 1) / PART;

    for (int o = 0; o < p->outer; o++)
        for (int part = 0; part < parts; part++) {
            const int first = part * PART, left = p->inner - first;

            apply_part(p, kind, back, left < PART ? left : PART, nodes + (ptrdiff_t)o * p->nodes * p->inner + first,
                       points + (ptrdiff_t)o * points_of(p->nodes) * p->inner + first);
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

/* Numbers in the arrays between the nodes and the points of one component. */
static size_t between(const counts *n)
{
    return 2 * n->x + 3 * n->xy;
}

size_t sep_jacobian_penalty_work(const sep_spline *grid)
{
    const counts n = count(grid);

    return 3 * n.nodes + 3 * between(&n) + 9 * n.points;
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

    memset(w, 0, between(&n) * sizeof *w);
    for (int k = 0; k < 8; k++) {
        const int i = back ? 7 - k : k;

        apply(step[i].along, step[i].kind, back, step[i].from, step[i].to);
    }
}

/* A thread a component: the passes of one are too short to share, and a busy machine lets threads wait for each other.
 */
static void derive_all(const sep_spline *grid, bool back, int threads, double *nodes, double *w,
                       double *const derivative[9])
{
    const counts n = count(grid);

#pragma omp parallel for num_threads(threads) schedule(static, 1) if (threads > 1)
    for (int i = 0; i < 3; i++)
        derive(grid, back, nodes + (size_t)i * n.nodes, w + (size_t)i * between(&n), derivative + 3 * i);
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

/* Points first .. first + PART - 1: the sum of their penalties, and their forces. */
static double penalise_part(double *const derivative[9], size_t first, size_t points, double weight,
                            const sep_map to_node)
{
    const size_t end = first + PART < points ? first + PART : points;
    sep_map j = {{0.0}};
    double sum = 0.0;

    for (size_t p = first; p < end; p++) {
        double slope;

        jacobian_at(derivative, p, to_node, j);
        sum += penalty(sep_map_determinant((const double(*)[4])j), &slope);
        pull((const double(*)[4])j, weight * slope, to_node, p, derivative);
    }
    return sum;
}

/* The parts' sums in rising order. */
static double penalise(double *const derivative[9], size_t points, double weight, const sep_map to_node, int threads,
                       double *part_sum)
{
    const int parts = (int)((points + PART - 1) / PART);
    double sum = 0.0;

#pragma omp parallel for num_threads(threads) schedule(static) if (threads > 1)
    for (int part = 0; part < parts; part++)
        part_sum[part] = penalise_part(derivative, (size_t)part * PART, points, weight, to_node);
    for (int part = 0; part < parts; part++)
        sum += part_sum[part];
    return sum;
}

/* ---- the whole --------------------------------------------------------------------------------------------------- */

double sep_jacobian_penalty(const sep_spline *grid, const double *parameter, double weight, int threads, double *work,
                            double *gradient)
{
    const counts n = count(grid);
    const double each = weight / (double)n.points;
    double *nodes = work, *passes = nodes + 3 * n.nodes, *derivative[9];
    sep_map to_node;

    if (!sep_map_invert(grid->to_world, to_node))
        return 0.0;
    for (size_t k = 0; k < 9; k++)
        derivative[k] = passes + 3 * between(&n) + k * n.points;
    memset(derivative[0], 0, 9 * n.points * sizeof(double));
    memcpy(nodes, parameter, 3 * n.nodes * sizeof *nodes);
    derive_all(grid, false, threads, nodes, passes, derivative);
    const double sum = penalise(derivative, n.points, each, (const double(*)[4])to_node, threads, passes);
    if (gradient != NULL)
        derive_all(grid, true, threads, gradient, passes, derivative);
    return each * sum;
}
