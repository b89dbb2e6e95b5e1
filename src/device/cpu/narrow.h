/* The sweep (sweep.h) with few output channels: a vector over output channels would be mostly empty lanes, so here
 * lanes run over pixels. A segmentation head is such a layer: sixteen channels in, four out. */
#ifndef SEPTUM_DEVICE_CPU_NARROW_H
#define SEPTUM_DEVICE_CPU_NARROW_H

#include "device/cpu/sweep.h"

bool sep_narrow_applies(const sep_sweep *sweep);
size_t sep_narrow_workspace(const sep_sweep *sweep);
void sep_narrow_run(const sep_sweep *sweep, void *workspace);

#endif
