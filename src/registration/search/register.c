/* Registration of two volumes: the stages and the report. */
#include "registration/search/register.h"

#include "registration/transform/spline.h"
#include "simd/choose.h"

#include <stdio.h>
#include <string.h>

static const double most_growth = 10.0;
static const uint32_t report_draw = UINT32_MAX; /* samples that no step of the search saw */
enum { REPORT_SAMPLES = 16384 };

/* ---- the report -------------------------------------------------------------------------------------------------- */

static sep_status measure_affine(sep_level *level, const sep_spatial_transform *t, double *cost)
{
    SEP_TRY(sep_level_draw(level, report_draw));
    return sep_level_cost(level, t->matrix, NULL, false, cost);
}

static sep_status measure_spline(sep_level *level, const sep_spatial_transform *t, double *cost)
{
    const size_t nodes = sep_spline_nodes(&t->spline);
    sep_spline grid = t->spline;
    sep_spline_problem problem = {0};
    double *parameter = sep_calloc(3 * nodes, sizeof *parameter);
    sep_status status = parameter != NULL ? SEP_OK : SEP_ERR_MEMORY;

    if (status == SEP_OK)
        status = sep_spline_problem_create(level, t->matrix, &grid, 0.0, &problem);
    if (status == SEP_OK) {
        const sep_objective objective = sep_spline_objective(&problem);

        for (size_t c = 0; c < 3; c++)
            memcpy(parameter + c * nodes, grid.coefficient[c], nodes * sizeof *parameter);
        status = objective.cost(&problem, parameter, report_draw, cost, NULL);
    }
    sep_spline_problem_free(&problem);
    sep_free(parameter);
    return status;
}

/* The metric, larger for more similar, and NMI; too little overlap is a result too. */
static sep_status measure(const sep_registration *r, const sep_spatial_transform *t, double *similarity, double *nmi,
                          double *valid)
{
    sep_level level;
    double cost = 0.0;

    SEP_TRY(sep_registration_level(r, 0, REPORT_SAMPLES, &level));
    if (!sep_spatial_is_affine(r->transform)) /* both ends alike */
        level.evaluator->border = SEP_BORDER_LEFT_OUT;
    sep_status status = sep_spatial_is_affine(t) ? measure_affine(&level, t, &cost) : measure_spline(&level, t, &cost);
    *similarity = -cost;
    *valid = level.valid;
    if (status == SEP_OK || status == SEP_ERR_NUMERIC)
        status = sep_measure_nmi(&level.measure, level.evaluator, &level.samples, nmi);
    sep_level_free(&level);
    return status;
}

static void fail(sep_registration_report *report, const char *reason)
{
    report->failed = true;
    snprintf(report->reason, sizeof report->reason, "%s", reason);
}

static void judge(sep_registration_report *report)
{
    char text[sizeof report->reason];

    if (report->valid < SEP_LEAST_VALID) {
        snprintf(text, sizeof text, "only %.0f %% of the fixed volume lies inside the moving one",
                 100.0 * report->valid);
        fail(report, text);
    } else if (!(report->determinant > 1.0 / most_growth && report->determinant < most_growth)) {
        snprintf(text, sizeof text, "the affine part changes volumes by a factor of %.3g", report->determinant);
        fail(report, text);
    } else if (report->after < report->before) {
        fail(report, "the end is less similar than the start");
    }
}

/* ---- the whole --------------------------------------------------------------------------------------------------- */

/* What came of a stage that ended with a status: its figures, and whether it failed. Where the search gave up the
 * matrix becomes the start's. Other errors than the search's are passed on. */
static sep_status assess(sep_registration *r, sep_status status)
{
    sep_registration_report *report = r->report;
    sep_spatial_transform begun = {0};
    double ignored;

    if (status != SEP_OK && status != SEP_ERR_NUMERIC)
        return status;
    if (status == SEP_ERR_NUMERIC) {
        fail(report, sep_error_text());
        memcpy(r->transform->matrix, r->start, sizeof r->start);
    }
    memcpy(begun.matrix, r->start, sizeof begun.matrix);
    report->determinant = sep_map_determinant(r->transform->matrix);
    SEP_TRY(measure(r, &begun, &report->before, &report->nmi_before, &ignored));
    SEP_TRY(measure(r, r->transform, &report->after, &report->nmi_after, &report->valid));
    if (!report->failed)
        judge(report);
    return SEP_OK;
}

/* A search that fails went too far: it begins again two levels finer, where it sees less far, and so on. */
static sep_status search_affine(sep_registration *r, sep_transform_kind kind)
{
    for (r->levels = r->options.levels; r->levels > 0; r->levels -= 2) {
        r->report->failed = false;
        sep_map_identity(r->start);
        SEP_TRY(assess(r, sep_register_affine(r, kind)));
        if (!r->report->failed)
            break;
    }
    return SEP_OK;
}

static sep_status search(sep_registration *r)
{
    const sep_transform_kind kind = r->options.kind;
    const sep_warp_options how = {.threads = r->options.threads, .simd = r->options.simd};

    SEP_TRY(search_affine(r, kind == SEP_DEFORMABLE ? SEP_AFFINE : kind));
    if (!r->report->failed && kind == SEP_DEFORMABLE)
        SEP_TRY(assess(r, sep_register_spline(r)));
    return sep_spatial_jacobian(r->transform, &r->fixed->level[0], &how, NULL, &r->report->jacobian);
}

static sep_status run(sep_registration *r)
{
    SEP_TRY(sep_registration_settle(&r->fixed->level[0], &r->moving->level[0], &r->options));
    SEP_TRY(sep_simd_choose(r->options.simd, &r->simd));
    if (!r->options.quiet)
        r->progress = sep_progress_start("registering", r->options.levels + SEP_SPLINE_LEVELS, 0);
    return search(r);
}

sep_status sep_register_prepared(const sep_prepared_volume *fixed, const sep_prepared_volume *moving,
                                 const sep_registration_options *options, sep_spatial_transform *transform,
                                 sep_registration_report *report)
{
    sep_registration r = {
        .options = *options, .fixed = fixed, .moving = moving, .transform = transform, .report = report};
    const double start = sep_seconds();
    const int levels = sep_levels_wanted(options);

    memset(report, 0, sizeof *report);
    sep_spatial_identity(transform);
    if (levels > fixed->levels || levels > moving->levels)
        return sep_fail(SEP_ERR_ARGUMENT, "%d levels: the volumes were prepared for fewer", levels);
    sep_status status = run(&r);
    sep_progress_finish(r.progress);
    report->seconds = sep_seconds() - start;
    if (status != SEP_OK)
        sep_spatial_free(transform);
    return status;
}

sep_status sep_register(const sep_volume *fixed, const sep_volume *moving, const sep_registration_options *options,
                        sep_spatial_transform *transform, sep_registration_report *report)
{
    sep_prepared_volume *f = NULL, *m = NULL;
    const double start = sep_seconds();

    memset(report, 0, sizeof *report);
    sep_spatial_identity(transform);
    sep_status status = sep_prepare_volume(fixed, "the fixed volume", options->levels, options->threads, &f);
    if (status == SEP_OK)
        status = sep_prepare_volume(moving, "the moving volume", options->levels, options->threads, &m);
    if (status == SEP_OK)
        status = sep_register_prepared(f, m, options, transform, report);
    sep_prepared_free(f);
    sep_prepared_free(m);
    report->seconds = sep_seconds() - start;
    return status;
}
