/* Curves over the iterations: validation, losses, learning rate, Dice of each class. */
#include "report/page.h"

#include <math.h>
#include <string.h>

enum { MOST_SERIES = 128, BINS = 140 };

/* A plot being put together. */
typedef struct collection {
    sep_page *page;
    int count;
    sep_plot_series series[MOST_SERIES];
} collection;

/* ---- series ------------------------------------------------------------------------------------------------------ */

/* "run · name" when there are several runs. */
static const char *series_name(sep_page *page, const sep_run *run, const char *name)
{
    if (page->runs == 1)
        return sep_arena_format(page->arena, "%s", name);
    return *name ? sep_arena_format(page->arena, "%s · %s", run->name, name) : run->name;
}

static void add_series(collection *c, const char *name, int colour, sep_plot_style style, const sep_curve *curve)
{
    if (c->count < MOST_SERIES)
        c->series[c->count++] = (sep_plot_series){.name = name,
                                                  .style = style,
                                                  .colour = colour,
                                                  .count = curve->count,
                                                  .x = curve->iteration,
                                                  .y = curve->value};
}

/* Mean and standard deviation of the finite values of one bin; false when there are none. */
static bool summarise(const double *values, int count, double *mean, double *deviation)
{
    double sum = 0, squares = 0;
    int finite = 0;
    for (int i = 0; i < count; i++)
        if (isfinite(values[i])) {
            sum += values[i];
            finite++;
        }
    if (!finite)
        return false;
    *mean = sum / finite;
    for (int i = 0; i < count; i++)
        if (isfinite(values[i]))
            squares += (values[i] - *mean) * (values[i] - *mean);
    *deviation = sqrt(squares / finite);
    return true;
}

/* A long, noisy curve as the means of equal stretches of it, with a band of one standard deviation. The first mean
 * stands at the start of its stretch and the last at the end, so that the line is as long as the run. */
static void add_smoothed(collection *c, const char *name, int colour, const sep_curve *curve)
{
    double *room = sep_arena_alloc(c->page->arena, 4 * BINS * sizeof(double));
    if (curve->count <= BINS || !room || c->count == MOST_SERIES) {
        add_series(c, name, colour, SEP_PLOT_LINE, curve);
        return;
    }
    double *x = room, *y = x + BINS, *low = y + BINS, *high = low + BINS;
    for (int i = 0; i < BINS; i++) {
        int first = (int)((int64_t)curve->count * i / BINS), end = (int)((int64_t)curve->count * (i + 1) / BINS);
        double deviation = 0;
        x[i] = curve->iteration[first] + (curve->iteration[end - 1] - curve->iteration[first]) * i / (BINS - 1);
        if (!summarise(curve->value + first, end - first, &y[i], &deviation))
            y[i] = NAN;
        low[i] = y[i] - deviation;
        high[i] = y[i] + deviation;
    }
    c->series[c->count++] = (sep_plot_series){.name = name,
                                              .style = SEP_PLOT_LINE,
                                              .colour = colour,
                                              .count = BINS,
                                              .x = x,
                                              .y = y,
                                              .low = low,
                                              .high = high};
}

/* A log axis for what is positive throughout and spans more than one and a half decades. */
static bool wants_log(const collection *c)
{
    double low = INFINITY, high = 0;
    for (int k = 0; k < c->count; k++)
        for (int i = 0; i < c->series[k].count; i++) {
            low = fmin(low, c->series[k].y[i]);
            high = fmax(high, c->series[k].y[i]);
        }
    return low > 0 && high > 30 * low;
}

/* Draws what was collected, if anything, over the iterations; the collection is empty afterwards. */
static void put_plot(collection *c, sep_plot plot)
{
    plot.x_label = "iteration";
    plot.log_y = plot.log_y && wants_log(c);
    plot.count = c->count;
    plot.series = c->series;
    if (c->count)
        sep_page_plot(c->page, &plot);
    c->count = 0;
}

static sep_plot wide_plot(const char *title)
{
    return (sep_plot){.title = title, .width = 520, .height = 320};
}

