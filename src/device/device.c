/* What every device has in common, whatever its backend. */
#include "septum/device.h"

void sep_device_destroy(sep_device *device)
{
    if (device)
        device->backend->destroy(device);
}
