/* Labelled training scans as other scanners and bodies might have made them: what estimates of quality are calibrated
 * on where there are no validation scans. */
#ifndef SEPTUM_TRAIN_AUGMENTED_SCANS_H
#define SEPTUM_TRAIN_AUGMENTED_SCANS_H

#include "septum/data.h"

typedef struct sep_augmented_scans {
    int count, drawn_from; /* so many labelled scans */
    sep_scan *scan;        /* name, image and label alone */
} sep_augmented_scans;

/* SEP_AUGMENTED_VARIANTS of each labelled scan, of SEP_AUGMENTED_MOST scans spread evenly at most. All slices of a scan
 * share a draw. Ranges are those of `strong`; more of it happens than in training, but bodies stand upright: rotations
 * stay within 20 degrees, and nothing is mirrored or turned by quarters. The caller frees in any case. */
enum { SEP_AUGMENTED_VARIANTS = 3, SEP_AUGMENTED_MOST = 16 };
sep_status sep_augmented_scans_make(const sep_dataset *dataset, const sep_strong_settings *strong, uint64_t seed,
                                    sep_augmented_scans *scans) SEP_MUST_CHECK;
void sep_augmented_scans_free(sep_augmented_scans *scans);

#endif
