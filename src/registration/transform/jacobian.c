/* Determinants of a transform's derivative. */
#include "septum/registration.h"

#include "registration/transform/path.h"

#include <math.h>
#include <string.h>

/* ---- one row of the deformation ---------------------------------------------------------------------------------- */

/* A coordinate on or between the centres of the first and the last voxel: beyond them a field has no values. */
static float within(const sep_path *path, int axis, float at)
{
    return fminf(fmaxf(at, 0.0f), (float)(path->voxels[axis] - 1));
}

/* Half a voxel to either side of a point along an axis, as far as there are voxels. */
static void shift(const sep_path *path, float *const at[3], int axis, float by, int count, float *const to[3])
{
    for (int i = 0; i < 3; i++)
        for (int k = 0; k < count; k++)
            to[i][k] = within(path, i, at[i][k] + (i == axis ? by : 0.0f));
}

static bool is_beside_field(const sep_path *path, float *const at[3], int k)
{
    for (int i = 0; i < 3; i++)
        if (at[i][k] < -0.5f || at[i][k] > (float)path->voxels[i] - 0.5f)
            return true;
    return false;
}

/* derivative[i]: of component i of a field by one axis, both in voxels. */
static void difference(const sep_path *path, float *const at[3], int axis, int count,
                       float derivative[3][SEP_PATH_CHUNK])
{
    float memory[2][3][SEP_PATH_CHUNK], low[SEP_PATH_CHUNK], high[SEP_PATH_CHUNK];
    const float *const below[3] = {memory[0][0], memory[0][1], memory[0][2]};
    const float *const above[3] = {memory[1][0], memory[1][1], memory[1][2]};

    for (int side = 0; side < 2; side++) {
        float *const to[3] = {memory[side][0], memory[side][1], memory[side][2]};

        shift(path, at, axis, side == 0 ? -0.5f : 0.5f, count, to);
    }
    for (int i = 0; i < 3; i++) {
        const sep_lattice values = {path->value[i], path->voxels[0], path->voxels[1], path->voxels[2]};

        path->simd->warping->linear(&values, below, count, 0.0f, low);
        path->simd->warping->linear(&values, above, count, 0.0f, high);
        for (int k = 0; k < count; k++) {
            const float distance = above[axis][k] - below[axis][k];
            derivative[i][k] = distance > 0.0f ? (high[k] - low[k]) / distance : 0.0f;
        }
    }
}

static void field_row(const sep_path *path, float *const at[3], int count, float *determinant)
{
    float derivative[3][3][SEP_PATH_CHUNK]; /* [by axis][of component] */

    for (int axis = 0; axis < 3; axis++)
        difference(path, at, axis, count, derivative[axis]);
    for (int k = 0; k < count; k++) {
        sep_map j = {{0.0}};

        for (int i = 0; i < 3; i++)
            for (int axis = 0; axis < 3; axis++)
                j[i][axis] = (double)derivative[axis][i][k] + (i == axis ? 1.0 : 0.0);
        determinant[k] = is_beside_field(path, at, k) ? 1.0f : (float)sep_map_determinant((const double(*)[4])j);
    }
}

/* Of I + du/dx, which is the same in the world as in the deformation's own coordinates. */
static void deformation_row(const sep_path *path, int x, int y, int z, int count, float *determinant)
{
    float memory[3][SEP_PATH_CHUNK], *const at[3] = {memory[0], memory[1], memory[2]};
    const int padded = sep_path_padded(count);

    sep_path_begin(path, x, y, z, count, at);
    if (path->nodes.size[0] > 0)
        path->simd->warping->spline_determinant(&path->nodes, (const float *const *)path->value,
                                                (const float *const *)at, padded, determinant);
    else
        field_row(path, at, padded, determinant);
    for (int k = 0; k < padded; k++)
        determinant[k] = sep_path_leaves(path, at, k) ? 1.0f : determinant[k];
}

/* ---- all rows ---------------------------------------------------------------------------------------------------- */

typedef struct tally {
    double low, sum, high;
    int64_t folded;
} tally;

static const tally nothing = {.low = INFINITY, .high = -INFINITY};

static void add(tally *to, const tally *from)
{
    to->low = fmin(to->low, from->low);
    to->high = fmax(to->high, from->high);
    to->sum += from->sum;
    to->folded += from->folded;
}

/* `to` may be NULL. */
static void add_row(const sep_path *path, double growth, int y, int z, int width, float *to, tally *t)
{
    float determinant[SEP_PATH_CHUNK];

    for (int x = 0; x < width; x += SEP_PATH_CHUNK) {
        const int left = width - x, count = left < SEP_PATH_CHUNK ? left : SEP_PATH_CHUNK;

        deformation_row(path, x, y, z, count, determinant);
        for (int k = 0; k < count; k++) {
            const double d = growth * (double)determinant[k];
            const tally one = {d, d, d, !(determinant[k] > 0.0f)};

            add(t, &one);
            if (to != NULL)
                to[x + k] = (float)d;
        }
    }
}

static void fill(sep_volume *map, double value)
{
    const size_t count = (size_t)map->depth * (size_t)map->height * (size_t)map->width;

    for (size_t i = 0; i < count; i++)
        map->data[i] = (float)value;
}

static sep_status add_slices(const sep_path *path, double growth, const sep_volume *grid, int threads, sep_volume *map,
                             tally *all)
{
    tally *slice = sep_calloc((size_t)grid->depth, sizeof *slice);

    if (slice == NULL)
        return SEP_ERR_MEMORY;
#pragma omp parallel for num_threads(threads) schedule(dynamic)
    for (int z = 0; z < grid->depth; z++) {
        slice[z] = nothing;
        for (int y = 0; y < grid->height; y++)
            add_row(path, growth, y, z, grid->width,
                    map != NULL ? sep_volume_slice(map, z) + (ptrdiff_t)y * grid->width : NULL, &slice[z]);
    }
    for (int z = 0; z < grid->depth; z++)
        add(all, &slice[z]);
    sep_free(slice);
    return SEP_OK;
}

static sep_status summarise(const sep_spatial_transform *transform, const sep_volume *grid,
                            const sep_warp_options *options, sep_volume *map, sep_jacobian *summary)
{
    const double growth = sep_map_determinant((const double(*)[4])transform->matrix);
    const double voxels = (double)grid->depth * (double)grid->height * (double)grid->width;
    const int threads = sep_thread_count(options->threads);
    tally all = nothing;
    sep_path path;

    *summary = (sep_jacobian){growth, growth, growth, 0.0};
    if (sep_spatial_is_affine(transform)) {
        if (map != NULL)
            fill(map, growth);
        return SEP_OK;
    }
    SEP_TRY(sep_path_create(transform, grid->affine, grid->affine, false, options->simd, &path));
    sep_status status = add_slices(&path, growth, grid, threads, map, &all);
    *summary = (sep_jacobian){all.low, all.sum / voxels, all.high, (double)all.folded / voxels};
    sep_path_free(&path);
    return status;
}

sep_status sep_spatial_jacobian(const sep_spatial_transform *transform, const sep_volume *grid,
                                const sep_warp_options *options, sep_volume *map, sep_jacobian *summary)
{
    if (map != NULL)
        SEP_TRY(sep_volume_create_on(grid, map));
    sep_status status = summarise(transform, grid, options, map, summary);
    if (status != SEP_OK && map != NULL)
        sep_volume_free(map);
    return status;
}
