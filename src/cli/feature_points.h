/* The points of septum features: drawn by label maps, seen by a network. */
#ifndef SEPTUM_CLI_FEATURE_POINTS_H
#define SEPTUM_CLI_FEATURE_POINTS_H

#include "cli/feature_scans.h"
#include "features/view.h"

typedef struct sep_feature_points {
    sep_point *point;
    float *feature; /* [count, channels] */
    int count, channels;
} sep_feature_points;

/* Draws `wanted` points of the scans, and looks at them with a network of the model. Where the scans have no label
 * maps, classes are those that it predicts. The caller frees in any case. */
sep_status sep_feature_points_gather(const sep_feature_scans *scans, sep_model *model, sep_answer answer,
                                     sep_feature_map map, int wanted, uint64_t seed,
                                     sep_feature_points *points) SEP_MUST_CHECK;
void sep_feature_points_free(sep_feature_points *points);

#endif
