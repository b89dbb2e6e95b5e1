/* septum-bench tune: which parameters of the OpenCL kernels are fastest on a device. */
#ifndef SEPTUM_BENCH_TUNE_H
#define SEPTUM_BENCH_TUNE_H

#include "bench/job.h"

/* Tries candidates on the job's device for about so many minutes, says what it found, and writes it to the user's
 * database. */
sep_status bench_tune(const bench_job *job, double minutes) SEP_MUST_CHECK;

#endif
