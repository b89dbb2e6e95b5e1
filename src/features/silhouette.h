/* How well classes keep apart in a space of features. */
#ifndef SEPTUM_FEATURES_SILHOUETTE_H
#define SEPTUM_FEATURES_SILHOUETTE_H

#include "septum/nets.h"

/* Means of the silhouettes of points (Rousseeuw 1987), all and by class; NaN of a class without points, and of all
 * where there is only one class. */
typedef struct sep_silhouettes {
    int points[SEP_MOST_CLASSES];
    double of_class[SEP_MOST_CLASSES], mean;
} sep_silhouettes;

/* A point's silhouette is (b - a) / max(a, b): a is its mean distance to the others of its class, b that to the points
 * of the nearest other class. 1: far from all others; 0: between two; below 0: nearer to another class than to its own.
 * The only point of a class has 0. Distances are Euclidean, of features [count, channels] brought to length 1. */
sep_status sep_silhouette(const float *feature, int count, int channels, const uint8_t *label, int classes, int threads,
                          sep_silhouettes *silhouettes) SEP_MUST_CHECK;

#endif
