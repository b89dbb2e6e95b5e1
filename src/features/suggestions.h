/* Which scans are most worth labelling next. */
#ifndef SEPTUM_FEATURES_SUGGESTIONS_H
#define SEPTUM_FEATURES_SUGGESTIONS_H

#include "septum/base.h"

/* What a network makes of a scan. */
typedef struct sep_seen_scan {
    double uncertainty;   /* 0 to 1 */
    const float *feature; /* as many channels for all */
    int group;            /* a number of its case */
    bool labelled;        /* others are compared with it */
} sep_seen_scan;

typedef struct sep_suggestion {
    int scan;
    double score, distance;
} sep_suggestion;

/* Suggests up to `wanted` unlabelled scans (*found of them), one after another, each the one of the largest score (of
 * equals the first):
 *
 *     score = weight * u / U + (1 - weight) * d / D,
 *
 * u its uncertainty, d the distance of its features to the nearest scan that is labelled or was suggested before it, U
 * and D the largest of both among all unlabelled scans before the first suggestion; a term whose U or D is 0 is 0. The
 * distance of two scans is the root of the mean over channels of the squared differences, in standard deviations of the
 * channel over all scans; a channel of one value differs nowhere. `one_a_case`: not a second scan of a case, and none
 * of a case that has a labelled one. */
sep_status sep_suggest(const sep_seen_scan *scan, int count, int channels, double weight, bool one_a_case, int wanted,
                       sep_suggestion *suggestion, int *found) SEP_MUST_CHECK;

#endif
