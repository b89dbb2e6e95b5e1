/* A device that errs: another one with a single bit of a single operation's result turned over, for tests of what looks
 * for differences. */
#ifndef SEPTUM_TESTS_SUPPORT_ERRING_H
#define SEPTUM_TESTS_SUPPORT_ERRING_H

#include "septum/device.h"

typedef struct support_error {
    sep_op op;          /* its first call in `iteration`; SEP_OP_COUNT: none */
    uint32_t iteration; /* only there */
    int input;          /* -1: in the output; else in the input that the operation updates */
    int64_t element;
    int bit;
} support_error;

/* Owns `device` from now on. Failures end the running cmocka test. */
sep_device *support_erring_create(sep_device *device, support_error error);

#endif
