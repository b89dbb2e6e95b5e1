/* A build without OpenCL has no such devices. */
#include "septum/device.h"

int sep_opencl_list(sep_opencl_info *list, int room)
{
    (void)list;
    (void)room;
    return 0;
}

sep_status sep_opencl_create(int index, sep_mode mode, sep_device **device)
{
    (void)mode;
    (void)device;
    return sep_fail(SEP_ERR_UNSUPPORTED, "opencl:%d: this septum was built without OpenCL", index);
}

sep_status sep_opencl_measure_fma(sep_device *device, double seconds, double *gflops)
{
    (void)seconds;
    (void)gflops;
    return sep_fail(SEP_ERR_UNSUPPORTED, "%s is no OpenCL device", device->description);
}

sep_status sep_opencl_measure_copy(sep_device *device, double bytes, double seconds, double *gbytes)
{
    (void)bytes;
    return sep_opencl_measure_fma(device, seconds, gbytes);
}
