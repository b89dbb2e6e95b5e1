/* Results as a table for people and as CSV. */
#include "bench/result.h"

#include <math.h>
#include <string.h>

/* ---- the machine --------------------------------------------------------------------------------------------------
 */

static void print_peak(FILE *file, const bench_peak *peak)
{
    fprintf(file, "peak %s, %d thread%s: %.1f GFLOP/s; GB/s by size:", peak->isa, peak->threads,
            peak->threads == 1 ? "" : "s", peak->gflops);
    for (int i = 0; i < BENCH_SIZES; i++) {
        double kib = peak->bytes[i] / 1e3;
        fprintf(file, " %.0f%s %.1f", kib < 1e3 ? kib : kib / 1e3, kib < 1e3 ? "K" : "M", peak->gbytes[i]);
    }
    if (peak->gflops_end > 0.0)
        fprintf(file, "; at the end %.1f GFLOP/s", peak->gflops_end);
    fputc('\n', file);
}

void bench_print_machine(FILE *file, const bench_result *result)
{
    const bench_machine *m = &result->machine;

    fprintf(file, "%s, %d processor%s, %s; septum %s, %s; peer: %s\n", m->processor, m->processors,
            m->processors == 1 ? "" : "s", m->system, m->version, m->compiler, m->peer[0] ? m->peer : "none");
    if (m->device[0])
        fprintf(file, "device %s\n", m->device);
    for (int i = 0; i < result->peaks; i++)
        print_peak(file, &result->peak[i]);
}

/* ---- the table ----------------------------------------------------------------------------------------------------
 */

/* A number, or a dash where there is none. */
static void print_known(FILE *file, const char *format, int width, double value)
{
    char text[32] = "-";

    if (value > 0.0)
        snprintf(text, sizeof text, format, value); /* NOLINT: formats are literals below */
    fprintf(file, " %*s", width, text);
}

static void print_rate(FILE *file, const bench_row *row)
{
    bool arithmetic = row->gflops > 0.0;

    if (row->points > 0.0)
        print_known(file, "%.1f M/s", 12, 1e-6 * row->points);
    else
        print_known(file, arithmetic ? "%.1f GF/s" : "%.1f GB/s", 12, arithmetic ? row->gflops : row->gbytes);
}

static void print_row(FILE *file, const bench_row *row)
{
    double spread = 100.0 * (row->ours.high - row->ours.low) / row->ours.median;

    fprintf(file, "%-17s %-30s %-7s %-7s %3d %10.4f %4.0f%%", row->op, row->shape, row->pass, row->isa, row->threads,
            1e3 * row->ours.median, spread);
    print_rate(file, row);
    print_known(file, "%.0f%%", 6, row->percent);
    fprintf(file, " %-6s", row->limit[0] ? row->limit : "-");
    print_known(file, "%.2f", 7, bench_row_ratio(row));
    print_known(file, "%.3f", 7, bench_row_cpu_ratio(row));
    fprintf(file, "  %c   %s", row->algorithm[0] ? row->algorithm[0] : '-', row->check[0] ? row->check : "-");
    if (row->occurs[0])
        fprintf(file, "  %s", row->occurs);
    if (row->images > 0.0)
        fprintf(file, "  %.2f images/s", row->images);
    if (row->planned_mib > 0.0)
        fprintf(file, ", planned %.0f MiB,", row->planned_mib);
    if (row->peak_mib > 0.0)
        fprintf(file, "  process %.0f MiB", row->peak_mib);
    fputc('\n', file);
}

void bench_print_table(FILE *file, const bench_result *result)
{
    fprintf(file, "%-17s %-30s %-7s %-7s %3s %10s %5s %12s %6s %-6s %7s %7s  %s %s\n", "operation", "shape", "pass",
            "isa", "thr", "median ms", "iqr", "rate", "peak", "limit", "x peer", "x cpu", "alg", "check");
    for (int i = 0; i < result->rows; i++)
        print_row(file, &result->row[i]);
}

/* ---- CSV ----------------------------------------------------------------------------------------------------------
 */

void bench_print_csv(FILE *file, const bench_result *result)
{
    fputs("op,shape,pass,isa,threads,median_ms,iqr_ms,fastest_ms,gflops,gbytes,percent_of_peak,limit,peer_ratio,"
          "algorithm,check,occurs,cpu_ratio\n",
          file);
    for (int i = 0; i < result->rows; i++) {
        const bench_row *row = &result->row[i];
        fprintf(file, "%s,%s,%s,%s,%d,%.6g,%.6g,%.6g,%.6g,%.6g,%.6g,%s,%.6g,%s,%s,\"%s\",%.6g\n", row->op, row->shape,
                row->pass, row->isa, row->threads, 1e3 * row->ours.median, 1e3 * (row->ours.high - row->ours.low),
                1e3 * row->ours.fastest, row->gflops, row->gbytes, row->percent, row->limit, bench_row_ratio(row),
                row->algorithm, row->check, row->occurs, bench_row_cpu_ratio(row));
    }
}

/* ---- profiles -----------------------------------------------------------------------------------------------------
 */

enum { DEAREST = 20 };

static void print_groups(FILE *file, const char *title, const json_t *list, double total)
{
    const json_t *group;
    size_t i;

    fprintf(file, "%-60s %5s %10s %7s %10s %9s\n", title, "calls", "ms", "share", "least ms", "GFLOP/s");
    json_array_foreach(list, i, group)
    {
        double ms = json_number_value(json_object_get(group, "ms"));
        if (i >= DEAREST)
            break;
        fprintf(file, "%-60s %5d %10.3f %6.1f%%", json_string_value(json_object_get(group, "name")),
                (int)json_integer_value(json_object_get(group, "calls")), ms, 100.0 * ms / total);
        print_known(file, "%.3f", 10, json_number_value(json_object_get(group, "least_ms")));
        print_known(file, "%.1f", 9, json_number_value(json_object_get(group, "gflops")));
        fputc('\n', file);
    }
    fputc('\n', file);
}

static void print_profile(FILE *file, const bench_row *row)
{
    const json_t *profile = row->profile;
    double total = json_number_value(json_object_get(profile, "ms"));
    double least = json_number_value(json_object_get(profile, "least_ms"));

    fprintf(file,
            "\n%s %s %s, %d threads: %d calls, %.3f ms one by one (the fastest of %d times); in the time of %d of them "
            "is that of a second operation, named behind '+'",
            row->shape, row->pass, row->isa, row->threads, (int)json_integer_value(json_object_get(profile, "calls")),
            total, (int)json_integer_value(json_object_get(profile, "steps")),
            (int)json_integer_value(json_object_get(profile, "followers")));
    if (least > 0.0)
        fprintf(file, "; the machine's peaks allow %.3f ms", least);
    fputs("\n\n", file);
    print_groups(file, "operation", json_object_get(profile, "operations"), total);
    print_groups(file, "part", json_object_get(profile, "parts"), total);
    print_groups(file, "shape and pass", json_object_get(profile, "shapes"), total);
}

void bench_print_profiles(FILE *file, const bench_result *result)
{
    for (int i = 0; i < result->rows; i++)
        if (result->row[i].profile)
            print_profile(file, &result->row[i]);
}
