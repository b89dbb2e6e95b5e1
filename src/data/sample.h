/* Private to src/data: what the patches of one sample show. */
#ifndef SEPTUM_DATA_SAMPLE_H
#define SEPTUM_DATA_SAMPLE_H

#include "data/batch.h"

/* The scan whose slice the sample is; how many pixels its patch has. */
const sep_scan *sep_sample_scan(const sep_sample *sample);
size_t sep_sample_pixels(const sep_sample *sample);
/* Numbers of its image: pixels times channels. */
size_t sep_sample_values(const sep_sample *sample);
/* Where a patch is made, [channels, pixels]: what is done to one is done channel by channel. Of one channel in `image`
 * itself; sep_sample_finish puts the channels of each pixel side by side in it. */
float *sep_sample_planes(const sep_sample *sample, float *image);
void sep_sample_finish(const sep_sample *sample, const float *planes, float *image);
/* The id of plane z of a training scan. */
int sep_slice_id(const sep_dataset *dataset, int scan, int z);
/* The slice that the placement's geometry is of: the sample's own, or the one that it is carried to. */
const sep_slice *sep_shown_slice(const sep_sample *sample, const sep_placement *placement);
/* How view `view` lies in the slice: a function of the seed, the iteration, the sample's position and the view. */
sep_placement sep_placement_draw(const sep_sample *sample, int view);
/* The slice's image there, and its label map, if there is one (else 0); neither where it is NULL. */
sep_status sep_placement_show(const sep_sample *sample, const sep_placement *placement, float *planes,
                              int32_t *label) SEP_MUST_CHECK;
/* How far the sample's registered labels agree, where it shows them: from 0 to 1, 0 outside of its slice. */
void sep_sample_agreement(const sep_sample *sample, float *agreement);
/* Changes the patch as view `view` has it, each channel by a draw of its own: they are scans of their own, as nnU-Net
 * takes them, where one may be noisy and another not. */
void sep_sample_photometry(const sep_sample *sample, int view, float *planes);

#endif
