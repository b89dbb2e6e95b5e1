/* Bootstrap intervals: which units (cases) a sample would have held if it had been drawn anew. */
#ifndef SEPTUM_STUDY_BOOTSTRAP_H
#define SEPTUM_STUDY_BOOTSTRAP_H

#include "septum/base.h"

typedef struct sep_bootstrap sep_bootstrap;

/* `draws` samples of `units` units each, with replacement: unit i of sample d is sep_random_below of seed 0, stream
 * "bootstrap", iteration d, index i; the same for all that is asked of this bootstrap, and on every machine. */
sep_status sep_bootstrap_create(int units, int draws, sep_bootstrap **bootstrap) SEP_MUST_CHECK;
void sep_bootstrap_destroy(sep_bootstrap *bootstrap);

/* The interval that holds `share` of the samples' means: unit i holds count[i] values of the sum sum[i]. Two NaN where
 * a sum is NaN, or where there is one unit, of which nothing can be drawn anew. */
void sep_bootstrap_interval(sep_bootstrap *bootstrap, const double *sum, const int *count, double share, double *low,
                            double *high);

/* numpy.percentile(..., method="linear") of rising numbers: at place share * (count - 1), between its two neighbours
 * by linear interpolation. */
double sep_percentile(const double *sorted, int count, double share);

#endif
