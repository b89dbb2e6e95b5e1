/* Plots as SVG: axes, grid, legend, lines with bands and points. Colours come from style sheet classes, so that one
 * picture serves light and dark pages. */
#include "septum/report.h"

#include "report/plot_axis.h"

#include <math.h>
#include <string.h>

/* Pixels around the drawing area and in the legend. Text has no metrics here: widths are estimated. */
enum { WIDTH = 480, HEIGHT = 300, LEFT = 54, RIGHT = 16, TOP = 10, BOTTOM = 26, TITLE = 24, LABEL = 18, ROW = 18 };
#define CHARACTER 6.3

static const char css[] =
    ".sp{--sp-ink:#24292f;--sp-soft:#667079;--sp-grid:#e3e6e9;--sp-0:#0072b2;--sp-1:#d55e00;--sp-2:#009e73;"
    "--sp-3:#b2578f;--sp-4:#b88600;--sp-5:#3b9fd8;--sp-6:#6b6b6b;--sp-7:#7a4fb5;"
    "font:12px system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif}\n"
    "@media(prefers-color-scheme:dark){.sp{--sp-ink:#e6e9ec;--sp-soft:#98a2ac;--sp-grid:#30373e;--sp-0:#4ea8e0;"
    "--sp-1:#ff8f45;--sp-2:#2fc79b;--sp-3:#e391c3;--sp-4:#e6b93c;--sp-5:#8fd0f5;--sp-6:#a9b1b8;--sp-7:#b799ea}}\n"
    ".sp text{fill:var(--sp-soft);font-size:11.5px;font-variant-numeric:tabular-nums}"
    ".sp .title{fill:var(--sp-ink);font-size:13.5px;font-weight:600}.sp .name{fill:var(--sp-ink)}"
    ".sp .grid{stroke:var(--sp-grid);fill:none;stroke-width:1}.sp .axis{stroke:var(--sp-soft);fill:none}"
    ".sp .line{fill:none;stroke:currentColor;stroke-width:1.8;stroke-linejoin:round;stroke-linecap:round}"
    ".sp .dashed{stroke-dasharray:5 4}.sp .band{fill:currentColor;opacity:.16}.sp .dot{fill:currentColor}\n"
    ".sp .c0{color:var(--sp-0)}.sp .c1{color:var(--sp-1)}.sp .c2{color:var(--sp-2)}.sp .c3{color:var(--sp-3)}"
    ".sp .c4{color:var(--sp-4)}.sp .c5{color:var(--sp-5)}.sp .c6{color:var(--sp-6)}.sp .c7{color:var(--sp-7)}\n";

const char *sep_plot_css(void)
{
    return css;
}

typedef struct canvas {
    const sep_plot *plot;
    sep_text text;
    int width, height, legend_rows;
    double left, right, top, bottom; /* of the drawing area */
    sep_axis x, y;
} canvas;

static void add(canvas *c, const char *text)
{
    sep_text_add(&c->text, text);
}

/* name="12.5" with a blank before it. */
static void attribute(canvas *c, const char *name, double value)
{
    sep_text_format(&c->text, " %s=\"", name);
    sep_text_number(&c->text, value, 2);
    add(c, "\"");
}

static void pair(canvas *c, const char *before, double x, double y)
{
    add(c, before);
    sep_text_number(&c->text, x, 1);
    add(c, " ");
    sep_text_number(&c->text, y, 1);
}

static int characters(const char *name)
{
    int count = 0;
    for (; *name; name++)
        count += ((unsigned char)*name & 0xc0) != 0x80;
    return count;
}

/* ---- what the data asks for -------------------------------------------------------------------------------------- */

static bool is_drawn(const canvas *c, const sep_plot_series *s, int i)
{
    return sep_axis_shows(&c->x, s->x[i]) && sep_axis_shows(&c->y, s->y[i]);
}

static void span(const sep_axis *axis, double value, double *low, double *high)
{
    if (!sep_axis_shows(axis, value))
        return;
    *low = fmin(*low, value);
    *high = fmax(*high, value);
}

static bool has_band(const sep_plot_series *s)
{
    return s->low && s->high;
}

static void fit_axes(canvas *c)
{
    const sep_plot *plot = c->plot;
    double x_low = INFINITY, x_high = -INFINITY, y_low = INFINITY, y_high = -INFINITY;
    for (int k = 0; k < plot->count; k++)
        for (int i = 0; i < plot->series[k].count; i++) {
            const sep_plot_series *s = &plot->series[k];
            if (!is_drawn(c, s, i))
                continue;
            span(&c->x, s->x[i], &x_low, &x_high);
            span(&c->y, s->y[i], &y_low, &y_high);
            if (has_band(s)) {
                span(&c->y, s->low[i], &y_low, &y_high);
                span(&c->y, s->high[i], &y_low, &y_high);
            }
        }
    if (plot->fixed_y) {
        y_low = plot->y_low;
        y_high = plot->y_high;
    }
    sep_axis_fit(&c->x, x_low, x_high, false, 6);
    sep_axis_fit(&c->y, y_low, y_high, !plot->fixed_y, 5);
}

