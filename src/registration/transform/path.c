/* The way from the voxels of a grid to the voxels of another volume. */
#include "registration/transform/path.h"

#include "registration/transform/displacement.h"
#include "registration/transform/spline.h"
#include "simd/choose.h"

#include <math.h>
#include <string.h>

int sep_path_padded(int count)
{
    return (count + SEP_SAMPLE_GROUP - 1) / SEP_SAMPLE_GROUP * SEP_SAMPLE_GROUP;
}

void sep_path_free(sep_path *path)
{
    sep_free(path->memory);
    memset(path, 0, sizeof *path);
}

/* ---- making ------------------------------------------------------------------------------------------------------ */

static void round_map(const sep_map map, float rounded[3][4])
{
    for (int i = 0; i < 12; i++)
        rounded[i / 4][i % 4] = (float)map[i / 4][i % 4];
}

/* Three arrays of `count` values, each a displacement in the units of the deformation's own coordinates. */
static sep_status allocate(sep_path *path, size_t count)
{
    path->memory = sep_calloc(3 * count, sizeof *path->memory);
    for (size_t i = 0; i < 3 && path->memory != NULL; i++)
        path->value[i] = path->memory + i * count;
    return path->memory != NULL ? SEP_OK : SEP_ERR_MEMORY;
}

static sep_status take_spline(const sep_spline *spline, const sep_map to_node, sep_path *path)
{
    const size_t count = sep_spline_nodes(spline);

    SEP_TRY(allocate(path, count));
    for (int i = 0; i < 3; i++) {
        path->nodes.size[i] = spline->size[i];
        path->nodes.scale[i] = 1.0f;
        path->nodes.offset[i] = -1.0f; /* the domain starts at node 1 */
        for (size_t n = 0; n < count; n++)
            path->value[i][n] =
                (float)(to_node[i][0] * spline->coefficient[0][n] + to_node[i][1] * spline->coefficient[1][n] +
                        to_node[i][2] * spline->coefficient[2][n]);
    }
    return SEP_OK;
}

static sep_status take_field(const sep_field *field, const sep_map to_voxel, sep_path *path)
{
    const int size[3] = {field->grid.width, field->grid.height, field->grid.depth};
    const size_t count = sep_field_voxels(field);
    const float *x = field->grid.data, *y = x + count, *z = y + count;

    SEP_TRY(allocate(path, count));
    memcpy(path->voxels, size, sizeof size);
    for (int i = 0; i < 3; i++)
        for (size_t n = 0; n < count; n++)
            path->value[i][n] =
                (float)(to_voxel[i][0] * (double)x[n] + to_voxel[i][1] * (double)y[n] + to_voxel[i][2] * (double)z[n]);
    return SEP_OK;
}

/* Whether a row stays on its nodes along y and z to within 1e-4 of a node over a thousand voxels. */
static bool stays_along_x(const sep_path *path)
{
    return path->nodes.size[0] > 0 && path->nodes.size[0] <= SEP_PATH_LINE && fabs(path->first[1][0]) < 1e-7 &&
           fabs(path->first[2][0]) < 1e-7;
}

/* first: world to the deformation's coordinates; the inverse goes there from A^-1 (y - b). last: back to the world, by
 * A unless inverse, and on to the volume. */
static sep_status take_deformation(const sep_spatial_transform *transform, const double own[3][4], const sep_map linear,
                                   const sep_map to_voxel, const double grid[3][4], sep_path *path)
{
    const double(*identity)[4] = (const double[3][4]){{1.0, 0.0, 0.0}, {0.0, 1.0, 0.0}, {0.0, 0.0, 1.0}};
    sep_map to_own, last;

    if (!sep_map_invert(own, to_own))
        return sep_fail(SEP_ERR_FORMAT, "the grid of the transform's deformation has no volume");
    sep_map_compose((const double(*)[4])to_own, path->inverse ? linear : identity, path->first);
    sep_map_compose((const double(*)[4])path->first, grid, path->first);
    sep_map_compose(to_voxel, path->inverse ? identity : linear, last);
    sep_map_compose((const double(*)[4])last, own, last);
    round_map((const double(*)[4])last, path->last);
    for (int axis = 0; axis < 3; axis++)
        path->pitch[axis] =
            (float)sqrt(own[0][axis] * own[0][axis] + own[1][axis] * own[1][axis] + own[2][axis] * own[2][axis]);
    return transform->spline.size[0] > 0 ? take_spline(&transform->spline, (const double(*)[4])to_own, path)
                                         : take_field(&transform->field, (const double(*)[4])to_own, path);
}

