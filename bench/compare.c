/* What changed between two results, beyond their noise. */
#include "bench/result.h"

#include <math.h>
#include <string.h>

/* Medians closer than this are called equal even where no spread was seen: caches and page placement move that much. */
#define LEAST_CHANGE 0.03

static const bench_row *find_row(const bench_result *result, const bench_row *like)
{
    for (int i = 0; i < result->rows; i++) {
        const bench_row *row = &result->row[i];
        if (strcmp(row->op, like->op) == 0 && strcmp(row->shape, like->shape) == 0 &&
            strcmp(row->pass, like->pass) == 0 && strcmp(row->isa, like->isa) == 0 && row->threads == like->threads)
            return row;
    }
    return NULL;
}

/* -1 faster, 1 slower, 0 within noise: the middle halves of the samples must not touch. */
static int change(const bench_timing *old, const bench_timing *now)
{
    if (fabs(now->median - old->median) < LEAST_CHANGE * old->median)
        return 0;
    return now->high < old->low ? -1 : now->low > old->high ? 1 : 0;
}

static void compare_peaks(FILE *file, const bench_result *old, const bench_result *now)
{
    for (int i = 0; i < now->peaks; i++) {
        const bench_peak *peak = &now->peak[i], *before = bench_result_peak(old, peak->isa, peak->threads);
        if (before && fabs(peak->gflops / before->gflops - 1.0) > LEAST_CHANGE)
            fprintf(file, "the machine itself: peak of %s with %d threads was %.1f GFLOP/s, is %.1f\n", peak->isa,
                    peak->threads, before->gflops, peak->gflops);
    }
}

void bench_print_comparison(FILE *file, const bench_result *old, const bench_result *now)
{
    int faster = 0, slower = 0, same = 0, fresh = 0;

    if (strcmp(old->machine.processor, now->machine.processor) != 0)
        fprintf(file, "the old result is of another processor: %s\n", old->machine.processor);
    if (strcmp(old->machine.device, now->machine.device) != 0)
        fprintf(file, "the old result is of another device: %s\n",
                old->machine.device[0] ? old->machine.device : "the processor");
    compare_peaks(file, old, now);
    for (int i = 0; i < now->rows; i++) {
        const bench_row *row = &now->row[i], *before = find_row(old, row);
        int moved = before ? change(&before->ours, &row->ours) : 0;

        faster += moved < 0;
        slower += moved > 0;
        same += before && moved == 0;
        fresh += !before;
        if (moved != 0)
            fprintf(file, "%s %-17s %-30s %-5s %-7s %3d %10.4f -> %.4f ms, x %.2f\n", moved < 0 ? "faster" : "SLOWER",
                    row->op, row->shape, row->pass, row->isa, row->threads, 1e3 * before->ours.median,
                    1e3 * row->ours.median, before->ours.median / row->ours.median);
    }
    fprintf(file, "%d faster, %d slower, %d within noise, %d not in the old result\n", faster, slower, same, fresh);
}
