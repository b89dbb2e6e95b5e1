/* Whether a kernel table gives the bits that another gives. */
#ifndef SEPTUM_BENCH_CHECK_H
#define SEPTUM_BENCH_CHECK_H

#include "bench/case.h"

/* What all tensors of a case held after a run. */
typedef struct bench_snapshot {
    void *values[BENCH_TENSORS];
} bench_snapshot;

/* Fills the case, runs it once on the device and keeps what it left. Freed with bench_snapshot_free, also after a
 * failure. */
sep_status bench_snapshot_take(bench_case *c, sep_device *device, bench_numbers numbers, uint32_t seed,
                               bench_snapshot *snapshot) SEP_MUST_CHECK;
void bench_snapshot_free(bench_snapshot *snapshot);

typedef struct bench_difference {
    bool found;
    const char *tensor;
    int64_t element, count; /* the first, and how many */
    uint32_t wanted, got;   /* its bits */
} bench_difference;

/* Runs the case from the same start on `device` and compares bit by bit. */
sep_status bench_check(bench_case *c, sep_device *device, bench_numbers numbers, uint32_t seed,
                       const bench_snapshot *wanted, bench_difference *difference) SEP_MUST_CHECK;

#endif
