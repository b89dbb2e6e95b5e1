/* One axis of a plot: its range, its ticks, and where a value lies. */
#ifndef SEPTUM_REPORT_PLOT_AXIS_H
#define SEPTUM_REPORT_PLOT_AXIS_H

#include "report/text.h"

#define SEP_MAX_TICKS 24

typedef struct sep_axis {
    bool log;
    double low, high;       /* in data units */
    double at_low, at_high; /* the same in pixels */
    int ticks;
    double tick[SEP_MAX_TICKS];
    int decimals; /* of the tick labels of a linear axis */
} sep_axis;

/* Whether a value can be drawn on the axis. */
bool sep_axis_shows(const sep_axis *axis, double value);

/* Sets range and ticks for data from `low` to `high` (low > high: no data). A `rounded` axis grows to whole ticks;
 * about `wanted` ticks on a linear one. */
void sep_axis_fit(sep_axis *axis, double low, double high, bool rounded, int wanted);

double sep_axis_pixel(const sep_axis *axis, double value);
void sep_axis_label(const sep_axis *axis, double tick, sep_text *text);

#endif
