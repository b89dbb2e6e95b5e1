/* Shared by the tests of devices and operations: arrays on the host, and one operation run on a device from them.
 * Failures end the running cmocka test.
 *
 *     support_case c = {.op = SEP_OP_ADD, .inputs = 2, .output = SEP_SHAPE(5, 3)};
 *     c.input[0] = support_random(SEP_SHAPE(5, 3), 1);
 *     c.input[1] = support_random(SEP_SHAPE(3), 2);
 *     support_check_tables(&c);                   every table, 1 to 3 threads: the bits of `generic`
 *     support_result r = support_run_generic(&c); r.output.f32[0] ...
 *     support_result_free(&r);
 *     support_case_free(&c); */
#ifndef SEPTUM_TESTS_SUPPORT_H
#define SEPTUM_TESTS_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "septum/device.h"

/* The processor's tables of kernels, best first, for tests of what lies above them: under AddressSanitizer, many times
 * slower, the best alone. */
int support_tables(const char *name[4]);

typedef struct support_array {
    sep_shape shape;
    sep_dtype dtype;
    float *f32;   /* the same memory, */
    int32_t *i32; /* by either name; NULL for no array */
} support_array;

support_array support_array_create(sep_shape shape, sep_dtype dtype); /* zeroed */
support_array support_random(sep_shape shape, uint32_t seed);         /* uniform in [-1, 1) */
support_array support_random_between(sep_shape shape, uint32_t seed, float low, float high);
support_array support_integers(sep_shape shape, uint32_t seed); /* whole numbers in [-3, 3]: their sums are exact */
support_array support_labels(sep_shape shape, uint32_t seed, int classes);
support_array support_copy(const float *values, sep_shape shape);
int64_t support_count(const support_array *array);
void support_array_free(support_array *array);

/* One operation with its operands. */
typedef struct support_case {
    sep_op op;
    sep_attributes attributes;
    int inputs;
    support_array input[SEP_MAX_INPUTS];
    sep_shape output;
    sep_dtype output_dtype;
    bool in_place; /* the output is the memory of input 0 */
    /* Floats beyond the channels of each row, for operands that may have a pitch (device.h). */
    int input_gap[SEP_MAX_INPUTS], output_gap;
    uint32_t stream;
    sep_step_info step;
} support_case;

void support_case_free(support_case *c);

/* What a run leaves: its output, and its inputs as they are afterwards (an optimiser writes to some). */
typedef struct support_result {
    support_array output;
    support_array input[SEP_MAX_INPUTS];
} support_result;

void support_result_free(support_result *result);

/* simd NULL: the device's own choice. */
sep_device *support_device(const char *simd, int threads);

/* Runs the case with every operand `misalignment` floats (0 .. 15) off a cache line, the workspace full of NaN, and all
 * of them fenced (support_fence.h). */
support_result support_run(sep_device *device, const support_case *c, int misalignment);
support_result support_run_generic(const support_case *c);

/* Whether dropout keeps an element of the case, by the definition: word (element % 4) of Philox at element / 4. */
bool support_keeps(const support_case *c, int64_t element);

/* Every table of this processor with 1, 2 and 3 threads returns the bits that `generic` returns, with operands off a
 * cache line, at a lower and at an upper fence; and so does every OpenCL device. */
void support_check_tables(const support_case *c);
/* Fails unless the whole numbers that generic gives are `wanted`, and all others' too. */
void support_check_integers(const support_case *c, const int32_t *wanted);

/* |got - wanted| <= tolerance * max(1, |wanted|) for each element of an array; names the first that is not. */
void support_assert_close(const support_array *got, const double *wanted, double tolerance);

#endif
