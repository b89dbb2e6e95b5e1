/* A roofline plot (Williams, Waterman, Patterson 2009): speed over arithmetic intensity. */
#include "bench/result.h"
#include "septum/report.h"

#include <math.h>
#include <string.h>

enum { ROOF = 64, LARGEST_SERIES = 48 };

/* What one pair of table and thread count adds to the plot. */
typedef struct roof {
    char name[3][64];
    double x[ROOF], memory[ROOF], cache[ROOF];
    double *point_x, *point_y;
} roof;

static double best_bandwidth(const bench_peak *peak)
{
    double best = 0.0;

    for (int i = 0; i < BENCH_SIZES; i++)
        best = fmax(best, peak->gbytes[i]);
    return best;
}

/* 1/8 to 512 operations a byte. */
static void draw_limits(const bench_peak *peak, roof *r)
{
    double memory = peak->gbytes[BENCH_SIZES - 1], cache = best_bandwidth(peak);

    for (int i = 0; i < ROOF; i++) {
        r->x[i] = exp2(-3.0 + 12.0 * i / (ROOF - 1));
        r->memory[i] = fmin(peak->gflops, memory * r->x[i]);
        r->cache[i] = fmin(peak->gflops, cache * r->x[i]);
    }
}

static int collect_points(const bench_result *result, const bench_peak *peak, roof *r)
{
    int count = 0;

    for (int i = 0; i < result->rows; i++) {
        const bench_row *row = &result->row[i];
        if (strcmp(row->isa, peak->isa) != 0 || row->threads != peak->threads || !(row->gflops > 0.0))
            continue;
        r->point_x[count] = row->intensity;
        r->point_y[count++] = row->gflops;
    }
    return count;
}

static sep_status add_roof(const bench_result *result, int index, roof *r, sep_plot_series *series)
{
    const bench_peak *peak = &result->peak[index];
    const char *plural = peak->threads == 1 ? "" : "s";

    r->point_x = sep_calloc((size_t)result->rows + 1, sizeof(double));
    r->point_y = sep_calloc((size_t)result->rows + 1, sizeof(double));
    if (!r->point_x || !r->point_y)
        return SEP_ERR_MEMORY;
    draw_limits(peak, r);
    snprintf(r->name[0], sizeof r->name[0], "%s, %d thread%s: from memory", peak->isa, peak->threads, plural);
    snprintf(r->name[1], sizeof r->name[1], "from the first cache");
    snprintf(r->name[2], sizeof r->name[2], "measured");
    series[0] = (sep_plot_series){
        .name = r->name[0], .style = SEP_PLOT_LINE, .colour = index, .count = ROOF, .x = r->x, .y = r->memory};
    series[1] = (sep_plot_series){
        .name = r->name[1], .style = SEP_PLOT_LINE, .colour = index + 8, .count = ROOF, .x = r->x, .y = r->cache};
    series[2] = (sep_plot_series){.name = r->name[2],
                                  .style = SEP_PLOT_POINTS,
                                  .colour = index,
                                  .count = collect_points(result, peak, r),
                                  .x = r->point_x,
                                  .y = r->point_y};
    return SEP_OK;
}

static sep_status write_plot(const char *path, const sep_plot *plot)
{
    char *svg = sep_plot_svg(plot, true);

    if (!svg)
        return SEP_ERR_MEMORY;
    sep_status status = sep_file_write_atomic(path, svg, strlen(svg));
    sep_free(svg);
    return status;
}

sep_status bench_write_svg(const char *path, const bench_result *result)
{
    int count = result->peaks < LARGEST_SERIES / 3 ? result->peaks : LARGEST_SERIES / 3;
    sep_plot_series series[LARGEST_SERIES];
    roof *roofs = sep_calloc((size_t)count + 1, sizeof *roofs);
    sep_status status = roofs ? SEP_OK : SEP_ERR_MEMORY;
    sep_plot plot = {.title = result->machine.processor,
                     .x_label = "operations a byte",
                     .y_label = "GFLOP/s",
                     .width = 760,
                     .height = 520,
                     .log_x = true,
                     .log_y = true,
                     .count = 3 * count,
                     .series = series};

    for (int i = 0; status == SEP_OK && i < count; i++)
        status = add_roof(result, i, &roofs[i], &series[3 * i]);
    if (status == SEP_OK)
        status = write_plot(path, &plot);
    for (int i = 0; roofs && i < count; i++) {
        sep_free(roofs[i].point_x);
        sep_free(roofs[i].point_y);
    }
    sep_free(roofs);
    return status;
}