/* ---- frame ------------------------------------------------------------------------------------------------------- */

static void put_text(canvas *c, double x, double y, const char *anchor, const char *class, const char *text)
{
    add(c, "<text");
    attribute(c, "x", x);
    attribute(c, "y", y);
    sep_text_format(&c->text, " text-anchor=\"%s\" class=\"%s\">", anchor, class);
    sep_text_escape(&c->text, text);
    add(c, "</text>");
}

static void put_line(canvas *c, const char *class, double x1, double y1, double x2, double y2)
{
    sep_text_format(&c->text, "<path class=\"%s\" d=\"", class);
    pair(c, "M", x1, y1);
    pair(c, "L", x2, y2);
    add(c, "\"/>");
}

static void put_tick_label(canvas *c, const sep_axis *axis, double tick, double x, double y, const char *anchor)
{
    add(c, "<text");
    attribute(c, "x", x);
    attribute(c, "y", y);
    sep_text_format(&c->text, " text-anchor=\"%s\">", anchor);
    sep_axis_label(axis, tick, &c->text);
    add(c, "</text>");
}

static void draw_frame(canvas *c)
{
    for (int i = 0; i < c->y.ticks; i++) {
        double at = sep_axis_pixel(&c->y, c->y.tick[i]);
        put_line(c, "grid", c->left, at, c->right, at);
        put_tick_label(c, &c->y, c->y.tick[i], c->left - 7, at + 4, "end");
    }
    for (int i = 0; i < c->x.ticks; i++) {
        double at = sep_axis_pixel(&c->x, c->x.tick[i]);
        put_line(c, c->x.log ? "grid" : "axis", at, c->x.log ? c->top : c->bottom, at, c->bottom + 4);
        put_tick_label(c, &c->x, c->x.tick[i], at, c->bottom + 18, "middle");
    }
    put_line(c, "axis", c->left, c->bottom, c->right, c->bottom);
}

static void draw_labels(canvas *c)
{
    const sep_plot *plot = c->plot;
    if (plot->title)
        put_text(c, 2, 15, "start", "title", plot->title);
    if (plot->x_label)
        put_text(c, (c->left + c->right) / 2, c->height - 5, "middle", "label", plot->x_label);
    if (plot->y_label) {
        add(c, "<g transform=\"rotate(-90)\">");
        put_text(c, -(c->top + c->bottom) / 2, 12, "middle", "label", plot->y_label);
        add(c, "</g>");
    }
}

/* ---- legend ------------------------------------------------------------------------------------------------------ */

static double legend_width(const sep_plot_series *s)
{
    return 40 + CHARACTER * characters(s->name);
}

static void put_class(canvas *c, const char *class, const sep_plot_series *s)
{
    sep_text_format(&c->text, " class=\"%s c%d%s\"", class, s->colour % 8, s->colour >= 8 ? " dashed" : "");
    if (s->rgb)
        sep_text_format(&c->text, " style=\"color:#%02x%02x%02x\"", s->rgb[0], s->rgb[1], s->rgb[2]);
}

static void put_dot(canvas *c, const sep_plot_series *s, double x, double y, const char *hint)
{
    add(c, "<circle");
    put_class(c, "dot", s);
    attribute(c, "cx", x);
    attribute(c, "cy", y);
    add(c, " r=\"2.6\"");
    if (hint) {
        add(c, "><title>");
        sep_text_escape(&c->text, hint);
        add(c, "</title></circle>");
    } else {
        add(c, "/>");
    }
}

static void put_legend_entry(canvas *c, const sep_plot_series *s, double x, double y)
{
    if (s->style != SEP_PLOT_POINTS) {
        add(c, "<path");
        put_class(c, "line", s);
        pair(c, " d=\"M", x, y - 4);
        pair(c, "L", x + 18, y - 4);
        add(c, "\"/>");
    }
    if (s->style != SEP_PLOT_LINE)
        put_dot(c, s, x + 9, y - 4, NULL);
    put_text(c, x + 24, y, "start", "name", s->name);
}

/* Entries flow into rows like words. Returns the number of rows; draws only when told to. */
static int flow_legend(canvas *c, double top, bool draw)
{
    double x = 2;
    int row = 0, entries = 0;
    for (int k = 0; k < c->plot->count; k++) {
        const sep_plot_series *s = &c->plot->series[k];
        if (!s->name)
            continue;
        if (x > 2 && x + legend_width(s) > c->width) {
            x = 2;
            row++;
        }
        if (draw)
            put_legend_entry(c, s, x, top + ROW * row + 13);
        x += legend_width(s);
        entries++;
    }
    return entries ? row + 1 : 0;
}

/* ---- curves ------------------------------------------------------------------------------------------------------ */

static double x_pixel(const canvas *c, const sep_plot_series *s, int i)
{
    return sep_axis_pixel(&c->x, s->x[i]);
}

static double y_pixel(const canvas *c, double value)
{
    return sep_axis_pixel(&c->y, sep_axis_shows(&c->y, value) ? value : c->y.low);
}