sep_status sep_path_create(const sep_spatial_transform *transform, const double from[3][4], const double grid[3][4],
                           bool inverse, const char *simd, sep_path *path)
{
    sep_map linear, to_voxel;

    memset(path, 0, sizeof *path);
    path->inverse = inverse;
    path->deforms = !sep_spatial_is_affine(transform);
    SEP_TRY(sep_simd_choose(simd, &path->simd));
    memcpy(linear, transform->matrix, sizeof linear);
    if (!sep_map_invert(from, to_voxel))
        return sep_fail(SEP_ERR_FORMAT, "the affine of the volume to warp is singular");
    if (inverse && !sep_map_invert((const double(*)[4])linear, linear))
        return sep_fail(SEP_ERR_NUMERIC, "the transform's matrix is singular: it has no inverse");
    if (path->deforms) {
        const double(*own)[4] =
            transform->spline.size[0] > 0 ? transform->spline.to_world : transform->field.grid.affine;

        SEP_TRY(take_deformation(transform, own, (const double(*)[4])linear, (const double(*)[4])to_voxel, grid, path));
        path->along_rows = !inverse && stays_along_x(path);
    } else {
        sep_map_compose((const double(*)[4])to_voxel, (const double(*)[4])linear, path->first);
        sep_map_compose((const double(*)[4])path->first, grid, path->first);
    }
    round_map((const double(*)[4])path->first, path->first_rounded);
    return SEP_OK;
}

/* ---- going ------------------------------------------------------------------------------------------------------- */

double sep_path_start(const sep_path *path, int axis, int y, int z)
{
    const double *m = path->first[axis];

    return m[1] * y + m[2] * z + m[3];
}

/* The first map in double, rounded once: a map of whole voxels stays one. */
void sep_path_begin(const sep_path *path, int x, int y, int z, int count, float *const at[3])
{
    const int padded = sep_path_padded(count);

    for (int i = 0; i < 3; i++) {
        const double start = sep_path_start(path, i, y, z), slope = path->first[i][0];

        for (int k = 0; k < padded; k++)
            at[i][k] = (float)(slope * (x + k) + start);
    }
}

bool sep_path_leaves(const sep_path *path, float *const at[3], int k)
{
    return path->nodes.size[0] > 0 && !sep_spline_covers(path->nodes.size, at[0][k], at[1][k], at[2][k]);
}

/* to = at + u(at), in the deformation's coordinates; beyond a spline u goes on as at its border. */
static void bend(const sep_path *path, bool along_row, float *const at[3], int count, float *const to[3])
{
    const float *const from[3] = {at[0], at[1], at[2]};
    const float *const value[3] = {path->value[0], path->value[1], path->value[2]};
    const sep_lattice lattice[3] = {{value[0], path->voxels[0], path->voxels[1], path->voxels[2]},
                                    {value[1], path->voxels[0], path->voxels[1], path->voxels[2]},
                                    {value[2], path->voxels[0], path->voxels[1], path->voxels[2]}};
    float line[3 * SEP_PATH_LINE], moved[3][SEP_PATH_CHUNK];

    if (along_row)
        path->simd->warping->spline_row(&path->nodes, value, from, count, line, to);
    else if (path->nodes.size[0] > 0)
        path->simd->registration->spline(&path->nodes, value, from, count, to);
    else {
        for (int i = 0; i < 3; i++)
            path->simd->warping->linear(&lattice[i], from, count, 0.0f, moved[i]);
        for (int i = 0; i < 3; i++)
            for (int k = 0; k < count; k++)
                to[i][k] = at[i][k] + moved[i][k];
    }
}

