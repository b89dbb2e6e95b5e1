/* What `septum verify` runs, and the published hashes of it. */
#ifndef SEPTUM_VERIFY_CASES_H
#define SEPTUM_VERIFY_CASES_H

#include "septum/train.h"
#include "septum/verify.h"

typedef struct sep_verify_case {
    const char *name;
    sep_verify_size size; /* the smallest that includes it */
    const char *settings; /* INI text; what it leaves out is in sep_verify_common */
} sep_verify_case;

extern const sep_verify_case sep_verify_cases[];
extern const int sep_verify_case_count;
extern const char *const sep_verify_common;
uint64_t sep_verify_published(const char *name); /* 0: none yet */

/* The losses of all steps, then the probabilities of the held-out scan. */
typedef struct sep_verify_trace {
    float *value;
    size_t count, losses;
} sep_verify_trace;

/* Trains the case on `device` and evaluates it. `trace`: zeroed, filled and freed by the caller (sep_free(value)); NULL
 * where the hash is enough. */
sep_status sep_verify_run(const sep_verify_case *c, sep_device *device, uint64_t *hash,
                          sep_verify_trace *trace) SEP_MUST_CHECK;

#endif
