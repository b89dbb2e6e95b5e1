/* The exact Euclidean distance transform, one axis after the other (Felzenszwalb and Huttenlocher, Theory of Computing
 * 2012): along a line, the squared distance is the lower envelope of the parabolas that stand on its voxels. */
#include "metrics/distance.h"

#include <math.h>

/* Lines shorter than this in total aren't worth waking the other threads for. */
#define PARALLEL_VOXELS 65536

/* Room for one line: its heights, and of the parabolas in the envelope where each stands and where it begins. */
typedef struct envelope {
    double *height, *begin;
    int *vertex;
} envelope;

static sep_status envelope_create(envelope *e, int length)
{
    size_t n = (size_t)length;
    e->height = sep_calloc(2 * n, sizeof(double));
    e->vertex = sep_calloc(n, sizeof(int));
    e->begin = e->height ? e->height + n : NULL;
    return e->height && e->vertex ? SEP_OK : SEP_ERR_MEMORY;
}

static void envelope_free(envelope *e)
{
    sep_free(e->height);
    sep_free(e->vertex);
}

/* Where the parabola on q rises no longer above the one on v < q, in voxels. */
static double crossing(const double *height, int v, int q, double unit)
{
    double rise = (height[q] + unit * q * q) - (height[v] + unit * v * v);
    return rise / (2 * unit * (q - v));
}

/* `unit` is the squared spacing along the line. */
static void transform_line(double *line, size_t stride, int length, double unit, const envelope *e)
{
    int parabolas = 0;
    for (int q = 0; q < length; q++) {
        e->height[q] = line[(size_t)q * stride];
        if (isinf(e->height[q]))
            continue;
        double begin = -INFINITY;
        while (parabolas > 0) {
            begin = crossing(e->height, e->vertex[parabolas - 1], q, unit);
            if (begin > e->begin[parabolas - 1])
                break;
            parabolas--;
        }
        e->begin[parabolas] = parabolas > 0 ? begin : -INFINITY;
        e->vertex[parabolas++] = q;
    }
    if (parabolas == 0)
        return;
    for (int q = 0, k = 0; q < length; q++) {
        while (k + 1 < parabolas && e->begin[k + 1] < q)
            k++;
        double offset = q - e->vertex[k];
        line[(size_t)q * stride] = unit * offset * offset + e->height[e->vertex[k]];
    }
}

/* All lines along one axis. Line i starts at (i / inner) * outer_stride + i % inner. */
static sep_status transform_axis(double *squared, int64_t lines, int64_t inner, int64_t outer_stride, size_t stride,
                                 int length, double spacing)
{
    bool failed = false;
#pragma omp parallel reduction(|| : failed) if (lines * length >= PARALLEL_VOXELS)
    {
        envelope e;
        failed = envelope_create(&e, length) != SEP_OK;
#pragma omp for schedule(static)
        for (int64_t i = 0; i < lines; i++)
            if (!failed)
                transform_line(squared + (i / inner) * outer_stride + i % inner, stride, length, spacing * spacing, &e);
        envelope_free(&e);
    }
    return failed ? sep_fail(SEP_ERR_MEMORY, "no memory for the distance transform of a line of %d voxels", length)
                  : SEP_OK;
}

sep_status sep_distance_transform(double *squared, int depth, int height, int width, const double spacing[3])
{
    int64_t plane = (int64_t)height * width;
    SEP_TRY(transform_axis(squared, (int64_t)depth * height, 1, width, 1, width, spacing[0]));
    SEP_TRY(transform_axis(squared, (int64_t)depth * width, width, plane, (size_t)width, height, spacing[1]));
    return transform_axis(squared, plane, plane, 0, (size_t)plane, depth, spacing[2]);
}

sep_status sep_distance_transform_plane(double *squared, int height, int width)
{
    envelope e;
    sep_status status = envelope_create(&e, height > width ? height : width);

    for (int y = 0; status == SEP_OK && y < height; y++)
        transform_line(squared + (size_t)y * (size_t)width, 1, width, 1.0, &e);
    for (int x = 0; status == SEP_OK && x < width; x++)
        transform_line(squared + x, (size_t)width, height, 1.0, &e);
    envelope_free(&e);
    return status;
}
