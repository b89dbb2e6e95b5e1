/* Similarity of the sampled values, and what it pulls at each of them. */
#ifndef SEPTUM_REGISTRATION_METRIC_H
#define SEPTUM_REGISTRATION_METRIC_H

#include "registration/search/evaluator.h"
#include "septum/registration.h"
#include "simd/simd.h"

/* What a metric needs to know of a level and keeps from call to call. */
typedef struct sep_measure {
    sep_registration_metric metric;
    const sep_simd *simd;
    sep_parzen fixed, moving;       /* how values become bins */
    double fixed_flat, moving_flat; /* variance of a value up to which it is none */
    float *histogram;               /* of the last evaluation that wanted one; owned */
    float *table;                   /* derivative of the metric by each element of the histogram; owned */
} sep_measure;

/* Bins reach from the lowest to the highest value of each volume, { low, high }, with two more at both ends. */
sep_status sep_measure_create(sep_registration_metric metric, int bins, const float fixed[2], const float moving[2],
                              const sep_simd *simd, sep_measure *measure) SEP_MUST_CHECK;
void sep_measure_free(sep_measure *measure);

/* The rows of samples with fixed set: of a draw. */
void sep_measure_set_rows(const sep_measure *measure, sep_samples *samples);

/* The cost (smaller is more similar) of samples that the evaluator has looked up; inside is 1 for all that count. With
 * `pull` also the forces. */
sep_status sep_measure_cost(sep_measure *measure, sep_evaluator *evaluator, sep_samples *samples, bool pull,
                            double *cost) SEP_MUST_CHECK;

/* (H(f) + H(m)) / H(f, m) of the same samples, by the joint histogram. */
sep_status sep_measure_nmi(sep_measure *measure, sep_evaluator *evaluator, const sep_samples *samples,
                           double *nmi) SEP_MUST_CHECK;

sep_status sep_mutual_information(sep_measure *measure, sep_evaluator *evaluator, sep_samples *samples, bool pull,
                                  double *cost) SEP_MUST_CHECK;

#endif
