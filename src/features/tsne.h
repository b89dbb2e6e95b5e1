/* t-SNE: points in the plane such that near ones were near in the space of features (van der Maaten and Hinton 2008).
 */
#ifndef SEPTUM_FEATURES_TSNE_H
#define SEPTUM_FEATURES_TSNE_H

#include "features/distances.h"

typedef struct sep_tsne_options {
    double perplexity; /* about how many neighbours a point looks at; 0: 30. At most a third of the other points */
    int iterations;    /* 0: 1000, the first quarter of them with exaggeration */
    int threads;
    const char *simd; /* name of the kernel table; NULL: the best */
} sep_tsne_options;

typedef struct sep_tsne_result {
    float *place[2];   /* [count] each: around 0 */
    double perplexity; /* that was taken */
    double divergence; /* Kullback and Leibler's, in nats: what the plane lacks of the affinities; 0: nothing */
} sep_tsne_result;

/* Exact: all pairs, of features [count, channels], count * count * 4 bytes of memory. It begins at `start` [count, 2]
 * (principal components, say), scaled to a standard deviation of 1e-4 along the first, so nothing is drawn. The same
 * bits for any number of threads and any table. Shows progress; SEP_ERR_INTERRUPTED after sep_stop_request. */
sep_status sep_tsne(const float *feature, int count, int channels, const double *start, const sep_tsne_options *options,
                    sep_tsne_result *result) SEP_MUST_CHECK;
void sep_tsne_free(sep_tsne_result *result);

/* ---- its parts --------------------------------------------------------------------------------------------------- */

/* The affinities of all pairs, [count, room] of sep_distances, which sum to 1: a point's to the others are a Gaussian
 * of its own width, of that perplexity; a pair's is the mean of the two. Behind the last point 0. */
sep_status sep_affinities(const sep_distances *distances, double perplexity, const char *simd, int threads,
                          float *affinity) SEP_MUST_CHECK;

/* How near points of the plane are to each other is 1 / (1 + squared distance); `sum` is that of all pairs. For each
 * point and axis there are two sums over the other points: of affinity * nearness * difference, which pulls it, and of
 * nearness^2 * difference, which pushes it. Arrays are [room]; places behind the last point are SEP_FAR. */
#define SEP_FAR 1e15f /* its nearness to any point is too small to count, and is no subnormal number */
typedef struct sep_forces {
    int count, room;
    const float *affinity;
    float *place[2];
    float *pull[2], *push[2];
    double *near; /* [count]: a point's sum */
    double sum;
} sep_forces;
void sep_forces_find(sep_forces *forces, int threads);
/* The divergence of the nearness, as shares of `sum`, from the affinities. */
sep_status sep_forces_divergence(const sep_forces *forces, const char *simd, int threads,
                                 double *divergence) SEP_MUST_CHECK;

#endif
