/* Private to src/data: a labelled slice carried by registration onto the grid of another patient's scan, an
 * augmentation of the strong family: where few labelled hearts are there, this one is seen in the shape of many. */
#ifndef SEPTUM_DATA_CARRIED_H
#define SEPTUM_DATA_CARRIED_H

#include "data/sample.h"

/* SEP_ERR_ARGUMENT where no labelled scan could be: it takes registrations both ways. */
sep_status sep_carried_check(const sep_dataset *dataset) SEP_MUST_CHECK;

/* 1 + the id of the slice of another scan on whose grid the sample is shown; 0: on its own. A function of the seed, the
 * iteration and the sample's position, one for all views. */
int sep_carried_draw(const sep_sample *sample);

/* For places of that slice in scratch->places, where the sample's scan has what they show: after them, in planes of
 * their own, rows, columns and slices. */
void sep_carried_places(const sep_sample *sample, const sep_placement *placement);
/* What lies there: linear in the plane of the nearest slice, 0 outside; with `registered_style` brought to the mean and
 * deviation that the other scan's own patch has. */
void sep_carried_image(const sep_sample *sample, const sep_placement *placement, int channel, float *image);
/* The nearest voxel's byte, 0 outside. */
void sep_carried_bytes(const sep_sample *sample, const uint8_t *volume, int32_t *values);

#endif
