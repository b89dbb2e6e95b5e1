/* septum-bench registration and septum-bench recovery: from the words of the command line to what is measured. */
#include "bench/registration.h"

#include <string.h>

static int64_t trials = 20, spline_samples = 0;
static double noise = 2.0, largest = 0.0, grid = 0.0, bending = 0.0;

const sep_option bench_registration_rows[] = {
    {"trials", 0, "N", "of recovery: random transforms of each kind and size", .integer = &trials, .low = 1,
     .high = 100000},
    {"noise", 0, "PERCENT", "of recovery: standard deviation of what is added to voxels, of their range",
     .real = &noise, .low = 0, .high = 100},
    {"up-to", 0, "SIZE", "of recovery: leave larger perturbations out (0: none)", .real = &largest, .low = 0,
     .high = 1000},
    {"bspline-samples", 0, "N", "of a deformation: voxels that the metric looks at (0: as septum register)",
     .integer = &spline_samples, .low = 0, .high = 1 << 24},
    {"grid", 0, "MM", "of a deformation: between control points (0: as septum register)", .real = &grid, .low = 0,
     .high = 1e6},
    {"bending", 0, "WEIGHT", "of a deformation: of its bending energy (0: as septum register)", .real = &bending,
     .low = 0, .high = 1e6},
    {0},
};

static sep_registration_options deformation(void)
{
    return (sep_registration_options){.spline_samples = (int)spline_samples, .grid = grid, .bending = bending};
}

static bool has_pass(const bench_registration_request *request, const char *pass)
{
    return strcmp(request->passes, "all") == 0 || strcmp(request->passes, pass) == 0;
}

static sep_status check(const bench_registration_request *request, const bench_job *job)
{
    if (job->device)
        return sep_usage_error("--device: registration is measured on the processor");
    if (!has_pass(request, "affine") && !has_pass(request, "bspline"))
        return sep_usage_error("--pass: a registration has 'affine' or 'bspline', not '%s'", request->passes);
    if (request->size != 0 && (request->size < 16 || request->size > 1024))
        return sep_usage_error("--size: slices of a phantom have 16 to 1024 rows");
    return SEP_OK;
}

/* ---- speed ------------------------------------------------------------------------------------------------------- */

static sep_status add_pair(const bench_registration_request *request, const char *fixed, const char *moving,
                           const bench_job *job, bench_result *result)
{
    const bench_speed speed = {
        .fixed = {.name = fixed, .size = request->size},
        .moving = {.name = moving, .size = request->size},
        .affine = has_pass(request, "affine"),
        .bspline = has_pass(request, "bspline"),
        .options = deformation(),
        .seconds = request->seconds,
    };

    return bench_speed_run(&speed, job, result);
}

/* The phantom `ct` has a size of its own. */
sep_status bench_registration_run(const bench_registration_request *request, const bench_job *job, bench_result *result)
{
    const int count = request->count;
    char **name = request->name;

    SEP_TRY(check(request, job));
    if (count > 2 || (count == 1 && !bench_is_phantom(name[0])))
        return sep_usage_error("registration: give a phantom (cardiac, abdomen, ct), or two images, FIXED and MOVING");
    if (count > 0)
        return add_pair(request, name[0], name[count - 1], job, result);
    for (int i = 0; i < BENCH_PHANTOMS; i++)
        if (request->size == 0 || strcmp(bench_phantom_names[i], "ct") != 0)
            SEP_TRY(add_pair(request, bench_phantom_names[i], bench_phantom_names[i], job, result));
    return SEP_OK;
}

/* ---- recovery ---------------------------------------------------------------------------------------------------- */

static sep_status add_volume(const bench_registration_request *request, const char *name, const bench_job *job,
                             bench_recovery_result *result)
{
    const bench_recovery recovery = {
        .source = {.name = name, .size = request->size},
        .affine = has_pass(request, "affine"),
        .bspline = has_pass(request, "bspline"),
        .options = deformation(),
        .trials = (int)trials,
        .noise = noise / 100.0,
        .largest = largest,
    };

    return bench_recovery_run(&recovery, job, result);
}

/* Hundreds of trials of `ct` would take hours. */
sep_status bench_recovery_run_all(const bench_registration_request *request, const bench_job *job,
                                  bench_recovery_result *result)
{
    SEP_TRY(check(request, job));
    if (job->isas > 1 || job->thread_counts > 1)
        return sep_usage_error("recovery: every table and number of threads finds the same; give one of each");
    for (int i = 0; i < request->count; i++)
        SEP_TRY(add_volume(request, request->name[i], job, result));
    for (int i = 0; request->count == 0 && i < BENCH_PHANTOMS; i++)
        if (strcmp(bench_phantom_names[i], "ct") != 0)
            SEP_TRY(add_volume(request, bench_phantom_names[i], job, result));
    return SEP_OK;
}
