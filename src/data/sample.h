/* Private to src/data: what the patches of one sample show. */
#ifndef SEPTUM_DATA_SAMPLE_H
#define SEPTUM_DATA_SAMPLE_H

#include "data/batch.h"

/* The scan whose slice the sample is; how many pixels its patch has. */
const sep_scan *sep_sample_scan(const sep_sample *sample);
size_t sep_sample_pixels(const sep_sample *sample);
/* The id of plane z of a training scan. */
int sep_slice_id(const sep_dataset *dataset, int scan, int z);
/* The slice that the placement's geometry is of: the sample's own, or the one that it is carried to. */
const sep_slice *sep_shown_slice(const sep_sample *sample, const sep_placement *placement);
/* How view `view` lies in the slice: a function of the seed, the iteration, the sample's position and the view. */
sep_placement sep_placement_draw(const sep_sample *sample, int view);
/* The slice's image there, and its label map, if there is one (else 0); neither where it is NULL. */
sep_status sep_placement_show(const sep_sample *sample, const sep_placement *placement, float *image,
                              int32_t *label) SEP_MUST_CHECK;
/* How far the sample's registered labels agree, where it shows them: from 0 to 1, 0 outside of its slice. */
void sep_sample_agreement(const sep_sample *sample, float *agreement);
/* Changes the patch as view `view` has it. */
void sep_sample_photometry(const sep_sample *sample, int view, float *image);

#endif
