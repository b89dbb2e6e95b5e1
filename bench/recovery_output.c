/* What recovery found, as a table for people, as CSV and as JSON. */
#include "bench/registration.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double shares[] = {1.0, 0.95};
enum { SHARES = sizeof shares / sizeof shares[0] };

void bench_recovery_free(bench_recovery_result *result)
{
    sep_free(result->row);
    *result = (bench_recovery_result){0};
}

static bool is_of(const bench_recovery_row *row, const char *body, bench_perturbation_kind kind)
{
    return row->perturbation.kind == kind && strcmp(row->body, body) == 0;
}

/* Sizes rise from row to row. */
double bench_capture_range(const bench_recovery_result *result, const char *body, bench_perturbation_kind kind,
                           double share)
{
    double range = 0.0;

    for (int i = 0; i < result->rows; i++) {
        const bench_recovery_row *row = &result->row[i];
        if (!is_of(row, body, kind))
            continue;
        if (row->recovered < share * row->trials)
            break;
        range = row->perturbation.size;
    }
    return range;
}

/* Whether a row is the first of its body and kind: there the range is said. */
static bool is_first(const bench_recovery_result *result, int i)
{
    const bench_recovery_row *row = &result->row[i];

    return i == 0 || !is_of(&result->row[i - 1], row->body, row->perturbation.kind);
}

/* ---- the table --------------------------------------------------------------------------------------------------- */

static void print_row(FILE *file, const bench_recovery_row *r)
{
    char size[48], mean[16] = "-";

    snprintf(size, sizeof size, "%g %s", r->perturbation.size, bench_perturbation_units[r->perturbation.kind]);
    if (r->recovered > 0)
        snprintf(mean, sizeof mean, "%.3f", r->mean);
    fprintf(file, "%-29s %-11s %-21s %6d %8.0f%% %6d %8s %8.3f %8.3f %8.2f\n", r->body,
            bench_perturbation_names[r->perturbation.kind], size, r->trials, 100.0 * r->recovered / r->trials,
            r->failed, mean, r->median, r->worst, r->seconds);
}

static void print_ranges(FILE *file, const bench_recovery_result *result, const bench_recovery_row *row)
{
    const bench_perturbation_kind kind = row->perturbation.kind;

    fprintf(file, "capture range of %s, %s:", row->body, bench_perturbation_names[kind]);
    for (int s = 0; s < SHARES; s++) {
        const double range = bench_capture_range(result, row->body, kind, shares[s]);
        fprintf(file, "%s %.0f %% of the trials ", s > 0 ? "," : "", 100.0 * shares[s]);
        if (range > 0.0)
            fprintf(file, "up to %g %s", range, bench_perturbation_units[kind]);
        else
            fputs("at no size tried", file);
    }
    fputc('\n', file);
}

void bench_recovery_print_table(FILE *file, const bench_recovery_result *result)
{
    const bench_result machine = {.machine = result->machine};

    bench_print_machine(file, &machine);
    fprintf(file, "%-29s %-11s %-21s %6s %9s %6s %8s %8s %8s %8s\n", "body", "kind", "size", "trials", "recovered",
            "failed", "mean", "median", "worst", "seconds");
    for (int i = 0; i < result->rows; i++)
        print_row(file, &result->row[i]);
    for (int i = 0; i < result->rows; i++)
        if (is_first(result, i))
            print_ranges(file, result, &result->row[i]);
}

/* ---- for programs ------------------------------------------------------------------------------------------------ */

void bench_recovery_print_csv(FILE *file, const bench_recovery_result *result)
{
    fputs("body,kind,size,unit,trials,recovered,failed,mean_error,median_error,worst_error,seconds\n", file);
    for (int i = 0; i < result->rows; i++) {
        const bench_recovery_row *r = &result->row[i];
        fprintf(file, "%s,%s,%g,\"%s\",%d,%d,%d,%.6g,%.6g,%.6g,%.6g\n", r->body,
                bench_perturbation_names[r->perturbation.kind], r->perturbation.size,
                bench_perturbation_units[r->perturbation.kind], r->trials, r->recovered, r->failed, r->mean, r->median,
                r->worst, r->seconds);
    }
}

/* null where nothing of the body is left to be measured. */
static json_t *error_to_json(double error)
{
    return isfinite(error) ? json_real(error) : json_null();
}

static json_t *row_to_json(const bench_recovery_row *r)
{
    json_t *mean = r->recovered > 0 ? json_real(r->mean) : json_null();

    return json_pack("{s:s, s:s, s:f, s:s, s:i, s:i, s:i, s:o, s:o, s:o, s:f}", "body", r->body, "kind",
                     bench_perturbation_names[r->perturbation.kind], "size", r->perturbation.size, "unit",
                     bench_perturbation_units[r->perturbation.kind], "trials", r->trials, "recovered", r->recovered,
                     "failed", r->failed, "mean_error", mean, "median_error", error_to_json(r->median), "worst_error",
                     error_to_json(r->worst), "seconds", r->seconds);
}

static json_t *ranges_to_json(const bench_recovery_result *result, const bench_recovery_row *row)
{
    const bench_perturbation_kind kind = row->perturbation.kind;
    json_t *ranges = json_array();

    for (int s = 0; s < SHARES; s++)
        json_array_append_new(ranges, json_pack("{s:f, s:f}", "share", shares[s], "size",
                                                bench_capture_range(result, row->body, kind, shares[s])));
    return json_pack("{s:s, s:s, s:s, s:o}", "body", row->body, "kind", bench_perturbation_names[kind], "unit",
                     bench_perturbation_units[kind], "ranges", ranges);
}

/* The machine in the form that other results have. */
static json_t *to_json(const bench_recovery_result *result)
{
    const bench_result machine = {.machine = result->machine};
    json_t *root = bench_result_to_json(&machine), *rows = json_array(), *ranges = json_array();

    for (int i = 0; i < result->rows; i++) {
        json_array_append_new(rows, row_to_json(&result->row[i]));
        if (is_first(result, i))
            json_array_append_new(ranges, ranges_to_json(result, &result->row[i]));
    }
    json_object_del(root, "rows");
    json_object_del(root, "peaks");
    json_object_set_new(root, "recovery", rows);
    json_object_set_new(root, "capture_ranges", ranges);
    return root;
}

sep_status bench_recovery_print_json(FILE *file, const bench_recovery_result *result)
{
    return bench_write_json(file, BENCH_JSON_SHOWN, to_json(result));
}
