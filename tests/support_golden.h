/* Goldens: tensors named `<case>.<tensor>` that the scripts of tests/reference computed in float64 with PyTorch and
 * stored as float32. A golden that is missing ends the running cmocka test. */
#ifndef SEPTUM_TESTS_SUPPORT_GOLDEN_H
#define SEPTUM_TESTS_SUPPORT_GOLDEN_H

#include <stddef.h>

#include "septum/safetensors.h"
#include "support.h"

/* cmocka group fixtures around one golden file: `*state` of the tests is not touched. */
int golden_open(const char *path);
int golden_close(void **state);

const sep_stored_tensor *golden_find(const char *golden, const char *tensor);
support_array golden_array(const char *golden, const char *tensor);
/* How many goldens have a name that starts with "<golden>.<prefix>". */
int golden_count(const char *golden, const char *prefix);

/* The largest absolute value; the largest |a - b| (NaN if there is one). */
double golden_largest(const float *values, size_t count);
double golden_distance(const float *a, const float *b, size_t count);

#endif
