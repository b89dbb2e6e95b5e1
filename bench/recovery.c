/* Recovery of known transforms: a volume is resampled by a random one and registered with itself; noise of its own in
 * each of the two makes them different. */
#include "bench/registration.h"
#include "cli/options.h"

#include <omp.h>
#include <string.h>

enum { SIZES = 6, SEED = 2 };

static const double sizes[BENCH_PERTURBATIONS][SIZES] = {
    [BENCH_TRANSLATION] = {2, 5, 10, 20, 30, 40}, [BENCH_ROTATION] = {5, 10, 20, 30, 45, 60},
    [BENCH_SCALE] = {5, 10, 20, 30, 40, 50},      [BENCH_TOGETHER] = {2, 5, 10, 15, 20, 30},
    [BENCH_BSPLINE] = {0.5, 1, 2, 3, 4, 6},
};

/* ---- one trial --------------------------------------------------------------------------------------------------- */

typedef struct trial {
    double error, seconds; /* the error in voxels */
    bool failed;
} trial;

/* A normal number a voxel, of the standard deviation. */
static void add_noise(sep_volume *volume, const char *stream, int number, float deviation)
{
    const sep_random random = {.seed = SEED, .stream = sep_stream(stream), .iteration = (uint32_t)number};
    const size_t count = (size_t)volume->depth * (size_t)volume->height * (size_t)volume->width;

    for (size_t i = 0; i < count; i++)
        volume->data[i] += deviation * sep_random_normal(&random, i);
}

static sep_status copy_volume(const sep_volume *from, sep_volume *to)
{
    SEP_TRY(sep_volume_create(to, from->depth, from->height, from->width));
    sep_volume_take_geometry(to, from);
    memcpy(to->data, from->data, (size_t)from->depth * (size_t)from->height * (size_t)from->width * sizeof *from->data);
    return SEP_OK;
}

/* `clean` is the fixed volume before noise came to it, which says where the body is. */
static sep_status find_again(const sep_volume *fixed, const sep_volume *moving, const sep_volume *clean,
                             const sep_spatial_transform *known, const sep_registration_options *options, trial *t)
{
    sep_registration_report report;
    sep_spatial_transform found;

    SEP_TRY(sep_register(fixed, moving, options, &found, &report));
    t->error = bench_mean_distance(clean, known, &found);
    t->seconds = report.seconds;
    t->failed = report.failed;
    sep_spatial_free(&found);
    return SEP_OK;
}

static sep_status try_noisy(const sep_volume *volume, const sep_volume *clean, const sep_spatial_transform *known,
                            const sep_registration_options *options, int number, float deviation, trial *t)
{
    sep_volume fixed = {0}, moving = {0};
    sep_status status = copy_volume(clean, &fixed);

    if (status == SEP_OK)
        status = copy_volume(volume, &moving);
    if (status == SEP_OK) {
        add_noise(&fixed, "fixed noise", number, deviation);
        add_noise(&moving, "moving noise", number, deviation);
        status = find_again(&fixed, &moving, clean, known, options, t);
    }
    sep_volume_free(&fixed);
    sep_volume_free(&moving);
    return status;
}

static sep_registration_options options_of(const bench_recovery *recovery, const char *isa,
                                           bench_perturbation_kind kind)
{
    sep_registration_options options = recovery->options;

    options.kind = kind == BENCH_BSPLINE ? SEP_DEFORMABLE : SEP_AFFINE;
    options.threads = 1;
    options.simd = isa;
    options.quiet = true;
    return options;
}

static sep_status try_one(const bench_recovery *recovery, const char *isa, const sep_volume *volume,
                          const bench_perturbation *perturbation, int number, trial *t)
{
    const sep_registration_options options = options_of(recovery, isa, perturbation->kind);
    sep_warp_options how = {.cubic = true, .threads = 1, .simd = isa};
    sep_spatial_transform known;
    sep_volume clean;
    float high;

    sep_volume_range(volume, &how.outside, &high);
    const float deviation = (float)recovery->noise * (high - how.outside);
    SEP_TRY(bench_perturb(perturbation, volume, number, &known));
    sep_status status = sep_warp_volume(volume, &known, volume, &how, &clean);
    if (status == SEP_OK) {
        status = try_noisy(volume, &clean, &known, &options, number, deviation, t);
        sep_volume_free(&clean);
    }
    sep_spatial_free(&known);
    return status;
}

/* ---- all trials of a size ---------------------------------------------------------------------------------------- */

static double median_of(double *sorted, int count)
{
    return 0.5 * (sorted[(count - 1) / 2] + sorted[count / 2]);
}

