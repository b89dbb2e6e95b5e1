/* The device options that commands share. */
#include "cli/compute.h"

int64_t sep_threads_option;
const char *sep_device_option = "cpu";
bool sep_fast_option, sep_reproducible_option;

sep_status sep_read_mode(sep_mode *mode)
{
    if (sep_fast_option && sep_reproducible_option)
        return sep_usage_error("--fast and --reproducible exclude each other");
    *mode = sep_fast_option ? SEP_FAST : SEP_REPRODUCIBLE;
    return SEP_OK;
}

sep_status sep_open_device(sep_device **device)
{
    sep_mode mode;

    SEP_TRY(sep_read_mode(&mode));
    return sep_device_open(sep_device_option, (int)sep_threads_option, mode, device);
}
