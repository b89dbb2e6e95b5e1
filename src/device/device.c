/* What every device has in common, whatever its backend, and finding one by its name. */
#include "septum/device.h"

#include <stdio.h>
#include <string.h>

void sep_device_destroy(sep_device *device)
{
    if (device)
        device->backend->destroy(device);
}

/* ---- by name ----------------------------------------------------------------------------------------------------- */

#define MEASURE_SECONDS 0.5 /* a device, for "auto" */

static double speed_of(sep_device *device)
{
    sep_device_speed speed;

    if (sep_device_measure(device, MEASURE_SECONDS, &speed) != SEP_OK) {
        sep_log(SEP_LOG_WARNING, "%s: %s; not used", device->description, sep_error_text());
        return 0.0;
    }
    sep_log(SEP_LOG_INFO, "%s: %.0f GFLOP/s, %.0f GB/s", device->description, speed.gflops, speed.gbytes);
    return speed.gflops;
}

/* Keeps the faster of two devices in *best. */
static void keep_faster(sep_device *other, sep_device **best, double *best_speed)
{
    double speed = speed_of(other);

    if (speed > *best_speed) {
        sep_device_destroy(*best);
        *best = other;
        *best_speed = speed;
    } else {
        sep_device_destroy(other);
    }
}

static sep_status open_fastest(int threads, sep_mode mode, sep_device **device)
{
    int others = sep_opencl_list(NULL, 0);
    double best;

    SEP_TRY(sep_cpu_create(threads, NULL, device));
    if (others == 0)
        return SEP_OK;
    best = speed_of(*device);
    for (int i = 0; i < others; i++) {
        sep_device *other;
        if (sep_opencl_create(i, mode, &other) == SEP_OK)
            keep_faster(other, device, &best);
        else
            sep_log(SEP_LOG_WARNING, "opencl:%d: %s; not used", i, sep_error_text());
    }
    return SEP_OK;
}

sep_status sep_device_open(const char *name, int threads, sep_mode mode, sep_device **device)
{
    int64_t index;

    if (strcmp(name, "cpu") == 0 && mode == SEP_FAST)
        sep_log(SEP_LOG_INFO, "cpu: fast mode changes nothing here: the processor has reproducible kernels only");
    if (strcmp(name, "cpu") == 0)
        return sep_cpu_create(threads, NULL, device);
    if (strcmp(name, "auto") == 0)
        return open_fastest(threads, mode, device);
    if (strncmp(name, "opencl:", 7) == 0 && sep_parse_int(name + 7, &index) && index >= 0 && index < 1000)
        return sep_opencl_create((int)index, mode, device);
    return sep_fail(SEP_ERR_ARGUMENT, "device '%s': choose cpu, auto or opencl:N (septum devices lists them)", name);
}