/* A loss may need a log axis. */
static sep_plot loss_plot(const char *title)
{
    return (sep_plot){.title = title, .width = 520, .height = 320, .log_y = true};
}

/* Of one among several classes, all on the same axis. */
static sep_plot class_plot(const char *title)
{
    return (sep_plot){.title = title, .width = 360, .height = 250, .fixed_y = true, .y_low = 0, .y_high = 1};
}

/* ---- plots ------------------------------------------------------------------------------------------------------- */

static bool has_values(const sep_curve *curve)
{
    for (int i = 0; curve && i < curve->count; i++)
        if (isfinite(curve->value[i]))
            return true;
    return false;
}

/* One line a student, of all runs; those of the group `names`, for whom all plots of it have the same colours. The next
 * colour comes back. */
static int add_students(collection *c, sep_curve_group names, sep_curve_group group, int part)
{
    int colour = 0;
    for (int k = 0; k < c->page->runs; k++) {
        const sep_curves *students = &c->page->run[k].log.group[names];
        for (int i = 0; i < students->count; i++, colour++) {
            const char *name = students->curve[i].name;
            const sep_curve *curve = sep_find_curve(&c->page->run[k].log.group[group], name, part);
            if (has_values(curve))
                add_series(c, series_name(c->page, &c->page->run[k], name), colour, SEP_PLOT_LINE_POINTS, curve);
        }
    }
    return colour;
}

static void put_students(collection *c, sep_curve_group names, sep_curve_group group, int part, sep_plot plot)
{
    add_students(c, names, group, part);
    put_plot(c, plot);
}

static void put_losses_of_one_run(collection *c)
{
    const sep_curves *losses = &c->page->run->log.group[SEP_LOSS_CURVES];
    for (int i = 0; i < losses->count; i++)
        add_smoothed(c, losses->curve[i].name, i, &losses->curve[i]);
    put_plot(c, loss_plot(losses->count == 1 ? "Loss" : "Loss terms"));
}

/* Whether a run before number k has a loss term of that name. */
static bool seen_before(const sep_page *page, int k, const char *name)
{
    while (k-- > 0)
        if (sep_find_curve(&page->run[k].log.group[SEP_LOSS_CURVES], name, 0))
            return true;
    return false;
}

/* One plot a term, one line a run. */
static void put_losses_of_runs(collection *c)
{
    sep_page *page = c->page;
    for (int k = 0; k < page->runs; k++)
        for (int i = 0; i < page->run[k].log.group[SEP_LOSS_CURVES].count; i++) {
            const char *name = page->run[k].log.group[SEP_LOSS_CURVES].curve[i].name;
            if (seen_before(page, k, name))
                continue;
            for (int other = k; other < page->runs; other++) {
                const sep_curve *curve = sep_find_curve(&page->run[other].log.group[SEP_LOSS_CURVES], name, 0);
                if (curve)
                    add_smoothed(c, page->run[other].name, other, curve);
            }
            put_plot(c, loss_plot(sep_arena_format(page->arena, "Loss: %s", name)));
        }
}

static bool same_values(const sep_curve *a, const sep_curve *b)
{
    return a->count == b->count && memcmp(a->value, b->value, (size_t)a->count * sizeof(double)) == 0;
}

static bool all_the_same(const sep_curves *curves)
{
    for (int i = 1; i < curves->count; i++)
        if (!same_values(&curves->curve[0], &curves->curve[i]))
            return false;
    return true;
}

/* One line a student; students that share their schedule share a line. */
static void put_learning_rates(collection *c)
{
    int colour = 0;
    for (int k = 0; k < c->page->runs; k++) {
        const sep_curves *rates = &c->page->run[k].log.group[SEP_RATE_CURVES];
        const json_t *nets = json_object_get(c->page->run[k].log.start, "nets");
        for (int i = 0; i < rates->count; i++, colour++) {
            const char *net = json_string_value(json_array_get(nets, (size_t)i));
            const char *student = "";
            if (!all_the_same(rates) && net)
                student = sep_arena_format(c->page->arena, "%s, student %d", net, i);
            if (i == 0 || !same_values(&rates->curve[0], &rates->curve[i]))
                add_series(c, series_name(c->page, &c->page->run[k], student), colour, SEP_PLOT_LINE, &rates->curve[i]);
        }
    }
    if (c->count == 1)
        c->series[0].name = NULL;
    put_plot(c, wide_plot("Learning rate"));
}

