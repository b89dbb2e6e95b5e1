/* The speed of registration: a pair from end to end and by its parts, and what uses a transform. */
#include "bench/registration.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { ANCHORS = 1000, SCANS = 140 };

/* A pair at work, on one table and number of threads. */
typedef struct pair {
    const bench_speed *speed;
    const bench_job *job;
    const char *isa;
    int threads;
    bench_result *result;
    char word[BENCH_WORD];
    sep_volume fixed, moving;
    sep_prepared_volume *ready_fixed, *ready_moving;
    sep_registration_options options;
    sep_warp_options how;
    sep_spatial_transform found;
    bool failed; /* the registration said that it did: its time counts, what follows has its start */
    sep_correspondence *correspondence;
    float *at[3];
    int32_t *voxel;
    sep_progress *progress;
} pair;

/* ---- what is timed ----------------------------------------------------------------------------------------------- */

static void forget_prepared(pair *p)
{
    sep_prepared_free(p->ready_fixed);
    sep_prepared_free(p->ready_moving);
    p->ready_fixed = p->ready_moving = NULL;
}

static sep_status run_prepare(void *context)
{
    pair *p = context;

    forget_prepared(p);
    SEP_TRY(sep_prepare_volume(&p->fixed, "the fixed volume", 0, p->threads, &p->ready_fixed));
    return sep_prepare_volume(&p->moving, "the moving volume", 0, p->threads, &p->ready_moving);
}

static sep_status run_register(void *context)
{
    pair *p = context;
    sep_registration_report report;

    sep_spatial_free(&p->found);
    SEP_TRY(sep_register(&p->fixed, &p->moving, &p->options, &p->found, &report));
    p->failed = report.failed;
    return SEP_OK;
}

static sep_status run_search(void *context)
{
    pair *p = context;
    sep_registration_report report;

    sep_spatial_free(&p->found);
    SEP_TRY(sep_register_prepared(p->ready_fixed, p->ready_moving, &p->options, &p->found, &report));
    p->failed = report.failed;
    return SEP_OK;
}

static sep_status run_jacobian(void *context)
{
    pair *p = context;
    sep_jacobian summary;

    return sep_spatial_jacobian(&p->found, &p->fixed, &p->how, NULL, &summary);
}

static sep_status run_warp(void *context)
{
    pair *p = context;
    sep_volume out;

    SEP_TRY(sep_warp_volume(&p->moving, &p->found, &p->fixed, &p->how, &out));
    sep_volume_free(&out);
    return SEP_OK;
}

static sep_status run_look_up(void *context)
{
    pair *p = context;
    const float *const at[3] = {p->at[0], p->at[1], p->at[2]};

    sep_correspondence_find(p->correspondence, at, ANCHORS, p->threads, p->voxel);
    return SEP_OK;
}

/* ---- rows -------------------------------------------------------------------------------------------------------- */

/* What takes longer than the time for a row is its own warming up: it is timed once. */
static sep_status time_work(const bench_work *work, double seconds, bench_clock *clock, bench_timing *timing)
{
    bench_timing none;
    const double start = clock();

    SEP_TRY(work->run(work->context));
    double first = clock() - start;
    if (first < seconds)
        return bench_measure(work, NULL, seconds, clock, timing, &none);
    *timing = bench_timing_of(&first, 1);
    return SEP_OK;
}

/* `points`: voxels or points that a run works on, 0 where a rate says nothing. */
static sep_status add_row(pair *p, const char *op, const char *pass, sep_status (*run)(void *), double points)
{
    const bench_work work = {.run = run, .context = p};
    bench_row row = {.threads = p->threads};

    snprintf(row.op, sizeof row.op, "%s", op);
    snprintf(row.pass, sizeof row.pass, "%s", pass);
    snprintf(row.isa, sizeof row.isa, "%s", p->isa);
    snprintf(row.shape, sizeof row.shape, "%s", p->word);
    sep_progress_update(p->progress, p->result->rows, op);
    SEP_TRY(time_work(&work, p->speed->seconds, p->job->clock, &row.ours));
    snprintf(row.check, sizeof row.check, "%s", p->failed ? "failed" : "");
    row.points = points / row.ours.median;
    row.peak_mib = bench_peak_memory();
    return bench_result_add_row(p->result, &row);
}

static double voxels_of(const sep_volume *v)
{
    return (double)v->width * v->height * v->depth;
}

static sep_status time_search(pair *p, sep_transform_kind kind, const char *pass)
{
    p->options.kind = kind;
    SEP_TRY(add_row(p, "register", pass, run_register, 0.0));
    SEP_TRY(run_prepare(p));
    SEP_TRY(add_row(p, "search", pass, run_search, 0.0));
    forget_prepared(p);
    return kind == SEP_DEFORMABLE ? add_row(p, "jacobian", pass, run_jacobian, voxels_of(&p->fixed)) : SEP_OK;
}

