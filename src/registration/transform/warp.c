/* Volumes and label maps carried through a transform onto a grid, a row at a time, or by a device. */
#include "septum/registration.h"

#include "registration/transform/corners.h"
#include "registration/transform/cubic.h"
#include "registration/transform/path.h"
#include "registration/transform/warp_device.h"

#include <string.h>

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

static void warp_rows(const sep_path *path, const source *from, int threads, sep_volume *out)
{
#pragma omp parallel for collapse(2) num_threads(threads) schedule(static)
    for (int z = 0; z < out->depth; z++)
        for (int y = 0; y < out->height; y++)
            warp_row(path, from, y, z, out->width, sep_volume_slice(out, z) + (ptrdiff_t)y * out->width);
}

static sep_status warp_by_device(const sep_path *path, const source *from, sep_device *device, sep_volume *out)
{
    sep_warp_call call = {.lookup = from->cubic ? SEP_LOOKUP_CUBIC : SEP_LOOKUP_LINEAR,
                          .volume = {from->size[0], from->size[1], from->size[2]},
                          .data = from->data,
                          .outside = from->outside,
                          .out = out->data};

    return sep_warp_on_device(device, path, out->depth, out->height, out->width, &call);
}

static sep_status warp_source(const sep_path *path, const source *from, const sep_volume *grid,
                              const sep_warp_options *options, sep_volume *out)
{
    SEP_TRY(sep_volume_create_on(grid, out));
    if (!sep_warps_on_device(options)) {
        warp_rows(path, from, sep_thread_count(options->threads), out);
        return SEP_OK;
    }
    const sep_status status = warp_by_device(path, from, options->device, out);
    if (status != SEP_OK)
        sep_volume_free(out);
    return status;
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
        status = sep_cubic_coefficients(moving, sep_thread_count(options->threads), &coefficients);
        from.data = coefficients;
    }
    if (status == SEP_OK)
        status = warp_source(&path, &from, grid, options, out);
    sep_free(coefficients);
    sep_path_free(&path);
    return status;
}

/* ---- labels ------------------------------------------------------------------------------------------------------ */

/* The class with the largest weight, the lowest of equals. Weights are products along x, y, z, summed in the order of
 * the corners, all in float32: devices without doubles do the same. */
static uint8_t heaviest_class(const uint8_t label[8], const sep_corners *c)
{
    const float x = (float)c->part[0], y = (float)c->part[1], z = (float)c->part[2];
    float weight[8], most = 0.0f;
    uint8_t best = 0;

    for (int k = 0; k < 8; k++)
        weight[k] = (k & 1 ? x : 1.0f - x) * (k & 2 ? y : 1.0f - y) * (k & 4 ? z : 1.0f - z);
    for (int k = 0; k < 8; k++) {
        float sum = 0.0f;

        for (int j = 0; j < 8; j++)
            sum += label[j] == label[k] ? weight[j] : 0.0f;
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
    return differs == 0 ? label[0] : heaviest_class(label, &c);
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

static void warp_label_rows(const sep_path *path, const sep_labels *moving, bool linear, int threads, sep_labels *out)
{
#pragma omp parallel for collapse(2) num_threads(threads) schedule(static)
    for (int z = 0; z < out->depth; z++)
        for (int y = 0; y < out->height; y++)
            warp_label_row(path, moving, linear, y, z, out->width,
                           sep_labels_slice(out, z) + (ptrdiff_t)y * out->width);
}

static sep_status warp_labels_by_device(const sep_path *path, const sep_labels *moving, bool linear, sep_device *device,
                                        sep_labels *out)
{
    sep_warp_call call = {.lookup = linear ? SEP_LOOKUP_CLASS : SEP_LOOKUP_NEAREST,
                          .volume = {moving->width, moving->height, moving->depth},
                          .data = moving->data,
                          .out = out->data};

    return sep_warp_on_device(device, path, out->depth, out->height, out->width, &call);
}

sep_status sep_warp_labels(const sep_labels *moving, const sep_spatial_transform *transform, const sep_volume *grid,
                           const sep_warp_options *options, sep_labels *out)
{
    sep_path path;

    SEP_TRY(sep_path_create(transform, moving->affine, grid->affine, options->inverse, options->simd, &path));
    sep_status status = sep_labels_create_on(grid, out);
    if (status == SEP_OK) {
        out->ignores = moving->ignores;
        if (sep_warps_on_device(options))
            status = warp_labels_by_device(&path, moving, options->linear, options->device, out);
        else
            warp_label_rows(&path, moving, options->linear, sep_thread_count(options->threads), out);
        if (status != SEP_OK)
            sep_labels_free(out);
    }
    sep_path_free(&path);
    return status;
}
