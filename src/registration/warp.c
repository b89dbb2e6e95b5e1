/* Volumes and label maps carried through a transform onto a grid, a row at a time. */
#include "septum/registration.h"

#include "registration/corners.h"
#include "registration/cubic.h"
#include "registration/path.h"

#include <omp.h>
#include <string.h>

static int threads_of(const sep_warp_options *options)
{
    return options->threads > 0 ? options->threads : omp_get_max_threads();
}

/* ---- volumes ----------------------------------------------------------------------------------------------------- */

/* What is looked up in: voxels, or with `cubic` the coefficients of their B-spline. */
typedef struct source {
    const float *data;
    int size[3];
    bool cubic;
    float outside;
} source;

static void look_up(const source *from, const sep_simd_warping *kernels, float *const at[3], int count, float *to)
{
    const float *const points[3] = {at[0], at[1], at[2]};
    const sep_lattice volume = {from->data, from->size[0], from->size[1], from->size[2]};
    float value[SEP_PATH_CHUNK];

    if (from->cubic)
        kernels->cubic(from->size, from->data, points, sep_path_padded(count), from->outside, value);
    else
        kernels->linear(&volume, points, sep_path_padded(count), from->outside, value);
    memcpy(to, value, (size_t)count * sizeof *to);
}

static void warp_row(const sep_path *path, const source *from, int y, int z, int width, float *to)
{
    float memory[3][SEP_PATH_CHUNK], *const at[3] = {memory[0], memory[1], memory[2]};

    for (int x = 0; x < width; x += SEP_PATH_CHUNK) {
        const int left = width - x, count = left < SEP_PATH_CHUNK ? left : SEP_PATH_CHUNK;

        sep_path_row(path, x, y, z, count, at);
        look_up(from, path->simd->warping, at, count, to + x);
    }
}

static sep_status warp_rows(const sep_path *path, const source *from, const sep_volume *grid, int threads,
                            sep_volume *out)
{
    SEP_TRY(sep_volume_create(out, grid->depth, grid->height, grid->width));
    sep_volume_take_geometry(out, grid);
#pragma omp parallel for collapse(2) num_threads(threads) schedule(static)
    for (int z = 0; z < grid->depth; z++)
        for (int y = 0; y < grid->height; y++)
            warp_row(path, from, y, z, grid->width, sep_volume_slice(out, z) + (ptrdiff_t)y * grid->width);
    return SEP_OK;
}

sep_status sep_warp_volume(const sep_volume *moving, const sep_spatial_transform *transform, const sep_volume *grid,
                           const sep_warp_options *options, sep_volume *out)
{
    source from = {moving->data, {moving->width, moving->height, moving->depth}, options->cubic, options->outside};
    float *coefficients = NULL;
    sep_path path;

    SEP_TRY(sep_path_create(transform, moving->affine, grid->affine, options->inverse, options->simd, &path));
    sep_status status = SEP_OK;
    if (options->cubic) {
        status = sep_cubic_coefficients(moving, threads_of(options), &coefficients);
        from.data = coefficients;
    }
    if (status == SEP_OK)
        status = warp_rows(&path, &from, grid, threads_of(options), out);
    sep_free(coefficients);
    sep_path_free(&path);
    return status;
}

/* ---- labels ------------------------------------------------------------------------------------------------------ */

/* The class with the largest weight, the lowest of equals. */
static uint8_t heaviest_class(const uint8_t label[8], const double weight[8])
{
    double most = 0.0;
    uint8_t best = 0;

    for (int k = 0; k < 8; k++) {
        double sum = 0.0;

        for (int j = 0; j < 8; j++)
            sum += label[j] == label[k] ? weight[j] : 0.0;
        if (sum > most || (sum == most && label[k] < best)) {
            most = sum;
            best = label[k];
        }
    }
    return best;
}

/* Most points lie among voxels of one class. */
static uint8_t linear_class(const uint8_t *data, const int size[3], const double p[3])
{
    sep_corners c;
    uint8_t label[8], differs = 0;

    if (!sep_find_corners(size, p, &c))
        return 0;
    for (int k = 0; k < 8; k++) {
        label[k] = data[c.at[k]];
        differs |= label[k] ^ label[0];
    }
    return differs == 0 ? label[0] : heaviest_class(label, c.weight);
}

static void nearest_classes(const sep_path *path, const uint8_t *data, const int size[3], float *const at[3], int count,
                            uint8_t *to)
{
    const float *const points[3] = {at[0], at[1], at[2]};
    int32_t index[SEP_PATH_CHUNK];

    path->simd->warping->nearest(size, points, sep_path_padded(count), index);
    for (int k = 0; k < count; k++)
        to[k] = index[k] < 0 ? 0 : data[index[k]];
}

static void warp_label_row(const sep_path *path, const sep_labels *moving, bool linear, int y, int z, int width,
                           uint8_t *to)
{
    const int size[3] = {moving->width, moving->height, moving->depth};
    float memory[3][SEP_PATH_CHUNK], *const at[3] = {memory[0], memory[1], memory[2]};

    for (int x = 0; x < width; x += SEP_PATH_CHUNK) {
        const int left = width - x, count = left < SEP_PATH_CHUNK ? left : SEP_PATH_CHUNK;

        sep_path_row(path, x, y, z, count, at);
        if (!linear)
            nearest_classes(path, moving->data, size, at, count, to + x);
        for (int k = 0; k < count && linear; k++) {
            const double p[3] = {(double)at[0][k], (double)at[1][k], (double)at[2][k]};

            to[x + k] = linear_class(moving->data, size, p);
        }
    }
}

sep_status sep_warp_labels(const sep_labels *moving, const sep_spatial_transform *transform, const sep_volume *grid,
                           const sep_warp_options *options, sep_labels *out)
{
    sep_path path;

    SEP_TRY(sep_path_create(transform, moving->affine, grid->affine, options->inverse, options->simd, &path));
    sep_status status = sep_labels_create(out, grid->depth, grid->height, grid->width);
    if (status == SEP_OK) {
        sep_labels_take_geometry(out, grid);
#pragma omp parallel for collapse(2) num_threads(threads_of(options)) schedule(static)
        for (int z = 0; z < grid->depth; z++)
            for (int y = 0; y < grid->height; y++)
                warp_label_row(&path, moving, options->linear, y, z, grid->width,
                               sep_labels_slice(out, z) + (ptrdiff_t)y * grid->width);
    }
    sep_path_free(&path);
    return status;
}
