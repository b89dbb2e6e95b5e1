/* What is to be measured, and the ways to do it. */
#ifndef SEPTUM_BENCH_JOB_H
#define SEPTUM_BENCH_JOB_H

#include "bench/case.h"
#include "bench/measure.h"
#include "bench/problem.h"
#include "bench/result.h"

/* A problem and where it occurs in the networks. */
typedef struct bench_item {
    bench_problem problem;
    char occurs[64]; /* "u-net 2, cs-unet 4"; "" for one that the user named */
} bench_item;

enum { BENCH_ISAS = 4, BENCH_THREAD_COUNTS = 8 };

typedef struct bench_job {
    bench_item *item;
    int items;
    bool pass[BENCH_PASSES];
    int isas, thread_counts;
    const char *isa[BENCH_ISAS];
    int threads[BENCH_THREAD_COUNTS];
    double seconds; /* for everything together */
    bench_clock *clock;
    sep_algorithm algorithm; /* of convolutions */
    const char *device;      /* "opencl:0"; NULL: the processor alone */
    sep_mode mode;
    bool peer;
    const char *command; /* how the program was called, for lines that reproduce something */
} bench_job;

/* What the command line says of a job: lists of words parted by commas. */
typedef struct bench_choices {
    const char *passes, *isas, *threads, *clock, *algorithm; /* isas NULL: the best one */
    bool no_peer;
} bench_choices;

/* Sets what a job has apart from its items and time; of a network (`net`) no passes. The device is that of
 * cli/compute.h. */
sep_status bench_job_read(const bench_choices *choices, bool net, bench_job *job) SEP_MUST_CHECK;
sep_status bench_job_add(bench_job *job, const bench_problem *problem, const char *occurs) SEP_MUST_CHECK;
/* Adds the lines "FAMILY WORD COUNT" of a file; a problem that is there already gets the count on top. */
sep_status bench_job_load(bench_job *job, const char *path) SEP_MUST_CHECK;
/* The lists (*.txt) of a folder; NULL: of bench/models, else of those that are installed. */
sep_status bench_job_load_all(bench_job *job, const char *models) SEP_MUST_CHECK;
/* "FAMILY WORD OCCURS" a line. */
void bench_job_print(const bench_job *job, FILE *file);
void bench_job_free(bench_job *job);

/* Measures everything. One process for each instruction set, since oneDNN can be confined only once in its life. */
sep_status bench_run(const bench_job *job, bench_result *result) SEP_MUST_CHECK;
/* The same on the job's OpenCL device, in this process, each row beside the first table and thread count of the job. */
sep_status bench_run_device(const bench_job *job, bench_result *result) SEP_MUST_CHECK;
/* Opens the job's device; says in `machine` what it is, and how many compute units it has. */
sep_status bench_device_open(const bench_job *job, sep_device **device, bench_machine *machine,
                             int *units) SEP_MUST_CHECK;
/* The processor and the OpenCL devices, a line each. */
void bench_list_devices(FILE *file);
/* Rows that the job will have, and what names a row. */
int bench_job_rows(const bench_job *job);
void bench_row_name(bench_row *row, const bench_item *item, const bench_case *c, const char *isa);
/* Compares everything with plain C, bit by bit; says on standard output what differs and how to see it again. Fails if
 * anything does. */
sep_status bench_check_all(const bench_job *job) SEP_MUST_CHECK;

/* Runs `run` in a process of its own and adds what it found. */
typedef sep_status bench_child(const void *context, bench_result *result);
sep_status bench_in_child(bench_child *run, const void *context, bench_result *result) SEP_MUST_CHECK;

/* A whole network. */
typedef struct bench_net {
    const char *name;
    const sep_strings *settings; /* of the network, "base=64" */
    const char *method; /* whose step is trained; NULL: supervised. Half the batch is unlabelled, if it uses that */
    int batch, size, classes;
    bool train, profile;
} bench_net;

/* The layer list of a network's training step: "FAMILY WORD COUNT" a line. */
sep_status bench_net_layers(const bench_net *net, FILE *file) SEP_MUST_CHECK;
/* One row for each table and thread count of the job, each from a process of its own. */
sep_status bench_net_run(const bench_net *net, const bench_job *job, bench_result *result) SEP_MUST_CHECK;

#endif
