/* The functions behind the OpenCL backend's table (septum/device.h). */
#ifndef SEPTUM_DEVICE_OPENCL_BACKEND_H
#define SEPTUM_DEVICE_OPENCL_BACKEND_H

#include "device/opencl/opencl.h"

sep_buffer *sep_cl_buffer_create(sep_device *device, size_t bytes);
void sep_cl_buffer_destroy(sep_device *device, sep_buffer *buffer);
sep_status sep_cl_upload(sep_device *device, sep_buffer *to, size_t offset, const void *from, size_t bytes);
sep_status sep_cl_download(sep_device *device, const sep_buffer *from, size_t offset, void *to, size_t bytes);

/* An operand of that many bytes, with a copy of `from` unless that is NULL. More than one buffer may hold is refused:
 * `what` ("warping") needs it, and the processor can do that too. */
sep_status sep_cl_make(sep_cl *cl, const char *what, const void *from, size_t bytes,
                       sep_operand *operand) SEP_MUST_CHECK;

/* Runs a few operations whose results tell how the device computes with floats. */
sep_status sep_cl_probe(sep_cl *cl, sep_cl_floats *floats) SEP_MUST_CHECK;

size_t sep_cl_workspace(sep_device *device, const sep_call *call);
sep_status sep_cl_run_call(sep_device *device, const sep_call *call, const sep_step_info *step);
sep_status sep_cl_warp(sep_device *device, const sep_warp_call *call) SEP_MUST_CHECK;
extern const sep_search_kernels sep_cl_search;

#endif
