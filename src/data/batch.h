/* Filling one batch: shared by the loader's threads, each with a scratch of its own. */
#ifndef SEP_DATA_BATCH_H
#define SEP_DATA_BATCH_H

#include "septum/data.h"

/* A slice resized to a patch. */
sep_status sep_zoom_slice(sep_zoom zoom, const float *slice, int height, int width, float *patch, int patch_height,
                          int patch_width) SEP_MUST_CHECK;

typedef struct sep_scratch {
    int32_t *source; /* these four hold the largest training slice */
    float *image;
    uint8_t *label;
    uint8_t *agreed;             /* one where all agree */
    uint8_t *patch;              /* the label map of one patch */
    int32_t *shown;              /* bytes of one patch */
    float *weak;                 /* a patch before its photometry, */
    float *planes;               /* and one on its way, channel by channel */
    float *places;               /* eight numbers a pixel of the patch */
    struct sep_history *history; /* of matches; NULL before the first */
} sep_scratch;

sep_status sep_scratch_create(const sep_dataset *dataset, const sep_batch_config *config,
                              sep_scratch *scratch) SEP_MUST_CHECK;
void sep_scratch_free(sep_scratch *scratch);

sep_status sep_batch_create(const sep_dataset *dataset, const sep_batch_config *config,
                            sep_batch *batch) SEP_MUST_CHECK;
void sep_batch_free(sep_batch *batch);
sep_status sep_batch_fill(const sep_sampler *sampler, const sep_batch_config *config, uint32_t iteration,
                          sep_scratch *scratch, sep_batch *batch) SEP_MUST_CHECK;

#endif
