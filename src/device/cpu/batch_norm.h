/* What the kernels of batch norm share: the terms of xhat and u (simd/batch_norm.h), from a call. */
#ifndef SEPTUM_DEVICE_CPU_BATCH_NORM_H
#define SEPTUM_DEVICE_CPU_BATCH_NORM_H

#include "device/cpu/kernels.h"

/* Operands x, stats, gamma, beta come first in BATCH_APPLY, BATCH_REDUCE and BATCH_DX; 1 / sqrt(variance + epsilon)
 * goes to `rstd`, [channels]. */
sep_batch_norm_terms sep_cpu_batch_norm_terms(const sep_call *call, float *rstd);

#endif