/* Beyond a spline points stay. Of a straight row all lie within if the ends do. */
static void deform(const sep_path *path, bool along_row, float *const at[3], int count, float *const to[3])
{
    bend(path, along_row, at, count, to);
    if (along_row && !sep_path_leaves(path, at, 0) && !sep_path_leaves(path, at, count - 1))
        return;
    for (int k = 0; k < count; k++)
        if (sep_path_leaves(path, at, k))
            for (int i = 0; i < 3; i++)
                to[i][k] = at[i][k];
}

/* One round of x <- x + (aim - x - u(x)): the longest step left, in mm, and its square for each sample. */
static float approach(const sep_path *path, float (*aim)[SEP_SAMPLE_GROUP], float *const at[3],
                      float square[SEP_SAMPLE_GROUP])
{
    float to[3][SEP_SAMPLE_GROUP], longest = 0.0f;
    float *const moved[3] = {to[0], to[1], to[2]};

    bend(path, false, at, SEP_SAMPLE_GROUP, moved);
    memset(square, 0, SEP_SAMPLE_GROUP * sizeof *square);
    for (int i = 0; i < 3; i++)
        for (int k = 0; k < SEP_SAMPLE_GROUP; k++) {
            const float error = aim[i][k] - to[i][k], step = error * path->pitch[i];

            at[i][k] += error;
            square[k] += step * step;
        }
    for (int k = 0; k < SEP_SAMPLE_GROUP; k++)
        longest = square[k] > longest ? square[k] : longest;
    return sqrtf(longest);
}

/* Where a point was before the deformation: what was reached, if it lies in the domain; else where it is, if that lies
 * beyond. The gap that a border leaves is filled by the spline that goes on. */
static void settle(const sep_path *path, bool reached, float *const aim[3], int k, float *const at[3])
{
    const bool stays = sep_path_leaves(path, aim, k) && !(reached && !sep_path_leaves(path, at, k));

    for (int i = 0; i < 3 && (stays || !reached); i++)
        at[i][k] = stays ? aim[i][k] : SEP_SAMPLE_NOWHERE;
}

/* The fixed point of sep_spatial_inverse_point for one group. */
static void undo(const sep_path *path, float *const at[3])
{
    float aim[3][SEP_SAMPLE_GROUP], square[SEP_SAMPLE_GROUP], left = 1.0f;
    float *const from[3] = {aim[0], aim[1], aim[2]};

    for (int i = 0; i < 3; i++)
        memcpy(aim[i], at[i], sizeof aim[i]);
    for (int round = 0; round < SEP_PATH_ROUNDS && left > SEP_PATH_TOLERANCE; round++)
        left = approach(path, aim, at, square);
    for (int k = 0; k < SEP_SAMPLE_GROUP; k++)
        settle(path, square[k] <= SEP_PATH_TOLERANCE * SEP_PATH_TOLERANCE, from, k, at);
}

static void undo_groups(const sep_path *path, float *const at[3], int count)
{
    for (int first = 0; first < count; first += SEP_SAMPLE_GROUP) {
        float *const group[3] = {at[0] + first, at[1] + first, at[2] + first};

        undo(path, group);
    }
}

/* From the first map's points to the volume's voxels, in place. */
static void go_on(const sep_path *path, bool along_row, int count, float *const at[3])
{
    float memory[3][SEP_PATH_CHUNK], *const moved[3] = {memory[0], memory[1], memory[2]};

    if (!path->deforms)
        return;
    if (path->inverse)
        undo_groups(path, at, count);
    else
        deform(path, along_row, at, count, moved);
    path->simd->registration->affine((const float(*)[4])path->last, (const float *const *)(path->inverse ? at : moved),
                                     count, at);
}

void sep_path_row(const sep_path *path, int x, int y, int z, int count, float *const at[3])
{
    sep_path_begin(path, x, y, z, count, at);
    go_on(path, path->along_rows, sep_path_padded(count), at);
}

void sep_path_points(const sep_path *path, const float *const at[3], int count, float *const to[3])
{
    path->simd->registration->affine((const float(*)[4])path->first_rounded, at, count, to);
    go_on(path, false, count, to);
}
