/* What a run of the benchmark found: the machine, its peaks, one row a measurement. */
#ifndef SEPTUM_BENCH_RESULT_H
#define SEPTUM_BENCH_RESULT_H

#include "base/json.h"
#include "bench/measure.h"
#include "bench/peak.h"
#include "bench/problem.h"

#include <stdio.h>

/* One line of the table. A number that was not measured is 0, a text that does not apply is "". */
typedef struct bench_row {
    char op[32], shape[BENCH_WORD], pass[8], isa[12];
    int threads;
    bench_timing ours, peer, cpu; /* cpu: of an OpenCL device's row, the same on the processor */
    double gflops, gbytes; /* a second: of the direct method's multiply-adds counted as two, and of memory traffic */
    double intensity;      /* operations a byte */
    double percent;        /* of the limit: arithmetic or bandwidth, whichever is lower for this row */
    char limit[8];         /* "fma" or "memory" */
    char algorithm[12];    /* of a convolution: "direct" or "winograd" */
    char check[16];        /* the table whose bits it gave, or "differs"; of a registration "failed" or "" */
    char occurs[64];       /* in the networks' lists: "u-net 2, cs-unet 4" */
    /* Of whole networks. */
    double images;                /* a second */
    double planned_mib, peak_mib; /* memory as planned, and of the process at its highest; the latter of registration
                                     too */
    double points;                /* a second, of registration: voxels, or points that are looked up */
    json_t *profile;              /* where the time goes (profile.c); NULL: not asked for */
} bench_row;

typedef struct bench_machine {
    char processor[96], system[96], compiler[64], version[16], peer[32];
    char device[160]; /* an OpenCL device that was measured; "" */
    int processors;
} bench_machine;

typedef struct bench_result {
    bench_machine machine;
    int peaks, rows;
    bench_peak *peak;
    bench_row *row;
} bench_result;

void bench_machine_read(bench_machine *machine);
/* What this process has held at its highest, in MiB. */
double bench_peak_memory(void);
sep_status bench_result_add_row(bench_result *result, const bench_row *row) SEP_MUST_CHECK;
sep_status bench_result_add_peak(bench_result *result, const bench_peak *peak) SEP_MUST_CHECK;
/* The peak of a table and thread count, or NULL. */
bench_peak *bench_result_peak(const bench_result *result, const char *isa, int threads);
void bench_result_free(bench_result *result);
/* Sets rates, intensity, limit and percentage from the time, and from work and bytes of one run. */
void bench_row_rate(bench_row *row, const bench_peak *peak, double multiply_adds, double bytes, double footprint);
/* The peer's time over ours: above 1 we are faster; 0 without a peer. */
double bench_row_ratio(const bench_row *row);
/* The same of the processor's time. */
double bench_row_cpu_ratio(const bench_row *row);

/* JSON: the form in which results are kept, compared and handed on. */
json_t *bench_result_to_json(const bench_result *result);
/* Adds what the document holds to *result; what is missing or of the wrong type is an error that names `name`. */
sep_status bench_result_from_json(const json_t *root, const char *name, bench_result *result) SEP_MUST_CHECK;
sep_status bench_result_load(const char *path, bench_result *result) SEP_MUST_CHECK;

/* The other ways to show it. */
void bench_print_machine(FILE *file, const bench_result *result);
void bench_print_table(FILE *file, const bench_result *result);
void bench_print_csv(FILE *file, const bench_result *result);
sep_status bench_print_json(FILE *file, const bench_result *result) SEP_MUST_CHECK;
/* Writes a document with jansson's flags and gives it up. */
#define BENCH_JSON_SHOWN (JSON_INDENT(1) | JSON_REAL_PRECISION(6))
sep_status bench_write_json(FILE *file, size_t flags, json_t *root) SEP_MUST_CHECK;
/* The profiles of rows that have one. */
void bench_print_profiles(FILE *file, const bench_result *result);
/* A roofline: speed over intensity, the machine's limits as lines, every row as a point. */
sep_status bench_write_svg(const char *path, const bench_result *result) SEP_MUST_CHECK;
/* What differs from an older result by more than the spread of both. */
void bench_print_comparison(FILE *file, const bench_result *old, const bench_result *now);

#endif
