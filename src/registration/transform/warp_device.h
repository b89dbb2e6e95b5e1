/* Warping on a device that has kernels for it. */
#ifndef SEPTUM_REGISTRATION_WARP_DEVICE_H
#define SEPTUM_REGISTRATION_WARP_DEVICE_H

#include "registration/transform/path.h"

/* Whether the device that the options name does the warping, and not the processor. */
static inline bool sep_warps_on_device(const sep_warp_options *options)
{
    return options->device != NULL && options->device->backend->warp != NULL;
}

/* `call` says what is looked up where and what becomes of it; the way and the grid of depth x height x width voxels are
 * filled in here. Bits as by sep_path_row. */
sep_status sep_warp_on_device(sep_device *device, const sep_path *path, int depth, int height, int width,
                              sep_warp_call *call) SEP_MUST_CHECK;

#endif
