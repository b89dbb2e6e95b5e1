/* What there is to measure of registration: how fast it is, and what it finds. */
#ifndef SEPTUM_BENCH_REGISTRATION_H
#define SEPTUM_BENCH_REGISTRATION_H

#include "bench/job.h"
#include "bench/perturb.h"
#include "bench/volumes.h"
#include "cli/options.h"

/* ---- the command line ---------------------------------------------------------------------------------------------
 */

/* Rows of recovery, and of the deformation of both. */
extern const sep_option bench_registration_rows[];

/* What the command line says besides. */
typedef struct bench_registration_request {
    const char *passes; /* "affine", "bspline" or "all" */
    int size;           /* of phantoms, 0: their own */
    double seconds;     /* of a row of speed */
    int count;          /* phantoms or files */
    char **name;
} bench_registration_request;

/* The speed of a pair of files, of a pair of patients of one phantom, or without names of all phantoms. */
sep_status bench_registration_run(const bench_registration_request *request, const bench_job *job,
                                  bench_result *result) SEP_MUST_CHECK;

/* ---- speed ------------------------------------------------------------------------------------------------------- */

typedef struct bench_speed {
    bench_volume_source fixed, moving; /* of one phantom: two patients */
    bool affine, bspline;
    sep_registration_options options; /* of the deformation */
    double seconds;                   /* for a row; what takes longer is timed once */
} bench_speed;

/* Rows for each table and thread count of the job, each of these from a process of its own, whose peak memory is then
 * the registration's:
 * - prepare: both volumes checked, and their pyramids
 * - register: a pair from volumes in memory, all that `septum register` does between reading and writing
 * - search: the same with volumes that are prepared
 * - jacobian: the part of a deformation's report that looks at every voxel
 * - warp: the moving volume on the fixed grid, by the transform found
 * - look-up: 1000 points in 140 volumes (the anchors of a training step, the scans of ACDC's training set)
 * `check` is "failed" from a registration that says so on. */
sep_status bench_speed_run(const bench_speed *speed, const bench_job *job, bench_result *result) SEP_MUST_CHECK;

/* ---- recovery of known transforms -------------------------------------------------------------------------------- */

#define BENCH_RECOVERED 0.3 /* voxels that the mean error of a trial stays below */

typedef struct bench_recovery {
    bench_volume_source source;
    bool affine, bspline;
    sep_registration_options options; /* of the deformation */
    int trials;
    double noise;   /* standard deviation of what is added to both volumes, as a share of the range of values */
    double largest; /* size of perturbations to try, 0 for all */
} bench_recovery;

/* All trials of one kind and size. Errors are means over the body, in voxels. */
typedef struct bench_recovery_row {
    char body[BENCH_WORD];
    bench_perturbation perturbation;
    int trials, recovered, failed; /* failed: the registration said so itself */
    double mean;                   /* of the trials that were recovered; 0 where none was */
    double median, worst;          /* of all */
    double seconds;                /* median for a trial's registration, on one thread */
} bench_recovery_row;

typedef struct bench_recovery_result {
    bench_machine machine;
    int rows;
    bench_recovery_row *row;
} bench_recovery_result;

/* Trials run side by side, each on one thread: the job's one table and its one number of threads. */
sep_status bench_recovery_run(const bench_recovery *recovery, const bench_job *job,
                              bench_recovery_result *result) SEP_MUST_CHECK;
/* The same of each phantom or image named, or without names of the smaller phantoms. */
sep_status bench_recovery_run_all(const bench_registration_request *request, const bench_job *job,
                                  bench_recovery_result *result) SEP_MUST_CHECK;
void bench_recovery_free(bench_recovery_result *result);
/* The largest size of a kind up to which at least `share` of the trials of every size were recovered; 0: none. */
double bench_capture_range(const bench_recovery_result *result, const char *body, bench_perturbation_kind kind,
                           double share);

void bench_recovery_print_table(FILE *file, const bench_recovery_result *result);
void bench_recovery_print_csv(FILE *file, const bench_recovery_result *result);
sep_status bench_recovery_print_json(FILE *file, const bench_recovery_result *result) SEP_MUST_CHECK;

#endif
