/* Similarity of the sampled values, and what it pulls at each of them. */
#ifndef SEPTUM_REGISTRATION_METRIC_H
#define SEPTUM_REGISTRATION_METRIC_H

#include "registration/samples.h"
#include "septum/registration.h"
#include "simd/simd.h"

/* What a metric needs to know of a level and keeps from call to call. */
typedef struct sep_measure {
    sep_registration_metric metric;
    const sep_simd *simd;
    int threads;
    sep_parzen fixed, moving; /* how values become bins */
    float *histogram;         /* one per block; the first becomes their sum; owned */
    float *table;             /* derivative of the metric by each element of the histogram; owned */
} sep_measure;

/* Bins reach from the smallest to the largest value of each volume, with two more at both ends. */
sep_status sep_measure_create(sep_registration_metric metric, int bins, const sep_volume *fixed,
                              const sep_volume *moving, const sep_simd *simd, int threads,
                              sep_measure *measure) SEP_MUST_CHECK;
void sep_measure_free(sep_measure *measure);

/* The cost (smaller is more similar) of samples with fixed, moving and inside set; inside is 1 for all that count. With
 * `pull` also the forces. */
double sep_measure_cost(sep_measure *measure, sep_samples *samples, bool pull);

/* (H(f) + H(m)) / H(f, m) of the same samples, by the joint histogram. */
double sep_measure_nmi(sep_measure *measure, sep_samples *samples);

/* The histogram of the samples inside, in measure->histogram, and its sum: shared by the two above. */
double sep_joint_histogram(sep_measure *measure, sep_samples *samples);
double sep_mutual_information(sep_measure *measure, sep_samples *samples, bool pull);

#endif