static void draw_line(canvas *c, const sep_plot_series *s)
{
    bool joined = false;
    add(c, "<path");
    put_class(c, "line", s);
    add(c, " d=\"");
    for (int i = 0; i < s->count; i++) {
        bool drawn = is_drawn(c, s, i);
        if (drawn)
            pair(c, joined ? "L" : "M", x_pixel(c, s, i), y_pixel(c, s->y[i]));
        joined = drawn;
    }
    add(c, "\"/>");
}

static void draw_dots(canvas *c, const sep_plot_series *s)
{
    for (int i = 0; i < s->count; i++)
        if (is_drawn(c, s, i))
            put_dot(c, s, x_pixel(c, s, i), y_pixel(c, s->y[i]), s->hint ? s->hint[i] : NULL);
}

/* There along the upper edge, back along the lower one; a gap in the line is a gap in the band. */
static void draw_band(canvas *c, const sep_plot_series *s)
{
    add(c, "<path");
    put_class(c, "band", s);
    add(c, " d=\"");
    for (int first = 0; first < s->count; first++) {
        int end = first;
        while (end < s->count && is_drawn(c, s, end))
            end++;
        for (int i = first; i < end; i++)
            pair(c, i == first ? "M" : "L", x_pixel(c, s, i), y_pixel(c, s->high[i]));
        for (int i = end - 1; i >= first; i--)
            pair(c, "L", x_pixel(c, s, i), y_pixel(c, s->low[i]));
        if (end > first)
            add(c, "Z");
        first = end;
    }
    add(c, "\"/>");
}

static bool is_empty(const canvas *c)
{
    for (int k = 0; k < c->plot->count; k++)
        for (int i = 0; i < c->plot->series[k].count; i++)
            if (is_drawn(c, &c->plot->series[k], i))
                return false;
    return true;
}

/* In an inner <svg>, which cuts off what a fixed axis leaves outside; a little room keeps lines on its edge whole. */
static void draw_curves(canvas *c)
{
    const double room = 3;
    double width = c->right - c->left + 2 * room, height = c->bottom - c->top + 2 * room;
    add(c, "<svg");
    attribute(c, "x", c->left - room);
    attribute(c, "y", c->top - room);
    attribute(c, "width", width);
    attribute(c, "height", height);
    pair(c, " viewBox=\"", c->left - room, c->top - room);
    pair(c, " ", width, height);
    add(c, "\">");
    for (int k = 0; k < c->plot->count; k++)
        if (has_band(&c->plot->series[k]))
            draw_band(c, &c->plot->series[k]);
    for (int k = 0; k < c->plot->count; k++) {
        const sep_plot_series *s = &c->plot->series[k];
        if (s->style != SEP_PLOT_POINTS)
            draw_line(c, s);
        if (s->style != SEP_PLOT_LINE)
            draw_dots(c, s);
    }
    add(c, "</svg>");
    if (is_empty(c))
        put_text(c, (c->left + c->right) / 2, (c->top + c->bottom) / 2, "middle", "label", "nothing to show");
}

/* ---- the whole --------------------------------------------------------------------------------------------------- */

static void lay_out(canvas *c)
{
    const sep_plot *plot = c->plot;
    c->width = plot->width > 0 ? plot->width : WIDTH;
    c->height = plot->height > 0 ? plot->height : HEIGHT;
    c->x.log = plot->log_x;
    c->y.log = plot->log_y;
    c->legend_rows = flow_legend(c, 0, false);
    c->left = LEFT + (plot->y_label ? LABEL : 0);
    c->right = c->width - RIGHT;
    c->top = TOP + (plot->title ? TITLE : 0) + ROW * c->legend_rows;
    c->bottom = fmax(c->top + 20, c->height - BOTTOM - (plot->x_label ? LABEL : 0));
    fit_axes(c);
    c->x.at_low = c->left;
    c->x.at_high = c->right;
    c->y.at_low = c->bottom;
    c->y.at_high = c->top;
}

static void open_svg(canvas *c, bool standalone)
{
    sep_text_format(&c->text,
                    "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"sp\" viewBox=\"0 0 %d %d\" role=\"img\"",
                    c->width, c->height);
    if (standalone)
        sep_text_format(&c->text, " width=\"%d\" height=\"%d\"", c->width, c->height);
    if (c->plot->title) {
        add(c, " aria-label=\"");
        sep_text_escape(&c->text, c->plot->title);
        add(c, "\"");
    }
    add(c, ">");
    if (standalone)
        sep_text_format(&c->text,
                        "<style>%s.sp .paper{fill:#fff}@media(prefers-color-scheme:dark){.sp .paper{fill:#15191d}}"
                        "</style><rect class=\"paper\" width=\"%d\" height=\"%d\"/>",
                        css, c->width, c->height);
}

char *sep_plot_svg(const sep_plot *plot, bool standalone)
{
    canvas c = {.plot = plot};
    lay_out(&c);
    open_svg(&c, standalone);
    draw_frame(&c);
    draw_curves(&c);
    flow_legend(&c, plot->title ? TITLE : 4, true);
    draw_labels(&c);
    add(&c, "</svg>\n");
    return sep_text_take(&c.text);
}
