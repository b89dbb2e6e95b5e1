/* Control grids of cubic B-splines. */
#include "registration/transform/spline.h"

#include "registration/transform/matrix.h"

#include <math.h>
#include <string.h>

size_t sep_spline_nodes(const sep_spline *spline)
{
    return (size_t)spline->size[0] * (size_t)spline->size[1] * (size_t)spline->size[2];
}

sep_status sep_spline_allocate(sep_spline *spline)
{
    for (int i = 0; i < 3; i++) {
        spline->coefficient[i] = sep_calloc(sep_spline_nodes(spline), sizeof(double));
        if (spline->coefficient[i] == NULL) {
            sep_spline_free(spline);
            return SEP_ERR_MEMORY;
        }
    }
    return SEP_OK;
}

void sep_spline_free(sep_spline *spline)
{
    for (int i = 0; i < 3; i++)
        sep_free(spline->coefficient[i]);
    memset(spline, 0, sizeof *spline);
}

sep_status sep_spline_copy(const sep_spline *from, sep_spline *to)
{
    *to = *from;
    memset(to->coefficient, 0, sizeof to->coefficient);
    SEP_TRY(sep_spline_allocate(to));
    for (int i = 0; i < 3; i++)
        memcpy(to->coefficient[i], from->coefficient[i], sep_spline_nodes(from) * sizeof(double));
    return SEP_OK;
}

sep_status sep_spline_create(const sep_volume *over, const int cells[3], sep_spline *spline)
{
    const int voxels[3] = {over->width, over->height, over->depth};

    memset(spline, 0, sizeof *spline);
    for (int axis = 0; axis < 3; axis++)
        spline->size[axis] = cells[axis] + 3;
    for (int i = 0; i < 3; i++) {
        spline->to_world[i][3] = over->affine[i][3];
        for (int axis = 0; axis < 3; axis++) {
            const double span = voxels[axis] > 1 ? (double)(voxels[axis] - 1) : 1.0, pitch = span / cells[axis];

            spline->to_world[i][axis] = over->affine[i][axis] * pitch;
            spline->to_world[i][3] -= over->affine[i][axis] * pitch; /* node 1 lies at the first voxel */
        }
    }
    return sep_spline_allocate(spline);
}

/* ---- evaluating -------------------------------------------------------------------------------------------------- */

/* First of four nodes along an axis of `size`, and their weights; u is a node coordinate. */
static int weigh(double u, int size, double weight[4])
{
    const double low = 1.0, high = size - 2.0, held = u > low ? (u < high ? u : high) : low;
    const int cell = (int)held < size - 3 ? (int)held : size - 3;
    const double t = held - cell, rest = 1.0 - t;

    weight[0] = rest * rest * rest / 6.0;
    weight[1] = (3.0 * t * t * t - 6.0 * t * t + 4.0) / 6.0;
    weight[2] = (((-3.0 * t + 3.0) * t + 3.0) * t + 1.0) / 6.0;
    weight[3] = t * t * t / 6.0;
    return cell - 1;
}

bool sep_spline_displacement(const sep_spline *spline, const double at[3], double displacement[3])
{
    const int *size = spline->size;
    double node[3] = {0}, w[3][4];
    sep_map to_node;
    int first[3];

    memset(displacement, 0, 3 * sizeof *displacement);
    if (!sep_map_invert(spline->to_world, to_node))
        return false;
    sep_map_point(to_node, at, node);
    for (int axis = 0; axis < 3; axis++)
        first[axis] = weigh(node[axis], size[axis], w[axis]);
    for (int k = 0; k < 64; k++) {
        const int x = k % 4, y = k / 4 % 4, z = k / 16;
        const size_t n = (size_t)(((first[2] + z) * size[1] + first[1] + y) * size[0] + first[0] + x);

        for (int i = 0; i < 3; i++)
            displacement[i] += w[2][z] * w[1][y] * w[0][x] * spline->coefficient[i][n];
    }
    return sep_spline_covers(size, (float)node[0], (float)node[1], (float)node[2]);
}

/* ---- refining ---------------------------------------------------------------------------------------------------- */

/* Along one line: n coefficients a stride apart become 2 (n - 3) + 3. Fine node 2i - 1 lies on node i, node 2i halfway
 * to the next: (1, 6, 1) / 8 and (1, 1) / 2. */
static void refine_line(const double *from, int n, ptrdiff_t from_stride, double *to, ptrdiff_t to_stride)
{
    for (int k = 0; k < 2 * n - 3; k++) {
        const double *c = from + (k + 1) / 2 * from_stride;

        to[k * to_stride] =
            k % 2 == 1 ? (c[-from_stride] + 6.0 * c[0] + c[from_stride]) / 8.0 : (c[0] + c[from_stride]) / 2.0;
    }
}

static void refine_component(const int size[3], int axis, const double *from, double *to)
{
    int larger[3] = {size[0], size[1], size[2]};
    const int across = axis == 0 ? 1 : 0, through = axis == 2 ? 1 : 2;

    larger[axis] = 2 * size[axis] - 3;
    const ptrdiff_t step[3] = {1, size[0], (ptrdiff_t)size[0] * size[1]};
    const ptrdiff_t to_step[3] = {1, larger[0], (ptrdiff_t)larger[0] * larger[1]};

    for (int t = 0; t < size[through]; t++)
        for (int a = 0; a < size[across]; a++)
            refine_line(from + t * step[through] + a * step[across], size[axis], step[axis],
                        to + t * to_step[through] + a * to_step[across], to_step[axis]);
}

static sep_status refine_axis(sep_spline *spline, int axis)
{
    sep_spline finer = *spline;

    memset(finer.coefficient, 0, sizeof finer.coefficient);
    finer.size[axis] = 2 * spline->size[axis] - 3;
    for (int i = 0; i < 3; i++) {
        const double half = spline->to_world[i][axis] / 2.0;

        finer.to_world[i][axis] = half;
        finer.to_world[i][3] += half; /* node 1 stays where it is */
    }
    SEP_TRY(sep_spline_allocate(&finer));
    for (int i = 0; i < 3; i++)
        refine_component(spline->size, axis, spline->coefficient[i], finer.coefficient[i]);
    sep_spline_free(spline);
    *spline = finer;
    return SEP_OK;
}

sep_status sep_spline_refine(sep_spline *spline, const bool twice[3])
{
    for (int axis = 0; axis < 3; axis++)
        if (twice[axis])
            SEP_TRY(refine_axis(spline, axis));
    return SEP_OK;
}
