/* The limits of an OpenCL device, in the form of those of the processor: fma chains, and a copy of arrays of each size.
 */
#include "bench/peak_device.h"

#include <math.h>
#include <stdio.h>

#define FMA_SECONDS  0.4
#define COPY_SECONDS 0.05 /* a size */

sep_status bench_peak_of_device(sep_device *device, const char *name, int units, bench_peak *peak)
{
    static const double sizes[BENCH_SIZES] = {24e3, 96e3, 384e3, 1536e3, 6e6, 48e6, 384e6};

    *peak = (bench_peak){.threads = units};
    snprintf(peak->isa, sizeof peak->isa, "%s", name);
    SEP_TRY(sep_opencl_measure_fma(device, FMA_SECONDS, &peak->gflops));
    peak->gflops_low = peak->gflops_high = peak->gflops;
    for (int i = 0; i < BENCH_SIZES; i++) {
        peak->bytes[i] = sizes[i];
        SEP_TRY(sep_opencl_measure_copy(device, sizes[i], COPY_SECONDS, &peak->gbytes[i]));
    }
    return SEP_OK;
}

sep_status bench_peak_of_device_again(sep_device *device, bench_peak *peak)
{
    SEP_TRY(sep_opencl_measure_fma(device, FMA_SECONDS / 2, &peak->gflops_end));
    peak->gflops_low = fmin(peak->gflops_low, peak->gflops_end);
    peak->gflops_high = fmax(peak->gflops_high, peak->gflops_end);
    return SEP_OK;
}
