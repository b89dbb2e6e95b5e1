/* What keys count for anchors in CONTRAST (operation.h), found once a call. */
#ifndef SEPTUM_DEVICE_CPU_CONTRAST_H
#define SEPTUM_DEVICE_CPU_CONTRAST_H

#include "device/cpu/kernels.h"

typedef struct sep_contrast_weights {
    int classes;                       /* with that of none, the last */
    float *weight;                     /* [groups][class of the anchor][class of the key] */
    int32_t *anchor_class, *key_class; /* [groups][anchors], [groups][keys]: all of them in the table */
    float *factor;                     /* [groups][anchors]: dz / temperature, or 1 where the call has no dz */
} sep_contrast_weights;

size_t sep_contrast_weights_bytes(const sep_call *call);
sep_contrast_weights sep_contrast_weights_find(const sep_call *call, float *memory);

#endif
