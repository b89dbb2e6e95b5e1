/* septum: whether the kernel tables of this machine give the published bits. A case is a short training run with an
 * evaluation behind it; its hash covers every loss of every step, all parameters and running statistics, and the label
 * map and the probabilities of a held-out scan. */
#ifndef SEPTUM_VERIFY_H
#define SEPTUM_VERIFY_H

#include "septum/device.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SEP_VERIFY_CASES   32 /* at most */
#define SEP_VERIFY_DEVICES 16 /* at most */

/* QUICK: narrow networks on small images, for tests and emulators. FULL: these, and larger ones. */
typedef enum sep_verify_size { SEP_VERIFY_QUICK = 0, SEP_VERIFY_FULL } sep_verify_size;

typedef struct sep_verify_hashes {
    uint64_t of_case[SEP_VERIFY_CASES]; /* 0: the run broke down (a loss that is not finite) */
    uint64_t all;                       /* FNV-1a over those of the cases, in order */
} sep_verify_hashes;

typedef struct sep_verify_device {
    char table[32]; /* "avx2" */
    int threads;
    sep_device *device;
    sep_verify_hashes computed;
    double seconds;
} sep_verify_device;

typedef struct sep_verify_report {
    int cases, devices;
    const char *name[SEP_VERIFY_CASES];
    sep_verify_hashes published;
    sep_verify_device device[SEP_VERIFY_DEVICES];
    bool equal; /* every hash of every device is the published one */
    /* Where not: the first case that differs, the first device that does in it, and one beside it to compare with: one
     * that gave the published hash, or else just another one; -1: all devices agree with each other. */
    int differing_case, differing_device, other_device;
    sep_difference difference; /* between these two, in this order */
    /* The largest difference between these two of a loss in any step, and of a probability of the held-out scan after
     * the last; where they were measured: both runs were finite. */
    bool measured;
    double loss_distance, probability_distance;
} sep_verify_report;

/* Lists a device to verify in a zero-initialised report, which owns it from then on; one of the processor's tables
 * (NULL: the best). */
sep_status sep_verify_add(sep_verify_report *report, const char *table, int threads, sep_device *device) SEP_MUST_CHECK;
sep_status sep_verify_add_table(sep_verify_report *report, const char *table, int threads) SEP_MUST_CHECK;
/* Lists the cases to run: all of `size`, or one by its name, which must exist and not be listed yet. */
sep_status sep_verify_add_cases(sep_verify_report *report, sep_verify_size size) SEP_MUST_CHECK;
sep_status sep_verify_add_case(sep_verify_report *report, const char *name) SEP_MUST_CHECK;
/* Runs the listed cases on each listed device. Differing is not a failure: see report->equal. */
sep_status sep_verify(sep_verify_report *report) SEP_MUST_CHECK;
void sep_verify_free(sep_verify_report *report);

/* The report as JSON, and what differs first in words ("" if nothing does). NULL without memory; freed with sep_free.
 */
char *sep_verify_json(const sep_verify_report *report);
char *sep_verify_difference(const sep_verify_report *report);

#ifdef __cplusplus
}
#endif
#endif
