/* The limits of an OpenCL device. */
#ifndef SEPTUM_BENCH_PEAK_DEVICE_H
#define SEPTUM_BENCH_PEAK_DEVICE_H

#include "bench/peak.h"
#include "septum/device.h"

/* `name` stands in the peak for the table of kernels, `units` for the threads. Takes about a second. */
sep_status bench_peak_of_device(sep_device *device, const char *name, int units, bench_peak *peak) SEP_MUST_CHECK;
/* Looks again at the arithmetic when the run ends. */
sep_status bench_peak_of_device_again(sep_device *device, bench_peak *peak) SEP_MUST_CHECK;

#endif
