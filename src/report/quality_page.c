/* The page of estimated qualities: which cases to look at, a table of all, and how estimates lie beside measurements.
 */
#include "report/quality_page.h"

#include "report/page.h"

#include <math.h>
#include <stdlib.h>

/* ---- the worst come first ---------------------------------------------------------------------------------------- */

typedef struct ranked {
    double estimate;
    int index;
} ranked;

/* Of equals the first comes first. */
static int compare(const void *left, const void *right)
{
    const ranked *a = left, *b = right;

    if (a->estimate != b->estimate)
        return a->estimate < b->estimate ? -1 : 1;
    return a->index < b->index ? -1 : a->index > b->index;
}

/* Freed with sep_free; NULL without memory. */
static ranked *rank(const sep_quality_page *page)
{
    ranked *order = sep_calloc((size_t)page->cases + 1, sizeof *order);

    for (int i = 0; order != NULL && i < page->cases; i++)
        order[i] = (ranked){page->estimate[i], i};
    if (order != NULL)
        qsort(order, (size_t)page->cases, sizeof *order, compare);
    return order;
}

/* ---- the table --------------------------------------------------------------------------------------------------- */

static void put_head(sep_text *text, const sep_quality_page *page)
{
    sep_text_add(text, "<thead><tr><th>case</th><th class=\"n\">mean</th>");
    for (int c = 0; c < page->classes; c++) {
        sep_text_add(text, "<th class=\"n\">");
        sep_text_escape(text, page->class_name[c]);
        sep_text_add(text, "</th>");
    }
    sep_text_add(text, "</tr></thead>\n");
}

/* The estimate and, small, what was measured. */
static void put_value(sep_text *text, double estimate, const double *dice)
{
    sep_text_add(text, "<td class=\"n\">");
    sep_text_fixed(text, estimate, 3);
    if (dice != NULL) {
        sep_text_add(text, " <i>");
        sep_text_fixed(text, *dice, 3);
        sep_text_add(text, "</i>");
    }
    sep_text_add(text, "</td>");
}

static void put_case(sep_text *text, const sep_quality_page *page, int i)
{
    const bool doubtful = page->estimate[i] < page->doubt;
    const size_t first = (size_t)i * (size_t)page->classes;

    sep_text_add(text, doubtful ? "<tr><td><b>" : "<tr><td>");
    sep_text_escape(text, page->case_name[i]);
    sep_text_add(text, doubtful ? "</b> look at it</td>" : "</td>");
    put_value(text, page->estimate[i], page->dice != NULL ? &page->dice[i] : NULL);
    for (size_t c = first; c < first + (size_t)page->classes; c++)
        put_value(text, page->of_class[c], page->class_dice != NULL ? &page->class_dice[c] : NULL);
    sep_text_add(text, "</tr>\n");
}

static void put_table(sep_text *text, const sep_quality_page *page, const ranked *order)
{
    sep_text_add(text,
                 "<h2>Cases</h2>\n<p>The worst estimate comes first; \"-\": the label map has none of the class.");
    sep_text_add(text, page->dice != NULL ? " Small, beside each estimate: the measured Dice.</p>\n" : "</p>\n");
    sep_text_add(text, "<div class=\"card\"><table>");
    put_head(text, page);
    sep_text_add(text, "<tbody>\n");
    for (int i = 0; i < page->cases; i++)
        put_case(text, page, order[i].index);
    sep_text_add(text, "</tbody></table></div>\n");
}

/* ---- beside what was measured ------------------------------------------------------------------------------------ */

static void put_plot(sep_text *text, const char *title, const sep_plot_series *series, int count)
{
    const sep_plot plot = {.title = title,
                           .x_label = "estimated Dice",
                           .y_label = "measured Dice",
                           .width = 420,
                           .height = 340,
                           .fixed_y = true,
                           .y_high = 1.0,
                           .count = count,
                           .series = series};
    char *svg = sep_plot_svg(&plot, false);

    sep_text_add(text, "<div class=\"card\">");
    sep_text_add(text, svg != NULL ? svg : "");
    sep_text_add(text, "</div>\n");
    text->failed = text->failed || svg == NULL;
    sep_free(svg);
}