static sep_status time_warps(pair *p, const char *pass)
{
    for (int cubic = 0; cubic < 2; cubic++) {
        p->how.cubic = cubic;
        SEP_TRY(add_row(p, cubic ? "warp-cubic" : "warp-linear", pass, run_warp, voxels_of(&p->fixed)));
    }
    return SEP_OK;
}

/* ---- look-up ----------------------------------------------------------------------------------------------------- */

static void draw_anchors(pair *p)
{
    const int size[3] = {p->fixed.width, p->fixed.height, p->fixed.depth};
    const sep_random random = {.stream = sep_stream("anchors")};

    for (int axis = 0; axis < 3; axis++)
        for (int i = 0; i < ANCHORS; i++)
            p->at[axis][i] = (float)sep_random_below(&random, (uint64_t)(3 * i + axis), (uint32_t)size[axis]);
}

/* The one transform found stands for as many. */
static sep_status make_correspondence(pair *p)
{
    const sep_spatial_transform *transform[SCANS];
    const sep_volume *grid[SCANS];

    for (int v = 0; v < SCANS; v++) {
        transform[v] = &p->found;
        grid[v] = &p->moving;
    }
    for (int axis = 0; axis < 3; axis++) {
        p->at[axis] = sep_calloc(ANCHORS, sizeof *p->at[axis]);
        if (p->at[axis] == NULL)
            return SEP_ERR_MEMORY;
    }
    p->voxel = sep_calloc((size_t)ANCHORS * SCANS, sizeof *p->voxel);
    if (p->voxel == NULL)
        return SEP_ERR_MEMORY;
    draw_anchors(p);
    return sep_correspondence_create(&p->fixed, SCANS, transform, grid, p->isa, &p->correspondence);
}

static sep_status time_look_up(pair *p, const char *pass)
{
    SEP_TRY(make_correspondence(p));
    return add_row(p, "look-up", pass, run_look_up, (double)ANCHORS * SCANS);
}

/* ---- a pair ------------------------------------------------------------------------------------------------------ */

static sep_status time_all(pair *p)
{
    const char *last = p->speed->bspline ? "bspline" : "affine";

    SEP_TRY(bench_volume_load(&p->speed->fixed, 0, &p->fixed));
    SEP_TRY(bench_volume_load(&p->speed->moving, 1, &p->moving));
    bench_volume_word(&p->speed->fixed, &p->fixed, p->word);
    SEP_TRY(add_row(p, "prepare", "pair", run_prepare, voxels_of(&p->fixed) + voxels_of(&p->moving)));
    forget_prepared(p);
    if (p->speed->affine)
        SEP_TRY(time_search(p, SEP_AFFINE, "affine"));
    if (p->speed->bspline)
        SEP_TRY(time_search(p, SEP_DEFORMABLE, "bspline"));
    SEP_TRY(time_warps(p, last));
    return time_look_up(p, last);
}

static void close_pair(pair *p)
{
    forget_prepared(p);
    sep_correspondence_destroy(p->correspondence);
    for (int axis = 0; axis < 3; axis++)
        sep_free(p->at[axis]);
    sep_free(p->voxel);
    sep_spatial_free(&p->found);
    sep_volume_free(&p->fixed);
    sep_volume_free(&p->moving);
}

typedef struct setting {
    const bench_speed *speed;
    const bench_job *job;
    const char *isa;
    int threads;
} setting;

static sep_status run_child(const void *context, bench_result *result)
{
    const setting *s = context;
    const int rows = 4 + 2 * s->speed->affine + 3 * s->speed->bspline;
    pair p = {
        .speed = s->speed,
        .job = s->job,
        .isa = s->isa,
        .threads = s->threads,
        .result = result,
        .options = s->speed->options,
        .how = {.threads = s->threads, .simd = s->isa},
        .progress = sep_progress_start(sep_file_name(s->speed->fixed.name), rows, 0),
    };

    p.options.threads = s->threads;
    p.options.simd = s->isa;
    p.options.quiet = true;
    sep_spatial_identity(&p.found);
    sep_status status = time_all(&p);
    sep_progress_finish(p.progress);
    close_pair(&p);
    return status;
}

sep_status bench_speed_run(const bench_speed *speed, const bench_job *job, bench_result *result)
{
    bench_machine_read(&result->machine);
    for (int i = 0; i < job->isas; i++)
        for (int t = 0; t < job->thread_counts; t++) {
            const setting s = {.speed = speed, .job = job, .isa = job->isa[i], .threads = job->threads[t]};
            SEP_TRY(bench_in_child(run_child, &s, result));
        }
    return SEP_OK;
}
