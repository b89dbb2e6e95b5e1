/* Volumes smoothed and shrunk. */
#include "registration/pyramid.h"

#include "simd/elementary.h"

#include <math.h>
#include <string.h>

enum { LEAST_VOXELS = 16, MAX_TAPS = 64 };

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
static int gaussian_taps(int shrink, float taps[MAX_TAPS], int *first)
{
    const float sigma = 0.5f * (float)shrink, centre = 0.5f * (float)(shrink - 1);
    float sum = 0.0f;
    int count = 0;

    *first = (int)ceilf(centre - 3.0f * sigma);
    for (int k = *first; (float)k <= centre + 3.0f * sigma && count < MAX_TAPS; k++) {
        const float u = ((float)k - centre) / sigma;

        taps[count] = sep_expf(-0.5f * (u * u));
        sum += taps[count++];
    }
    for (int k = 0; k < count; k++)
        taps[k] /= sum;
    return count;
}

/* Lines along the axis whose voxels are `step` floats apart; `lines` of them lie side by side. */
static void shrink_lines(const float *from, int size, ptrdiff_t step, int lines, int shrink, int out_size, float *to)
{
    float taps[MAX_TAPS];
    int first, count = gaussian_taps(shrink, taps, &first);

    for (int o = 0; o < out_size; o++) {
        float *out = to + o * step;

        memset(out, 0, (size_t)lines * sizeof *out);
        for (int k = 0; k < count; k++) {
            const int i = o * shrink + first + k, held = i < 0 ? 0 : i < size ? i : size - 1;

            for (int l = 0; l < lines; l++)
                out[l] = fmaf(taps[k], from[held * step + l], out[l]);
        }
    }
}

/* Seen as [blocks, size, step]: the axis lies between what runs slower and what runs faster. */
static void shrink_axis(const float *from, int blocks, int size, int step, int shrink, int threads, float *to)
{
    const int out_size = size / shrink;

#pragma omp parallel for num_threads(threads) schedule(static)
    for (int b = 0; b < blocks; b++)
        shrink_lines(from + (ptrdiff_t)b * size * step, size, step, step, shrink, out_size,
                     to + (ptrdiff_t)b * out_size * step);
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

sep_status sep_pyramid_level(const sep_volume *volume, const int shrink[3], int threads, sep_volume *level)
{
    int size[3] = {volume->width, volume->height, volume->depth};
    size_t count = (size_t)size[0] * (size_t)size[1] * (size_t)size[2];
    float *now = sep_calloc(count, sizeof *now), *next = sep_calloc(count, sizeof *next);
    sep_status status = now && next ? SEP_OK : SEP_ERR_MEMORY;

    if (status == SEP_OK)
        memcpy(now, volume->data, count * sizeof *now);
    for (int axis = 0; axis < 3 && status == SEP_OK; axis++) {
        const int step = axis == 0 ? 1 : axis == 1 ? size[0] : size[0] * size[1];

        if (shrink[axis] == 1)
            continue;
        shrink_axis(now, (int)(count / (size_t)size[axis] / (size_t)step), size[axis], step, shrink[axis], threads,
                    next);
        size[axis] /= shrink[axis];
        count = (size_t)size[0] * (size_t)size[1] * (size_t)size[2];
        float *swap = now;
        now = next;
        next = swap;
    }
    if (status == SEP_OK)
        status = sep_volume_create(level, size[2], size[1], size[0]);
    if (status == SEP_OK) {
        memcpy(level->data, now, count * sizeof *now);
        set_geometry(volume, shrink, level);
    }
    sep_free(now);
    sep_free(next);
    return status;
}
