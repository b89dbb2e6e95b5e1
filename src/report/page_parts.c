/* What the sections of the HTML page share. */
#include "report/page.h"

#include <math.h>
#include <stdlib.h>

void sep_page_heading(sep_page *page, const char *title, const char *explanation)
{
    sep_text_format(&page->text, "<h2>%s</h2>\n", title);
    if (explanation)
        sep_text_format(&page->text, "<p>%s</p>\n", explanation);
}

void sep_page_cell(sep_page *page, const char *raw)
{
    sep_text_add(&page->text, "<td>");
    sep_text_escape(&page->text, raw);
    sep_text_add(&page->text, "</td>");
}

void sep_page_plot(sep_page *page, const sep_plot *plot)
{
    char *svg = sep_plot_svg(plot, false);
    sep_text_add(&page->text, "<div class=\"card\">");
    sep_text_add(&page->text, svg ? svg : "");
    sep_text_add(&page->text, "</div>\n");
    page->text.failed = page->text.failed || !svg;
    sep_free(svg);
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

void sep_page_sort(double *values, size_t count)
{
    qsort(values, count, sizeof(double), by_value);
}

int sep_page_class_count(const sep_page *page)
{
    int count = 0;
    for (int k = 0; k < page->runs; k++) {
        const sep_curves *curves = &page->run[k].log.group[SEP_CLASS_DICE_CURVES];
        for (int i = 0; i < curves->count; i++)
            count = curves->curve[i].part >= count ? curves->curve[i].part + 1 : count;
    }
    return count;
}

/* The first run that names the class decides. In the log the background comes first. */
const char *sep_page_class_name(sep_page *page, int class_index)
{
    for (int k = 0; k < page->runs; k++) {
        size_t i = (size_t)class_index;
        const json_t *class = json_array_get(json_object_get(page->run[k].evaluation, "classes"), i);
        const json_t *in_log = json_array_get(json_object_get(page->run[k].log.start, "class_names"), i + 1);
        const char *name = json_string_value(json_object_get(class, "name"));
        if (name || (name = json_string_value(in_log)))
            return sep_arena_format(page->arena, "%s", name);
    }
    return sep_arena_format(page->arena, "class %d", class_index + 1);
}

int sep_best_validation(const sep_curve *mean_dice)
{
    int best = -1;
    for (int i = 0; i < mean_dice->count; i++)
        if (isfinite(mean_dice->value[i]) && (best < 0 || mean_dice->value[i] > mean_dice->value[best]))
            best = i;
    return best;
}
