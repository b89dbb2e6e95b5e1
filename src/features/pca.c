/* The first two principal components, by the eigenvectors of the covariance. */
#include "features/pca.h"

#include <math.h>

typedef struct work {
    const float *feature;
    int count, channels;
    double *mean, *centred, *covariance, *vectors;
} work;

static void take_mean(work *w)
{
    for (int i = 0; i < w->count; i++)
        for (int c = 0; c < w->channels; c++)
            w->mean[c] += (double)w->feature[(size_t)i * (size_t)w->channels + (size_t)c];
    for (int c = 0; c < w->channels; c++)
        w->mean[c] /= w->count;
}

static void centre(const work *w, int index)
{
    for (int c = 0; c < w->channels; c++)
        w->centred[c] = (double)w->feature[(size_t)index * (size_t)w->channels + (size_t)c] - w->mean[c];
}

static void take_covariance(work *w)
{
    const size_t size = (size_t)w->channels;

    for (int i = 0; i < w->count; i++) {
        centre(w, i);
        for (size_t a = 0; a < size; a++)
            for (size_t b = 0; b < size; b++)
                w->covariance[a * size + b] += w->centred[a] * w->centred[b];
    }
    for (size_t k = 0; k < size * size; k++)
        w->covariance[k] /= w->count;
}

static double variance(const work *w, int component)
{
    return w->covariance[(size_t)component * ((size_t)w->channels + 1)];
}

/* The component of the largest variance, but for `taken`; -1 where there is none. */
static int largest(const work *w, int taken)
{
    int best = -1;

    for (int k = 0; k < w->channels; k++)
        if (k != taken && (best < 0 || variance(w, k) > variance(w, best)))
            best = k;
    return best;
}

static double entry(const work *w, int row, int component)
{
    return w->vectors[(size_t)row * (size_t)w->channels + (size_t)component];
}

static double sign_of(const work *w, int component)
{
    double largest_entry = 0.0;

    for (int c = 0; c < w->channels; c++)
        if (fabs(entry(w, c, component)) > fabs(largest_entry))
            largest_entry = entry(w, c, component);
    return largest_entry < 0.0 ? -1.0 : 1.0;
}

static void project(const work *w, int component, int axis, sep_pca *pca)
{
    const double sign = sign_of(w, component);
    double all = 0.0;

    for (int k = 0; k < w->channels; k++)
        all += variance(w, k);
    pca->explained[axis] = all > 0.0 ? variance(w, component) / all : 0.0;
    for (int i = 0; i < w->count; i++) {
        double score = 0.0;
        centre(w, i);
        for (int c = 0; c < w->channels; c++)
            score += w->centred[c] * entry(w, c, component);
        pca->score[2 * (size_t)i + (size_t)axis] = sign * score;
    }
}

static sep_status allocate(work *w, sep_pca *pca)
{
    const size_t size = (size_t)w->channels;

    w->mean = sep_calloc(size, sizeof *w->mean);
    w->centred = sep_calloc(size, sizeof *w->centred);
    w->covariance = sep_calloc(size * size, sizeof *w->covariance);
    w->vectors = sep_calloc(size * size, sizeof *w->vectors);
    pca->score = sep_calloc(2 * (size_t)w->count, sizeof *pca->score);
    return w->mean != NULL && w->centred != NULL && w->covariance != NULL && w->vectors != NULL && pca->score != NULL
               ? SEP_OK
               : SEP_ERR_MEMORY;
}

static void find(work *w, sep_pca *pca)
{
    take_mean(w);
    take_covariance(w);
    sep_eigen_symmetric(w->covariance, w->channels, w->vectors);
    const int first = largest(w, -1), second = largest(w, first);
    project(w, first, 0, pca);
    if (second >= 0)
        project(w, second, 1, pca);
}

sep_status sep_pca_find(const float *feature, int count, int channels, sep_pca *pca)
{
    work w = {.feature = feature, .count = count, .channels = channels};

    *pca = (sep_pca){0};
    sep_status status = allocate(&w, pca);
    if (status == SEP_OK)
        find(&w, pca);
    else
        sep_pca_free(pca);
    sep_free(w.mean);
    sep_free(w.centred);
    sep_free(w.covariance);
    sep_free(w.vectors);
    return status;
}

void sep_pca_free(sep_pca *pca)
{
    sep_free(pca->score);
    *pca = (sep_pca){0};
}
