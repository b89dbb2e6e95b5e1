/* Filling one batch: shared by the loader's threads, each with a scratch of its own. */
#ifndef SEP_DATA_BATCH_H
#define SEP_DATA_BATCH_H

#include "septum/data.h"

typedef struct sep_scratch {
    int32_t *source; /* these three hold the largest training slice */
    float *image;
    uint8_t *label;
    uint8_t *patch; /* the label map of one patch */
    float *places;  /* two numbers a pixel of the patch */
} sep_scratch;

sep_status sep_scratch_create(const sep_dataset *dataset, const sep_batch_config *config,
                              sep_scratch *scratch) SEP_MUST_CHECK;
void sep_scratch_free(sep_scratch *scratch);

sep_status sep_batch_create(const sep_batch_config *config, sep_batch *batch) SEP_MUST_CHECK;
void sep_batch_free(sep_batch *batch);
sep_status sep_batch_fill(const sep_sampler *sampler, const sep_batch_config *config, uint32_t iteration,
                          sep_scratch *scratch, sep_batch *batch) SEP_MUST_CHECK;

#endif
