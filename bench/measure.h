/* Many short timings of a piece of work, in turn with those of a second one. */
#ifndef SEPTUM_BENCH_MEASURE_H
#define SEPTUM_BENCH_MEASURE_H

#include "septum/base.h"

typedef struct bench_timing {
    double median, low, high, fastest; /* seconds of one run; low and high are the quartiles */
    int samples;                       /* 0: not measured */
} bench_timing;

/* Something that can be run again and again. */
typedef struct bench_work {
    sep_status (*run)(void *context);
    void *context;
    /* Waits for runs that were only enqueued; NULL: a run is done when it returns. */
    sep_status (*finish)(void *context);
} bench_work;

/* The wall clock, or the processor time of the calling thread: for one thread on a machine that others use too. */
typedef double bench_clock(void);
double bench_thread_seconds(void);

/* Warms both up, then times ours, the peer's, ours, ... for about `seconds` of both together, 5 times at least (3 where
 * a run of either takes over 5 ms) and 2000 at most. A sample is as many runs as take 50 microseconds, of work
 * with a `finish` as take 2 milliseconds, enqueued one behind the other and waited for once; short work runs once more
 * before each sample, which fills the caches with its own data again. `peer` NULL: ours alone. */
sep_status bench_measure(const bench_work *ours, const bench_work *peer, double seconds, bench_clock *clock,
                         bench_timing *our_timing, bench_timing *peer_timing) SEP_MUST_CHECK;
/* Median, quartiles and fastest of `count` samples, which are sorted. */
bench_timing bench_timing_of(double *sample, int count);

#endif
