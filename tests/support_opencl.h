/* The cases of the device tests on the OpenCL devices of this machine. */
#ifndef SEPTUM_TESTS_SUPPORT_OPENCL_H
#define SEPTUM_TESTS_SUPPORT_OPENCL_H

#include "support.h"

/* The devices, opened once; SEPTUM_TEST_OPENCL=NAME takes those with NAME in their description (none: no
 * device). Returns how many there are. */
int support_opencl_devices(sep_device *const **devices);

/* Whether SEPTUM_TEST_OPENCL is set: then a driver is tried, and the processor's tables, which it does not change, are
 * left to the other runs. */
bool support_opencl_alone(void);

/* Whether the device runs the case: not where an operand has a pitch that it does not take. */
bool support_opencl_takes(sep_device *device, const support_case *c);

/* Runs the case with operands off a cache line, a pattern around each that must still be there afterwards, and the
 * workspace full of NaN. */
support_result support_opencl_run(sep_device *device, const support_case *c);

#endif
