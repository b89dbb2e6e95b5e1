/* The bending energy. At the knots of one axis the spline, its slope and its curvature are (1, 4, 1) / 6, (-1, 0, 1) /
 * 2 and (1, -2, 1) of the coefficients, so the energy is a quadratic form c.Kc with K a sum of products of one band
 * matrix per axis: the Gram matrices S^T S of those three. Twelve passes along lines apply K. */
#include "registration/search/bending.h"

#include <math.h>
#include <string.h>

enum { VALUE, SLOPE, CURVATURE };
static const double stencil[3][3] = {{1.0 / 6.0, 4.0 / 6.0, 1.0 / 6.0}, {-0.5, 0.0, 0.5}, {1.0, -2.0, 1.0}};

static size_t nodes_of(const sep_spline *grid)
{
    return (size_t)grid->size[0] * (size_t)grid->size[1] * (size_t)grid->size[2];
}

size_t sep_bending_work(const sep_spline *grid)
{
    return 7 * nodes_of(grid);
}

/* to += factor * S^T S from along one line of n nodes. */
static void gram_line(const double s[3], double factor, int n, ptrdiff_t step, const double *from, double *to)
{
    for (int k = 1; k + 1 < n; k++) {
        const double *c = from + k * step;
        const double at_knot = factor * (s[0] * c[-step] + s[1] * c[0] + s[2] * c[step]);

        to[(k - 1) * step] += s[0] * at_knot;
        to[k * step] += s[1] * at_knot;
        to[(k + 1) * step] += s[2] * at_knot;
    }
}

/* The same along all lines of an axis. */
static void gram(const sep_spline *grid, int axis, int kind, double factor, const double *from, double *to)
{
    const ptrdiff_t step[3] = {1, grid->size[0], (ptrdiff_t)grid->size[0] * grid->size[1]};
    const int a = axis == 0 ? 1 : 0, b = axis == 2 ? 1 : 2;

    for (int i = 0; i < grid->size[b]; i++)
        for (int j = 0; j < grid->size[a]; j++) {
            const ptrdiff_t first = i * step[b] + j * step[a];

            gram_line(stencil[kind], factor, grid->size[axis], step[axis], from + first, to + first);
        }
}

static void spacings(const sep_spline *grid, double spacing[3])
{
    for (int axis = 0; axis < 3; axis++)
        spacing[axis] =
            sqrt(grid->to_world[0][axis] * grid->to_world[0][axis] + grid->to_world[1][axis] * grid->to_world[1][axis] +
                 grid->to_world[2][axis] * grid->to_world[2][axis]);
}

/* to = K from; w: 6 arrays. `v`, `s`, `c` below are the three matrices along x, then pairs of letters along x and y. */
static void apply(const sep_spline *grid, const double inverse[3], const double *from, double *w, double *to)
{
    const size_t n = nodes_of(grid);
    double *v = w, *s = w + n, *c = w + 2 * n, *vv = w + 3 * n, *slopes = w + 4 * n, *curved = w + 5 * n;
    const double x = inverse[0] * inverse[0], y = inverse[1] * inverse[1], z = inverse[2] * inverse[2];

    memset(w, 0, 6 * n * sizeof *w);
    memset(to, 0, n * sizeof *to);
    gram(grid, 0, VALUE, 1.0, from, v);
    gram(grid, 0, SLOPE, 1.0, from, s);
    gram(grid, 0, CURVATURE, 1.0, from, c);
    gram(grid, 1, VALUE, 1.0, v, vv);
    gram(grid, 1, VALUE, 2.0 * x * z, s, slopes);
    gram(grid, 1, SLOPE, 2.0 * y * z, v, slopes);
    gram(grid, 1, VALUE, x * x, c, curved);
    gram(grid, 1, CURVATURE, y * y, v, curved);
    gram(grid, 1, SLOPE, 2.0 * x * y, s, curved);
    gram(grid, 2, CURVATURE, z * z, vv, to);
    gram(grid, 2, SLOPE, 1.0, slopes, to);
    gram(grid, 2, VALUE, 1.0, curved, to);
}

double sep_bending(const sep_spline *grid, const double *parameter, double weight, double *work, double *gradient)
{
    const size_t n = nodes_of(grid);
    const double knots = (grid->size[0] - 2.0) * (grid->size[1] - 2.0) * (grid->size[2] - 2.0);
    double spacing[3], inverse[3], longest = 0.0, energy = 0.0, *product = work + 6 * n;

    spacings(grid, spacing);
    for (int axis = 0; axis < 3; axis++)
        longest = spacing[axis] > longest ? spacing[axis] : longest;
    for (int axis = 0; axis < 3; axis++)
        inverse[axis] = 1.0 / spacing[axis];
    const double factor = weight * longest * longest / knots;
    for (int i = 0; i < 3; i++) {
        apply(grid, inverse, parameter + (size_t)i * n, work, product);
        for (size_t k = 0; k < n; k++) {
            energy += parameter[(size_t)i * n + k] * product[k];
            if (gradient != NULL)
                gradient[(size_t)i * n + k] += 2.0 * factor * product[k];
        }
    }
    return factor * energy;
}
