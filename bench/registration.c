/* septum-bench registration and septum-bench recovery: from the words of the command line to what is measured. */
#include "bench/registration.h"

#include "cli/compute.h"

#include <string.h>

static sep_status check(const bench_registration_choices *choices, const bench_job *job)
{
    if (job->device)
        return sep_usage_error("--device: registration is measured on the processor");
    if (!choices->affine && !choices->bspline)
        return sep_usage_error("--pass: a registration has 'affine' or 'bspline'");
    return SEP_OK;
}

/* The phantom `ct` has a size of its own, and its registration takes long. */
static int default_phantoms(bool recovery, int size)
{
    return recovery || size > 0 ? BENCH_PHANTOMS - 1 : BENCH_PHANTOMS;
}

static sep_status add_pair(const bench_registration_choices *choices, const char *fixed, const char *moving,
                           const bench_job *job, bench_result *result)
{
    const bench_speed speed = {
        .fixed = {.name = fixed, .size = choices->size},
        .moving = {.name = moving, .size = choices->size},
        .affine = choices->affine,
        .bspline = choices->bspline,
        .seconds = choices->seconds,
    };

    return bench_speed_run(&speed, job, result);
}

sep_status bench_registration_run(const bench_registration_choices *choices, int count, char **operand,
                                  const bench_job *job, bench_result *result)
{
    SEP_TRY(check(choices, job));
    if (count == 1 && !bench_is_phantom(operand[0]))
        return sep_usage_error("registration: '%s' is no phantom (cardiac, abdomen, ct); images come in twos, FIXED "
                               "and MOVING",
                               operand[0]);
    if (count > 0)
        return add_pair(choices, operand[0], operand[count - 1], job, result);
    for (int i = 0; i < default_phantoms(false, choices->size); i++)
        SEP_TRY(add_pair(choices, bench_phantom_names[i], bench_phantom_names[i], job, result));
    return SEP_OK;
}

static sep_status add_volume(const bench_registration_choices *choices, const char *name, const bench_job *job,
                             bench_recovery_result *result)
{
    const bench_recovery recovery = {
        .source = {.name = name, .size = choices->size},
        .affine = choices->affine,
        .bspline = choices->bspline,
        .trials = choices->trials,
        .noise = choices->noise / 100.0,
        .largest = choices->largest,
    };

    return bench_recovery_run(&recovery, job, result);
}

sep_status bench_recovery_run_all(const bench_registration_choices *choices, int count, char **operand,
                                  const bench_job *job, bench_recovery_result *result)
{
    SEP_TRY(check(choices, job));
    if (job->isas > 1 || job->thread_counts > 1)
        return sep_usage_error("recovery: what is found is the same on every table and for any number of threads; give "
                               "one of each");
    for (int i = 0; i < count; i++)
        SEP_TRY(add_volume(choices, operand[i], job, result));
    for (int i = 0; count == 0 && i < default_phantoms(true, choices->size); i++)
        SEP_TRY(add_volume(choices, bench_phantom_names[i], job, result));
    return SEP_OK;
}
