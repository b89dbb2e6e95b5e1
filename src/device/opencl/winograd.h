/* Winograd convolution on the device: transforms (cl/winograd.cl) around 36 products (product.h). Which calls take it
 * and what it computes: sep_conv_is_winograd (septum/operation.h). */
#ifndef SEPTUM_DEVICE_OPENCL_WINOGRAD_H
#define SEPTUM_DEVICE_OPENCL_WINOGRAD_H

#include "device/opencl/opencl.h"

bool sep_cl_is_winograd(const sep_call *call);

/* CONV2D and CONV2D_DX. */
size_t sep_cl_winograd_workspace(const sep_cl *cl, const sep_call *call);
sep_status sep_cl_winograd(sep_cl *cl, const sep_call *call) SEP_MUST_CHECK;

size_t sep_cl_winograd_dw_workspace(const sep_cl *cl, const sep_call *call);
sep_status sep_cl_winograd_dw(sep_cl *cl, const sep_call *call) SEP_MUST_CHECK;

#endif
