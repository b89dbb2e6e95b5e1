/* What the loader takes to make a batch. */
#ifndef SEPTUM_BENCH_BATCH_H
#define SEPTUM_BENCH_BATCH_H

#include "bench/job.h"

typedef struct bench_batch {
    const char *augmentation; /* "strong"; NULL: each */
    int batch, size;          /* samples, height and width of the patch; size 0: 192 */
} bench_batch;

/* A row for each augmentation, with its default settings: batches of one iteration after another, of labelled slices of
 * a phantom, by one thread. */
sep_status bench_batch_run(const bench_batch *asked, const bench_job *job, bench_result *result) SEP_MUST_CHECK;

#endif
