/* The HTML page as a whole. */
#include "report/page.h"

#include "config.h"

#include <stdlib.h>
#include <string.h>

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

static void put_head(sep_page *page)
{
    sep_text_add(&page->text, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n"
                              "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n<title>");
    for (int k = 0; k < page->runs; k++) {
        sep_text_add(&page->text, k ? ", " : "");
        sep_text_escape(&page->text, page->run[k].name);
    }
    sep_text_add(&page->text, " · septum</title>\n");
    sep_page_style(&page->text);
    sep_text_add(&page->text, "</head>\n<body>\n<main>\n");
}

static void put_page(sep_page *page)
{
    put_head(page);
    sep_page_summary(page);
    sep_page_scores(page);
    sep_page_curves(page);
    sep_page_pictures(page);
    sep_page_details(page);
    sep_text_add(&page->text,
                 "<footer class=\"soft small\">septum " SEP_VERSION "</footer>\n</main>\n</body>\n</html>\n");
}

static sep_status write_page(const sep_run *runs, int count, const char *out)
{
    sep_page page = {.arena = sep_arena_create(), .run = runs, .runs = count};
    if (!page.arena)
        return SEP_ERR_MEMORY;
    put_page(&page);
    sep_arena_destroy(page.arena);
    char *html = sep_text_take(&page.text);
    sep_status status = html ? sep_file_write_atomic(out, html, strlen(html)) : SEP_ERR_MEMORY;
    sep_free(html);
    return status;
}

/* Runs whose folders have one name get the whole path as theirs. */
static sep_status tell_apart(sep_run *runs, const char *const *folders, int count)
{
    for (int i = 0; i < count; i++)
        for (int k = 0; k < i; k++)
            if (strcmp(runs[i].name, runs[k].name) == 0) {
                char *path = sep_strdup(folders[i]);
                if (!path)
                    return SEP_ERR_MEMORY;
                sep_free(runs[i].name);
                runs[i].name = path;
            }
    return SEP_OK;
}

sep_status sep_report_write(const char *const *run_folders, int count, const char *out)
{
    if (count < 1)
        return sep_fail(SEP_ERR_ARGUMENT, "a report needs at least one run folder");
    sep_run *runs = sep_calloc((size_t)count, sizeof(*runs));
    sep_status status = runs ? SEP_OK : SEP_ERR_MEMORY;
    for (int i = 0; i < count && status == SEP_OK; i++)
        status = sep_run_read(run_folders[i], &runs[i]);
    if (status == SEP_OK)
        status = tell_apart(runs, run_folders, count);
    if (status == SEP_OK)
        status = write_page(runs, count, out);
    for (int i = 0; runs && i < count; i++)
        sep_run_free(&runs[i]);
    sep_free(runs);
    return status;
}
