/* How long an iteration of each row takes, as far as it is known. */
#ifndef SEPTUM_STUDY_SPEEDS_H
#define SEPTUM_STUDY_SPEEDS_H

#include "study/plan.h"

/* Sums over what has been measured; zero to begin with. */
typedef struct sep_row_speeds {
    double seconds[SEP_MOST_ROWS];
    int64_t steps[SEP_MOST_ROWS];
    bool searched[SEP_MOST_ROWS]; /* all runs of the row, not only those that are asked for */
} sep_row_speeds;

void sep_row_speed_add(sep_row_speeds *known, int row, double seconds, int64_t steps);

/* The mean seconds of an iteration: by what has been added, by other runs of the row in the study's folder, by a row
 * that computes the same, or else by some steps that are timed on `device` (NULL: NaN; so are rows whose scans would
 * have to be registered first). */
sep_status sep_row_speed(const sep_study *study, int row, sep_device *device, sep_row_speeds *known,
                         double *seconds) SEP_MUST_CHECK;

#endif
