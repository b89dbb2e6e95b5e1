/* What HTML pages and their sections share. */
#include "report/page.h"

#include "config.h"

#include <math.h>

void sep_page_open(sep_text *text, const char *before, const char *name, const char *kind)
{
    sep_text_add(text, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n"
                       "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n<title>");
    sep_text_escape(text, before);
    sep_text_escape(text, name);
    sep_text_add(text, " · septum</title>\n");
    sep_page_style(text);
    sep_text_add(text, "</head>\n<body>\n<main>\n");
    if (kind == NULL)
        return;
    sep_text_format(text, "<p class=\"kind\">%s</p>\n<h1>", kind);
    sep_text_escape(text, name);
    sep_text_add(text, "</h1>\n");
}

void sep_page_close(sep_text *text)
{
    sep_text_add(text, "<footer class=\"soft small\">septum " SEP_VERSION "</footer>\n</main>\n</body>\n</html>\n");
}

/* ---- classes and pictures ---------------------------------------------------------------------------------------- */

static void put_class(sep_text *text, int class_index, const char *name)
{
    const uint8_t *rgb = sep_class_colour(class_index);

    sep_text_format(text, "<span><i style=\"background:#%02x%02x%02x\"></i>", rgb[0], rgb[1], rgb[2]);
    sep_text_escape(text, name);
    sep_text_add(text, "</span>");
}

void sep_page_class_key(sep_text *text, const char *const *class_name, int classes)
{
    sep_text_add(text, "<div class=\"key\">");
    for (int i = 1; i < classes; i++)
        put_class(text, i, class_name[i]);
    sep_text_add(text, "</div>\n");
}

void sep_page_key(sep_page *page, const sep_run *run)
{
    const json_t *class;
    size_t i;

    sep_text_add(&page->text, "<div class=\"key\">");
    json_array_foreach(json_object_get(run->evaluation, "classes"), i, class)
        put_class(&page->text, (int)i + 1, json_string_value(json_object_get(class, "name")));
    sep_text_add(&page->text, "</div>\n");
}

sep_status sep_page_image(sep_text *text, const sep_picture *picture)
{
    size_t count;
    void *png;

    SEP_TRY(sep_picture_encode_png(picture, &png, &count));
    sep_text_add(text, "data:image/png;base64,");
    sep_text_base64(text, png, count);
    sep_free(png);
    return SEP_OK;
}

sep_status sep_page_figure(sep_text *text, const sep_picture *picture, const char *caption)
{
    sep_text_format(text,
                    "<figure><figcaption class=\"soft small\">%s</figcaption><img width=\"%d\" height=\"%d\" "
                    "alt=\"%s\" src=\"",
                    caption, picture->width, picture->height, caption);
    SEP_TRY(sep_page_image(text, picture));
    sep_text_add(text, "\"/></figure>\n");
    return SEP_OK;
}

/* ---- sections ---------------------------------------------------------------------------------------------------- */

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