static const double whole[] = {0.0, 1.0};
static const sep_plot_series diagonal = {
    .name = "where both are equal", .style = SEP_PLOT_LINE, .colour = 6, .count = 2, .x = whole, .y = whole};

static void plot_means(sep_text *text, const sep_quality_page *page)
{
    const sep_plot_series series[] = {diagonal,
                                      {.name = "a case",
                                       .style = SEP_PLOT_POINTS,
                                       .count = page->cases,
                                       .x = page->estimate,
                                       .y = page->dice,
                                       .hint = page->case_name}};

    put_plot(text, "Mean of the foreground", series, 2);
}

/* Class by class: [classes, cases]. */
static void turn(const sep_quality_page *page, const double *from, double *to)
{
    for (int c = 0; c < page->classes; c++)
        for (int i = 0; i < page->cases; i++)
            *to++ = from[(size_t)i * (size_t)page->classes + (size_t)c];
}

static void plot_classes(sep_text *text, sep_arena *arena, const sep_quality_page *page)
{
    const size_t cases = (size_t)page->cases, classes = (size_t)page->classes;
    double *x = sep_arena_alloc(arena, cases * classes * sizeof *x),
           *y = sep_arena_alloc(arena, cases * classes * sizeof *y);
    sep_plot_series *series = sep_arena_alloc(arena, (classes + 1) * sizeof *series);

    if (x == NULL || y == NULL || series == NULL)
        return;
    turn(page, page->of_class, x);
    turn(page, page->class_dice, y);
    series[0] = diagonal;
    for (size_t c = 0; c < classes; c++)
        series[c + 1] = (sep_plot_series){.name = page->class_name[c],
                                          .style = SEP_PLOT_POINTS,
                                          .rgb = sep_class_colour((int)c + 1),
                                          .count = page->cases,
                                          .x = x + c * cases,
                                          .y = y + c * cases,
                                          .hint = page->case_name};
    put_plot(text, "Each class", series, page->classes + 1);
}

static void put_plots(sep_text *text, const sep_quality_page *page)
{
    sep_arena *arena = sep_arena_create();

    sep_text_add(text, "<h2>Estimates and measurements</h2>\n<div class=\"plots\">\n");
    plot_means(text, page);
    if (arena != NULL)
        plot_classes(text, arena, page);
    sep_text_add(text, "</div>\n");
    text->failed = text->failed || arena == NULL || sep_arena_failed(arena);
    sep_arena_destroy(arena);
}

/* ---- the whole --------------------------------------------------------------------------------------------------- */

static void put_summary(sep_text *text, const sep_quality_page *page)
{
    int doubtful = 0;

    for (int i = 0; i < page->cases; i++)
        doubtful += page->estimate[i] < page->doubt;
    sep_text_format(text, "<p><b>%d of %d case%s</b> should be looked at: the estimated Dice is below ", doubtful,
                    page->cases, page->cases == 1 ? "" : "s");
    sep_text_number(text, page->doubt, 3);
    sep_text_add(text, ".</p>\n");
    if (page->remark == NULL)
        return;
    sep_text_add(text, "<p class=\"soft\">");
    sep_text_escape(text, page->remark);
    sep_text_add(text, "</p>\n");
}

sep_status sep_quality_page_write(const sep_quality_page *page, const char *out)
{
    ranked *order = rank(page);
    sep_text text = {.failed = order == NULL};

    sep_page_open(&text, NULL, page->title, "estimates of quality");
    put_summary(&text, page);
    if (order != NULL)
        put_table(&text, page, order);
    if (page->dice != NULL)
        put_plots(&text, page);
    sep_page_close(&text);
    sep_free(order);
    return sep_text_write(&text, out);
}
