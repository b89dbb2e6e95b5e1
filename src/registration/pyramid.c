/* Volumes smoothed and shrunk. */
#include "registration/pyramid.h"

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

    for (int i = 0; i < f->out_size * f->shrink + f->taps; i++)
        line[i] = from[held(f, f->first + i)];
    for (int k = 0; k < f->taps; k++)
        tap[k] = line + k;
    f->kernels->filter(tap, f->weight, f->taps, f->shrink, f->out_size, to);
}

/* `work` has a line of size + taps floats for each thread. */
static void shrink_axis(const axis_filter *f, const float *from, int blocks, int threads, float *work, float *to)
{
#pragma omp parallel for num_threads(threads) schedule(static)
    for (int b = 0; b < blocks; b++) {
        const float *in = from + (ptrdiff_t)b * f->size * f->step;
        float *out = to + (ptrdiff_t)b * f->out_size * f->step;

        if (f->step > 1)
            shrink_rows(f, in, out);
        else
            shrink_line(f, in, work + (ptrdiff_t)omp_get_thread_num() * (f->size + f->taps), out);
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

/* The axes one after the other, from one of two buffers to the other; returns where the result lies. */
static float *shrink_axes(const sep_simd *simd, const int shrink[3], int threads, int size[3], float *now, float *next,
                          float *work)
{
    for (int axis = 0; axis < 3; axis++) {
        const int step = axis == 0   ? 1
                         : axis == 1 ? size[0]
                                     : size[0] * size[1],
                  blocks = axis == 0   ? size[1] * size[2]
                           : axis == 1 ? size[2]
                                       : 1;
        axis_filter f = {.kernels = simd->registration,
                         .size = size[axis],
                         .step = step,
                         .shrink = shrink[axis],
                         .out_size = size[axis] / shrink[axis]};
        float *swap = now;

        if (shrink[axis] == 1)
            continue;
        f.taps = gaussian_taps(f.shrink, f.weight, &f.first);
        shrink_axis(&f, now, blocks, threads, work, next);
        size[axis] = f.out_size;
        now = next;
        next = swap;
    }
    return now;
}

sep_status sep_pyramid_level(const sep_volume *volume, const int shrink[3], const sep_simd *simd, int threads,
                             sep_volume *level)
{
    int size[3] = {volume->width, volume->height, volume->depth};
    const size_t count = (size_t)size[0] * (size_t)size[1] * (size_t)size[2];
    float *now = sep_calloc(count, sizeof *now), *next = sep_calloc(count, sizeof *next),
          *work = sep_calloc((size_t)threads * (size_t)(size[0] + MAX_TAPS), sizeof *work);
    sep_status status = now && next && work ? SEP_OK : SEP_ERR_MEMORY;

    if (status == SEP_OK) {
        memcpy(now, volume->data, count * sizeof *now);
        const float *result = shrink_axes(simd, shrink, threads, size, now, next, work);
        status = sep_volume_create(level, size[2], size[1], size[0]);
        if (status == SEP_OK) {
            memcpy(level->data, result, (size_t)size[0] * (size_t)size[1] * (size_t)size[2] * sizeof *result);
            set_geometry(volume, shrink, level);
        }
    }
    sep_free(now);
    sep_free(next);
    sep_free(work);
    return status;
}
