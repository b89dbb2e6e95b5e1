/* Volumes and label maps carried through a transform onto a grid. Points in double, voxel by voxel. */
#include "septum/registration.h"

#include "registration/matrix.h"

#include <math.h>
#include <omp.h>
#include <string.h>

/* From a voxel of the grid to a voxel of what is warped. */
typedef struct path {
    const sep_spatial_transform *transform;
    const double (*to_world)[4]; /* of the grid */
    sep_map to_voxel, whole;     /* whole: all in one, where the transform is affine */
    bool inverse, affine;
} path;

static sep_status make_path(const sep_spatial_transform *transform, const double from[3][4], const double grid[3][4],
                            bool inverse, path *p)
{
    sep_map linear;

    *p = (path){.transform = transform, .to_world = grid, .inverse = inverse};
    p->affine = sep_spatial_is_affine(transform);
    memcpy(linear, transform->matrix, sizeof linear);
    if (!sep_map_invert(from, p->to_voxel))
        return sep_fail(SEP_ERR_FORMAT, "the affine of the volume to warp is singular");
    if (inverse && !sep_map_invert((const double(*)[4])linear, linear))
        return sep_fail(SEP_ERR_NUMERIC, "the transform's matrix is singular: it has no inverse");
    sep_map_compose((const double(*)[4])p->to_voxel, (const double(*)[4])linear, p->whole);
    sep_map_compose((const double(*)[4])p->whole, grid, p->whole);
    return SEP_OK;
}

/* False where the deformation has no inverse: such a voxel lies outside. */
static bool follow(const path *p, const double voxel[3], double out[3])
{
    if (p->affine) {
        sep_map_point((const double(*)[4])p->whole, voxel, out);
        return true;
    }
    sep_map_point(p->to_world, voxel, out);
    if (!p->inverse)
        sep_spatial_point(p->transform, out, out);
    else if (sep_spatial_inverse_point(p->transform, out, out) != SEP_OK)
        return false;
    sep_map_point((const double(*)[4])p->to_voxel, out, out);
    return true;
}

/* ---- neighbours -------------------------------------------------------------------------------------------------- */

/* The eight voxels around a point and their weights; false outside (more than half a voxel beyond the last). */
typedef struct corners {
    ptrdiff_t at[8];
    double weight[8];
} corners;

static bool find_corners(const int size[3], const double p[3], corners *c)
{
    int low[3], next[3];
    double part[3];

    for (int i = 0; i < 3; i++) {
        if (!(p[i] >= -0.5 && p[i] <= size[i] - 0.5))
            return false;
        const double held = p[i] < 0.0 ? 0.0 : p[i] > size[i] - 1 ? size[i] - 1 : p[i];
        low[i] = (int)held;
        next[i] = low[i] + 1 < size[i] ? low[i] + 1 : low[i];
        part[i] = held - low[i];
    }
    for (int k = 0; k < 8; k++) {
        const int x = k & 1 ? next[0] : low[0], y = k & 2 ? next[1] : low[1], z = k & 4 ? next[2] : low[2];

        c->at[k] = ((ptrdiff_t)z * size[1] + y) * size[0] + x;
        c->weight[k] =
            (k & 1 ? part[0] : 1.0 - part[0]) * (k & 2 ? part[1] : 1.0 - part[1]) * (k & 4 ? part[2] : 1.0 - part[2]);
    }
    return true;
}

static float linear_value(const float *data, const corners *c)
{
    double sum = 0.0;

    for (int k = 0; k < 8; k++)
        sum += c->weight[k] * (double)data[c->at[k]];
    return (float)sum;
}

/* The class with the largest weight, the lowest of equals. */
static uint8_t linear_class(const uint8_t *data, const corners *c)
{
    double most = 0.0;
    uint8_t best = 0;

    for (int k = 0; k < 8; k++) {
        const uint8_t label = data[c->at[k]];
        double sum = 0.0;

        for (int j = 0; j < 8; j++)
            sum += data[c->at[j]] == label ? c->weight[j] : 0.0;
        if (sum > most || (sum == most && label < best)) {
            most = sum;
            best = label;
        }
    }
    return best;
}

static uint8_t nearest_class(const uint8_t *data, const int size[3], const double p[3])
{
    ptrdiff_t at[3];

    for (int i = 0; i < 3; i++) {
        const double nearest = floor(p[i] + 0.5);

        if (!(nearest >= 0.0 && nearest <= size[i] - 1))
            return 0;
        at[i] = (ptrdiff_t)nearest;
    }
    return data[(at[2] * size[1] + at[1]) * size[0] + at[0]];
}

/* ---- warping ----------------------------------------------------------------------------------------------------- */

static int threads_of(const sep_warp_options *options)
{
    return options->threads > 0 ? options->threads : omp_get_max_threads();
}

sep_status sep_warp_volume(const sep_volume *moving, const sep_spatial_transform *transform, const sep_volume *grid,
                           const sep_warp_options *options, sep_volume *out)
{
    const int size[3] = {moving->width, moving->height, moving->depth};
    path p;

    SEP_TRY(make_path(transform, moving->affine, grid->affine, options->inverse, &p));
    SEP_TRY(sep_volume_create(out, grid->depth, grid->height, grid->width));
    sep_volume_take_geometry(out, grid);
#pragma omp parallel for collapse(2) num_threads(threads_of(options)) schedule(static)
    for (int z = 0; z < grid->depth; z++)
        for (int y = 0; y < grid->height; y++)
            for (int x = 0; x < grid->width; x++) {
                const double voxel[3] = {x, y, z};
                double at[3];
                corners c;

                sep_volume_slice(out, z)[(ptrdiff_t)y * out->width + x] =
                    follow(&p, voxel, at) && find_corners(size, at, &c) ? linear_value(moving->data, &c)
                                                                        : options->outside;
            }
    return SEP_OK;
}

sep_status sep_warp_labels(const sep_labels *moving, const sep_spatial_transform *transform, const sep_volume *grid,
                           const sep_warp_options *options, sep_labels *out)
{
    const int size[3] = {moving->width, moving->height, moving->depth};
    path p;

    SEP_TRY(make_path(transform, moving->affine, grid->affine, options->inverse, &p));
    SEP_TRY(sep_labels_create(out, grid->depth, grid->height, grid->width));
    sep_labels_take_geometry(out, grid);
#pragma omp parallel for collapse(2) num_threads(threads_of(options)) schedule(static)
    for (int z = 0; z < grid->depth; z++)
        for (int y = 0; y < grid->height; y++)
            for (int x = 0; x < grid->width; x++) {
                const double voxel[3] = {x, y, z};
                uint8_t *to = sep_labels_slice(out, z) + (ptrdiff_t)y * out->width + x;
                double at[3];
                corners c;

                if (!follow(&p, voxel, at))
                    continue;
                if (!options->linear)
                    *to = nearest_class(moving->data, size, at);
                else if (find_corners(size, at, &c))
                    *to = linear_class(moving->data, &c);
            }
    return SEP_OK;
}
