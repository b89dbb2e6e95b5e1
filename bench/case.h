/* A pass of a problem with its tensors in memory, ready to run. */
#ifndef SEPTUM_BENCH_CASE_H
#define SEPTUM_BENCH_CASE_H

#include "bench/measure.h"
#include "bench/problem.h"

typedef struct bench_case {
    bench_problem problem;
    bench_pass pass;
    bench_layout layout;
    sep_device *home; /* the device that the buffers came from; every other CPU device takes them too */
    sep_buffer *buffer[BENCH_TENSORS], *workspace;
    size_t workspace_bytes;
} bench_case;

/* What tensors are filled with. Whole numbers are small, so that their sums are exact in any order. */
typedef enum bench_numbers { BENCH_RANDOM, BENCH_WHOLE } bench_numbers;

/* `algorithm` is that of convolutions; nothing else has a choice. */
sep_status bench_case_create(const bench_problem *problem, bench_pass pass, sep_algorithm algorithm, sep_device *home,
                             bench_case **created) SEP_MUST_CHECK;
void bench_case_destroy(bench_case *c);
/* Gives every tensor its starting values: the same for the same seed. */
sep_status bench_case_fill(bench_case *c, bench_numbers numbers, uint32_t seed) SEP_MUST_CHECK;
/* Makes the workspace large enough for the device; before the first run there. */
sep_status bench_case_prepare(bench_case *c, sep_device *device) SEP_MUST_CHECK;
/* All calls of the pass once; without waiting for a device that only enqueues them, or with. */
sep_status bench_case_enqueue(bench_case *c, sep_device *device) SEP_MUST_CHECK;
sep_status bench_case_run(bench_case *c, sep_device *device) SEP_MUST_CHECK;
/* What bench_measure times: runs that are enqueued at home, and waited for. */
bench_work bench_case_work(bench_case *c);
/* A copy of tensor `index` on the host (sep_free), or NULL. */
void *bench_case_read(const bench_case *c, int index);
/* "winograd" or "direct": how a convolution runs; "" where there is one way only. */
const char *bench_case_algorithm(const bench_case *c);

#endif
