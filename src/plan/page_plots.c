/* Plots of a data set: sizes, spacings, intensities, volumes of classes. */
#include "plan/page.h"

#include <math.h>

enum { BINS = 48 };

/* Numbers of some scans, in the page's arena; what out of memory leaves empty is said at the page's end. */
typedef struct points {
    int count;
    double *x, *y;
    const char **hint;
} points;

static points points_create(sep_plan_view *view, int capacity)
{
    const size_t size = (size_t)capacity + 1;
    points p = {0, sep_arena_alloc(view->page.arena, size * sizeof(double)),
                sep_arena_alloc(view->page.arena, size * sizeof(double)),
                sep_arena_alloc(view->page.arena, size * sizeof(char *))};
    return p;
}

static bool is_there(const points *p)
{
    return p->x != NULL && p->y != NULL && p->hint != NULL;
}

static void put_point(points *p, double x, double y, const char *hint)
{
    p->x[p->count] = x;
    p->y[p->count] = y;
    p->hint[p->count++] = hint;
}

static sep_plot_series series_of(const points *p, const char *name, int colour, sep_plot_style style)
{
    return (sep_plot_series){.name = name,
                             .style = style,
                             .colour = colour,
                             .count = p->count,
                             .x = p->x,
                             .y = p->y,
                             .hint = style == SEP_PLOT_POINTS ? p->hint : NULL};
}

/* ---- of each scan a point ---------------------------------------------------------------------------------------- */

typedef void scan_point(const sep_surveyed *scan, double *x, double *y);

static void size_point(const sep_surveyed *scan, double *x, double *y)
{
    *x = sep_surveyed_size(scan, 0);
    *y = sep_surveyed_size(scan, 1);
}

static void spacing_point(const sep_surveyed *scan, double *x, double *y)
{
    *x = (double)sep_surveyed_spacing(scan, 0);
    *y = (double)sep_surveyed_spacing(scan, 2);
}

static void put_scans(sep_plan_view *view, sep_plot *plot, scan_point *point)
{
    static const sep_use order[SEP_USES] = {SEP_USE_UNLABELLED, SEP_USE_VALIDATION, SEP_USE_LABELLED}; /* on top */
    const sep_survey *s = view->survey;
    sep_plot_series series[SEP_USES];

    for (size_t k = 0; k < SEP_USES; k++) {
        const sep_use use = order[k];
        points p = points_create(view, s->scans);
        for (int i = 0; is_there(&p) && i < s->scans; i++) {
            double x, y;
            point(&s->scan[i], &x, &y);
            if (s->scan[i].use == use)
                put_point(&p, x, y, s->scan[i].entry->name);
        }
        if (is_there(&p) && p.count > 0)
            series[plot->count++] = series_of(&p, sep_use_names[use], (int)use, SEP_PLOT_POINTS);
    }
    plot->series = series;
    sep_page_plot(&view->page, plot);
}

/* ---- intensities ------------------------------------------------------------------------------------------------- */

/* Of a window the value itself, else a share of what the scan is stretched from. */
static double shown(const sep_plan_view *view, const sep_surveyed *scan, int channel, double value)
{
    const float *image = scan->image[channel];
    int window[2];
    const sep_intensity_kind kind = sep_choose_rule(view->facts, channel, window);
    const int cut = kind == SEP_INTENSITY_PERCENTILES ? 1 : 0; /* quantile number 1 is percentile 0.5 */
    const double low = image[cut], range = (double)image[SEP_QUANTILES - 1 - cut] - low;

    if (kind == SEP_INTENSITY_WINDOW)
        return value;
    return range > 0 ? fmin(fmax((value - low) / range, 0), 1) : 0;
}

