/* The tree in which the partial results of blocks join (septum/operation.h). */
#ifndef SEPTUM_DEVICE_OPENCL_REDUCTION_H
#define SEPTUM_DEVICE_OPENCL_REDUCTION_H

#include "device/opencl/opencl.h"

/* Block b of element e lies at partial + b * stride + e (floats); the sums of `elements` elements go to `sum`. What is
 * in `partial` is overwritten. */
sep_status sep_cl_tree_sum(sep_cl *cl, const sep_operand *partial, int blocks, int64_t stride, int64_t elements,
                           const sep_operand *sum) SEP_MUST_CHECK;

#endif