static void summarise(const trial *trials, double *sorted, bench_recovery_row *row)
{
    for (int i = 0; i < row->trials; i++) {
        const bool recovered = !trials[i].failed && trials[i].error < BENCH_RECOVERED;
        row->recovered += recovered;
        row->failed += trials[i].failed;
        row->mean += recovered ? trials[i].error : 0.0;
        sorted[i] = trials[i].error;
    }
    row->mean /= row->recovered > 0 ? row->recovered : 1;
    sep_sort_doubles(sorted, (size_t)row->trials);
    row->median = median_of(sorted, row->trials);
    row->worst = sorted[row->trials - 1];
    for (int i = 0; i < row->trials; i++)
        sorted[i] = trials[i].seconds;
    sep_sort_doubles(sorted, (size_t)row->trials);
    row->seconds = median_of(sorted, row->trials);
}

typedef struct work {
    const bench_recovery *recovery;
    const bench_job *job;
    const sep_volume *volume;
    trial *trials;
    double *sorted;
    sep_progress *progress;
    int done;
} work;

/* A thread's error text is its own: the first one is handed to the caller's. */
static sep_status try_all(work *w, const bench_perturbation *perturbation)
{
    char text[512] = "";
    sep_status first = SEP_OK;

#pragma omp parallel for num_threads(w->job->threads[0]) schedule(dynamic)
    for (int i = 0; i < w->recovery->trials; i++) {
        const sep_status status = try_one(w->recovery, w->job->isa[0], w->volume, perturbation, i, &w->trials[i]);
#pragma omp critical(bench_recovery)
        {
            if (status != SEP_OK && first == SEP_OK) {
                snprintf(text, sizeof text, "%s", sep_error_text());
                first = status;
            }
            sep_progress_update(w->progress, ++w->done, bench_perturbation_names[perturbation->kind]);
        }
    }
    return first == SEP_OK ? SEP_OK : sep_fail(first, "%s", text);
}

static sep_status measure(work *w, const bench_perturbation *perturbation, bench_recovery_result *result)
{
    bench_recovery_row *row = &result->row[result->rows];

    SEP_TRY(try_all(w, perturbation));
    *row = (bench_recovery_row){.perturbation = *perturbation, .trials = w->recovery->trials};
    bench_volume_word(&w->recovery->source, w->volume, row->body);
    summarise(w->trials, w->sorted, row);
    result->rows++;
    return SEP_OK;
}

/* ---- everything -------------------------------------------------------------------------------------------------- */

static bool is_wanted(const bench_recovery *recovery, bench_perturbation_kind kind, double size)
{
    return (kind == BENCH_BSPLINE ? recovery->bspline : recovery->affine) &&
           (recovery->largest == 0.0 || size <= recovery->largest);
}

static sep_status measure_sizes(work *w, bench_recovery_result *result)
{
    for (int kind = 0; kind < BENCH_PERTURBATIONS; kind++)
        for (int i = 0; i < SIZES; i++) {
            const bench_perturbation p = {.kind = (bench_perturbation_kind)kind, .size = sizes[kind][i]};
            if (is_wanted(w->recovery, p.kind, p.size))
                SEP_TRY(measure(w, &p, result));
        }
    return SEP_OK;
}

static int count_sizes(const bench_recovery *recovery)
{
    int count = 0;

    for (int kind = 0; kind < BENCH_PERTURBATIONS; kind++)
        for (int i = 0; i < SIZES; i++)
            count += is_wanted(recovery, (bench_perturbation_kind)kind, sizes[kind][i]);
    return count;
}

/* Adds the rows of one volume to those that are there. */
static sep_status grow(bench_recovery_result *result, int more)
{
    bench_recovery_row *rows = sep_calloc((size_t)(result->rows + more), sizeof *rows);

    if (rows == NULL)
        return SEP_ERR_MEMORY;
    if (result->rows > 0)
        memcpy(rows, result->row, (size_t)result->rows * sizeof *rows);
    sep_free(result->row);
    result->row = rows;
    return SEP_OK;
}

sep_status bench_recovery_run(const bench_recovery *recovery, const bench_job *job, bench_recovery_result *result)
{
    work w = {.recovery = recovery, .job = job};
    sep_volume volume;
    const int count = count_sizes(recovery);

    if (count == 0)
        return sep_usage_error("--up-to %g: all perturbations are larger", recovery->largest);
    SEP_TRY(grow(result, count));
    SEP_TRY(bench_volume_load(&recovery->source, 0, &volume));
    bench_machine_read(&result->machine);
    w.volume = &volume;
    w.trials = sep_calloc((size_t)recovery->trials, sizeof *w.trials);
    w.sorted = sep_calloc((size_t)recovery->trials, sizeof *w.sorted);
    w.progress = sep_progress_start(sep_file_name(recovery->source.name), (int64_t)count * recovery->trials, 0);
    sep_status status = w.trials && w.sorted ? measure_sizes(&w, result) : SEP_ERR_MEMORY;
    sep_progress_finish(w.progress);
    sep_free(w.trials);
    sep_free(w.sorted);
    sep_volume_free(&volume);
    return status;
}
