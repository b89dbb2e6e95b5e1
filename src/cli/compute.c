/* The device options that training and prediction share. */
#include "cli/compute.h"

int64_t sep_threads_option;
const char *sep_device_option = "cpu";

sep_status sep_open_device(sep_device **device)
{
    return sep_device_open(sep_device_option, (int)sep_threads_option, device);
}
