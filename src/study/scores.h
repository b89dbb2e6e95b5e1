/* The scores of a study's runs, scan by scan, as far as they are evaluated. */
#ifndef SEPTUM_STUDY_SCORES_H
#define SEPTUM_STUDY_SCORES_H

#include "study/evaluation.h"

typedef enum sep_measure {
    SEP_MEASURE_DICE, /* in %, by the strict rule of empty masks */
    SEP_MEASURE_HD95, /* in mm where every scan has its spacing, else in voxels */
    SEP_MEASURE_DICE_MEDPY,
    SEP_MEASURE_HD95_MEDPY, /* in voxels */
    SEP_MEASURES
} sep_measure;

typedef struct sep_study_scores {
    bool validates; /* the scans are those that validate */
    bool mm;
    int scans, cases;
    int *case_of; /* of each scan, from 0 on */
    sep_strings scan_names;
    sep_strings class_names; /* of the foreground; one that no reference has scores NaN */
    int evaluated[SEP_KEPT_KINDS];
    double **value[SEP_KEPT_KINDS]; /* of each run: [measure][1 + class][scan], class 0 the mean; NULL: none */
} sep_study_scores;

/* The caller frees in any case. SEP_ERR_ARGUMENT where runs were evaluated on other scans. */
sep_status sep_study_scores_read(const sep_study *study, sep_study_scores *scores) SEP_MUST_CHECK;
void sep_study_scores_free(const sep_study *study, sep_study_scores *scores);

/* The scores of one measure and class (0: the mean) over the scans; NULL where the run has not been evaluated. */
const double *sep_study_scores_of(const sep_study_scores *scores, sep_kept kept, int run, sep_measure measure,
                                  int class_index);

#endif
