/* Silhouettes of points by class. */
#include "features/silhouette.h"

#include "features/distances.h"

#include <math.h>

static void add_distances(const float *row, const uint8_t *label, int count, double *sum)
{
    for (int j = 0; j < count; j++)
        sum[label[j]] += (double)sqrtf(row[j]);
}

/* The nearest other class's mean distance; infinite where there is none. */
static double nearest_other(const double *sum, const int *points, int classes, int own)
{
    double nearest = INFINITY;

    for (int c = 0; c < classes; c++)
        if (c != own && points[c] > 0)
            nearest = fmin(nearest, sum[c] / points[c]);
    return nearest;
}

/* The distance of the point to itself is 0 and is in no sum. */
static double silhouette_of(const double *sum, const int *points, int classes, int own)
{
    const double outside = nearest_other(sum, points, classes, own);

    if (points[own] == 1)
        return 0.0;
    const double inside = sum[own] / (points[own] - 1), larger = fmax(inside, outside);
    return larger > 0.0 ? (outside - inside) / larger : 0.0;
}

/* `row` holds a row of distances for each thread's turn. */
static sep_status fill(const sep_distances *d, const uint8_t *label, const int *points, int classes, int threads,
                       double *value)
{
    bool failed = false;

#pragma omp parallel num_threads(threads) reduction(|| : failed)
    {
        float *row = sep_calloc((size_t)d->room, sizeof *row);
        failed = row == NULL;
#pragma omp for schedule(static)
        for (int i = 0; i < d->count; i++) {
            double sum[SEP_MOST_CLASSES] = {0};
            if (row == NULL)
                continue;
            sep_distances_row(d, i, row);
            add_distances(row, label, d->count, sum);
            value[i] = silhouette_of(sum, points, classes, label[i]);
        }
        sep_free(row);
    }
    return failed ? sep_fail(SEP_ERR_MEMORY, "no memory for the distances of points") : SEP_OK;
}

static void take_means(const double *value, int count, const uint8_t *label, int classes, sep_silhouettes *s)
{
    int present = 0;

    s->mean = 0.0;
    for (int i = 0; i < count; i++) {
        s->of_class[label[i]] += value[i];
        s->mean += value[i];
    }
    for (int c = 0; c < classes; c++)
        present += s->points[c] > 0;
    for (int c = 0; c < classes; c++)
        s->of_class[c] = present > 1 && s->points[c] > 0 ? s->of_class[c] / s->points[c] : NAN;
    s->mean = present > 1 ? s->mean / count : NAN;
}

sep_status sep_silhouette(const float *feature, int count, int channels, const uint8_t *label, int classes, int threads,
                          sep_silhouettes *silhouettes)
{
    sep_distances distances;
    double *value = sep_calloc((size_t)count, sizeof *value);

    *silhouettes = (sep_silhouettes){0};
    if (value == NULL)
        return SEP_ERR_MEMORY;
    for (int i = 0; i < count; i++)
        silhouettes->points[label[i]]++;
    sep_status status = sep_distances_create(feature, count, channels, true, &distances);
    if (status == SEP_OK)
        status = fill(&distances, label, silhouettes->points, classes, sep_thread_count(threads), value);
    if (status == SEP_OK)
        take_means(value, count, label, classes, silhouettes);
    sep_distances_free(&distances);
    sep_free(value);
    return status;
}
