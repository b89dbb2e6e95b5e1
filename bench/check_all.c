/* bench --check: every table and thread count, or an OpenCL device, against plain C, on whole numbers and on random
 * ones. */
#include "bench/case.h"
#include "bench/check.h"
#include "bench/job.h"

#include <inttypes.h>
#include <stdio.h>

static const char *const numbers_names[] = {[BENCH_RANDOM] = "random", [BENCH_WHOLE] = "whole"};

typedef struct tally {
    int checks, failures;
} tally;

/* One line on what differs and one with the command that shows it again. */
static void report(const bench_job *job, const bench_case *c, const char *isa, int threads, bench_numbers numbers,
                   const bench_difference *d)
{
    static const char *const choices[] = {"", " --algorithm direct", " --algorithm winograd"};
    char word[BENCH_WORD];

    bench_problem_word(&c->problem, word);
    printf("differs: %s %s %s, %s, %d threads, %s numbers: %" PRId64 " elements of %s, the first is %" PRId64
           ": %08" PRIx32 ", generic has %08" PRIx32 "\n",
           c->problem.family->name, word, bench_pass_names[c->pass], isa, threads, numbers_names[numbers], d->count,
           d->tensor, d->element, d->got, d->wanted);
    printf("  again: %s %s %s --pass %s%s --check ", job->command, c->problem.family->name, word,
           bench_pass_names[c->pass], choices[job->algorithm]);
    if (job->device)
        printf("--device %s\n", isa);
    else
        printf("--isa %s --threads %d\n", isa, threads);
}

static sep_status check_table(const bench_job *job, bench_case *c, const char *isa, int threads, bench_numbers numbers,
                              const bench_snapshot *wanted, tally *count)
{
    bench_difference difference;
    sep_device *device;

    SEP_TRY(sep_cpu_create(threads, isa, &device));
    sep_status status = bench_check(c, device, numbers, 1, wanted, &difference);
    sep_device_destroy(device);
    SEP_TRY(status);
    count->checks++;
    count->failures += difference.found;
    if (difference.found)
        report(job, c, isa, threads, numbers, &difference);
    return SEP_OK;
}

/* The same of an OpenCL device, on which `c` lives. */
static sep_status check_device(const bench_job *job, bench_case *c, bench_numbers numbers, const bench_snapshot *wanted,
                               tally *count)
{
    bench_difference difference;

    SEP_TRY(bench_check(c, c->home, numbers, 1, wanted, &difference));
    count->checks++;
    count->failures += difference.found;
    if (difference.found)
        report(job, c, job->device, 0, numbers, &difference);
    return SEP_OK;
}

/* `other`: the case on an OpenCL device, checked in place of the tables; or NULL. */
static sep_status check_numbers(const bench_job *job, bench_case *c, bench_case *other, bench_numbers numbers,
                                tally *count)
{
    bench_snapshot wanted;

    sep_status status = bench_snapshot_take(c, c->home, numbers, 1, &wanted);
    if (other && status == SEP_OK)
        status = check_device(job, other, numbers, &wanted, count);
    for (int i = 0; i < job->isas && !other; i++)
        for (int t = 0; status == SEP_OK && t < job->thread_counts; t++)
            status = check_table(job, c, job->isa[i], job->threads[t], numbers, &wanted, count);
    bench_snapshot_free(&wanted);
    return status;
}

/* `device`: an OpenCL device, or NULL. */
static sep_status check_pass(const bench_job *job, const bench_problem *problem, bench_pass pass, sep_device *generic,
                             sep_device *device, tally *count)
{
    bench_case *c, *other = NULL;

    SEP_TRY(bench_case_create(problem, pass, job->algorithm, generic, &c));
    sep_status status = device ? bench_case_create(problem, pass, job->algorithm, device, &other) : SEP_OK;
    if (status == SEP_OK)
        status = check_numbers(job, c, other, BENCH_WHOLE, count);
    if (status == SEP_OK)
        status = check_numbers(job, c, other, BENCH_RANDOM, count);
    bench_case_destroy(other);
    bench_case_destroy(c);
    return status;
}

sep_status bench_check_all(const bench_job *job)
{
    tally count = {0};
    sep_device *generic, *device = NULL;
    bench_machine machine;
    int units;

    SEP_TRY(sep_cpu_create(0, "generic", &generic));
    sep_progress *progress = sep_progress_start("checking", job->items, 0);
    sep_status status = job->device ? bench_device_open(job, &device, &machine, &units) : SEP_OK;
    for (int i = 0; status == SEP_OK && i < job->items; i++) {
        const bench_problem *problem = &job->item[i].problem;
        for (int pass = 0; status == SEP_OK && pass < BENCH_PASSES; pass++)
            if (job->pass[pass] && bench_problem_has_pass(problem, (bench_pass)pass))
                status = check_pass(job, problem, (bench_pass)pass, generic, device, &count);
        sep_progress_update(progress, i + 1, problem->family->name);
    }
    sep_progress_finish(progress);
    sep_device_destroy(device);
    sep_device_destroy(generic);
    SEP_TRY(status);
    if (count.failures > 0)
        return sep_fail(SEP_ERR_NUMERIC, "%d of %d checks differ from generic", count.failures, count.checks);
    printf("%d checks, all with the bits of generic\n", count.checks);
    return SEP_OK;
}
