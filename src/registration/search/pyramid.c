/* Volumes smoothed and shrunk. */
#include "registration/search/pyramid.h"

#include "simd/elementary.h"

#include <math.h>
#include <omp.h>
#include <string.h>

enum { LEAST_VOXELS = 16, MAX_SHRINK = 128, MAX_TAPS = 3 * MAX_SHRINK + 1 };

void sep_pyramid_shrink(const sep_volume *volume, int factor, int shrink[3])
{
    const int size[3] = {volume->width, volume->height, volume->depth};
    const float *spacing = volume->spacing;
    float shortest = spacing[0] < spacing[1] ? spacing[0] : spacing[1];

    shortest = size[2] > 1 && spacing[2] < shortest ? spacing[2] : shortest;
    for (int axis = 0; axis < 3; axis++) {
        shrink[axis] = 1;
        while (2 * shrink[axis] <= factor && size[axis] / (2 * shrink[axis]) >= LEAST_VOXELS &&
               spacing[axis] * (float)(2 * shrink[axis]) <= shortest * (float)factor * 1.001f)
            shrink[axis] *= 2;
    }
}

/* ---- one axis ---------------------------------------------------------------------------------------------------- */

/* Weights of consecutive voxels for an output voxel; the first of them is o * shrink + *first. */
static int gaussian_taps(int shrink, float weight[MAX_TAPS], int *first)
{
    const float sigma = 0.5f * (float)shrink, centre = 0.5f * (float)(shrink - 1);
    float sum = 0.0f;
    int count = 0;

    *first = (int)ceilf(centre - 3.0f * sigma);
    for (int k = *first; (float)k <= centre + 3.0f * sigma; k++) {
        const float u = ((float)k - centre) / sigma;

        weight[count] = sep_expf(-0.5f * (u * u));
        sum += weight[count++];
    }
    for (int k = 0; k < count; k++)
        weight[k] /= sum;
    return count;
}

/* An axis of a volume seen as [blocks, size, step]: it lies between what runs slower and what runs faster. */
typedef struct axis_filter {
    const sep_simd_registration *kernels;
    float weight[MAX_TAPS];
    int taps, first; /* of an output voxel, the first of them at o * shrink + first */
    int size, step, shrink, out_size;
    bool along_x;
} axis_filter;

static int held(const axis_filter *f, int i)
{
    return i < 0 ? 0 : i < f->size ? i : f->size - 1;
}

/* Lines along y or z: `step` of them lie side by side, and an output row is a mean of whole rows. */
static void shrink_rows(const axis_filter *f, const float *from, float *to)
{
    const float *tap[MAX_TAPS];

    for (int o = 0; o < f->out_size; o++) {
        for (int k = 0; k < f->taps; k++)
            tap[k] = from + (ptrdiff_t)held(f, o * f->shrink + f->first + k) * f->step;
        f->kernels->filter(tap, f->weight, f->taps, 1, f->step, to + (ptrdiff_t)o * f->step);
    }
}

/* A line along x, continued at both ends in `line`: its outputs lie `shrink` voxels apart. */
static void shrink_line(const axis_filter *f, const float *from, float *line, float *to)
{
    const float *tap[MAX_TAPS];
    const int before = -f->first, length = f->out_size * f->shrink + f->taps,
              inside = length - before < f->size ? length - before : f->size;

    for (int i = 0; i < before; i++)
        line[i] = from[0];
    memcpy(line + before, from, (size_t)inside * sizeof *line);
    for (int i = before + inside; i < length; i++)
        line[i] = from[f->size - 1];
    for (int k = 0; k < f->taps; k++)
        tap[k] = line + k;
    f->kernels->filter(tap, f->weight, f->taps, f->shrink, f->out_size, to);
}

