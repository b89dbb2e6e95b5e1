/* The device options that commands share. */
#ifndef SEPTUM_CLI_COMPUTE_H
#define SEPTUM_CLI_COMPUTE_H

#include "cli/options.h"
#include "septum/device.h"

extern int64_t sep_threads_option;
extern const char *sep_device_option;
extern bool sep_fast_option, sep_reproducible_option;

/* Rows of an option table. */
#define SEP_DEVICE_OPTION                                                                                              \
    {                                                                                                                  \
        "device", 'd', "NAME", "cpu, opencl:N, or auto: the fastest, measured (septum devices lists them)",            \
            .string = &sep_device_option                                                                               \
    }
#define SEP_MODE_OPTIONS                                                                                               \
    {"reproducible", 0, NULL, "on OpenCL devices: the bits of the processor (the default)",                            \
     .flag = &sep_reproducible_option},                                                                                \
    {                                                                                                                  \
        "fast", 0, NULL, "on OpenCL devices: linear layers by CLBlast, the driver's own arithmetic; other bits",       \
            .flag = &sep_fast_option                                                                                   \
    }
#define SEP_THREADS_OPTION                                                                                             \
    {                                                                                                                  \
        "threads", 't', "N", "processor threads to use, 0 for all", .integer = &sep_threads_option, .low = 0,          \
                                                                    .high = 1024                                       \
    }

/* The mode that the options ask for; both at once are an error. */
sep_status sep_read_mode(sep_mode *mode) SEP_MUST_CHECK;
/* The device that the options ask for. */
sep_status sep_open_device(sep_device **device) SEP_MUST_CHECK;

#endif
