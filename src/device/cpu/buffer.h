/* Memory of the CPU backend: see buffer.c. */
#ifndef SEPTUM_DEVICE_CPU_BUFFER_H
#define SEPTUM_DEVICE_CPU_BUFFER_H

#include "device/cpu/kernels.h"

/* Zeroed; NULL with the error text set. */
sep_buffer *sep_cpu_buffer_create(sep_device *device, size_t bytes);
void sep_cpu_buffer_destroy(sep_device *device, sep_buffer *buffer);

#endif