/* `work` has a line of size + taps floats along x for each thread. */
static void shrink_axis(const axis_filter *f, const float *from, int blocks, int threads, float *work, float *to)
{
#pragma omp parallel for num_threads(threads) schedule(static)
    for (int b = 0; b < blocks; b++) {
        const float *in = from + (ptrdiff_t)b * f->size * f->step;
        float *out = to + (ptrdiff_t)b * f->out_size * f->step;

        if (f->along_x)
            shrink_line(f, in, work + (ptrdiff_t)omp_get_thread_num() * (f->size + f->taps), out);
        else
            shrink_rows(f, in, out);
    }
}

static void set_geometry(const sep_volume *volume, const int shrink[3], sep_volume *level)
{
    sep_volume_take_geometry(level, volume);
    for (int axis = 0; axis < 3; axis++) {
        level->spacing[axis] *= (float)shrink[axis];
        for (int i = 0; i < 3; i++) {
            level->affine[i][3] += volume->affine[i][axis] * 0.5 * (shrink[axis] - 1);
            level->affine[i][axis] *= shrink[axis];
        }
    }
}

/* One axis of [size[2]][size[1]][size[0]] voxels, whose size becomes that of the result. */
static void shrink_along(const sep_simd *simd, int axis, int shrink, int threads, int size[3], const float *from,
                         float *work, float *to)
{
    const int step = axis == 0   ? 1
                     : axis == 1 ? size[0]
                                 : size[0] * size[1],
              blocks = axis == 0   ? size[1] * size[2]
                       : axis == 1 ? size[2]
                                   : 1;
    axis_filter f = {.kernels = simd->registration,
                     .size = size[axis],
                     .step = step,
                     .shrink = shrink,
                     .out_size = size[axis] / shrink,
                     .along_x = axis == 0};

    f.taps = gaussian_taps(f.shrink, f.weight, &f.first);
    shrink_axis(&f, from, blocks, threads, work, to);
    size[axis] = f.out_size;
}

/* The axes one after the other; what the last one leaves goes to `to`. Only what lies between two of them has memory of
 * its own: fresh pages cost as much as the filter. */
static sep_status shrink_axes(const sep_volume *volume, const int shrink[3], const sep_simd *simd, int threads,
                              float *work, float *to)
{
    int size[3] = {volume->width, volume->height, volume->depth}, left = 0;
    const float *from = volume->data;
    float *between = NULL;

    for (int axis = 0; axis < 3; axis++)
        left += shrink[axis] > 1;
    if (left == 0)
        memcpy(to, from, (size_t)size[0] * (size_t)size[1] * (size_t)size[2] * sizeof *to);
    for (int axis = 0; axis < 3; axis++) {
        if (shrink[axis] == 1)
            continue;
        const size_t count = (size_t)size[0] * (size_t)size[1] * (size_t)size[2] / (size_t)size[axis];
        float *next = --left > 0 ? sep_calloc(count * (size_t)(size[axis] / shrink[axis]), sizeof *next) : to;

        if (next != NULL)
            shrink_along(simd, axis, shrink[axis], threads, size, from, work, next);
        sep_free(between);
        if (next == NULL)
            return SEP_ERR_MEMORY;
        between = left > 0 ? next : NULL;
        from = next;
    }
    return SEP_OK;
}

sep_status sep_pyramid_level(const sep_volume *volume, const int shrink[3], const sep_simd *simd, int threads,
                             sep_volume *level)
{
    float *work = sep_calloc((size_t)threads * (size_t)(volume->width + MAX_TAPS), sizeof *work);

    if (work == NULL)
        return SEP_ERR_MEMORY;
    sep_status status =
        sep_volume_create(level, volume->depth / shrink[2], volume->height / shrink[1], volume->width / shrink[0]);
    if (status == SEP_OK) {
        set_geometry(volume, shrink, level);
        status = shrink_axes(volume, shrink, simd, threads, work, level->data);
        if (status != SEP_OK)
            sep_volume_free(level);
    }
    sep_free(work);
    return status;
}