static void put_classes(collection *c)
{
    int classes = sep_page_class_count(c->page);
    if (classes < 2)
        return;
    sep_text_add(&c->page->text, "<h3>Validation Dice of each class</h3>\n<div class=\"plots three\">\n");
    for (int i = 0; i < classes; i++)
        put_students(c, SEP_MEAN_DICE_CURVES, SEP_CLASS_DICE_CURVES, i, class_plot(sep_page_class_name(c->page, i)));
    sep_text_add(&c->page->text, "</div>\n");
}

static sep_plot share_plot(const char *title)
{
    return (sep_plot){.title = title, .width = 520, .height = 320, .fixed_y = true, .y_low = 0, .y_high = 1};
}

static void add_agreement(collection *c, int colour)
{
    for (int k = 0; k < c->page->runs; k++) {
        const sep_curves *agreement = &c->page->run[k].log.group[SEP_AGREEMENT_CURVES];
        for (int i = 0; i < agreement->count; i++, colour++)
            add_series(c, series_name(c->page, &c->page->run[k], agreement->curve[i].name), colour, SEP_PLOT_LINE,
                       &agreement->curve[i]);
    }
}

static void put_pseudo_labels(collection *c)
{
    const sep_curve_group names = SEP_LABEL_DICE_CURVES;
    bool any = false;
    for (int k = 0; k < c->page->runs; k++)
        any = any || c->page->run[k].log.group[names].count;
    if (!any)
        return;
    sep_text_add(
        &c->page->text,
        "<h3>Labels that networks give to unlabelled training cases</h3>\n"
        "<p class=\"soft small\">Against the true ones, which training does not see. Foreground pixels are those that "
        "are no background by the truth or by the network; certain are those whose largest probability is above "
        "train.pseudo_label_confidence.</p>\n<div class=\"plots\">\n");
    add_agreement(c, add_students(c, names, names, 0));
    put_plot(c, share_plot("Dice of pseudo-labels"));
    put_students(c, names, SEP_CERTAIN_CURVES, 0, share_plot("Certain pixels, of the foreground"));
    put_students(c, names, SEP_CERTAIN_ACCURACY_CURVES, 0, share_plot("Accuracy of certain pixels, of the foreground"));
    sep_text_add(&c->page->text, "</div>\n");
}

static bool has_curves(const sep_page *page)
{
    for (int k = 0; k < page->runs; k++)
        for (int group = 0; group < SEP_CURVE_GROUPS; group++)
            if (page->run[k].log.group[group].count)
                return true;
    return false;
}

void sep_page_curves(sep_page *page)
{
    collection *c = sep_arena_alloc(page->arena, sizeof(*c));
    page->text.failed = page->text.failed || !c;
    if (!c || !has_curves(page))
        return;
    c->page = page;
    sep_page_heading(page, "Curves",
                     "Losses are means over equal stretches of the run; the band is one standard deviation of the "
                     "single steps.");
    sep_text_add(&page->text, "<div class=\"plots\">\n");
    put_students(c, SEP_MEAN_DICE_CURVES, SEP_MEAN_DICE_CURVES, 0, wide_plot("Mean validation Dice"));
    put_students(c, SEP_MEAN_DICE_CURVES, SEP_MEAN_HD95_CURVES, 0, wide_plot("Mean validation HD95 (voxels)"));
    if (page->runs == 1)
        put_losses_of_one_run(c);
    else
        put_losses_of_runs(c);
    put_learning_rates(c);
    sep_text_add(&page->text, "</div>\n");
    put_classes(c);
    put_pseudo_labels(c);
}
