/* The device options that training and prediction share. */
#include "cli/compute.h"

int64_t sep_threads_option;

sep_status sep_open_device(sep_device **device)
{
    return sep_cpu_create((int)sep_threads_option, NULL, device);
}
