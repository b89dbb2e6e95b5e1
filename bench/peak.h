/* The machine's own limits, against which times are judged. */
#ifndef SEPTUM_BENCH_PEAK_H
#define SEPTUM_BENCH_PEAK_H

#include "septum/base.h"

#define BENCH_SIZES 7 /* of the arrays that bandwidth is measured on */

typedef struct bench_peak {
    char isa[12];
    int threads;
    double gflops;                              /* of fma chains in registers, when the run began */
    double gflops_low, gflops_high, gflops_end; /* the same looked at again on the way, and at the end; 0: not yet */
    double bytes[BENCH_SIZES], gbytes[BENCH_SIZES]; /* bandwidth of a triad whose three arrays take so many bytes */
} bench_peak;

/* Whether there is a peak to measure for the table: not for plain C. */
bool bench_peak_known(const char *isa);
/* Takes about 0.6 seconds. */
sep_status bench_peak_measure(const char *isa, int threads, bench_peak *peak) SEP_MUST_CHECK;
/* Looks again at the arithmetic, for 20 ms; `last` for the end of the run. */
void bench_peak_again(bench_peak *peak, bool last);
/* The largest change of the arithmetic peak during the run, as a share of what it was at the start. */
double bench_peak_drift(const bench_peak *peak);
/* GB/s for data of so many bytes, between the sizes that were measured. */
double bench_peak_bandwidth(const bench_peak *peak, double bytes);

#endif
