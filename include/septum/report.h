/* septum: what a run leaves for people to read. Tables of scores (CSV, JSON), plots (SVG), overlays (PNG) and the page
 * that shows them all (HTML). */
#ifndef SEPTUM_REPORT_H
#define SEPTUM_REPORT_H

#include "septum/base.h"
#include "septum/image.h"
#include "septum/metrics.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- scores ------------------------------------------------------------------------------------------------------ */

/* One row a case and class, with the voxel counts, every metric under the strict policy and then those that the medpy
 * policy may change. Millimetre columns are there when every case has its spacing. The last column is 1 for a
 * class that no reference of the set has (metrics.h), which is left out of means. Freed with sep_free; NULL (with the
 * error text set) without memory. */
char *sep_evaluation_csv(const sep_evaluation *evaluation);

/* {"policy": "strict", "mean": M, "classes": [{"name": .., M}], "cases": [{"name": .., "mean": M, "classes": [{"name",
 * "prediction_voxels", "reference_voxels", M}]}]} where M is "dice", "hd", "hd95", "assd" in voxels, "hd_mm",
 * "hd95_mm", "assd_mm" when every case has its spacing, "medpy" with the same keys under the other policy, and, for
 * means over cases, "deviation" with the same keys. Where classes are in no reference (metrics.h), "absent" beside
 * "mean" holds the sentence of sep_evaluation_say_absent, and among "classes" such a class has "absent": true, the
 * "prediction_voxels" of all cases, and null for each score. Freed with sep_free. */
char *sep_evaluation_json(const sep_evaluation *evaluation);

/* ---- overlays ---------------------------------------------------------------------------------------------------- */

/* One case to show. `rank` names the picture: "best", "median", "worst". */
typedef struct sep_overlay {
    const char *rank;
    const char *case_name;
    double mean_dice; /* of the case, for the caption */
    const sep_volume *volume;
    const sep_labels *reference, *prediction;
} sep_overlay;

/* The indices of the best, median and worst of `count` numbers (the first of equals; the lower median). */
void sep_report_pick(const double *mean_dice, int count, int *best, int *median, int *worst);

/* Writes RUN_FOLDER/overlays/RANK.png for each and then overlays/index.json, replacing what an earlier call left. A
 * picture has one column a slice, up to six spread evenly over the slices where either map has foreground, cropped
 * around it; the reference is the upper row, the prediction the lower one. */
sep_status sep_report_overlays(const char *run_folder, const sep_overlay *overlays, int count) SEP_MUST_CHECK;

/* ---- the page ---------------------------------------------------------------------------------------------------- */

/* Writes one self-contained HTML page (no script, nothing fetched) about one run, or comparing several. Reads from each
 * folder, where they are there: log.jsonl, config.ini, evaluation.json, overlays/. What is missing or broken is said on
 * the page; a folder that has none of them is an error. */
sep_status sep_report_write(const char *const *run_folders, int count, const char *out) SEP_MUST_CHECK;

/* ---- plots ------------------------------------------------------------------------------------------------------- */

typedef enum sep_plot_style { SEP_PLOT_LINE, SEP_PLOT_POINTS, SEP_PLOT_LINE_POINTS } sep_plot_style;

/* One curve. Points whose x or y is not finite (or, on a log axis, not positive) break the line and are not drawn.
 * `low` and `high`, when both are given, are drawn as a band behind it. The arrays are the caller's. */
typedef struct sep_plot_series {
    const char *name; /* in the legend; NULL: not in it */
    sep_plot_style style;
    int colour;         /* index into the palette of eight; from the ninth on lines are dashed */
    const uint8_t *rgb; /* a colour of its own instead, for any page; NULL: the palette's */
    int count;
    const double *x, *y;
    const double *low, *high;
    const char *const *hint; /* what each point says to who points at it; NULL: nothing */
} sep_plot_series;

typedef struct sep_plot {
    const char *title, *x_label, *y_label; /* NULL: none */
    int width, height;                     /* in CSS pixels; 0: 480 x 300 */
    bool log_x, log_y;
    bool fixed_y; /* the y axis spans y_low .. y_high whatever the data */
    double y_low, y_high;
    int count;
    const sep_plot_series *series;
} sep_plot;

/* The plot as an <svg> element, well-formed XML, in colours that follow the reader's light or dark setting. A
 * `standalone` one can be a file of its own; the other takes its looks from sep_plot_css() in the page around it.
 * Freed with sep_free; NULL without memory. */
char *sep_plot_svg(const sep_plot *plot, bool standalone);
const char *sep_plot_css(void);

#ifdef __cplusplus
}
#endif
#endif