/* How many of the quantiles lie in each bin, in percent: each scan has as many, so that each counts alike. */
static points histogram(sep_plan_view *view, int channel, bool foreground, double low, double high)
{
    const sep_survey *s = view->survey;
    points p = points_create(view, BINS);
    double all = 0;

    for (int bin = 0; is_there(&p) && bin < BINS; bin++)
        put_point(&p, low + (high - low) * (bin + 0.5) / BINS, 0, NULL);
    for (int i = 0; is_there(&p) && i < s->scans; i++) {
        const sep_surveyed *scan = &s->scan[i];
        const float(*quantile)[SEP_QUANTILES] = !foreground                     ? scan->image
                                                : scan->use == SEP_USE_LABELLED ? scan->foreground
                                                                                : NULL;
        for (int k = 0; quantile != NULL && k < SEP_QUANTILES; k++) {
            const int bin = (int)floor((shown(view, scan, channel, quantile[channel][k]) - low) / (high - low) * BINS);
            p.y[bin < 0 ? 0 : bin >= BINS ? BINS - 1 : bin]++;
            all++;
        }
    }
    for (int bin = 0; is_there(&p) && bin < BINS && all > 0; bin++)
        p.y[bin] *= 100 / all;
    return p;
}

static void put_intensities(sep_plan_view *view, int channel)
{
    const sep_survey *s = view->survey;
    double low = INFINITY, high = -INFINITY;
    sep_plot_series series[2];
    const char *title = sep_arena_format(view->page.arena, "Intensities%s", sep_survey_channel(s, channel));
    sep_plot plot = {.title = title != NULL ? title : "", .y_label = "% of the voxels", .series = series};

    for (int i = 0; i < s->scans; i++) {
        low = fmin(low, shown(view, &s->scan[i], channel, s->scan[i].image[channel][1]));
        high = fmax(high, shown(view, &s->scan[i], channel, s->scan[i].image[channel][SEP_QUANTILES - 2]));
    }
    if (!(low < high))
        return;
    int window[2];
    plot.x_label =
        sep_choose_rule(view->facts, channel, window) == SEP_INTENSITY_WINDOW ? "value" : "share of the scan's range";
    for (int k = 0; k < 2; k++) {
        const points p = histogram(view, channel, k == 1, low, high);
        if (is_there(&p))
            series[plot.count++] = series_of(&p, k == 1 ? "labelled foreground" : "all", k, SEP_PLOT_LINE);
    }
    sep_page_plot(&view->page, &plot);
}

/* ---- classes ----------------------------------------------------------------------------------------------------- */

/* In ml, where all scans know the size of their voxels; else so many voxels. */
static double volume_of(const sep_plan_view *view, const sep_surveyed *scan, int class_index)
{
    const float *spacing = scan->grid.spacing;
    const double voxels = (double)scan->part[class_index].voxels;
    return view->facts->spacing[0] > 0 ? voxels * (double)(spacing[0] * spacing[1] * spacing[2]) / 1000 : voxels;
}

static void put_volumes(sep_plan_view *view)
{
    enum { MOST = 24 };
    const sep_survey *s = view->survey;
    sep_plot_series series[MOST];
    sep_plot plot = {.title = "Volumes of the classes, by labelled and validating scan",
                     .x_label = "class",
                     .y_label = view->facts->spacing[0] > 0 ? "ml" : "voxels",
                     .log_y = true,
                     .series = series};

    for (int c = 1; c < s->classes && plot.count < MOST; c++) {
        points p = points_create(view, s->scans);
        for (int i = 0; is_there(&p) && i < s->scans; i++)
            if (s->scan[i].part != NULL && s->scan[i].part[c].voxels > 0)
                put_point(&p, c, volume_of(view, &s->scan[i], c), s->scan[i].entry->name);
        if (!is_there(&p))
            continue;
        series[plot.count] = series_of(&p, s->class_name[c], 0, SEP_PLOT_POINTS);
        series[plot.count++].rgb = sep_class_colour(c);
    }
    sep_page_plot(&view->page, &plot);
}

void sep_plan_put_plots(sep_plan_view *view)
{
    sep_page_heading(&view->page, "The data",
                     "Each point is a scan. Label maps of unlabelled scans were not looked at.");
    sep_text_add(&view->page.text, "<div class=\"plots\">\n");
    put_scans(view, &(sep_plot){.title = "Sizes", .x_label = "columns", .y_label = "rows"}, size_point);
    if (view->facts->spacing[0] > 0)
        put_scans(view, &(sep_plot){.title = "Spacings", .x_label = "pixel, mm", .y_label = "between slices, mm"},
                  spacing_point);
    for (int c = 0; c < view->survey->channels; c++)
        put_intensities(view, c);
    put_volumes(view);
    sep_text_add(&view->page.text, "</div>\n");
}
